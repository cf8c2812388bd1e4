//! What people write: faults are named with their path and their rule, and every bound holds.

use crate::{document, priced, rule, scenario, with};
use serde_json::{Value, json};
use stoa_domain::promotion::{
    MAX_ACTIONS, MAX_BUNDLE_PARTS, MAX_DEPTH, MAX_NODES, MAX_PROMOTIONS, MAX_TIERS, MAX_VALUES, Scenario, read,
};
use stoa_domain::quote::Quote;

const GUIDE: &str = include_str!("../../../docs/promotions.md");
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/");

/// `STOA_WRITE_DOCS=1 ./stoa test domain` writes anew what the docs take from the code.
fn writes_docs() -> bool {
    std::env::var_os("STOA_WRITE_DOCS").is_some()
}

/// (field, code) of the fault of a document that cannot be read.
fn unreadable(document: &Value) -> (String, String, String) {
    let text = document.to_string();
    let error = read::<Scenario, _>(&mut serde_json::Deserializer::from_str(&text)).unwrap_err();
    (error.field, error.code.to_owned(), error.message)
}

#[test]
fn a_field_that_nobody_knows_is_refused_with_its_path_and_the_rule() {
    let base = document(&[rule("p", json!([{ "discount_order": { "value": { "basis_points": 1 } } }]))], &[]);
    let check = |pointer: &str, value: Value, path: &str, code: &str, rule: &str| {
        let mut document = base.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        let (field, got, message) = unreadable(&document);
        assert_eq!((field.as_str(), got.as_str()), (path, code), "{message}");
        assert!(message.contains(rule), "{message}");
    };
    let action = "/promotions/0/actions/0";
    check(
        action,
        json!({ "discount_order": { "value": { "basis_points": 1 }, "maximum": 5 } }),
        "promotions[0].actions[0].discount_order.maximum",
        "unknown_field",
        "expected `select` or `value`",
    );
    check(action, json!({ "discount_all": {} }), "promotions[0].actions[0]", "unknown_kind", "expected one of");
    check(
        action,
        json!({ "discount_order": { "value": { "basis_points": 0.5 } } }),
        "promotions[0].actions[0].discount_order.value.basis_points",
        "wrong_type",
        "expected u32",
    );
    check(
        action,
        json!({ "buy_get": { "buy": {}, "get": { "quantity": 1 } } }),
        "promotions[0].actions[0].buy_get",
        "required",
        "`value`",
    );
    check(
        action,
        json!({ "discount_order": { "value": { "amount": { "XXY": 1 } } } }),
        "promotions[0].actions[0].discount_order.value.amount.XXY",
        "invalid_value",
        "ISO 4217",
    );
    check(
        "/promotions/0/title",
        json!({ "not a locale": "x" }),
        "promotions[0].title.not a locale",
        "invalid_value",
        "BCP 47",
    );
    check("/context/now", json!("yesterday"), "context.now", "invalid_value", "year");
    let (field, code, _) = unreadable(&with(base.clone(), json!({ "promotion": [] })));
    assert_eq!((field.as_str(), code.as_str()), ("promotion", "unknown_field"));
    let error = read::<Scenario, _>(&mut serde_json::Deserializer::from_str("{")).unwrap_err();
    assert_eq!(error.code, "invalid_value");
    let deep = format!("{{\"promotions\":{}", "[".repeat(100_000));
    assert!(read::<Scenario, _>(&mut serde_json::Deserializer::from_str(&deep)).is_err());
}

/// (field, code) of every fault of one promotion.
fn faults(more: Value) -> Vec<(String, &'static str)> {
    let base = rule("p", json!([{ "discount_order": { "value": { "basis_points": 1 } } }]));
    let errors = scenario(&document(&[with(base, more)], &[])).evaluate().err().unwrap_or_default();
    assert!(errors.iter().all(|error| !error.message.is_empty()));
    errors.into_iter().map(|error| (error.field.replacen("promotions[0].", "", 1), error.code)).collect()
}

fn nested(depth: usize, leaf: Value) -> Value {
    (1..depth).fold(leaf, |inner, _| json!({ "not": inner }))
}

