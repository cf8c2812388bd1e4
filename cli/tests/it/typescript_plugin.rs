//! The sample in TypeScript, and what its author is told of mistakes.

use crate::plugin_guide::{Here, Opened};
use serde_json::json;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/samples/happy-hour");

#[test]
fn the_sample_in_typescript_keeps_its_types_its_tests_and_its_fixtures() {
    let here = Here::new();
    let tested = here.run(&format!("./stoa plugin test {SAMPLE}"));
    assert!(
        tested.contains("2 file(s) of the project's own tests") && tested.contains("passed  not-on-sunday"),
        "{tested}"
    );
    let run = here.json(&format!("./stoa plugin run {SAMPLE}/build/happy-hour.wasm --input {SAMPLE}/cart.json --json"));
    assert_eq!(run["operations"][0]["value"], json!({ "basis_points": 1500 }), "{run}");
    let bytes = std::fs::metadata(format!("{SAMPLE}/build/happy-hour.wasm")).unwrap().len();
    assert!(bytes < 100_000, "{bytes}");
}

#[test]
fn a_script_that_breaks_a_rule_is_told_which() {
    let here = Here::new();
    here.run("./stoa plugin new --lang ts rules");
    let code = "rules/src/plugin.ts";
    let refused = |change: &str, rule: &str| {
        here.run(&format!("cp {code} kept.ts && {change}"));
        let said = here.run("! ./stoa plugin test rules");
        assert!(said.contains(rule), "{rule:?} is not in\n{said}");
        here.run(&format!("mv kept.ts {code}"));
    };
    assert!(here.run("./stoa plugin test rules").contains("passed  reached"));
    refused(&format!("sed -i 's/cart.subtotal/cart.total/' {code}"), "Property 'total' does not exist on type 'Cart'");
    refused(&format!("sed -i 's/\"discount_order\"/\"discount_all\"/' {code}"), "discount_all");
    refused(&format!("sed -i 's/< settings.from/> settings.from/' {code}"), "a small cart pays in full");
    refused(&format!("sed -i '1i import \"node:fs\";' {code}"), "node:fs");
    refused(&format!("echo 'export const started = Date.now();' >> {code}"), "ReferenceError: Date is not defined");
    refused(
        &format!(
            "sed -i 's/export function run/function run/; $a export const ran = run;' {code} && rm rules/src/plugin.test.ts"
        ),
        "exports no function named run",
    );
}

#[tokio::test]
async fn a_published_script_gives_its_discount_at_the_checkout() {
    let here = Here::new();
    here.run("./stoa plugin list");
    let shop = Opened::open(&here.data()).await;
    shop.stock_up().await;
    shop.close().await;
    here.run("./stoa plugin new --lang ts tenth-off");
    here.run("./stoa plugin publish tenth-off --percent 100");
    here.run("./stoa plugin set tenth-off --sample 100");
    let shop = Opened::open(&here.data()).await;
    // A tenth off from ¥200.00 on, as the same promotion in Rust gives it.
    assert_eq!(shop.shoppers().await, [8_000, 16_000, 21_600, 28_800, 36_000]);
    shop.close().await;
    // A second script finds the engine that the first one brought.
    here.run("sed -i 's/^version = \"0.1.0\"/version = \"0.2.0\"/' tenth-off/plugin.toml");
    let made = here.json("./stoa plugin publish tenth-off --json");
    let sizes = &made["version"]["report"]["sizes"];
    assert_eq!(
        (&made["version"]["abi"], sizes["artefact"].as_u64() < Some(10_000)),
        (&json!("script"), true),
        "{made}"
    );
    here.run("./stoa plugin replay --plugin tenth-off");
}
