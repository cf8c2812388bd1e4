//! Promotions as a shop has stored them: what must be looked up for them, and what they gave.

use crate::{document, priced, rule, with};
use serde_json::{Value, json};
use stoa_domain::PromotionId;
use stoa_domain::promotion::{MAX_PROMOTIONS, Promotion, PromotionSet};

fn promotion(value: Value) -> Promotion {
    serde_json::from_value(value).unwrap()
}

fn tenth(id: &str) -> Value {
    rule(id, json!([{ "discount_order": { "value": { "basis_points": 1_000 } } }]))
}

#[test]
fn one_promotion_that_is_not_valid_any_more_keeps_no_other_from_applying() {
    let wrong = with(tenth("wrong"), json!({ "limits": { "uses": 0 } }));
    let (set, faults) = PromotionSet::of_stored(vec![promotion(wrong), promotion(tenth("good"))]);
    assert_eq!(set.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["wrong.limits.uses"]);
    let many = (0..=MAX_PROMOTIONS).map(|n| promotion(tenth(&format!("p{n}")))).collect();
    let (set, faults) = PromotionSet::of_stored(many);
    assert_eq!((set.iter().count(), faults[0].code), (MAX_PROMOTIONS, "too_many"));
}

#[test]
fn only_what_a_promotion_that_runs_now_asks_about_is_looked_up() {
    let now = "2026-11-11T12:00:00+08:00".parse().unwrap();
    let deep =
        json!({ "any": [{ "tag": ["a"] }, { "not": { "all": [{ "collection": ["c1"] }, { "category": ["k1"] }] } }] });
    let asks = json!([
        { "buy_get": { "buy": { "select": deep, "quantity": 1 }, "get": { "quantity": 1 }, "value": { "basis_points": 1 } } },
        { "bundle": { "parts": [{ "select": { "collection": ["c2"] }, "quantity": 1 }], "value": { "basis_points": 1 } } },
        { "gift": { "any_of": ["g1", "g2"], "quantity": 1, "buy": { "select": { "collection": ["c3"] }, "quantity": 1 } } },
    ]);
    let condition = json!({ "not": { "amount": { "select": { "collection": ["c4"] }, "from": { "CNY": 1 } } } });
    let asking = with(rule("asks", asks), json!({ "conditions": condition }));
    let needs = |more: Value| PromotionSet::new(vec![promotion(with(asking.clone(), more))]).unwrap().needs(now);
    let found = needs(json!({}));
    assert_eq!(found.collections.iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["c1", "c2", "c3", "c4"]);
    assert_eq!(found.gifts.len(), 2);
    for idle in [
        json!({ "enabled": false }),
        json!({ "schedule": { "ends_at": "2026-11-11T12:00:00+08:00" } }),
        json!({ "schedule": { "starts_at": "2026-11-11T12:00:01+08:00" } }),
    ] {
        assert_eq!(needs(idle.clone()), Default::default(), "{idle}");
    }
    assert_eq!(PromotionSet::new(vec![promotion(tenth("plain"))]).unwrap().needs(now), Default::default());
}

#[test]
fn what_a_promotion_gave_is_its_discounts_shipping_and_gifts_at_their_worth() {
    let actions = json!([
        { "discount_order": { "value": { "basis_points": 1_000 } } },
        { "discount_shipping": { "value": { "basis_points": 10_000 } } },
        { "gift": { "any_of": ["tote"], "quantity": 2 } },
    ]);
    let all = with(rule("all", actions), json!({ "code_required": true }));
    let nothing = with(tenth("nothing"), json!({ "code_required": true }));
    let mut document = document(&[all, nothing], &[("mug", 2, 5_000, "cup")]);
    document["cart"]["shipping"] = json!({ "method": "standard", "price": 1_200 });
    document["context"]["gifts"] = json!({ "tote": { "available": 9, "price": { "minor": 300, "currency": "CNY" } } });
    document["context"]["codes"] = json!([{ "code": "Hello", "coupon": { "promotion": "all" } }]);
    let quote = priced(&document).quote;
    let given: Vec<_> = quote.given().into_iter().map(|(id, amount)| (id.to_string(), amount.minor)).collect();
    assert_eq!(given, [("all".to_owned(), 1_000 + 1_200 + 600)]);
    assert_eq!(quote.code_of(&PromotionId::new("all").unwrap()), Some("Hello"));
    assert_eq!(quote.code_of(&PromotionId::new("nothing").unwrap()), None);
}
