//! The cart that every subject is asked about, and the promotion's settings.

use anyhow::Result;
use serde_json::{Value, json};
use stoa_domain::promotion::{Context, Customer, Line, LineFacts};
use stoa_domain::quote::PricedLine;
use stoa_domain::{Currency, CustomerId, Handle, Locale, Money, ProductId, Sku};
use stoa_plugin_runtime::{InputLine, PromotionContext, PromotionInput, Shopper};

pub(super) const SETTINGS: &str = r#"{"tiers":[{"spend":30000,"save":2000},{"spend":60000,"save":6000}],"bundle":{"tag":"tableware","quantity":3,"percent":10},"free_shipping_from":60000}"#;

/// Every fourth line is tagged tableware; together they reach every rule.
pub(super) fn of(lines: usize) -> Result<PromotionInput> {
    let currency = Currency::new("CNY")?;
    let handles = |texts: &[&str]| texts.iter().map(|text| Ok(Handle::new(*text)?)).collect::<Result<Vec<_>>>();
    let line = |at: usize| -> Result<InputLine> {
        let tag = if at.is_multiple_of(4) { "tableware" } else { "living" };
        Ok(InputLine {
            sku: Sku::new(format!("SKU-{at:05}"))?,
            product: ProductId::new(format!("prod_{at:05}"))?,
            handle: Handle::new(format!("stoneware-mug-{at}"))?,
            title: format!("Stoneware mug No. {at}"),
            quantity: 1 + (at % 3) as u32,
            unit_price: Money::new(4_500 + at as i64 * 10, currency),
            compare_at: at.is_multiple_of(5).then(|| Money::new(6_000 + at as i64 * 10, currency)),
            weight_grams: Some(350),
            brand: Some("Agora".to_owned()),
            product_type: None,
            tags: vec![tag.to_owned(), "gift".to_owned()],
            categories: handles(&["home", "kitchen"])?,
            collections: handles(&["new-in"])?,
            attributes: vec![("material".to_owned(), "stoneware".to_owned())],
        })
    };
    let context = PromotionContext {
        country: Some("CN".to_owned()),
        shipping_method: Some("standard".to_owned()),
        shopper: Some(Shopper { groups: vec!["gold".to_owned()], orders: 3 }),
        ..PromotionContext::at("2026-11-24T01:30:00Z".parse()?)
    };
    let lines = (0..lines).map(line).collect::<Result<Vec<_>>>()?;
    Ok(PromotionInput::new(lines, currency, Locale::new("en")?, context)?)
}

/// The same as conditions see it.
pub(super) fn as_conditions_see_it(input: &PromotionInput) -> Result<(Vec<Line>, Context)> {
    let line = |line: &InputLine| Line {
        priced: PricedLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            compare_at: line.compare_at,
        },
        facts: LineFacts {
            product: Some(line.product.clone()),
            tags: line.tags.clone(),
            brand: line.brand.clone(),
            attributes: line.attributes.iter().map(|(name, value)| (name.clone(), vec![value.clone()])).collect(),
            ..LineFacts::default()
        },
    };
    let told = &input.context;
    let mut context = Context::new(input.currency, told.now, input.locale.clone(), input.locale.clone());
    context.country = told.country.clone();
    context.customer = Some(Customer { id: CustomerId::new("guest")?, groups: vec!["gold".to_owned()], orders: 3 });
    Ok((input.lines.iter().map(line).collect(), context))
}

/// The same for subjects that read JSON, by the contract's names.
pub(super) fn as_json(input: &PromotionInput) -> Value {
    let line = |line: &InputLine| {
        let attribute = |(name, value): &(String, String)| json!({ "name": name, "value": value });
        json!({
            "sku": line.sku, "product": line.product, "title": line.title, "quantity": line.quantity,
            "unit_price": line.unit_price.minor, "compare_at": line.compare_at.map(|before| before.minor),
            "weight_grams": line.weight_grams, "brand": line.brand, "product_type": line.product_type,
            "tags": line.tags, "categories": line.categories, "collections": line.collections,
            "attributes": line.attributes.iter().map(attribute).collect::<Vec<_>>(),
        })
    };
    let context = &input.context;
    let shopper = context.shopper.as_ref().map(|who| json!({ "groups": who.groups, "orders": who.orders }));
    json!({
        "cart": {
            "lines": input.lines.iter().map(line).collect::<Vec<_>>(), "currency": input.currency,
            "subtotal": input.subtotal.minor, "shipping_method": context.shipping_method, "codes": context.codes,
        },
        "shopper": shopper,
        "context": {
            "now": context.now.as_second(), "local_time": context.local_time, "locale": input.locale,
            "country": context.country, "channel": context.channel,
        },
        "settings": SETTINGS,
    })
}
