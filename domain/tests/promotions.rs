//! Declarative promotions: worked examples, codes and limits, documents, and what holds of all of them.
#![allow(clippy::unwrap_used)]

#[path = "promotions/codes.rs"]
mod codes;
#[path = "promotions/documents.rs"]
mod documents;
#[path = "promotions/examples.rs"]
mod examples;
#[path = "promotions/properties.rs"]
mod properties;
#[path = "promotions/reconcile.rs"]
mod reconcile;
#[path = "promotions/stored.rs"]
mod stored;
#[path = "promotions/targets.rs"]
mod targets;
#[path = "promotions/together.rs"]
mod together;

use serde_json::{Value, json};
use stoa_domain::promotion::{Scenario, read};
use stoa_domain::quote::{Priced, Quote};

/// Reads a document as `stoa promo eval` does.
pub(crate) fn scenario(document: &Value) -> Scenario {
    read(&mut serde_json::Deserializer::from_str(&document.to_string())).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn priced(document: &Value) -> Priced {
    let priced = scenario(document).evaluate().unwrap_or_else(|errors| panic!("{errors:?}"));
    reconcile::reconciles(&priced.quote);
    priced
}

/// A rule that combines with everything, so that a test says only what it is about.
pub(crate) fn rule(id: &str, actions: Value) -> Value {
    json!({
        "id": id,
        "title": { "en": id },
        "combines_with": { "product": true, "order": true, "shipping": true },
        "actions": actions,
    })
}

/// `base` with the fields of `more`.
pub(crate) fn with(mut base: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields are an object") };
    base.as_object_mut().unwrap().extend(more);
    base
}

/// (sku, quantity, unit price in fen, tag)
pub(crate) fn document(promotions: &[Value], lines: &[(&str, u32, i64, &str)]) -> Value {
    let line = |(sku, quantity, unit_price, tag): &(&str, u32, i64, &str)| json!({ "sku": sku, "quantity": quantity, "unit_price": unit_price, "facts": { "tags": [tag] } });
    json!({
        "promotions": promotions,
        "cart": { "currency": "CNY", "lines": lines.iter().map(line).collect::<Vec<_>>() },
        "context": { "now": "2026-11-11T12:00:00+08:00" },
    })
}

/// What each line gets off, in all.
pub(crate) fn off(quote: &Quote) -> Vec<i64> {
    quote.lines.iter().map(|line| line.subtotal.minor - line.total.minor).collect()
}

/// (promotion, reason) of every rule that gave nothing.
pub(crate) fn not_applied(priced: &Priced) -> Vec<(&str, &str)> {
    priced.not_applied.iter().map(|n| (n.promotion.as_str(), n.why_not.code.as_str())).collect()
}
