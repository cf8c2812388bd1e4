//! Every sample of the world `promotion` as the checkout runs it: its fixtures, carts of 1 to 500 lines, and what the domain
//! makes of its answers.

use crate::shop::{Shop, id, promotion};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stoa_domain::Money;
use stoa_domain::promotion::{Operation, Target};
use stoa_domain::quote::{PricedLine, quote};
use stoa_plugin_runtime::*;

const SAMPLES: [&str; 5] =
    ["bundle-price", "buy-two-get-one", "free-shipping-for-members", "full-reduction", "volume-discount"];

/// Of `plugin.toml` what a run needs.
#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "for")]
    target: Target,
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    input: PromotionInput,
    settings: Option<Value>,
    operations: Option<Vec<Operation>>,
    #[serde(default)]
    not_for_cart: bool,
}

struct Sample {
    name: &'static str,
    plugin: Plugin,
    manifest: Manifest,
    settings: String,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(name)
}

fn wasm(name: &str) -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let file = format!("wasm32-unknown-unknown/guest/stoa_sample_{}.wasm", name.replace('-', "_"));
    let how = format!("cargo build --profile guest -p stoa-sample-{name} --target wasm32-unknown-unknown");
    std::fs::read(target.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}; build it with `{how}`"))
}

fn samples() -> impl Iterator<Item = Sample> {
    let shop = Shop::new();
    SAMPLES.into_iter().map(move |name| {
        let text = std::fs::read_to_string(folder(name).join("plugin.toml")).unwrap();
        let manifest: Manifest = toml::from_str(&text).unwrap();
        let settings = serde_json::to_string(&manifest.settings).unwrap();
        Sample { name, plugin: shop.load(&wasm(name)), manifest, settings }
    })
}

impl Sample {
    fn run(&self, settings: &str, input: &PromotionInput) -> Run {
        let ran = self.plugin.run(promotion(&id(), settings), input, Limits::default());
        ran.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// What the domain refuses of the answer.
fn refused(input: &PromotionInput, run: &Run) -> Vec<String> {
    let line = |line: &InputLine| PricedLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        compare_at: None,
    };
    let lines: Vec<PricedLine> = input.lines.iter().map(line).collect();
    let priced = quote(&lines, input.currency, std::slice::from_ref(&run.proposal), None).unwrap();
    assert!(priced.total.minor >= 0 && priced.discount.minor <= priced.subtotal.minor);
    // Here nothing is shipped.
    let refused = priced.refused.into_iter().filter(|refused| refused.code != "no_shipping");
    refused.map(|refused| format!("{}: {}", refused.code, refused.message)).collect()
}

#[test]
fn every_sample_answers_its_fixtures_as_a_plugin() {
    for sample in samples() {
        let mut fixtures = 0;
        for entry in std::fs::read_dir(folder(sample.name).join("fixtures")).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{} {}", sample.name, path.file_stem().unwrap().to_string_lossy());
            let text = std::fs::read_to_string(&path).unwrap();
            let fixture: Fixture = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let is_for = fixture.input.is_target_of(&sample.manifest.target, BTreeMap::new());
            assert_eq!(is_for.is_err(), fixture.not_for_cart, "{name}: {is_for:?}");
            fixtures += 1;
            let Some(expected) = fixture.operations else { continue };
            let settings = fixture.settings.map_or_else(|| sample.settings.clone(), |settings| settings.to_string());
            let run = sample.run(&settings, &fixture.input);
            assert_eq!(run.proposal.operations, expected, "{name}");
            assert_eq!(refused(&fixture.input, &run), [""; 0], "{name}");
        }
        assert!(fixtures >= 5, "{} has {fixtures} fixtures", sample.name);
    }
}

/// Goods that every sample has something to say about, tagged with whatever the samples ask for.
fn cart(lines: usize) -> PromotionInput {
    let small = crate::shop::cart("zh-CN", 1);
    let tags = [["cup", "bowl"], ["bowl", "festival"], ["cup", "tableware"]];
    let line = |at: usize| InputLine {
        sku: crate::shop::sku(&format!("SKU-{at:03}")),
        quantity: 1 + u32::try_from(at * 7 % 99).unwrap(),
        unit_price: Money::new(100 + i64::try_from(at * 7_919 % 90_000).unwrap(), small.currency),
        compare_at: None,
        tags: tags[at % 3].map(str::to_owned).to_vec(),
        ..small.lines[0].clone()
    };
    let lines = (0..lines).map(line).collect();
    PromotionInput::new(lines, small.currency, small.locale.clone(), small.context).unwrap()
}

#[test]
fn every_sample_stays_within_its_fuel_and_the_contract_for_1_to_500_lines() {
    for sample in samples() {
        for lines in [1, 2, 20, 100, 500] {
            let input = cart(lines);
            let (run, again) = (sample.run(&sample.settings, &input), sample.run(&sample.settings, &input));
            println!("{} {lines} lines: {} fuel, {} bytes", sample.name, run.fuel_used, run.memory_bytes);
            assert_eq!(
                (&run.proposal, run.fuel_used),
                (&again.proposal, again.fuel_used),
                "the same cart, the same answer"
            );
            assert_eq!(refused(&input, &run), [""; 0], "{} {lines}", sample.name);
            assert!(run.fuel_used < Limits::default().fuel / 4, "{} {lines}: {}", sample.name, run.fuel_used);
        }
    }
}

/// A bundle of many parts that is repeated as often as it may be, in the largest cart: what costs most.
#[test]
fn bundles_that_repeat_stay_within_their_fuel() {
    let sample = samples().find(|sample| sample.name == "bundle-price").unwrap();
    let parts: Vec<Value> = ["cup", "bowl", "festival", "tableware"]
        .map(|tag| serde_json::json!({ "tags": [tag], "quantity": 4 }))
        .to_vec();
    let settings = serde_json::json!({ "bundles": [{ "title": { "en": "All" }, "parts": parts, "price": 1 }] });
    let input = cart(500);
    let run = sample.run(&settings.to_string(), &input);
    println!("{} fuel", run.fuel_used);
    assert_eq!(refused(&input, &run), [""; 0]);
}
