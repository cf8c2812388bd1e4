//! What a script is told: the contract's input (`plugins/wit/promotion.wit`) as JSON, with `_` for `-` in its names. The
//! types in `plugins/typescript` say the same.

use crate::{InputLine, PromotionInput};
use serde::Serialize;

/// JavaScript counts exactly up to here.
pub(super) const MAX_EXACT: i64 = (1 << 53) - 1;

#[derive(Serialize)]
struct Input<'a> {
    cart: Cart<'a>,
    shopper: Option<Shopper<'a>>,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Cart<'a> {
    lines: Vec<Line<'a>>,
    currency: &'a str,
    subtotal: i64,
    shipping_method: Option<&'a str>,
    codes: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    sku: &'a str,
    product: &'a str,
    title: &'a str,
    quantity: u32,
    unit_price: i64,
    compare_at: Option<i64>,
    weight_grams: Option<u32>,
    brand: Option<&'a str>,
    product_type: Option<&'a str>,
    tags: &'a [String],
    categories: Vec<&'a str>,
    collections: Vec<&'a str>,
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Shopper<'a> {
    groups: &'a [String],
    orders: u32,
}

#[derive(Serialize)]
struct Context<'a> {
    now: i64,
    local_time: String,
    locale: &'a str,
    country: Option<&'a str>,
    channel: Option<&'a str>,
}

/// None if an amount is beyond [`MAX_EXACT`].
pub(super) fn json(input: &PromotionInput) -> Option<Vec<u8>> {
    let exact = |minor: i64| minor.checked_abs().is_some_and(|minor| minor <= MAX_EXACT);
    let amounts = |line: &InputLine| exact(line.unit_price.minor) && line.compare_at.is_none_or(|m| exact(m.minor));
    if !exact(input.subtotal.minor) || !input.lines.iter().all(amounts) {
        return None;
    }
    let context = &input.context;
    let told = Input {
        cart: Cart {
            lines: input.lines.iter().map(line).collect(),
            currency: input.currency.code(),
            subtotal: input.subtotal.minor,
            shipping_method: context.shipping_method.as_deref(),
            codes: &context.codes,
        },
        shopper: context.shopper.as_ref().map(|who| Shopper { groups: &who.groups, orders: who.orders }),
        context: Context {
            now: context.now.as_second(),
            local_time: context.local_text(),
            locale: input.locale.as_str(),
            country: context.country.as_deref(),
            channel: context.channel.as_deref(),
        },
    };
    serde_json::to_vec(&told).ok()
}

fn line(line: &InputLine) -> Line<'_> {
    Line {
        sku: line.sku.as_str(),
        product: line.product.as_str(),
        title: &line.title,
        quantity: line.quantity,
        unit_price: line.unit_price.minor,
        compare_at: line.compare_at.map(|before| before.minor),
        weight_grams: line.weight_grams,
        brand: line.brand.as_deref(),
        product_type: line.product_type.as_deref(),
        tags: &line.tags,
        categories: line.categories.iter().map(stoa_domain::Handle::as_str).collect(),
        collections: line.collections.iter().map(stoa_domain::Handle::as_str).collect(),
        attributes: line.attributes.iter().map(|(name, value)| Attribute { name, value }).collect(),
    }
}
