//! Codes, limits and calendars: when a promotion may be used, and what is said when not.

use crate::{document, not_applied, off, priced, rule, with};
use serde_json::{Value, json};
use stoa_domain::promotion::ReasonCode;

const MUG: &[(&str, u32, i64, &str)] = &[("mug", 1, 10_000, "cup")];

fn ten_percent(id: &str, more: Value) -> Value {
    with(rule(id, json!([{ "discount_order": { "value": { "basis_points": 1_000 } } }])), more)
}

/// The outcome of the cart's codes as (applied promotion or reason).
fn outcomes(rules: &[Value], context: Value) -> Vec<String> {
    let mut document = document(rules, MUG);
    document["context"] = with(document["context"].clone(), context);
    let told = |outcome: stoa_domain::quote::CodeOutcome| match outcome.why_not {
        None => outcome.promotion.unwrap().to_string(),
        Some(why) => why.code.as_str().to_owned(),
    };
    priced(&document).quote.codes.into_iter().map(told).collect()
}

#[test]
fn a_code_brings_its_promotion_in_and_stands_in_the_trail() {
    let rules = [ten_percent("spring", json!({ "code_required": true }))];
    let mut document = document(&rules, MUG);
    assert_eq!(not_applied(&priced(&document)), [("spring", "code_required")]);
    document["context"]["codes"] =
        json!([{ "code": "SPRING-7F3K", "coupon": { "promotion": "spring", "batch": "b1" } }]);
    let quote = priced(&document).quote;
    let allocation = &quote.lines[0].allocations[0];
    assert_eq!((off(&quote), allocation.code.as_deref()), (vec![1_000], Some("SPRING-7F3K")));
    assert_eq!((allocation.action.as_str(), allocation.reason.as_str()), ("discount_order", "spring"));
    assert_eq!((&quote.codes[0].why_not, quote.codes[0].promotion.as_ref().unwrap().as_str()), (&None, "spring"));
}

#[test]
fn every_code_that_does_not_apply_says_why() {
    let required = |more: Value| with(json!({ "code_required": true }), more);
    let rules = [
        ten_percent("spring", required(json!({ "limits": { "uses_per_code": 1 } }))),
        ten_percent("autumn", required(json!({ "enabled": false }))),
        ten_percent("big", required(json!({ "conditions": { "amount": { "from": { "CNY": 99_900 } } } }))),
    ];
    let of = |promotion: &str, more: Value| with(json!({ "promotion": promotion }), more);
    let check = |coupon: Value, expected: &str| {
        let context = json!({ "codes": [{ "code": "CODE", "coupon": coupon }], "customer": { "id": "cus_1" } });
        assert_eq!(outcomes(&rules, context), [expected]);
    };
    check(Value::Null, "code_unknown");
    check(of("gone", json!({})), "promotion_missing");
    check(of("spring", json!({ "disabled": true })), "code_disabled");
    check(of("spring", json!({ "starts_at": "2026-11-11T12:00:01+08:00" })), "code_not_started");
    check(of("spring", json!({ "starts_at": "2026-11-11T12:00:00+08:00" })), "spring");
    check(of("spring", json!({ "ends_at": "2026-11-11T12:00:00+08:00" })), "code_expired");
    check(of("spring", json!({ "uses": 1 })), "code_used_up");
    check(of("big", json!({ "max_uses": 5, "uses": 5 })), "code_used_up");
    check(of("spring", json!({ "customer": "cus_2" })), "code_of_another");
    check(of("spring", json!({ "customer": "cus_1" })), "spring");
    check(of("autumn", json!({})), "disabled");
    check(of("big", json!({})), "amount_too_low");
}

#[test]
fn somebody_elses_code_reads_like_one_that_does_not_exist() {
    assert_eq!(ReasonCode::CodeOfAnother.text_key(), ReasonCode::CodeUnknown.text_key());
}

#[test]
fn a_code_counts_once_and_ten_are_the_most() {
    let rules = [ten_percent("spring", json!({ "code_required": true }))];
    let coupon = |code: &str| json!({ "code": code, "coupon": { "promotion": "spring" } });
    let codes =
        json!({ "codes": [coupon("A"), coupon(" a "), coupon("B"), { "code": "" }, { "code": "x".repeat(65) }] });
    let expected = ["spring", "code_repeated", "code_repeated", "code_malformed", "code_malformed"];
    assert_eq!(outcomes(&rules, codes), expected);
    let many: Vec<Value> = (0..12).map(|i| json!({ "code": format!("N{i}") })).collect();
    let told = outcomes(&rules, json!({ "codes": many }));
    assert_eq!((told[9].as_str(), told[10].as_str(), told.len()), ("code_unknown", "too_many_codes", 12));
}

