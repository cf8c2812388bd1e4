//! Plugins in JavaScript, honest and hostile, all on one engine.

use crate::shop::{SETTINGS, Shop, cart, cny, id, promotion, proposed_for_four, sku};
use std::sync::LazyLock;
use std::time::Instant;
use stoa_domain::promotion::{DiscountValue, Operation, Pieces};
use stoa_plugin_runtime::script::{MAX_SOURCE_BYTES, Script, pack};
use stoa_plugin_runtime::*;

/// The sample `spend-and-save` in JavaScript, as the benchmark's QuickJS has it.
const SPEND_AND_SAVE: &str = include_str!("../../../../cli/src/bench/plugin-peers/src/promotion.js");

/// The script engine is compiled once for all these tests.
static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let shop = Shop::new();
    let started = Instant::now();
    let artefact = script::compile_engine(&shop.engine, &shop.sign).unwrap();
    println!("the engine: compiled in {:?} to {} bytes", started.elapsed(), artefact.bytes.len());
    let started = Instant::now();
    shop.engine.add_script_engine(&artefact.bytes, &shop.verify, &artefact.digest).unwrap();
    println!("the engine: loaded in {:?}", started.elapsed());
    shop
});

fn compiled(source: &str) -> Result<SignedArtefact, CompileError> {
    script::compile(&SHOP.engine, &pack(source).unwrap(), &SHOP.sign)
}

fn loaded(source: &str) -> Script {
    let artefact = compiled(source).unwrap_or_else(|e| panic!("{e}: {source}"));
    Script::load(&SHOP.engine, &artefact.bytes, &SHOP.verify, &artefact.digest).unwrap()
}

fn ran(source: &str) -> Result<Run, RunError> {
    loaded(source).run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default())
}

/// The body of `run`.
fn answered(body: &str) -> Result<Vec<Operation>, RunError> {
    ran(&format!("export function run(input, settings) {{ {body} }}")).map(|run| run.proposal.operations)
}

fn message(text: &str) -> Result<Vec<Operation>, RunError> {
    Ok(vec![Operation::Message { text: text.to_owned() }])
}

#[test]
fn a_script_proposes_what_the_same_promotion_in_rust_does_within_the_limits_of_any_plugin() {
    let run = ran(SPEND_AND_SAVE).unwrap();
    assert_eq!(run.proposal.operations, proposed_for_four());
    assert!(run.fuel_used < Limits::default().fuel / 4, "{}", run.fuel_used);
    let again = ran(SPEND_AND_SAVE).unwrap();
    assert_eq!((again.fuel_used, again.memory_bytes), (run.fuel_used, run.memory_bytes));
}

