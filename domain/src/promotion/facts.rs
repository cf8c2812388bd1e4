//! What is known when a cart is priced. All of it is an argument: the instant, the clocks, the customer, what codes and
//! campaigns have been used for so far.

use super::amounts::Amounts;
use crate::category::CategoryTree;
use crate::product::{AttributeValue, Product};
use crate::quote::PricedLine;
use crate::tax::{Rate, Taxes};
use crate::{CategoryId, CollectionId, Currency, CustomerId, Locale, Money, ProductId, PromotionId, Sku};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of the cart: its price, and what selectors look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub priced: PricedLine,
    pub facts: LineFacts,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LineFacts {
    pub product: Option<ProductId>,
    /// The product's category and all above it.
    pub categories: Vec<CategoryId>,
    pub collections: Vec<CollectionId>,
    pub tags: Vec<String>,
    pub brand: Option<String>,
    pub product_type: Option<String>,
    /// By name: every text that counts as the value.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Millionths: 130000 is 13 %.
    pub tax_millionths: u32,
}

impl LineFacts {
    /// `collections` are those that `product` is a member of.
    pub fn of(product: &Product, categories: &CategoryTree, collections: Vec<CollectionId>) -> Self {
        let path = product.category.iter().flat_map(|id| categories.breadcrumbs(id));
        let attributes = product.attributes.iter().map(|a| (a.name.clone(), texts(&a.value)));
        Self {
            product: Some(product.id.clone()),
            categories: path.map(|category| category.id.clone()).collect(),
            collections,
            tags: product.tags.clone(),
            brand: product.brand.clone(),
            product_type: product.product_type.clone(),
            attributes: attributes.collect(),
            tax_millionths: 0,
        }
    }
}

fn texts(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::Text(text) => text.iter().map(|(_, text)| text.to_owned()).collect(),
        AttributeValue::Number { value, .. } => vec![value.normalize().to_string()],
        AttributeValue::Flag(flag) => vec![flag.to_string()],
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub currency: Currency,
    pub now: Timestamp,
    /// What the clocks of each time zone show at `now`, by IANA name: see
    /// [`PromotionSet::time_zones`](super::PromotionSet::time_zones).
    pub local_times: BTreeMap<String, DateTime>,
    pub locale: Locale,
    /// The shop's default.
    pub fallback: Locale,
    pub choice: Choice,
    pub channel: Option<String>,
    pub country: Option<String>,
    pub customer: Option<Customer>,
    /// As the shopper gave them, with what the shop knows of each.
    pub codes: Vec<Code>,
    /// Missing: never used.
    pub usage: BTreeMap<PromotionId, Usage>,
    /// What can be given away, by SKU.
    pub gifts: BTreeMap<Sku, GiftStock>,
    /// What the shopper chose where a promotion offers several gifts.
    pub chosen_gifts: Vec<Sku>,
    /// None: the quote says nothing of taxes.
    pub tax: Option<Taxes>,
}

impl Context {
    pub fn new(currency: Currency, now: Timestamp, locale: Locale, fallback: Locale) -> Self {
        Self {
            currency,
            now,
            local_times: BTreeMap::new(),
            locale,
            fallback,
            choice: Choice::default(),
            channel: None,
            country: None,
            customer: None,
            codes: Vec::new(),
            usage: BTreeMap::new(),
            gifts: BTreeMap::new(),
            chosen_gifts: Vec::new(),
            tax: None,
        }
    }
}

/// Which of promotions that do not combine apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionChoice))]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Those that save the shopper most.
    #[default]
    BestDeal,
    /// Those that come first.
    Priority,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionCustomer))]
#[serde(deny_unknown_fields)]
pub struct Customer {
    pub id: CustomerId,
    #[serde(default)]
    pub groups: Vec<String>,
    /// Orders placed before this one.
    #[serde(default)]
    pub orders: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionCode))]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code: String,
    /// None: the shop has no such code.
    #[serde(default)]
    pub coupon: Option<Coupon>,
}

/// A code that exists, alone or one of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionCoupon))]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    pub promotion: PromotionId,
    #[serde(default)]
    pub batch: Option<String>,
    #[serde(default)]
    pub disabled: bool,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub starts_at: Option<Timestamp>,
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub ends_at: Option<Timestamp>,
    /// Only this customer may use it.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    #[serde(default)]
    pub max_uses: Option<u32>,
    /// Orders with it so far.
    #[serde(default)]
    pub uses: u32,
}

/// What has been used of a promotion before this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionUsage))]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    pub uses: u32,
    pub by_customer: u32,
    pub spent: Amounts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GiftStock {
    /// Pieces that can be given beside what is in the cart.
    pub available: u32,
    /// What a piece is worth: weighed against other promotions, and counted in a budget.
    pub price: Money,
}

/// Whether prices include tax. The rates are the lines' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionTax))]
#[serde(deny_unknown_fields)]
pub struct Tax {
    pub included: bool,
    #[serde(default)]
    pub shipping_millionths: u32,
}

impl From<Tax> for Taxes {
    fn from(tax: Tax) -> Self {
        let shipping = Rate { name: String::new(), millionths: tax.shipping_millionths };
        let shipping = if shipping.millionths == 0 { Vec::new() } else { vec![shipping] };
        Self { included: tax.included, shipping, ..Self::default() }
    }
}
