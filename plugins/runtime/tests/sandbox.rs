//! Plugins as merchants send them, honest and hostile. The honest one is the sample, built beforehand for wasm32; its
//! path is `STOA_SAMPLE_PLUGIN`, by default where cargo's profile `guest` puts it.
#![cfg(feature = "compile")]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use stoa_domain::promotion::{DiscountValue, Operation};
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::{Currency, Handle, Locale, Money, ProductId, PromotionId, Sku};
use stoa_plugin_runtime::*;

const SETTINGS: &str = r#"{"tiers":[{"spend":30000,"save":2000},{"spend":60000,"save":6000}],
    "bundle":{"tag":"tableware","quantity":3,"percent":10},"free_shipping_from":60000}"#;

fn sample() -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let built = target.join("wasm32-unknown-unknown/guest/stoa_sample_spend_and_save.wasm");
    let path = std::env::var_os("STOA_SAMPLE_PLUGIN").map_or(built, PathBuf::from);
    let how = "cargo build --profile guest -p stoa-sample-spend-and-save --target wasm32-unknown-unknown";
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; build it with `{how}`", path.display()))
}

/// A component of the right world around a hand-written `run`: its nine flat parameters and its return pointer, see the canonical ABI.
fn hostile(body: &str) -> Vec<u8> {
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/promotion.wit");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_file(wit).unwrap();
    let world = resolve.select_world(&[package], Some("promotion")).unwrap();
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 16384)
            (func (export "stoa:promotion/discounts@0.1.0#run")
                (param i32 i32 i32 i32 i64 i32 i32 i32 i32) (result i32) {body}))"#
    );
    let mut module = wat::parse_str(&text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8, false)
        .unwrap();
    module
}

struct Shop {
    engine: Engine,
    sign: Vec<u8>,
    verify: Vec<u8>,
}

impl Shop {
    fn new() -> Self {
        let (sign, verify) = generate_keys().unwrap();
        Self { engine: Engine::new().unwrap(), sign, verify }
    }
    fn load(&self, wasm: &[u8]) -> Plugin {
        let artefact = compile(&self.engine, wasm, &self.sign).unwrap();
        Plugin::load(&self.engine, &artefact.bytes, &self.verify).unwrap()
    }
    fn run(&self, wasm: &[u8], limits: Limits) -> Result<Run, RunError> {
        self.load(wasm).run(promotion(&id(), SETTINGS), &cart("en", 2), limits)
    }
}

fn id() -> PromotionId {
    PromotionId::new("spend-and-save").unwrap()
}
fn promotion<'a>(id: &'a PromotionId, settings: &'a str) -> Promotion<'a> {
    Promotion { id, title: "Spend and save", settings }
}
fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}
/// `mugs` at 150 yuan each, tagged tableware, and a lamp at 100.
fn cart(locale: &str, mugs: u32) -> PromotionInput {
    let line = |sku: &str, quantity, price, tag: &str| InputLine {
        sku: Sku::new(sku).unwrap(),
        product: ProductId::new(format!("prod_{sku}")).unwrap(),
        handle: Handle::new(sku).unwrap(),
        title: sku.to_owned(),
        quantity,
        unit_price: cny(price),
        tags: vec![tag.to_owned()],
        categories: vec![Handle::new("home").unwrap()],
        brand: None,
    };
    let lines = vec![line("mug", mugs, 15_000, "tableware"), line("lamp", 1, 10_000, "light")];
    PromotionInput::new(lines, Currency::new("CNY").unwrap(), Locale::new(locale).unwrap()).unwrap()
}

#[test]
fn the_sample_saves_what_its_settings_say() {
    let shop = Shop::new();
    let plugin = shop.load(&sample());
    let id = id();
    let run = plugin.run(promotion(&id, SETTINGS), &cart("en", 4), Limits::default()).unwrap();
    let reason = |text: &str| text.to_owned();
    let wanted = [
        Operation::DiscountLine {
            sku: Sku::new("mug").unwrap(),
            value: DiscountValue::BasisPoints(1_000),
            reason: reason("10 % off for 3 or more"),
        },
        Operation::DiscountOrder { value: DiscountValue::Amount(6_000), reason: reason("Spend ¥600, save ¥60") },
        Operation::DiscountShipping {
            value: DiscountValue::BasisPoints(10_000),
            reason: reason("Free shipping on this order"),
        },
    ];
    assert_eq!(run.proposal.operations, wanted);
    assert!(run.fuel_used > 0 && run.fuel_used < 500_000, "{}", run.fuel_used);
    let chinese = plugin.run(promotion(&id, SETTINGS), &cart("zh-CN", 1), Limits::default()).unwrap();
    assert_eq!(chinese.proposal.operations, [Operation::Message { text: "再买 ¥50 即可减 ¥20".into() }]);
    let refused = plugin.run(promotion(&id, "{"), &cart("en", 1), Limits::default()).unwrap_err();
    assert_eq!(refused.code(), "refused");
}

#[test]
fn the_sample_is_small_and_imports_nothing() {
    let component = componentize(&sample()).unwrap();
    assert!(component.len() < 80_000, "{} bytes", component.len());
    assert_eq!(componentize(&component), Ok(component.clone()));
}