/// `--nocapture` shows what docs/decisions/0015 says.
#[test]
fn a_cart_of_twenty_lines_takes_less_than_a_third_of_the_fuel() {
    let mut input = cart("en", 4);
    let one = input.lines[0].clone();
    input.lines = (0..20).map(|n| InputLine { sku: sku(&format!("mug-{n}")), ..one.clone() }).collect();
    let artefact = compiled(SPEND_AND_SAVE).unwrap();
    let started = Instant::now();
    let script = Script::load(&SHOP.engine, &artefact.bytes, &SHOP.verify, &artefact.digest).unwrap();
    let loaded = started.elapsed();
    let mut times = Vec::new();
    let mut fuel = 0;
    for _ in 0..500 {
        let started = Instant::now();
        fuel = script.run(promotion(&id(), SETTINGS), &input, Limits::default()).unwrap().fuel_used;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!("artefact {} bytes, loaded in {loaded:?}, {fuel} fuel", artefact.bytes.len());
    println!("a call: p50 {:?}, p99 {:?}", times[249], times[494]);
    assert!(fuel < Limits::default().fuel / 3 && artefact.bytes.len() < 5_000, "{fuel} fuel, {}", artefact.bytes.len());
}

#[test]
fn every_operation_of_the_contract_can_be_said_in_javascript() {
    let said = answered(
        r#"return [
            { kind: "discount_line", sku: "mug", value: { basis_points: 500 }, reason: "a" },
            { kind: "discount_pieces", pieces: [{ sku: "mug", quantity: 1 }], value: { amount: 1 }, reason: "b" },
            { kind: "buy_get", buy: [{ sku: "mug", quantity: 2 }], get: [{ sku: "lamp", quantity: 1 }], value: { price: 0 }, reason: "c" },
            { kind: "bundle", pieces: [{ sku: "mug", quantity: 1 }], value: { price_each: 7 }, reason: "d" },
            { kind: "discount_order", value: { amount_each: 2 }, reason: "e" },
            { kind: "discount_shipping", value: { basis_points: 10000 }, reason: "f" },
            { kind: "add_gift", sku: "lamp", quantity: 1, reason: "g" },
            { kind: "message", text: "h" },
            { kind: "accept_code", code: "WELCOME" },
            { kind: "reject_code", code: "WELCOME", reason: "i" },
        ];"#,
    );
    let pieces = |text: &str, quantity| vec![Pieces { sku: sku(text), quantity }];
    let text = |text: &str| text.to_owned();
    let wanted = vec![
        Operation::DiscountLine { sku: sku("mug"), value: DiscountValue::BasisPoints(500), reason: text("a") },
        Operation::DiscountPieces { pieces: pieces("mug", 1), value: DiscountValue::Amount(1), reason: text("b") },
        Operation::BuyGet {
            buy: pieces("mug", 2),
            get: pieces("lamp", 1),
            value: DiscountValue::Price(0),
            reason: text("c"),
        },
        Operation::Bundle { pieces: pieces("mug", 1), value: DiscountValue::PriceEach(7), reason: text("d") },
        Operation::DiscountOrder { value: DiscountValue::AmountEach(2), reason: text("e") },
        Operation::DiscountShipping { value: DiscountValue::BasisPoints(10_000), reason: text("f") },
        Operation::AddGift { sku: sku("lamp"), quantity: 1, reason: text("g") },
        Operation::Message { text: text("h") },
        Operation::AcceptCode { code: text("WELCOME") },
        Operation::RejectCode { code: text("WELCOME"), reason: text("i") },
    ];
    assert_eq!(said, Ok(wanted));
}

#[test]
fn a_script_is_told_everything_of_the_cart_and_nothing_of_who_buys() {
    let told = answered("return [{ kind: 'message', text: JSON.stringify(input) }];").unwrap();
    let [Operation::Message { text }] = told.as_slice() else { panic!("{told:?}") };
    let told: serde_json::Value = serde_json::from_str(text).unwrap();
    let lines = told["cart"]["lines"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["unit_price"], &lines[0]["compare_at"]), (2, &15_000.into(), &15_500.into()));
    assert_eq!(lines[0]["attributes"][0], serde_json::json!({ "name": "material", "value": "stoneware" }));
    assert_eq!(told["shopper"], serde_json::json!({ "groups": ["gold"], "orders": 2 }));
    assert_eq!(told["context"]["local_time"], "2026-11-24T01:30:00");
    assert_eq!(
        answered("return settings.tiers[1].save === 6000 ? 'read' : 'no';").unwrap_err().to_string(),
        "the plugin says: read"
    );
}

#[test]
fn a_script_that_throws_is_told_what_and_where() {
    let thrown = ran("export function run(input) {\n  return input.cart.lines[9].sku;\n}").unwrap_err();
    assert_eq!(thrown.code(), "trapped");
    assert!(thrown.to_string().contains("TypeError") && thrown.to_string().contains("plugin.js:2"), "{thrown}");
}

#[test]
fn there_is_no_clock_no_chance_no_code_from_text_and_no_way_out() {
    for gone in [
        "Date",
        "performance",
        "WeakRef",
        "FinalizationRegistry",
        "setTimeout",
        "fetch",
        "require",
        "process",
        "console",
        "std",
        "os",
        "Math.random",
    ] {
        assert_eq!(
            answered(&format!("return [{{ kind: 'message', text: typeof {gone} }}];")),
            message("undefined"),
            "{gone}"
        );
    }
    for refused in [
        "eval('1')",
        "new Function('return 1')()",
        "(() => {}).constructor('return 1')()",
        "(async () => {}).constructor('return 1')()",
        "Reflect.construct(function* () {}.constructor, ['yield 1'])",
    ] {
        let stopped = answered(&format!("{refused}; return [];")).unwrap_err();
        assert_eq!(stopped.code(), "trapped", "{refused}: {stopped}");
    }
    for source in [
        "import './other.js'; export function run() { return []; }",
        "import * as os from 'os'; export const run = os.now;",
    ] {
        assert_eq!(compiled(source).unwrap_err().code(), "script_not_compiled", "{source}");
    }
}

