//! Promotions and a cart as one document: what `stoa promo eval` reads, and what tests and the console try rules with.

use super::{
    Choice, Code, Context, Customer, GiftStock, Line, LineFacts, Promotion, PromotionSet, Proposal, Proposed, Tax,
    Terms, Usage,
};
use crate::quote::{Priced, PricedLine, Request, price};
use crate::shipping::Delivery;
use crate::shop::ShippingMethod;
use crate::{Currency, FieldError, Locale, Localized, Money, PromotionId, Sku};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const MAX_SCENARIO_LINES: usize = 500;
const MAX_SCENARIO_PROPOSALS: usize = 100;
const MAX_FACTS: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(default)]
    pub promotions: Vec<Promotion>,
    /// What plugins answered, each as it stands in a run's record.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Object>))]
    pub proposals: Vec<Proposal>,
    pub cart: ScenarioCart,
    pub context: ScenarioContext,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioCart {
    pub currency: Currency,
    pub lines: Vec<ScenarioLine>,
    #[serde(default)]
    pub shipping: Option<ScenarioShipping>,
}

/// Amounts are minor units of the cart's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioLine {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: i64,
    #[serde(default)]
    pub compare_at: Option<i64>,
    #[serde(default)]
    pub facts: LineFacts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioShipping {
    pub method: String,
    pub price: i64,
    #[serde(default)]
    pub free_from: Option<i64>,
}

/// Who buys, where and when, and what has been used so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioContext {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub now: Timestamp,
    /// What clocks show at `now`, by time zone; the program fills in those that are missing.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = BTreeMap<String, String>))]
    pub local_times: BTreeMap<String, DateTime>,
    /// `en` where missing.
    #[serde(default)]
    pub locale: Option<Locale>,
    #[serde(default)]
    pub choice: Choice,
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub country: Option<String>,
    #[serde(default)]
    pub customer: Option<Customer>,
    #[serde(default)]
    pub codes: Vec<Code>,
    /// By promotion.
    #[serde(default)]
    pub usage: BTreeMap<PromotionId, Usage>,
    /// By SKU.
    #[serde(default)]
    pub gifts: BTreeMap<Sku, GiftStock>,
    #[serde(default)]
    pub chosen_gifts: Vec<Sku>,
    #[serde(default)]
    pub tax: Option<Tax>,
}

impl Scenario {
    /// The time zones that [`ScenarioContext::local_times`] must have for every promotion to be judged.
    pub fn time_zones(&self) -> BTreeSet<String> {
        let weekly = self.promotions.iter().filter(|promotion| !promotion.schedule.weekly.is_empty());
        weekly.filter_map(|promotion| promotion.schedule.time_zone.clone()).collect()
    }

    /// The quote with its trail; every fault of the document, with its path, where it has none.
    pub fn evaluate(self) -> Result<Priced, Vec<FieldError>> {
        let promotions = PromotionSet::new(self.promotions)
            .map_err(|errors| errors.into_iter().map(|error| error.within("promotions")).collect::<Vec<_>>())?;
        let mut errors = Vec::new();
        let mut count = |path: &str, got: usize, most: usize| {
            if got > most {
                errors.push(FieldError::new(path, "too_many", format!("at most {most} may be given, got {got}")));
            }
        };
        let (cart, facts) = (self.cart, self.context);
        count("cart.lines", cart.lines.len(), MAX_SCENARIO_LINES);
        count("proposals", self.proposals.len(), MAX_SCENARIO_PROPOSALS);
        count("context.codes", facts.codes.len(), MAX_FACTS);
        count("context.usage", facts.usage.len(), MAX_FACTS);
        count("context.gifts", facts.gifts.len(), MAX_FACTS);
        count("context.chosen_gifts", facts.chosen_gifts.len(), MAX_FACTS);
        if !errors.is_empty() {
            return Err(errors);
        }
        let money = |minor: i64| Money::new(minor, cart.currency);
        let line = |line: ScenarioLine| Line {
            priced: PricedLine {
                sku: line.sku,
                quantity: line.quantity,
                unit_price: money(line.unit_price),
                compare_at: line.compare_at.map(money),
            },
            facts: line.facts,
        };
        let lines: Vec<Line> = cart.lines.into_iter().map(line).collect();
        let method = cart.shipping.map(|shipping| ShippingMethod {
            id: shipping.method,
            name: Localized::default(),
            price: money(shipping.price),
            free_from: shipping.free_from.map(money),
            promise: Localized::default(),
        });
        let english =
            Locale::new("en").map_err(|e| vec![FieldError::new("context.locale", "invalid_value", e.to_string())])?;
        let context = Context {
            currency: cart.currency,
            now: facts.now,
            local_times: facts.local_times,
            locale: facts.locale.unwrap_or_else(|| english.clone()),
            fallback: english,
            choice: facts.choice,
            channel: facts.channel,
            country: facts.country,
            customer: facts.customer,
            codes: facts.codes,
            usage: facts.usage,
            gifts: facts.gifts,
            chosen_gifts: facts.chosen_gifts,
            tax: facts.tax.map(Into::into),
        };
        let proposed = |proposal| Proposed { proposal, terms: Terms::default() };
        let proposals: Vec<Proposed<'_>> = self.proposals.iter().map(proposed).collect();
        let delivery = method.map(|method| Delivery::everywhere(&method, &method.id, context.currency));
        let shipping = delivery.as_ref();
        let request =
            Request { lines: &lines, context: &context, promotions: &promotions, proposals: &proposals, shipping };
        price(&request).map_err(|error| vec![FieldError::new("cart", error.code(), error.to_string())])
    }
}