#[test]
fn a_plugin_that_loops_runs_out_of_fuel() {
    let looping = hostile("(loop $again br $again) unreachable");
    assert_eq!(Shop::new().run(&looping, Limits::default()), Err(RunError::OutOfFuel { fuel: 11_000_000 }));
}

#[test]
fn a_plugin_that_hoards_memory_runs_out_of_it() {
    let hoarding =
        hostile("(if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable)) i32.const 0");
    assert_eq!(Shop::new().run(&hoarding, Limits::default()).unwrap_err().code(), "out_of_memory");
}

#[test]
fn a_plugin_that_traps_or_lies_costs_nothing_else() {
    let shop = Shop::new();
    assert_eq!(shop.run(&hostile("unreachable"), Limits::default()).unwrap_err().code(), "trapped");
    // A result far outside of memory, and one that claims a thousand operations.
    assert_eq!(shop.run(&hostile("i32.const -8"), Limits::default()).unwrap_err().code(), "bad_output");
    let many = "(i32.store (i32.const 8) (i32.const 1000)) i32.const 0";
    assert_eq!(shop.run(&hostile(many), Limits::default()).unwrap_err().code(), "bad_output");
    assert!(shop.run(&sample(), Limits::default()).is_ok());
}

#[test]
fn an_answer_that_unfolds_into_megabytes_is_cut_off() {
    // A thousand messages, 40 bytes each from address 16 on, all of them the same 24 672 bytes of memory.
    let unfolding = "(local $at i32) (local.set $at (i32.const 16))
        (i32.store (i32.const 4) (i32.const 16)) (i32.store (i32.const 8) (i32.const 1000))
        (loop $next
            (i32.store8 (local.get $at) (i32.const 3))
            (i32.store offset=8 (local.get $at) (i32.const 16))
            (i32.store offset=12 (local.get $at) (i32.const 24672))
            (local.set $at (i32.add (local.get $at) (i32.const 40)))
            (br_if $next (i32.lt_u (local.get $at) (i32.const 40016))))
        i32.const 0";
    let error = Shop::new().run(&hostile(unfolding), Limits::default()).unwrap_err();
    assert!(matches!(&error, RunError::BadOutput(why) if why.contains("fuel")), "{error}");
}

#[test]
fn the_same_cart_costs_the_same_fuel() {
    let id = id();
    let plugin = Shop::new().load(&sample());
    let measure = || bench::measure(&plugin, promotion(&id, SETTINGS), &cart("en", 4), 2_000).unwrap();
    let (first, second) = (measure(), measure());
    println!("{first:?}");
    assert_eq!((first.fuel, first.memory_bytes), (second.fuel, second.memory_bytes));
}

#[test]
fn a_plugin_with_imports_is_refused() {
    let shop = Shop::new();
    let component = wat::parse_str(r#"(component (import "clock" (func)))"#).unwrap();
    let refused = compile(&shop.engine, &component, &shop.sign).unwrap_err();
    assert_eq!(refused, CompileError::HasImports { names: vec!["clock".into()] });
    let empty = wat::parse_str("(component)").unwrap();
    assert_eq!(compile(&shop.engine, &empty, &shop.sign).unwrap_err().code(), "other_world");
    assert_eq!(compile(&shop.engine, b"hello", &shop.sign).unwrap_err().code(), "not_a_component");
    assert_eq!(
        compile(&shop.engine, &vec![0; MAX_COMPONENT_BYTES + 1], &shop.sign).unwrap_err().code(),
        "plugin_too_large"
    );
}

#[test]
fn only_our_own_untouched_artefacts_load() {
    let shop = Shop::new();
    let artefact = compile(&shop.engine, &sample(), &shop.sign).unwrap().bytes;
    let code = |bytes: &[u8], key: &[u8]| Plugin::load(&shop.engine, bytes, key).unwrap_err().code();
    assert_eq!(code(&artefact, &Shop::new().verify), "bad_signature");
    for at in [9, 40, artefact.len() / 2, artefact.len() - 1] {
        let mut tampered = artefact.clone();
        tampered[at] ^= 1;
        assert_eq!(code(&tampered, &shop.verify), "bad_signature", "byte {at}");
    }
    assert_eq!(code(&artefact[..artefact.len() - 1], &shop.verify), "bad_signature");
    assert_eq!(code(&componentize(&sample()).unwrap(), &shop.verify), "not_an_artefact");
    assert_eq!(code(b"", &shop.verify), "not_an_artefact");
}

#[test]
fn a_negative_discount_is_refused_by_the_domain() {
    let shop = Shop::new();
    let settings = r#"{"tiers":[{"spend":0,"save":-5000}]}"#;
    let id = id();
    let run = shop.load(&sample()).run(promotion(&id, settings), &cart("en", 1), Limits::default()).unwrap();
    let line = PricedLine { sku: Sku::new("mug").unwrap(), quantity: 1, unit_price: cny(15_000), compare_at: None };
    let quote = quote(&[line], Currency::new("CNY").unwrap(), &[run.proposal], None).unwrap();
    assert_eq!((quote.total, quote.refused[0].code.as_str()), (cny(15_000), "amount_not_positive"));
}