#[test]
fn a_plugin_may_take_a_code_that_no_rule_knows_and_no_other() {
    let rules = [ten_percent("spring", json!({ "code_required": true }))];
    let mut document = document(&rules, MUG);
    document["context"]["codes"] = json!([
        { "code": "OURS", "coupon": { "promotion": "spring" } }, { "code": "theirs" }, { "code": "worn" }
    ]);
    document["proposals"] = json!([{ "promotion": "partner", "title": "Partner", "operations": [
        { "kind": "accept_code", "code": "THEIRS" },
        { "kind": "reject_code", "code": "worn", "reason": "This card has been used." },
        { "kind": "reject_code", "code": "ours", "reason": "no" },
        { "kind": "discount_order", "value": { "amount": 500 }, "reason": "Partner's card" },
    ] }]);
    let quote = priced(&document).quote;
    let why: Vec<Option<&str>> = quote.codes.iter().map(|c| c.why_not.as_ref().map(|w| w.message.as_str())).collect();
    assert_eq!(why, [None, None, Some("This card has been used.")]);
    assert_eq!(quote.codes[1].promotion.as_ref().unwrap().as_str(), "partner");
    assert_eq!(quote.refused.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(), ["unknown_code"]);
    // By id, as all of one priority: first the partner's 5.00, then a tenth of the other 95.00.
    assert_eq!(off(&quote), [1_450]);
}

#[test]
fn limits_end_a_promotion() {
    let check = |limits: Value, more: Value, expected: &[(&str, &str)]| {
        let mut document = document(&[ten_percent("p", json!({ "limits": limits }))], MUG);
        document["context"] = with(document["context"].clone(), more);
        assert_eq!(not_applied(&priced(&document)), expected, "{limits}");
    };
    let known = |usage: Value| json!({ "customer": { "id": "cus_1" }, "usage": { "p": usage } });
    check(json!({ "uses": 3 }), json!({ "usage": { "p": { "uses": 2 } } }), &[]);
    check(json!({ "uses": 3 }), json!({ "usage": { "p": { "uses": 3 } } }), &[("p", "used_up")]);
    check(json!({ "uses_per_customer": 1 }), json!({}), &[("p", "customer_required")]);
    check(json!({ "uses_per_customer": 1 }), known(json!({ "by_customer": 0 })), &[]);
    check(json!({ "uses_per_customer": 1 }), known(json!({ "by_customer": 1 })), &[("p", "used_by_customer")]);
    let spent = |minor: i64| json!({ "usage": { "p": { "spent": { "CNY": minor } } } });
    check(json!({ "budget": { "CNY": 50_000 } }), spent(49_999), &[]);
    check(json!({ "budget": { "CNY": 50_000 } }), spent(50_000), &[("p", "budget_spent")]);
}

#[test]
fn the_last_order_gets_what_is_left_of_the_budget() {
    let rules = [ten_percent("p", json!({ "limits": { "budget": { "CNY": 50_000 } } }))];
    let mut document = document(&rules, &[("a", 1, 5_000, "x"), ("b", 1, 5_000, "x")]);
    document["context"]["usage"] = json!({ "p": { "spent": { "CNY": 49_699 } } });
    let quote = priced(&document).quote;
    assert_eq!((off(&quote), quote.lines[0].allocations[0].limited), (vec![151, 150], true));
}

#[test]
fn schedules_go_by_instants_and_by_the_clocks_of_their_zone() {
    let check = |schedule: Value, local: &str, expected: Option<&str>| {
        let mut document = document(&[ten_percent("p", json!({ "schedule": schedule }))], MUG);
        document["context"]["local_times"] = json!({ "Asia/Shanghai": local });
        assert_eq!(not_applied(&priced(&document)).first().map(|(_, code)| *code), expected, "{schedule} at {local}");
    };
    // Now is 2026-11-11T12:00+08:00, a Wednesday.
    let noon = "2026-11-11T12:00:00";
    check(json!({ "starts_at": "2026-11-11T04:00:00Z" }), noon, None);
    check(json!({ "starts_at": "2026-11-11T04:00:01Z" }), noon, Some("not_started"));
    check(json!({ "ends_at": "2026-11-11T05:00:00+01:00" }), noon, Some("ended"));
    let weekly = |zone: &str, windows: Value| json!({ "time_zone": zone, "weekly": windows });
    let wednesday = json!([{ "days": ["wed"], "from": "12:00", "until": "14:00" }]);
    check(weekly("Asia/Shanghai", wednesday.clone()), noon, None);
    check(weekly("Asia/Shanghai", wednesday.clone()), "2026-11-11T14:00:00", Some("outside_hours"));
    check(weekly("Asia/Shanghai", wednesday.clone()), "2026-11-12T12:00:00", Some("outside_hours"));
    check(weekly("Europe/Berlin", wednesday), noon, Some("time_zone_unknown"));
    let two = json!([{ "days": ["sat", "sun"] }, { "until": "09:00" }]);
    check(weekly("Asia/Shanghai", two.clone()), "2026-11-14T23:59:59", None);
    check(weekly("Asia/Shanghai", two.clone()), "2026-11-11T08:59:59", None);
    check(weekly("Asia/Shanghai", two), noon, Some("outside_hours"));
}

#[test]
fn reasons_have_one_name_each_as_in_json() {
    let mut names: Vec<&str> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
    for code in ReasonCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), json!(code.as_str()));
        assert!(code.text_key().starts_with("promotion.") && !code.rule().is_empty());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ReasonCode::ALL.len());
}
