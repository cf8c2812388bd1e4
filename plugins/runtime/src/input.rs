//! What a promotion is told about a cart.

use crate::bindings;
use serde::{Deserialize, Serialize};
use stoa_domain::category::CategoryTree;
use stoa_domain::product::Product;
use stoa_domain::quote::PricedLine;
use stoa_domain::{Currency, Handle, Locale, Money, MoneyError, ProductId, Sku};

/// The JSON of a [`PromotionInput`], in records of runs and in fixtures. Raised when it is no longer read as it was written;
/// a new field has a default.
pub const INPUT_FORMAT: u32 = 1;

/// One line of the cart with what rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputLine {
    pub sku: Sku,
    pub product: ProductId,
    pub handle: Handle,
    pub title: String,
    pub quantity: u32,
    pub unit_price: Money,
    #[serde(default)]
    pub tags: Vec<String>,
    /// The top one first.
    #[serde(default)]
    pub categories: Vec<Handle>,
    #[serde(default)]
    pub brand: Option<String>,
}

impl InputLine {
    pub fn of(
        line: &PricedLine,
        product: &Product,
        categories: &CategoryTree,
        locale: &Locale,
        fallback: &Locale,
    ) -> Self {
        let path = product.category.iter().flat_map(|id| categories.breadcrumbs(id));
        Self {
            sku: line.sku.clone(),
            product: product.id.clone(),
            handle: product.handle.clone(),
            title: product.title.get(locale, fallback).to_owned(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            tags: product.tags.clone(),
            categories: path.map(|c| c.handle.clone()).collect(),
            brand: product.brand.clone(),
        }
    }
}

/// A cart as every promotion sees it; the settings differ from one to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionInput {
    pub lines: Vec<InputLine>,
    pub currency: Currency,
    pub subtotal: Money,
    pub locale: Locale,
}

impl PromotionInput {
    /// Sums the lines up; all must be in `currency`.
    pub fn new(lines: Vec<InputLine>, currency: Currency, locale: Locale) -> Result<Self, MoneyError> {
        let subtotal =
            lines.iter().try_fold(Money::zero(currency), |sum, line| sum.add(line.unit_price.times(line.quantity)?))?;
        Ok(Self { lines, currency, subtotal, locale })
    }

    pub(crate) fn to_wit(&self, settings: &str) -> bindings::Cart {
        let line = |line: &InputLine| bindings::Line {
            sku: line.sku.to_string(),
            product: line.product.to_string(),
            handle: line.handle.to_string(),
            title: line.title.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price.minor,
            tags: line.tags.clone(),
            categories: line.categories.iter().map(Handle::to_string).collect(),
            brand: line.brand.clone(),
        };
        bindings::Cart {
            lines: self.lines.iter().map(line).collect(),
            currency: self.currency.to_string(),
            subtotal: self.subtotal.minor,
            locale: self.locale.to_string(),
            settings: settings.to_owned(),
        }
    }
}
