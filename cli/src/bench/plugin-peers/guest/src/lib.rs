//! The sample promotion `spend-and-save` as an Extism guest: the same rules, JSON in and out as its PDK has it.

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Input {
    cart: Cart,
    context: Situation,
    settings: String,
}

#[derive(Deserialize)]
struct Cart {
    lines: Vec<Line>,
    currency: String,
    subtotal: i64,
}

/// Everything that the contract has: a plugin that reads its input reads all of it.
#[derive(Deserialize)]
#[allow(dead_code, reason = "the rules need four of these")]
struct Line {
    sku: String,
    product: String,
    title: String,
    quantity: u32,
    unit_price: i64,
    compare_at: Option<i64>,
    weight_grams: Option<u32>,
    brand: Option<String>,
    product_type: Option<String>,
    tags: Vec<String>,
    categories: Vec<String>,
    collections: Vec<String>,
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
struct Attribute {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Situation {
    locale: String,
}

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    tiers: Vec<Tier>,
    bundle: Option<Bundle>,
    free_shipping_from: Option<i64>,
}

#[derive(Deserialize)]
struct Tier {
    spend: i64,
    save: i64,
}

#[derive(Deserialize)]
struct Bundle {
    tag: String,
    quantity: u32,
    percent: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Operation {
    DiscountLine { sku: String, value: Value, reason: String },
    DiscountOrder { value: Value, reason: String },
    DiscountShipping { value: Value, reason: String },
    Message { text: String },
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Value {
    BasisPoints(u32),
    Amount(i64),
}

#[plugin_fn]
pub fn run(Json(input): Json<Input>) -> FnResult<Json<Vec<Operation>>> {
    let settings: Settings = serde_json::from_str(&input.settings)?;
    let cart = &input.cart;
    let chinese = input.context.locale.starts_with("zh");
    let mut operations = settings.bundle.map_or_else(Vec::new, |bundle| bundle_discounts(cart, &bundle, chinese));
    let reached = settings.tiers.iter().filter(|t| cart.subtotal >= t.spend).max_by_key(|t| t.spend);
    if let Some(tier) = reached {
        let (spend, save) = (money(tier.spend, &cart.currency), money(tier.save, &cart.currency));
        let reason = if chinese { format!("满 {spend} 减 {save}") } else { format!("Spend {spend}, save {save}") };
        operations.push(Operation::DiscountOrder { value: Value::Amount(tier.save), reason });
    }
    let next = settings.tiers.iter().filter(|t| cart.subtotal < t.spend).min_by_key(|t| t.spend);
    if let (Some(tier), false) = (next, cart.lines.is_empty()) {
        let missing = money(tier.spend.saturating_sub(cart.subtotal), &cart.currency);
        let save = money(tier.save, &cart.currency);
        let text = if chinese {
            format!("再买 {missing} 即可减 {save}")
        } else {
            format!("Add {missing} more to save {save}")
        };
        operations.push(Operation::Message { text });
    }
    if settings.free_shipping_from.is_some_and(|from| cart.subtotal >= from) {
        let reason = if chinese { "满额免运费" } else { "Free shipping on this order" }.to_owned();
        operations.push(Operation::DiscountShipping { value: Value::BasisPoints(10_000), reason });
    }
    Ok(Json(operations))
}

fn bundle_discounts(cart: &Cart, bundle: &Bundle, chinese: bool) -> Vec<Operation> {
    let belongs = |line: &&Line| line.tags.contains(&bundle.tag);
    let pieces = cart.lines.iter().filter(belongs).fold(0_u32, |sum, line| sum.saturating_add(line.quantity));
    if pieces < bundle.quantity {
        return Vec::new();
    }
    let (quantity, percent) = (bundle.quantity, bundle.percent);
    let reason = if chinese {
        format!("任选 {quantity} 件减 {percent}%")
    } else {
        format!("{percent} % off for {quantity} or more")
    };
    let value = Value::BasisPoints(percent.saturating_mul(100));
    let discount = |line: &Line| Operation::DiscountLine { sku: line.sku.clone(), value, reason: reason.clone() };
    cart.lines.iter().filter(belongs).map(discount).collect()
}

fn money(minor: i64, currency: &str) -> String {
    let digits = match currency {
        "JPY" | "KRW" | "VND" => 0,
        "BHD" | "KWD" | "OMR" | "JOD" | "TND" => 3,
        _ => 2,
    };
    let unit = 10_i64.pow(digits);
    let (whole, part) = (minor / unit, minor % unit);
    let sign = if currency == "CNY" { "¥".to_owned() } else { format!("{currency} ") };
    if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0width$}", width = digits as usize) }
}
