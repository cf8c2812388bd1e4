//! Which carts a plugin is for: the same conditions as a rule's, with the same answers.

use serde_json::{Value, json};
use stoa_domain::promotion::{
    Code, Context, Customer, Line, LineFacts, Needs, PromotionSet, ReasonCode, Target, TargetedCart, validate_target,
};
use stoa_domain::quote::PricedLine;
use stoa_domain::{Currency, CustomerId, Locale, Money, Sku};

fn target(value: Value) -> Target {
    serde_json::from_value(value).unwrap()
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

fn line(sku: &str, quantity: u32, minor: i64, facts: Value) -> Line {
    let sku = Sku::new(sku).unwrap();
    let priced = PricedLine { sku, quantity, unit_price: cny(minor), compare_at: None };
    Line { priced, facts: serde_json::from_value::<LineFacts>(facts).unwrap() }
}

/// Two cups of a brand, of stoneware, in two categories and a collection; and a lamp: 2 × 40 and 200 yuan.
fn lines() -> Vec<Line> {
    let cup = json!({
        "product": "prod_cup", "categories": ["home", "kitchen"], "collections": ["gifts"], "tags": ["Cup"],
        "brand": "Agora", "product_type": "Tableware", "attributes": { "material": ["stoneware", "陶瓷"] }
    });
    vec![line("cup-blue", 2, 4_000, cup), line("lamp", 1, 20_000, json!({ "tags": ["light"] }))]
}

fn context() -> Context {
    let en = Locale::new("en").unwrap();
    // A Friday evening in Shanghai.
    let now = "2026-11-27T19:00:00+08:00".parse().unwrap();
    let mut context = Context::new(cny(0).currency, now, en.clone(), en);
    context.local_times.insert("Asia/Shanghai".into(), "2026-11-27T19:00:00".parse().unwrap());
    context.country = Some("CN".into());
    context.channel = Some("web".into());
    context.codes = vec![Code { code: " Autumn-1 ".into(), coupon: None }];
    let id = CustomerId::new("guest").unwrap();
    context.customer = Some(Customer { id, groups: vec!["gold".into()], orders: 2 });
    context
}

fn asked(value: Value) -> Result<(), ReasonCode> {
    let target = target(value.clone());
    assert_eq!(validate_target(&target), [], "{value}");
    let (lines, context) = (lines(), context());
    TargetedCart::new(&lines, &context, Some("standard")).unwrap().is_target_of(&target)
}

#[test]
fn a_target_asks_about_everything_that_a_rule_can_ask_about() {
    let friday = json!({ "time_zone": "Asia/Shanghai", "weekly": [{ "days": ["fri"], "from": "18:00" }] });
    for means in [
        json!({}),
        json!({ "when": { "amount": { "from": { "CNY": 28_000 }, "to": { "CNY": 28_000 } } } }),
        json!({ "when": { "amount": { "select": { "tag": ["cup"] }, "from": { "CNY": 8_000 } } } }),
        json!({ "when": { "quantity": { "from": 3 } } }),
        json!({ "when": { "quantity": { "select": { "brand": ["agora"] }, "from": 2, "to": 2 } } }),
        json!({ "when": { "distinct_items": { "from": 2 } } }),
        json!({ "when": { "contains": { "product": ["prod_cup"] } } }),
        json!({ "when": { "contains": { "sku": ["cup-blue"] } } }),
        json!({ "when": { "contains": { "collection": ["gifts"] } } }),
        json!({ "when": { "contains": { "category": ["home"] } } }),
        json!({ "when": { "contains": { "product_type": ["TABLEWARE"] } } }),
        json!({ "when": { "contains": { "attribute": { "name": "material", "any_of": ["陶瓷"] } } } }),
        json!({ "when": { "contains": { "all": [{ "tag": ["cup"] }, { "not": { "on_sale": true } }] } } }),
        json!({ "when": { "code": ["AUTUMN-1", "winter"] } }),
        json!({ "when": { "all": [{ "currency": ["CNY"] }, { "country": ["CN"] }, { "channel": ["web"] }] } }),
        json!({ "when": { "any": [{ "customer_group": ["platinum"] }, { "customer_group": ["gold"] }] } }),
        json!({ "when": { "nth_order": { "from": 3, "to": 3 } } }),
        json!({ "when": { "shipping_method": ["standard"] } }),
        json!({ "schedule": friday }),
        json!({ "schedule": { "starts_at": "2026-11-27T11:00:00Z", "ends_at": "2026-11-27T11:00:01Z" } }),
    ] {
        assert_eq!(asked(means.clone()), Ok(()), "{means}");
    }
    use ReasonCode as Why;
    for (leaves_out, why) in [
        (json!({ "when": { "amount": { "from": { "CNY": 28_001 } } } }), Why::AmountTooLow),
        (json!({ "when": { "amount": { "from": { "USD": 1 } } } }), Why::CurrencyNotOffered),
        (json!({ "when": { "quantity": { "select": { "tag": ["cup"] }, "from": 3 } } }), Why::QuantityTooLow),
        (json!({ "when": { "contains": { "tag": ["bowl"] } } }), Why::ItemsMissing),
        (json!({ "when": { "not": { "contains": { "tag": ["light"] } } } }), Why::ConditionsNotMet),
        (json!({ "when": { "code": ["AUTUMN"] } }), Why::CodeRequired),
        (json!({ "when": { "country": ["US"] } }), Why::NotHere),
        (json!({ "when": { "nth_order": { "to": 1 } } }), Why::CustomerNotEligible),
        (json!({ "schedule": { "ends_at": "2026-11-27T11:00:00Z" } }), Why::Ended),
        (json!({ "schedule": { "time_zone": "Asia/Shanghai", "weekly": [{ "days": ["sat"] }] } }), Why::OutsideHours),
        (json!({ "schedule": { "time_zone": "Asia/Tokyo", "weekly": [{ "days": ["fri"] }] } }), Why::TimeZoneUnknown),
    ] {
        assert_eq!(asked(leaves_out.clone()), Err(why), "{leaves_out}");
    }
}

#[test]
fn a_target_is_refused_with_the_path_and_the_rule() {
    let deep = (0..7).fold(json!({ "quantity": { "from": 1 } }), |inner, _| json!({ "not": inner }));
    for (value, path, code) in [
        (json!({ "when": { "quantity": {} } }), "when.quantity", "required"),
        (
            json!({ "when": { "amount": { "from": { "CNY": 1 }, "of": "after_discounts" } } }),
            "when.amount.of",
            "invalid_value",
        ),
        (json!({ "when": { "country": ["cn"] } }), "when.country[0]", "invalid_country"),
        (json!({ "when": { "code": ["x".repeat(65)] } }), "when.code[0]", "too_long"),
        (json!({ "when": { "code": [] } }), "when.code", "required"),
        (json!({ "when": deep }), "when.not.not.not.not.not.not", "too_deep"),
        (json!({ "when": { "channel": vec!["web"; 1_001] } }), "when.channel", "too_many"),
        (json!({ "schedule": { "weekly": [{ "days": ["fri"] }] } }), "schedule.time_zone", "required"),
    ] {
        let faults = validate_target(&target(value));
        assert_eq!((faults[0].field.as_str(), faults[0].code), (path, code), "{faults:?}");
    }
}

#[test]
fn only_what_a_target_that_can_hold_now_asks_about_is_looked_up() {
    let needs = |more: Value| {
        let mut asks =
            json!({ "when": { "contains": { "any": [{ "collection": ["gifts"] }, { "category": ["home"] }] } } });
        asks.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut needs = PromotionSet::default().needs(context().now);
        needs.target(&target(asks), context().now);
        needs
    };
    let found = needs(json!({}));
    assert_eq!(found.collections.len(), 1);
    assert_eq!(needs(json!({ "schedule": { "starts_at": "2026-12-01T00:00:00Z" } })), Needs::default());
}

#[test]
fn a_cart_without_a_sum_is_refused_rather_than_counted_wrong() {
    let context = context();
    for lines in
        [vec![line("a", 2, i64::MAX, json!({}))], vec![line("a", 1, i64::MAX, json!({})), line("b", 1, 1, json!({}))]]
    {
        assert!(TargetedCart::new(&lines, &context, None).is_err());
    }
}

#[test]
fn a_rule_can_ask_for_a_code_that_is_no_ones() {
    use crate::{document, not_applied, off, priced, rule, with};
    let tenth = json!([{ "discount_order": { "value": { "basis_points": 1_000 } } }]);
    let staff = with(rule("staff", tenth), json!({ "conditions": { "code": ["STAFF"] } }));
    let mut cart = document(&[staff], &[("mug", 1, 10_000, "cup")]);
    let without = priced(&cart);
    assert_eq!((off(&without.quote), not_applied(&without)), (vec![0], vec![("staff", "code_required")]));
    cart["context"]["codes"] = json!([{ "code": "staff" }]);
    assert_eq!(off(&priced(&cart).quote), [1_000]);
}