#[test]
fn nothing_of_one_cart_is_there_at_the_next() {
    let counts = loaded(
        "let carts = 0; export function run() { globalThis.seen = ++carts; return [{ kind: 'message', text: String(seen) }]; }",
    );
    for _ in 0..3 {
        let run = counts.run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default()).unwrap();
        assert_eq!(Ok(run.proposal.operations), message("1"));
    }
}

#[test]
fn what_a_hostile_script_does_ends_with_its_run() {
    for (body, code) in [
        ("for (;;) {}", "out_of_fuel"),
        ("try { for (;;) {} } finally { return []; }", "out_of_fuel"),
        ("/^(a+)+$/.test('a'.repeat(40) + 'b'); return [];", "out_of_fuel"),
        ("const f = () => f() + 1; return f();", "trapped"),
        (
            "const deep = (n) => { try { return deep(n + 1); } catch { return deep(n + 1); } }; return deep(0);",
            "out_of_fuel",
        ),
        ("return JSON.parse('['.repeat(100000));", "trapped"),
        ("const a = []; for (;;) a.push('x'.repeat(1 << 20) + a.length);", "out_of_fuel"),
        ("return [new Uint8Array(1 << 28)];", "out_of_memory"),
        ("throw new Error('no');", "trapped"),
        ("throw { get message() { throw 1; }, toString() { throw 2; } };", "trapped"),
        ("throw Symbol('x');", "trapped"),
        ("return 'not for this cart';", "refused"),
        ("return;", "bad_output"),
        ("return 7;", "bad_output"),
        ("return {};", "bad_output"),
        ("return Promise.resolve([]);", "bad_output"),
        ("const a = []; a.push(a); return a;", "trapped"),
        ("return [{ kind: 'format_disk' }];", "bad_output"),
        ("return [{ kind: 'message' }];", "bad_output"),
        ("return [{ kind: 'message', text: '\\ud800' }];", "bad_output"),
        ("return [{ kind: 'discount_order', value: { amount: 1.5 }, reason: 'x' }];", "bad_output"),
        ("return [{ kind: 'discount_order', value: { amount: 1e300 }, reason: 'x' }];", "bad_output"),
        ("return [{ kind: 'discount_order', value: { amount: NaN }, reason: 'x' }];", "bad_output"),
        ("return [{ kind: 'discount_order', value: { amount: 10n }, reason: 'x' }];", "trapped"),
        ("return [{ kind: 'discount_order', value: { basis_points: -1 }, reason: 'x' }];", "bad_output"),
        ("return [{ kind: 'add_gift', sku: '', quantity: 1, reason: 'x' }];", "bad_output"),
        ("return Array(201).fill({ kind: 'message', text: 'x' });", "bad_output"),
        ("return [{ kind: 'message', text: 'x'.repeat(300000) }];", "out_of_fuel"),
        ("Array.prototype.toJSON = () => { for (;;) {} }; return [];", "out_of_fuel"),
        ("return new Proxy([], { get() { throw 1; } });", "trapped"),
    ] {
        let ended = answered(body).map(|operations| format!("{operations:?}"));
        assert_eq!(ended.as_ref().map_err(RunError::code), Err(code), "{body}: {ended:?}");
    }
    let limits = Limits { output_bytes: 100, ..Limits::default() };
    let long = loaded("export function run() { return [{ kind: 'message', text: 'x'.repeat(200) }]; }");
    let ended = long.run(promotion(&id(), SETTINGS), &cart("en", 4), limits);
    assert_eq!(ended.unwrap_err().to_string(), "the plugin's answer breaks a rule: at most 100 bytes of JSON");
    assert_eq!(
        ran(SPEND_AND_SAVE).unwrap().proposal.operations,
        proposed_for_four(),
        "the next cart has its promotion"
    );
}

