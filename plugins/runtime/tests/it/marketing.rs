//! Marketing plugins: the samples as they are built, and those that lie.

use crate::guest;
use crate::shop::{Shop, built};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use stoa_domain::marketing::{Action, Input};
use stoa_plugin_runtime::*;

/// Of one `action` in the answer, with its kind first and what belongs to it from byte 4 on.
const ACTION_BYTES: u32 = 20;
const ADD_TO_SEGMENT: u32 = 3;

fn load(shop: &Shop, wasm: &[u8]) -> MarketingPlugin {
    let artefact = shop.compile(wasm).unwrap();
    match stoa_plugin_runtime::load(&shop.engine, &artefact.bytes, &shop.verify, &artefact.digest).unwrap() {
        Loaded::Marketing(plugin) => plugin,
        other => panic!("{other:?}"),
    }
}

fn input() -> Input {
    let json = r#"{ "event": { "kind": "day" }, "profile": { "orders": 2, "spent": { "minor": 45000, "currency": "CNY" },
        "days_since_last_order": 120, "locale": "en", "may_message": true } }"#;
    serde_json::from_str(json).unwrap()
}

/// The code that a plugin with such a `run` ends with; after which the sample answers as ever.
fn contains(shop: &Shop, wasm: &[u8]) -> &'static str {
    let code = load(shop, wasm).run("{}", &input(), Limits::default()).unwrap_err().code();
    let settings = r#"{"promotion":"win-back","after_days":90,"valid_days":14}"#;
    let run = load(shop, &built("stoa_sample_win_back_coupon")).run(settings, &input(), Limits::default());
    assert_eq!(run.unwrap().actions.len(), 3);
    code
}

#[derive(Deserialize)]
struct Manifest {
    settings: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    input: Input,
    settings: Option<Value>,
    actions: Vec<Action>,
}

#[test]
fn the_samples_propose_what_their_fixtures_say() {
    let shop = Shop::new();
    let mut seen = 0;
    for name in ["win-back-coupon", "birthday-greeting"] {
        let plugin = load(&shop, &built(&format!("stoa_sample_{}", name.replace('-', "_"))));
        assert_eq!(plugin.contract(), "0.1");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(name);
        let manifest: Manifest = toml::from_str(&std::fs::read_to_string(folder.join("plugin.toml")).unwrap()).unwrap();
        let defaults = serde_json::to_value(manifest.settings).unwrap();
        let fixtures = std::fs::read_dir(folder.join("fixtures")).unwrap().map(|entry| entry.unwrap().path());
        for file in fixtures.collect::<Vec<PathBuf>>() {
            let fixture: Fixture = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let settings = fixture.settings.unwrap_or(defaults.clone()).to_string();
            let run = || plugin.run(&settings, &fixture.input, Limits::default()).unwrap();
            let (first, second) = (run(), run());
            assert_eq!(first.actions, fixture.actions, "{}", file.display());
            assert_eq!(first, second, "the same input, the same answer at the same cost");
            assert!(first.fuel_used > 0 && first.fuel_used < 200_000, "{}", first.fuel_used);
            seen += 1;
        }
        let refused = plugin.run("{", &input(), Limits::default()).unwrap_err();
        assert_eq!(refused.code(), "refused");
    }
    assert_eq!(seen, 6);
}

#[test]
fn the_samples_are_small_and_import_nothing() {
    for name in ["stoa_sample_win_back_coupon", "stoa_sample_birthday_greeting"] {
        let component = componentize(&built(name)).unwrap();
        assert!(component.len() < 80_000, "{name}: {} bytes", component.len());
    }
}

#[test]
fn a_promotion_is_no_marketing_plugin_and_the_other_way_round() {
    let shop = Shop::new();
    let artefact = shop.compile(&built("stoa_sample_win_back_coupon")).unwrap();
    let refused = Plugin::load(&shop.engine, &artefact.bytes, &shop.verify, &artefact.digest).unwrap_err();
    assert_eq!(refused.to_string(), "the artefact does not load: the artefact is a plugin of another kind");
    let promotion = shop.compile(&crate::shop::sample()).unwrap();
    let loaded = stoa_plugin_runtime::load(&shop.engine, &promotion.bytes, &shop.verify, &promotion.digest);
    assert!(matches!(loaded, Ok(Loaded::Plugin(_))));
}

#[test]
fn one_that_loops_traps_or_grows_ends_alone() {
    let shop = Shop::new();
    for (body, code) in [
        ("(loop $for_ever (br $for_ever)) unreachable", "out_of_fuel"),
        ("unreachable", "trapped"),
        ("(drop (memory.grow (i32.const 1000))) unreachable", "out_of_memory"),
        ("i32.const -8", "bad_output"),
        ("(i32.store8 (i32.const 0) (i32.const 9)) i32.const 0", "bad_output"),
    ] {
        assert_eq!(contains(&shop, &guest::marketing(body, "")), code, "{body}");
    }
}

#[test]
fn an_answer_past_its_cap_or_of_no_known_kind_is_none() {
    let shop = Shop::new();
    let answer = |count: u32, kind: u32| {
        format!(
            "(local $at i32) (i32.store (i32.const 4) (i32.const 16)) (i32.store (i32.const 8) (i32.const {count}))
             (local.set $at (i32.const 16))
             (loop $next (i32.store8 (local.get $at) (i32.const {kind}))
                 (local.set $at (i32.add (local.get $at) (i32.const {ACTION_BYTES})))
                 (br_if $next (i32.lt_u (local.get $at) (i32.const {})))) i32.const 0",
            16 + count * ACTION_BYTES
        )
    };
    let many = load(&shop, &guest::marketing(&answer(21, ADD_TO_SEGMENT), ""));
    let error = many.run("{}", &input(), Limits::default()).unwrap_err();
    assert_eq!(error, RunError::BadOutput("at most 20 actions, got 21".into()));
    let full = load(&shop, &guest::marketing(&answer(20, ADD_TO_SEGMENT), ""));
    assert_eq!(
        full.run("{}", &input(), Limits::default()).unwrap().actions.len(),
        20,
        "empty names are the domain's to refuse"
    );
    assert_eq!(contains(&shop, &guest::marketing(&answer(1, 6), "")), "bad_output");
    // A segment's name that is not UTF-8, and one longer than an answer may be.
    let named = |length: u32| {
        format!(
            r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00")
               (data (i32.const 16) "\03\00\00\00\64\00\00\00") (data (i32.const 24) "{}") (data (i32.const 100) "\ff\fe")"#,
            length.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat()
        )
    };
    assert_eq!(contains(&shop, &guest::marketing("i32.const 0", &named(2))), "bad_output");
    assert_eq!(contains(&shop, &guest::marketing("i32.const 0", &named(1 << 30))), "bad_output");
}
