//! The shop itself: its name, languages, currency, menus, pages and shipping methods.

use crate::{Currency, Handle, Locale, Localized, Money};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shop {
    pub name: Localized,
    pub tagline: Localized,
    /// A line above the header; empty for none.
    pub announcement: Localized,
    pub description: Localized,
    pub email: String,
    pub currency: Currency,
    pub default_locale: Locale,
    /// All published locales, the default first. The others live under `/{language}` (`/zh`).
    pub locales: Vec<Locale>,
    pub main_menu: Vec<MenuLink>,
    pub footer_menu: Vec<MenuLink>,
    pub shipping_methods: Vec<ShippingMethod>,
    /// ICP 备案号 and the like, shown in the footer as they are.
    pub notices: Vec<Localized>,
    /// Attributes by name that get a facet, in this order.
    pub facets: Vec<String>,
}

/// `path` is within the shop and without locale prefix: `/collections/table`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MenuLink {
    pub label: Localized,
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ShippingMethod {
    pub id: String,
    pub name: Localized,
    pub price: Money,
    /// Free from this goods total (after discounts) on.
    pub free_from: Option<Money>,
    pub promise: Localized,
}

/// `/pages/{handle}` or, for policies, `/policies/{handle}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContentPage {
    pub handle: Handle,
    pub kind: PageKind,
    pub title: Localized,
    pub body_html: Localized,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    Page,
    Policy,
}
