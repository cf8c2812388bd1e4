//! A shop with its engine and its keys, a cart, and the sample plugin. The sample is built beforehand for wasm32; its path
//! is `STOA_SAMPLE_PLUGIN`, by default where cargo's profile `guest` puts it.

use std::path::PathBuf;
use stoa_domain::promotion::{DiscountValue, Operation, Proposal};
use stoa_domain::quote::{PricedLine, Quote, quote};
use stoa_domain::{Currency, Handle, Locale, Money, ProductId, PromotionId, Sku};
use stoa_plugin_runtime::*;

pub const SETTINGS: &str = r#"{"tiers":[{"spend":30000,"save":2000},{"spend":60000,"save":6000}],
    "bundle":{"tag":"tableware","quantity":3,"percent":10},"free_shipping_from":60000}"#;

pub fn sample() -> Vec<u8> {
    match std::env::var_os("STOA_SAMPLE_PLUGIN") {
        Some(path) => std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", PathBuf::from(path).display())),
        None => built("stoa_sample_spend_and_save"),
    }
}

/// Another sample, by its module's name.
pub fn built(module: &str) -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let path = target.join("wasm32-unknown-unknown/guest").join(module).with_extension("wasm");
    let package = module.replace('_', "-");
    let how = format!("cargo build --profile guest -p {package} --target wasm32-unknown-unknown");
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; build it with `{how}`", path.display()))
}

pub struct Shop {
    pub engine: Engine,
    pub sign: Vec<u8>,
    pub verify: Vec<u8>,
}

impl Shop {
    pub fn new() -> Self {
        let (sign, verify) = generate_keys().unwrap();
        Self { engine: Engine::new().unwrap(), sign, verify }
    }

    pub fn compile(&self, wasm: &[u8]) -> Result<SignedArtefact, CompileError> {
        compile(&self.engine, wasm, &self.sign)
    }

    pub fn load(&self, wasm: &[u8]) -> Plugin {
        let artefact = self.compile(wasm).unwrap();
        Plugin::load(&self.engine, &artefact.bytes, &self.verify, &artefact.digest).unwrap()
    }

    pub fn run(&self, wasm: &[u8]) -> Result<Run, RunError> {
        self.load(wasm).run(promotion(&id(), SETTINGS), &cart("en", 2), Limits::default())
    }

    /// The code of the error that a run ends with; after which another plugin answers as ever.
    pub fn contains(&self, wasm: &[u8]) -> &'static str {
        let code = self.run(wasm).map(|run| run.proposal).unwrap_err().code();
        self.still_serves();
        code
    }

    /// The code that an upload is refused with; after which another plugin is compiled and answers as ever.
    pub fn refuses(&self, wasm: &[u8]) -> &'static str {
        let code = self.compile(wasm).map(|artefact| artefact.digest).unwrap_err().code();
        self.still_serves();
        code
    }

    pub fn still_serves(&self) {
        let run = self.load(&sample()).run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default());
        assert_eq!(run.unwrap().proposal.operations, proposed_for_four());
    }
}

pub fn id() -> PromotionId {
    PromotionId::new("spend-and-save").unwrap()
}

pub fn promotion<'a>(id: &'a PromotionId, settings: &'a str) -> Promotion<'a> {
    Promotion { id, title: "Spend and save", settings }
}

pub fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

pub fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

/// `mugs` at 150 yuan each, tagged tableware, and a lamp at 100.
pub fn cart(locale: &str, mugs: u32) -> PromotionInput {
    let line = |name: &str, quantity, price, tag: &str| InputLine {
        sku: sku(name),
        product: ProductId::new(format!("prod_{name}")).unwrap(),
        handle: Handle::new(name).unwrap(),
        title: name.to_owned(),
        quantity,
        unit_price: cny(price),
        compare_at: Some(cny(price + 500)),
        weight_grams: Some(350),
        brand: None,
        product_type: Some("Cup".to_owned()),
        tags: vec![tag.to_owned()],
        categories: vec![Handle::new("home").unwrap()],
        collections: vec![Handle::new("new-in").unwrap(), Handle::new("gifts").unwrap()],
        attributes: vec![("material".to_owned(), "stoneware".to_owned())],
    };
    let lines = vec![line("mug", mugs, 15_000, "tableware"), line("lamp", 1, 10_000, "light")];
    let context = PromotionContext {
        country: Some("CN".to_owned()),
        shipping_method: Some("standard".to_owned()),
        codes: vec!["WELCOME".to_owned()],
        shopper: Some(Shopper { groups: vec!["gold".to_owned()], orders: 2 }),
        ..PromotionContext::at("2026-11-24T01:30:00Z".parse().unwrap())
    };
    PromotionInput::new(lines, Currency::new("CNY").unwrap(), Locale::new(locale).unwrap(), context).unwrap()
}

/// What the sample proposes for four mugs and a lamp, in English.
pub fn proposed_for_four() -> [Operation; 3] {
    [
        Operation::DiscountLine {
            sku: sku("mug"),
            value: DiscountValue::BasisPoints(1_000),
            reason: "10 % off for 3 or more".to_owned(),
        },
        Operation::DiscountOrder { value: DiscountValue::Amount(6_000), reason: "Spend ¥600, save ¥60".to_owned() },
        Operation::DiscountShipping {
            value: DiscountValue::BasisPoints(10_000),
            reason: "Free shipping on this order".to_owned(),
        },
    ]
}

/// What the domain makes of a proposal: two mugs at 150 yuan.
pub fn priced(proposal: Proposal) -> Quote {
    let line = PricedLine { sku: sku("mug"), quantity: 2, unit_price: cny(15_000), compare_at: None };
    quote(&[line], Currency::new("CNY").unwrap(), &[proposal], None).unwrap()
}