#[test]
fn every_bound_is_enforced_with_its_code() {
    let check = |more: Value, field: &str, code: &'static str| {
        let got = faults(more.clone());
        assert!(got.contains(&(field.to_owned(), code)), "{field} {code}: {got:?} of {more}");
    };
    let lines = |more: Value| json!({ "actions": [{ "discount_lines": more }] });
    let value = |value: Value| lines(json!({ "value": value }));
    let of = "actions[0].discount_lines";
    check(json!({ "title": {} }), "title", "required");
    check(json!({ "title": { "en": "长".repeat(201) } }), "title", "too_long");
    check(json!({ "priority": 1_000_001 }), "priority", "out_of_range");
    check(json!({ "exclusive_group": " " }), "exclusive_group", "required");
    check(json!({ "actions": [] }), "actions", "required");
    let order = json!({ "discount_order": { "value": { "basis_points": 1 } } });
    check(json!({ "actions": vec![order; MAX_ACTIONS + 1] }), "actions", "too_many");
    check(value(json!({ "basis_points": 0 })), &format!("{of}.value.basis_points"), "percent_out_of_range");
    check(value(json!({ "basis_points": 10_001 })), &format!("{of}.value.basis_points"), "percent_out_of_range");
    check(value(json!({ "amount": { "CNY": 0 } })), &format!("{of}.value.amount.CNY"), "amount_out_of_range");
    check(value(json!({ "amount": { "CNY": -1 } })), &format!("{of}.value.amount.CNY"), "amount_out_of_range");
    check(value(json!({ "amount": { "CNY": i64::MAX } })), &format!("{of}.value.amount.CNY"), "amount_out_of_range");
    check(value(json!({ "price": { "CNY": -1 } })), &format!("{of}.value.price.CNY"), "amount_out_of_range");
    check(value(json!({ "amount": {} })), &format!("{of}.value.amount"), "required");
    let step = |from: u32| json!({ "from": from, "value": { "basis_points": 1 } });
    let tiers = |steps: Vec<Value>| value(json!({ "quantity_tiers": steps }));
    check(tiers(vec![]), &format!("{of}.value.quantity_tiers"), "required");
    check(tiers(vec![step(2), step(2)]), &format!("{of}.value.quantity_tiers[1].from"), "not_ascending");
    let many = (1..).take(MAX_TIERS + 1).map(step).collect();
    check(tiers(many), &format!("{of}.value.quantity_tiers"), "too_many");
    let step = |from: Value| json!({ "from": from, "value": { "basis_points": 1 } });
    let steps = json!([step(json!({ "CNY": 100 })), step(json!({ "USD": 200 }))]);
    let mixed = value(json!({ "amount_tiers": { "steps": steps } }));
    check(mixed, &format!("{of}.value.amount_tiers.steps[1].from"), "not_ascending");
    check(lines(json!({ "value": { "basis_points": 1 }, "at_most": 0 })), &format!("{of}.at_most"), "out_of_range");
    let select = |select: Value| lines(json!({ "value": { "basis_points": 1 }, "select": select }));
    check(select(json!({ "tag": [] })), &format!("{of}.select.tag"), "required");
    check(select(json!({ "tag": [""] })), &format!("{of}.select.tag[0]"), "required");
    check(select(json!({ "tag": ["x".repeat(256)] })), &format!("{of}.select.tag[0]"), "too_long");
    check(select(json!({ "tag": vec!["x"; MAX_VALUES + 1] })), &format!("{of}.select.tag"), "too_many");
    check(select(json!({ "all": [] })), &format!("{of}.select.all"), "required");
    check(select(json!({ "unit_price": {} })), &format!("{of}.select.unit_price"), "required");
    let conditions = |condition: Value| json!({ "conditions": condition });
    let deep = nested(MAX_DEPTH + 1, json!({ "channel": ["web"] }));
    check(conditions(deep), &format!("conditions{}", ".not".repeat(MAX_DEPTH)), "too_deep");
    assert_eq!(faults(conditions(nested(MAX_DEPTH, json!({ "channel": ["web"] })))), []);
    let leaf = json!({ "channel": ["web"] });
    check(conditions(json!({ "any": vec![leaf; MAX_NODES] })), "conditions", "too_many");
    check(conditions(json!({ "country": ["cn"] })), "conditions.country[0]", "invalid_country");
    check(conditions(json!({ "quantity": {} })), "conditions.quantity", "required");
    check(conditions(json!({ "quantity": { "from": 2, "to": 1 } })), "conditions.quantity.to", "empty_range");
    let range = json!({ "amount": { "from": { "CNY": 2 }, "to": { "CNY": 1 } } });
    check(conditions(range), "conditions.amount.to", "empty_range");
    let bundle =
        |parts: Value| json!({ "actions": [{ "bundle": { "parts": parts, "value": { "price": { "CNY": 1 } } } }] });
    check(bundle(json!([])), "actions[0].bundle.parts", "required");
    check(bundle(json!(vec![json!({ "quantity": 1 }); MAX_BUNDLE_PARTS + 1])), "actions[0].bundle.parts", "too_many");
    let buy_get = |buy: Value, repeat: u32| {
        let get = json!({ "quantity": 1 });
        let action = json!({ "buy": buy, "get": get, "value": { "basis_points": 1 }, "repeat": repeat });
        json!({ "actions": [{ "buy_get": action }] })
    };
    check(buy_get(json!({}), 1), "actions[0].buy_get.buy", "one_of_two");
    check(buy_get(json!({ "quantity": 1, "amount": { "CNY": 1 } }), 1), "actions[0].buy_get.buy", "one_of_two");
    check(buy_get(json!({ "quantity": 1 }), 0), "actions[0].buy_get.repeat", "out_of_range");
    check(json!({ "limits": { "uses": 0 } }), "limits.uses", "out_of_range");
    let ends = json!({ "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z" });
    check(json!({ "schedule": ends }), "schedule.ends_at", "empty_range");
    check(json!({ "schedule": { "weekly": [{}] } }), "schedule.time_zone", "required");
    check(json!({ "schedule": { "time_zone": "no such;zone" } }), "schedule.time_zone", "invalid_time_zone");
    let window = json!({ "time_zone": "Asia/Shanghai", "weekly": [{ "from": "18:00", "until": "02:00" }] });
    check(json!({ "schedule": window }), "schedule.weekly[0].until", "empty_range");
}

