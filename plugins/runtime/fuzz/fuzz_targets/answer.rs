//! Any bytes as a plugin's answer: four for its address, the rest in its memory from 1,024 on (`tests/guests/echo.wat`).
//! What is taken is priced, and never below zero.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::{Currency, Locale, Money, PromotionId, Sku};
use stoa_plugin_runtime::{
    Engine, Limits, Plugin, Promotion, PromotionContext, PromotionInput, compile, generate_keys,
};

static ECHO: LazyLock<Plugin> = LazyLock::new(|| {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_file(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/promotion.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("promotion")).unwrap();
    let mut module = wat::parse_str(include_str!("../../tests/guests/echo.wat")).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    let (sign, verify) = generate_keys().unwrap();
    let engine = Engine::new().unwrap();
    let artefact = compile(&engine, &module, &sign).unwrap();
    Plugin::load(&engine, &artefact.bytes, &verify, &artefact.digest).unwrap()
});

fuzz_target!(|answer: &[u8]| {
    // More would overwrite what the plugin was given: then it is another answer, and no less welcome.
    let settings: String = answer.iter().flat_map(|b| [b'a' + (b >> 4), b'a' + (b & 15)]).map(char::from).collect();
    let cny = Currency::new("CNY").unwrap();
    let context = PromotionContext::at(jiff::Timestamp::UNIX_EPOCH);
    let input = PromotionInput::new(Vec::new(), cny, Locale::new("en").unwrap(), context).unwrap();
    let id = PromotionId::new("echo").unwrap();
    let promotion = Promotion { id: &id, title: "Echo", settings: &settings };
    let Ok(run) = ECHO.run(promotion, &input, Limits::default()) else { return };
    let price = Money::new(15_000, cny);
    let line = PricedLine { sku: Sku::new("mug").unwrap(), quantity: 2, unit_price: price, compare_at: None };
    let quote = quote(&[line], cny, &[run.proposal], None).unwrap();
    assert!((0..=30_000).contains(&quote.total.minor));
});
