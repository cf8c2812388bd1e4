//! What a promotion asks of a cart, and which lines it means. Two trees of `all`, `any` and `not`: a [`Selector`] is
//! about one line, a [`Condition`] about the whole cart and who buys it.

use super::amounts::Amounts;
use crate::{CategoryId, CollectionId, Currency, ProductId, Sku};
use serde::{Deserialize, Serialize};

/// Which lines. Every list means one of its values; texts compare without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionSelector))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selector {
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    All(Vec<Selector>),
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Any(Vec<Selector>),
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Not(Box<Selector>),
    Product(Vec<ProductId>),
    /// A variant.
    Sku(Vec<Sku>),
    Collection(Vec<CollectionId>),
    /// The category or any below it.
    Category(Vec<CategoryId>),
    Tag(Vec<String>),
    Brand(Vec<String>),
    ProductType(Vec<String>),
    Attribute(AttributeIs),
    /// Whether its price is below its compare-at price.
    OnSale(bool),
    UnitPrice(PriceRange),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionAttributeIs))]
#[serde(deny_unknown_fields)]
pub struct AttributeIs {
    pub name: String,
    pub any_of: Vec<String>,
}

/// The price of one piece before discounts, both ends included; at least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionPriceRange))]
#[serde(default, deny_unknown_fields)]
pub struct PriceRange {
    pub from: Option<Amounts>,
    pub to: Option<Amounts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionCondition))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    All(Vec<Condition>),
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Any(Vec<Condition>),
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Not(Box<Condition>),
    /// The customer is in one of these groups.
    CustomerGroup(Vec<String>),
    /// Which order of the customer this would be: 1 is the first. A shopper who is not known has no number.
    NthOrder(CountRange),
    Channel(Vec<String>),
    /// ISO 3166-1 alpha-2, of the shipping address.
    Country(Vec<String>),
    Currency(Vec<Currency>),
    /// Ids of shipping methods.
    ShippingMethod(Vec<String>),
    /// The shopper gave one of these codes, in any case, whatever the shop knows of it.
    Code(Vec<String>),
    /// At least one line is one of these.
    Contains(Selector),
    Quantity(QuantityIs),
    Amount(AmountIs),
    DistinctItems(QuantityIs),
}

/// Both ends included; at least one is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionCountRange))]
#[serde(default, deny_unknown_fields)]
pub struct CountRange {
    pub from: Option<u32>,
    pub to: Option<u32>,
}

impl CountRange {
    pub fn holds(&self, count: u64) -> bool {
        self.from.is_none_or(|from| count >= u64::from(from)) && self.to.is_none_or(|to| count <= u64::from(to))
    }
}

/// Pieces (or different items) on the selected lines, or on all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionQuantityIs))]
#[serde(default, deny_unknown_fields)]
pub struct QuantityIs {
    pub select: Option<Selector>,
    pub from: Option<u32>,
    pub to: Option<u32>,
}

impl QuantityIs {
    pub(crate) fn range(&self) -> CountRange {
        CountRange { from: self.from, to: self.to }
    }
}

/// What the selected lines cost together, or all; both ends included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionAmountIs))]
#[serde(default, deny_unknown_fields)]
pub struct AmountIs {
    pub select: Option<Selector>,
    pub from: Option<Amounts>,
    pub to: Option<Amounts>,
    pub of: Basis,
}

/// What an amount is measured on. Both are in the cart's own kind of price: with tax where prices include it, else
/// without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionBasis))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    #[default]
    BeforeDiscounts,
    /// What is left after the promotions that come earlier.
    AfterDiscounts,
}

impl Condition {
    /// Whether the answer can change while discounts are being taken.
    pub(crate) fn moves(&self) -> bool {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().any(Self::moves),
            Self::Not(one) => one.moves(),
            Self::Amount(amount) => amount.of == Basis::AfterDiscounts,
            _ => false,
        }
    }
}
