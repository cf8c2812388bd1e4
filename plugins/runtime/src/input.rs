//! What a promotion is told about a cart. No personal data is in it: a shopper is a set of groups and a count of orders.

use crate::SelectorFacts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stoa_domain::category::CategoryTree;
use stoa_domain::product::{AttributeValue, Product};
use stoa_domain::promotion::Context;
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
    /// Above the unit price.
    #[serde(default)]
    pub compare_at: Option<Money>,
    #[serde(default)]
    pub weight_grams: Option<u32>,
    #[serde(default)]
    pub brand: Option<String>,
    #[serde(default)]
    pub product_type: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// The top one first.
    #[serde(default)]
    pub categories: Vec<Handle>,
    #[serde(default)]
    pub collections: Vec<Handle>,
    /// (name, value) in the shopper's language.
    #[serde(default)]
    pub attributes: Vec<(String, String)>,
}

impl InputLine {
    /// `collections` are those that `product` is a member of.
    pub fn of(
        line: &PricedLine,
        product: &Product,
        categories: &CategoryTree,
        collections: Vec<Handle>,
        locale: &Locale,
        fallback: &Locale,
    ) -> Self {
        let path = product.category.iter().flat_map(|id| categories.breadcrumbs(id));
        let value = |value: &AttributeValue| match value {
            AttributeValue::Text(text) => text.get(locale, fallback).to_owned(),
            AttributeValue::Number { value, .. } => value.normalize().to_string(),
            AttributeValue::Flag(flag) => flag.to_string(),
        };
        Self {
            sku: line.sku.clone(),
            product: product.id.clone(),
            handle: product.handle.clone(),
            title: product.title.get(locale, fallback).to_owned(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            compare_at: line.compare_at,
            weight_grams: product.variant(&line.sku).and_then(|variant| variant.weight_grams),
            brand: product.brand.clone(),
            product_type: product.product_type.clone(),
            tags: product.tags.clone(),
            categories: path.map(|c| c.handle.clone()).collect(),
            collections,
            attributes: product.attributes.iter().map(|a| (a.name.clone(), value(&a.value))).collect(),
        }
    }
}

/// When, where and for whom a cart is priced. What nobody knows is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionContext {
    pub now: Timestamp,
    /// What the shop's clock shows at `now`.
    pub local_time: DateTime,
    #[serde(default)]
    pub country: Option<String>,
    #[serde(default)]
    pub channel: Option<String>,
    /// The id of the chosen one.
    #[serde(default)]
    pub shipping_method: Option<String>,
    /// As the shopper gave them.
    #[serde(default)]
    pub codes: Vec<String>,
    #[serde(default)]
    pub shopper: Option<Shopper>,
}

/// All that a promotion learns of who buys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shopper {
    pub groups: Vec<String>,
    /// Orders placed before this one.
    pub orders: u32,
}

/// An input that says nothing of when and where: fixtures need not.
impl Default for PromotionContext {
    fn default() -> Self {
        Self::at(Timestamp::UNIX_EPOCH)
    }
}

impl PromotionContext {
    /// Nothing is known but the instant; the clock shows UTC.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            local_time: TimeZone::UTC.to_datetime(now),
            country: None,
            channel: None,
            shipping_method: None,
            codes: Vec::new(),
            shopper: None,
        }
    }

    /// What rules know of the same cart, without the customer's id. `zone` is the shop's time zone by IANA name, one of
    /// `context.local_times`.
    pub fn of(context: &Context, zone: Option<&str>, shipping_method: Option<&str>) -> Self {
        let utc = Self::at(context.now);
        Self {
            local_time: zone.and_then(|zone| context.local_times.get(zone)).copied().unwrap_or(utc.local_time),
            country: context.country.clone(),
            channel: context.channel.clone(),
            shipping_method: shipping_method.map(str::to_owned),
            codes: context.codes.iter().map(|code| code.code.clone()).collect(),
            shopper: context.customer.as_ref().map(|c| Shopper { groups: c.groups.clone(), orders: c.orders }),
            ..utc
        }
    }

    /// To the second: `2026-11-24T09:30:00`.
    pub(crate) fn local_text(&self) -> String {
        self.local_time.with().subsec_nanosecond(0).build().unwrap_or(self.local_time).to_string()
    }
}

/// A cart as every promotion sees it; the settings differ from one to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionInput {
    pub lines: Vec<InputLine>,
    pub currency: Currency,
    pub subtotal: Money,
    pub locale: Locale,
    #[serde(default)]
    pub context: PromotionContext,
    /// By SKU. No plugin is told of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<Sku, SelectorFacts>,
}

impl PromotionInput {
    /// Sums the lines up; all must be in `currency`.
    pub fn new(
        lines: Vec<InputLine>,
        currency: Currency,
        locale: Locale,
        context: PromotionContext,
    ) -> Result<Self, MoneyError> {
        let subtotal =
            lines.iter().try_fold(Money::zero(currency), |sum, line| sum.add(line.unit_price.times(line.quantity)?))?;
        Ok(Self { lines, currency, subtotal, locale, context, beside: BTreeMap::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stoa_domain::CustomerId;
    use stoa_domain::promotion::{Code, Customer};

    #[test]
    fn a_promotion_learns_groups_and_codes_but_not_who_it_is() {
        let (cny, en) = (Currency::new("CNY").unwrap(), Locale::new("en").unwrap());
        let now: Timestamp = "2026-11-24T01:30:00.75Z".parse().unwrap();
        let mut context = Context::new(cny, now, en.clone(), en);
        context.local_times.insert("Asia/Shanghai".into(), "2026-11-24T09:30:00.75".parse().unwrap());
        context.codes = vec![Code { code: "WELCOME".into(), coupon: None }];
        let customer = CustomerId::new("cust_ada@example.com").unwrap();
        context.customer = Some(Customer { id: customer, groups: vec!["gold".into()], orders: 3 });
        let told = PromotionContext::of(&context, Some("Asia/Shanghai"), Some("standard"));
        assert_eq!(told.local_text(), "2026-11-24T09:30:00");
        assert_eq!(told.shopper, Some(Shopper { groups: vec!["gold".into()], orders: 3 }));
        assert!(!format!("{told:?}").contains("ada"), "{told:?}");
        assert_eq!(PromotionContext::of(&context, None, None).local_text(), "2026-11-24T01:30:00");
    }
}
