//! What a promotion does to the cart it applies to.

use super::amounts::Amounts;
use super::condition::{Basis, Selector};
use crate::Sku;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionAction))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    DiscountLines(DiscountLines),
    DiscountOrder(DiscountOrder),
    DiscountShipping(DiscountShipping),
    BuyGet(BuyGet),
    Bundle(Bundle),
    Gift(Gift),
}

/// Class `product`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscountLines {
    /// Every line where missing.
    #[serde(default)]
    pub select: Option<Selector>,
    pub value: Discount,
    #[serde(default)]
    pub application: Application,
    /// Of how many pieces at most, by `pick`.
    #[serde(default)]
    pub at_most: Option<u32>,
    #[serde(default)]
    pub pick: Pick,
    /// Leaves pieces alone that a promotion has already made cheaper, or counted in a buy-get or bundle.
    #[serde(default)]
    pub skip_discounted: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// An amount off each piece, a price for each piece.
    #[default]
    Each,
    /// Once for all of them together, spread by what they cost.
    Across,
    /// On one piece of the whole cart, by `pick`.
    Once,
}

/// Which pieces first, by their price before discounts; of equal ones the earlier line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    #[default]
    Cheapest,
    MostExpensive,
}

/// Class `order`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscountOrder {
    /// The lines it is measured on and spread over; all where missing.
    #[serde(default)]
    pub select: Option<Selector>,
    pub value: Discount,
}

/// Class `shipping`. A price is what shipping then costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DiscountShipping {
    pub value: Flat,
}

/// Class `product`. Buy some, get others cheaper; a piece counts on one side only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BuyGet {
    pub buy: Buy,
    pub get: Get,
    /// An amount or a price is for each piece.
    pub value: Flat,
    /// How often at most in one order; once where missing.
    #[serde(default = "once")]
    pub repeat: u32,
}

/// The side that is paid in full: so many pieces, or pieces for so much (before discounts).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Buy {
    pub select: Option<Selector>,
    pub quantity: Option<u32>,
    pub amount: Option<Amounts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Get {
    #[serde(default)]
    pub select: Option<Selector>,
    pub quantity: u32,
    #[serde(default)]
    pub pick: Pick,
}

/// Class `product`. Pieces that together cost less; the most expensive that fit are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    pub parts: Vec<Part>,
    /// Of one whole bundle.
    pub value: Flat,
    #[serde(default = "once")]
    pub repeat: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(default)]
    pub select: Option<Selector>,
    pub quantity: u32,
}

/// Class `product`. Adds pieces that cost nothing: the shopper's choice of `any_of`, else the first that is available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Gift {
    pub any_of: Vec<Sku>,
    pub quantity: u32,
    /// What earns the gift; without it the promotion's conditions alone do.
    #[serde(default)]
    pub buy: Option<Buy>,
    #[serde(default = "once")]
    pub repeat: u32,
}

fn once() -> u32 {
    1
}

/// A discount that does not depend on the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionFlat))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Flat {
    /// Ten-thousandths: 1500 is 15 %.
    BasisPoints(u32),
    Amount(Amounts),
    /// What it costs instead, where that is less.
    Price(Amounts),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionDiscount))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Discount {
    BasisPoints(u32),
    Amount(Amounts),
    Price(Amounts),
    /// By the pieces on the selected lines; the highest step reached counts, alone.
    QuantityTiers(Vec<QuantityTier>),
    /// By what the selected lines cost; the highest step reached counts, alone.
    AmountTiers(AmountTiers),
    /// So much off for every so much: 每满300减40.
    Every(Every),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuantityTier {
    pub from: u32,
    pub value: Flat,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AmountTiers {
    #[serde(default)]
    pub of: Basis,
    pub steps: Vec<AmountTier>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AmountTier {
    pub from: Amounts,
    pub value: Flat,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Every {
    #[serde(default)]
    pub of: Basis,
    pub spend: Amounts,
    pub off: Amounts,
    /// How often at most.
    #[serde(default)]
    pub at_most: Option<u32>,
}

impl Action {
    /// As in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::DiscountLines(_) => "discount_lines",
            Self::DiscountOrder(_) => "discount_order",
            Self::DiscountShipping(_) => "discount_shipping",
            Self::BuyGet(_) => "buy_get",
            Self::Bundle(_) => "bundle",
            Self::Gift(_) => "gift",
        }
    }

    pub(crate) fn amounts<'a>(&'a self, found: &mut Vec<&'a Amounts>) {
        match self {
            Self::DiscountLines(action) => action.value.amounts(found),
            Self::DiscountOrder(action) => action.value.amounts(found),
            Self::DiscountShipping(action) => found.extend(action.value.amounts()),
            Self::BuyGet(action) => found.extend(action.value.amounts().into_iter().chain(&action.buy.amount)),
            Self::Bundle(action) => found.extend(action.value.amounts()),
            Self::Gift(action) => found.extend(action.buy.iter().flat_map(|buy| &buy.amount)),
        }
    }
}

impl Flat {
    pub(crate) fn amounts(&self) -> Option<&Amounts> {
        match self {
            Self::BasisPoints(_) => None,
            Self::Amount(amounts) | Self::Price(amounts) => Some(amounts),
        }
    }
}

impl Discount {
    fn amounts<'a>(&'a self, found: &mut Vec<&'a Amounts>) {
        match self {
            Self::BasisPoints(_) => {}
            Self::Amount(amounts) | Self::Price(amounts) => found.push(amounts),
            Self::QuantityTiers(tiers) => found.extend(tiers.iter().filter_map(|tier| tier.value.amounts())),
            Self::AmountTiers(tiers) => {
                for step in &tiers.steps {
                    found.extend(std::iter::once(&step.from).chain(step.value.amounts()));
                }
            }
            Self::Every(every) => found.extend([&every.spend, &every.off]),
        }
    }
}
