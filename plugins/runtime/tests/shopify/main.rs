//! Shopify Functions as merchants bring them: real ones, hostile ones, and what is refused when they are uploaded.
#![cfg(feature = "compile")]
#![allow(clippy::unwrap_used)]

mod discounts;
mod guests;
mod hostile;
mod queries;
mod real;
mod rewritten;
mod uploads;

use stoa_domain::{Currency, Handle, Locale, Money, ProductId, PromotionId, Sku};
use stoa_plugin_runtime::shopify::{Function, Targeting, compile};
use stoa_plugin_runtime::{Engine, InputLine, Promotion, PromotionContext, PromotionInput, generate_keys};

pub(crate) const CART_LINES: &str = "cart.lines.discounts.generate.run";
pub(crate) const DELIVERY: &str = "cart.delivery-options.discounts.generate.run";

pub(crate) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

/// Two mugs at 150 yuan, once 180, tagged tableware, in the category kitchen; a lamp at 99.50 in the collection sale.
pub(crate) fn cart() -> PromotionInput {
    let line = |sku: &str, quantity, price, tag: &str, category: &str| InputLine {
        sku: Sku::new(sku).unwrap(),
        product: ProductId::new(format!("prod_{sku}")).unwrap(),
        handle: Handle::new(sku).unwrap(),
        title: format!("A {sku}"),
        quantity,
        unit_price: cny(price),
        compare_at: (sku == "mug").then(|| cny(18_000)),
        weight_grams: None,
        brand: (sku == "mug").then(|| "Clay".to_owned()),
        product_type: (sku == "mug").then(|| "Cup".to_owned()),
        tags: vec![tag.to_owned()],
        categories: vec![Handle::new(category).unwrap()],
        collections: if sku == "lamp" { vec![Handle::new("sale").unwrap()] } else { Vec::new() },
        attributes: Vec::new(),
    };
    let lines = vec![line("mug", 2, 15_000, "tableware", "kitchen"), line("lamp", 1, 9_950, "light", "living")];
    let (currency, locale) = (Currency::new("CNY").unwrap(), Locale::new("zh-CN").unwrap());
    PromotionInput::new(lines, currency, locale, PromotionContext::default()).unwrap()
}

pub(crate) fn id() -> PromotionId {
    PromotionId::new("function").unwrap()
}

pub(crate) fn promotion<'a>(id: &'a PromotionId, settings: &'a str) -> Promotion<'a> {
    Promotion { id, title: "Summer", settings }
}

pub(crate) fn targeting(target: &str, export: &str, query: &str) -> Targeting {
    Targeting { target: target.to_owned(), export: export.to_owned(), input_query: query.to_owned() }
}

/// Compiled, signed, and loaded as the checkout loads it.
pub(crate) fn load(wasm: &[u8], targeting: &[Targeting]) -> Function {
    let engine = Engine::new().unwrap();
    let (sign, verify) = generate_keys().unwrap();
    let artefact = compile(&engine, wasm, targeting, &sign).unwrap();
    Function::load(&engine, &artefact.bytes, &verify, &artefact.digest).unwrap()
}