#[test]
fn recursion_ends_in_an_exception_of_the_language() {
    let said = answered(
        "let n = 0; const f = () => { n += 1; f(); }; try { f(); } catch (e) { return `${e.name} ${n > 200}`; }",
    );
    assert_eq!(said.unwrap_err().to_string(), "the plugin says: RangeError true");
}

#[test]
fn a_script_that_cannot_begin_is_refused_when_it_is_uploaded() {
    for (source, code) in [
        ("export function run( {", "script_not_compiled"),
        ("export function run() { return []; } \u{0}", "script_not_compiled"),
        ("for (;;) {} export function run() {}", "script_not_begun"),
        ("throw new Error('no'); export function run() {}", "script_not_begun"),
        ("await new Promise(() => {}); export function run() {}", "script_not_begun"),
        ("export default function run() { return []; }", "script_not_begun"),
        ("export const run = 7;", "script_not_begun"),
        ("", "script_not_begun"),
    ] {
        assert_eq!(compiled(source).unwrap_err().code(), code, "{source}");
    }
    let deep = format!("export const run = {}1{};", "(".repeat(40_000), ")".repeat(40_000));
    assert_eq!(compiled(&deep).unwrap_err().code(), "script_not_compiled", "a deep expression");
    assert_eq!(pack(&" ".repeat(MAX_SOURCE_BYTES + 1)).unwrap_err().code(), "script_too_large");
    let compile = |wasm: &[u8]| script::compile(&SHOP.engine, wasm, &SHOP.sign).unwrap_err().code();
    let with_code = wat::parse_str(r#"(module (@custom "stoa-script" "export function run() {}") (func))"#).unwrap();
    assert_eq!(compile(&with_code), "more_than_a_script");
    let not_text = wat::parse_str(r#"(module (@custom "stoa-script" "\ff\fe"))"#).unwrap();
    assert_eq!(compile(&not_text), "script_not_text");
    assert_eq!(compile(b"\0asm\x01\0\0\0"), "not_a_component");
    assert_eq!(compile(b"STOA"), "not_a_component");
}

#[test]
fn only_what_this_shop_signed_is_read_as_bytecode_and_only_for_its_engine() {
    let artefact = compiled("export function run() { return []; }").unwrap();
    let load =
        |engine: &Engine, bytes: &[u8]| Script::load(engine, bytes, &SHOP.verify, &artefact.digest).unwrap_err().code();
    let mut changed = artefact.bytes.clone();
    let middle = changed.len() - 80;
    changed[middle] ^= 1;
    assert_eq!(load(&SHOP.engine, &changed), "bad_signature");
    let fresh = Engine::new().unwrap();
    assert_eq!(load(&fresh, &artefact.bytes), "needs_script_engine");
    assert_eq!(
        Plugin::load(&SHOP.engine, &artefact.bytes, &SHOP.verify, &artefact.digest).unwrap_err().code(),
        "not_loaded"
    );
    let refused = fresh.add_script_engine(&artefact.bytes, &SHOP.verify, &artefact.digest).unwrap_err();
    assert_eq!(refused.code(), "not_loaded", "a script is no engine");
}

#[test]
fn a_hundred_scripts_share_one_engine() {
    let sources: Vec<String> = (0..100).map(|n| format!("{}\n// {n}", SPEND_AND_SAVE)).collect();
    let scripts: Vec<Script> = sources.iter().map(|source| loaded(source)).collect();
    let bytes = sources.iter().map(|source| compiled(source).unwrap().bytes.len());
    assert!(bytes.max() < Some(5_000), "each is its bytecode");
    for script in &scripts {
        let run = script.run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default()).unwrap();
        assert_eq!(run.proposal.operations, proposed_for_four());
    }
}

#[test]
fn an_amount_that_javascript_cannot_count_exactly_is_not_given_to_it() {
    let script = loaded("export function run() { return []; }");
    let mut input = cart("en", 1);
    input.lines[0].unit_price = cny((1 << 53) - 1);
    assert!(script.run(promotion(&id(), SETTINGS), &input, Limits::default()).is_ok());
    input.lines[0].unit_price = cny(1 << 53);
    assert_eq!(script.run(promotion(&id(), SETTINGS), &input, Limits::default()).unwrap_err().code(), "refused");
}