#[test]
fn a_shop_has_a_bounded_number_of_promotions_with_an_id_each() {
    let order = |id: &str| rule(id, json!([{ "discount_order": { "value": { "basis_points": 1 } } }]));
    let errors = |rules: &[Value]| scenario(&document(rules, &[])).evaluate().unwrap_err();
    let twice = errors(&[order("p"), order("q"), order("p")]);
    assert_eq!((twice[0].field.as_str(), twice[0].code), ("promotions[2].id", "duplicate_id"));
    let many: Vec<Value> = (0..=MAX_PROMOTIONS).map(|i| order(&format!("p{i}"))).collect();
    assert_eq!((errors(&many)[0].field.as_str(), errors(&many)[0].code), ("promotions", "too_many"));
}

#[test]
fn an_order_placed_before_trails_were_written_still_reads() {
    let old = json!({
        "lines": [{
            "sku": "mug", "quantity": 1, "unit_price": { "minor": 1_000, "currency": "CNY" }, "compare_at": null,
            "subtotal": { "minor": 1_000, "currency": "CNY" },
            "allocations": [{ "promotion": "p", "title": "t", "reason": "r", "amount": { "minor": 100, "currency": "CNY" } }],
            "total": { "minor": 900, "currency": "CNY" },
        }],
        "subtotal": { "minor": 1_000, "currency": "CNY" }, "discount": { "minor": 100, "currency": "CNY" },
        "shipping": null, "total": { "minor": 900, "currency": "CNY" }, "messages": [], "refused": [],
    });
    let quote: Quote = serde_json::from_value(old).unwrap();
    assert_eq!((quote.codes.len(), quote.lines[0].allocations[0].amount.minor), (0, 100));
    let again: Quote = serde_json::from_str(&serde_json::to_string(&quote).unwrap()).unwrap();
    assert_eq!(again, quote);
}

/// The guide's blocks of JSON: promotions, and whole documents.
fn examples() -> Vec<Value> {
    let blocks = GUIDE.split("```json\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let parse = |block: &str| serde_json::from_str(block).unwrap_or_else(|e| panic!("{e} in {block}"));
    blocks.map(|(block, _)| parse(block)).collect()
}

#[test]
fn every_promotion_of_the_guide_is_valid_and_gives_what_the_guide_says() {
    let rules: Vec<Value> = examples().into_iter().filter(|example| example.get("actions").is_some()).collect();
    assert!(rules.len() >= 10, "the guide has {} promotions", rules.len());
    for rule in rules {
        let document = document(std::slice::from_ref(&rule), &[("mug", 3, 10_000, "cup")]);
        let errors = scenario(&document).evaluate().err().unwrap_or_default();
        assert_eq!(errors, [], "{rule}");
    }
    let documents: Vec<Value> = examples().into_iter().filter(|example| example.get("cart").is_some()).collect();
    assert_eq!(documents.len(), 1);
    let answer = serde_json::to_string_pretty(&priced(&documents[0])).unwrap();
    let (before, block) = GUIDE.rsplit_once("```json\n").unwrap();
    let (said, after) = block.split_once("\n```").unwrap();
    if writes_docs() {
        std::fs::write(format!("{DOCS}promotions.md"), format!("{before}```json\n{answer}\n```{after}")).unwrap();
    } else {
        assert_eq!(said, answer);
    }
}

#[test]
fn the_guide_tells_every_reason_and_every_kind() {
    for reason in stoa_domain::promotion::ReasonCode::ALL {
        assert!(GUIDE.contains(&format!("`{}`", reason.as_str())), "{}", reason.as_str());
        assert!(GUIDE.contains(&format!("`{}`", reason.text_key())), "{}", reason.text_key());
    }
    for code in stoa_domain::quote::REFUSAL_CODES {
        assert!(GUIDE.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn the_schema_is_that_of_the_types() {
    let path = format!("{DOCS}promotions.schema.json");
    let schema = serde_json::to_string_pretty(&stoa_domain::promotion::schema()).unwrap() + "\n";
    if writes_docs() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), schema);
}
