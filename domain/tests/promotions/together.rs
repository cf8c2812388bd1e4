//! Several promotions at once: which apply, in which order, and what each leaves for the next.

use crate::{document, not_applied, off, priced, rule, with};
use serde_json::{Value, json};

fn order(id: &str, amount: i64, more: Value) -> Value {
    with(rule(id, json!([{ "discount_order": { "value": { "amount": { "CNY": amount } } } }])), more)
}
fn lines(id: &str, basis_points: u32, more: Value) -> Value {
    with(rule(id, json!([{ "discount_lines": { "value": { "basis_points": basis_points } } }])), more)
}
fn alone() -> Value {
    json!({ "combines_with": {} })
}
fn group(name: &str) -> Value {
    json!({ "exclusive_group": name })
}

const MUG: &[(&str, u32, i64, &str)] = &[("mug", 2, 10_000, "cup")];

/// Who gave something, and how much is off in all.
fn check(rules: &[Value], choice: &str, expected: (&[&str], i64)) {
    let mut document = document(rules, MUG);
    document["context"]["choice"] = json!(choice);
    let quote = priced(&document).quote;
    let gave: Vec<&str> = quote.lines[0].allocations.iter().map(|a| a.promotion.as_str()).collect();
    assert_eq!((gave.as_slice(), quote.discount.minor), expected, "{choice}");
}

#[test]
fn classes_come_one_after_the_other_and_within_a_class_the_higher_priority() {
    let rules = [
        order("order", 1_000, json!({ "priority": 99 })),
        lines("half", 5_000, json!({})),
        lines("tenth", 1_000, json!({ "priority": 1 })),
    ];
    // 200.00, less a tenth, less half of the rest, less 10.00.
    check(&rules, "best_deal", (&["tenth", "half", "order"], 2_000 + 9_000 + 1_000));
}

#[test]
fn of_promotions_that_do_not_combine_the_best_deal_applies() {
    let rules = [order("small", 1_000, alone()), order("large", 3_000, alone())];
    check(&rules, "best_deal", (&["large"], 3_000));
    let mut document = document(&rules, MUG);
    let told = priced(&document);
    assert_eq!(not_applied(&told), [("small", "not_combinable")]);
    assert_eq!(told.not_applied[0].why_not.because_of.as_ref().unwrap().as_str(), "large");
    document["context"]["choice"] = json!("priority");
    assert_eq!(not_applied(&priced(&document)), [("small", "not_combinable")]);
    let first = [order("small", 1_000, with(alone(), json!({ "priority": 1 }))), order("large", 3_000, alone())];
    check(&first, "priority", (&["small"], 1_000));
    check(&first, "best_deal", (&["large"], 3_000));
}

#[test]
fn two_small_ones_that_combine_beat_a_large_one_that_does_not() {
    let rules = [order("a", 1_000, json!({})), order("b", 1_500, json!({})), order("c", 2_000, alone())];
    check(&rules, "best_deal", (&["a", "b"], 2_500));
}

#[test]
fn both_sides_must_allow_the_others_class() {
    let product_only = json!({ "combines_with": { "product": true } });
    let check_pair = |a: Value, b: Value, expected: &[&str], off| check(&[a, b], "best_deal", (expected, off));
    // The line discount allows orders, the order discount allows lines.
    let allows_order = lines("l", 1_000, json!({ "combines_with": { "order": true } }));
    check_pair(allows_order.clone(), order("o", 1_000, product_only.clone()), &["l", "o"], 3_000);
    // The order discount allows only shipping.
    let shipping_only = json!({ "combines_with": { "shipping": true } });
    check_pair(allows_order, order("o", 1_000, shipping_only), &["l"], 2_000);
    // Two of one class.
    check_pair(lines("k", 1_000, product_only.clone()), lines("l", 1_000, product_only), &["k", "l"], 3_800);
}

#[test]
fn one_of_an_exclusive_group_applies() {
    let rules =
        [order("a", 1_000, group("festival")), order("b", 1_500, group("festival")), order("c", 100, json!({}))];
    check(&rules, "best_deal", (&["b", "c"], 1_600));
    check(&rules, "priority", (&["a", "c"], 1_100));
}

#[test]
fn a_promotion_with_nothing_to_give_keeps_no_other_out() {
    let lamps = json!([{ "discount_lines": { "select": { "tag": ["lamp"] }, "value": { "basis_points": 9_000 } } }]);
    let rules = [with(rule("a", lamps), with(alone(), json!({ "priority": 9 }))), order("b", 500, alone())];
    check(&rules, "priority", (&["b"], 500));
    check(&rules, "best_deal", (&["b"], 500));
    assert_eq!(not_applied(&priced(&document(&rules, MUG))), [("a", "items_missing")]);
}

#[test]
fn pieces_that_are_discounted_can_be_left_alone() {
    let first = json!([{ "discount_lines": { "value": { "basis_points": 2_000 }, "at_most": 1 } }]);
    let rest = json!([{ "discount_lines": { "value": { "basis_points": 1_000 }, "skip_discounted": true } }]);
    let rules = [with(rule("a", first), json!({ "priority": 1 })), rule("b", rest)];
    check(&rules, "best_deal", (&["a", "b"], 2_000 + 1_000));
}

#[test]
fn thresholds_are_measured_before_or_after_discounts() {
    let over = |of: &str| {
        let amount = json!({ "amount": { "from": { "CNY": 20_000 }, "of": of } });
        order("over", 500, json!({ "conditions": amount }))
    };
    check(&[lines("sale", 1_000, json!({})), over("before_discounts")], "best_deal", (&["sale", "over"], 2_500));
    check(&[lines("sale", 1_000, json!({})), over("after_discounts")], "best_deal", (&["sale"], 2_000));
}

#[test]
fn rules_and_plugins_are_taken_alike() {
    let mut document = document(&[lines("rule", 5_000, json!({ "combines_with": { "order": true } }))], MUG);
    let plugin = |operations: Value| json!([{ "promotion": "plugin", "title": "Plugin", "operations": operations }]);
    let value = json!({ "amount": 1_000 });
    document["proposals"] = plugin(json!([{ "kind": "discount_order", "value": value, "reason": "r" }]));
    let quote = priced(&document).quote;
    let trail = serde_json::to_value(&quote.lines[0].allocations).unwrap();
    assert_eq!(
        trail,
        json!([
            { "promotion": "rule", "title": "rule", "reason": "rule", "amount": { "minor": 10_000, "currency": "CNY" },
              "source": "rule", "action": "discount_lines", "pieces": 2, "code": null, "limited": false },
            { "promotion": "plugin", "title": "Plugin", "reason": "r", "amount": { "minor": 1_000, "currency": "CNY" },
              "source": "plugin", "action": "discount_order", "pieces": null, "code": null, "limited": false },
        ])
    );
    // The rule does not combine with line discounts, whoever gives them.
    document["proposals"] = plugin(json!([{ "kind": "discount_line", "sku": "mug", "value": value, "reason": "r" }]));
    let quote = priced(&document).quote;
    assert_eq!((off(&quote), quote.refused[0].code.as_str()), (vec![10_000], "not_combined"));
}

#[test]
fn a_gift_is_the_shoppers_choice_of_what_there_is() {
    let gift = |more: Value| json!([{ "gift": with(json!({ "any_of": ["tote", "card"], "quantity": 1 }), more) }]);
    let check = |actions: Value, more: Value, expected: &[(&str, u32)]| {
        let rules = [with(rule("p", actions), json!({ "limits": { "budget": { "CNY": 9_000 } } }))];
        let mut document = document(&rules, &[("mug", 5, 10_000, "cup")]);
        document["context"]["gifts"] = json!({
            "tote": { "available": 2, "price": { "minor": 4_000, "currency": "CNY" } },
            "card": { "available": 9, "price": { "minor": 100, "currency": "CNY" } },
        });
        document["context"] = with(document["context"].clone(), more);
        let quote = priced(&document).quote;
        let gifts: Vec<(&str, u32)> = quote.gifts.iter().map(|g| (g.sku.as_str(), g.quantity)).collect();
        assert_eq!((gifts.as_slice(), quote.discount.minor), (expected, 0));
    };
    check(gift(json!({})), json!({}), &[("tote", 1)]);
    check(gift(json!({})), json!({ "chosen_gifts": ["mug", "card"] }), &[("card", 1)]);
    check(gift(json!({})), json!({ "gifts": {} }), &[]);
    let per_two = json!({ "buy": { "select": { "tag": ["cup"] }, "quantity": 2 }, "repeat": 9 });
    check(gift(per_two), json!({}), &[("tote", 2)]);
    // 500.00 is five times 90.00; of totes there are two.
    let per_amount = json!({ "buy": { "amount": { "CNY": 9_000 } }, "repeat": 9 });
    check(gift(per_amount.clone()), json!({ "chosen_gifts": ["card"] }), &[("card", 5)]);
    check(gift(per_amount), json!({}), &[("tote", 2)]);
    // 10.00 of the budget are left: no tote, and the promotion says so.
    check(gift(json!({})), json!({ "usage": { "p": { "spent": { "CNY": 8_000 } } } }), &[]);
}

#[test]
fn a_cart_with_more_sets_than_can_be_tried_says_so_and_still_takes_a_good_one() {
    // Sixty groups of four: 4^60 sets. The best of each group is worth 40 fen.
    let rules: Vec<Value> =
        (0..240).map(|i| order(&format!("p{i:03}"), 10 + 10 * (i % 4), group(&format!("g{}", i / 4)))).collect();
    let cart: Vec<(String, i64)> = (0..96).map(|i| (format!("sku-{i}"), 1_000 + i)).collect();
    let cart: Vec<(&str, u32, i64, &str)> = cart.iter().map(|(sku, price)| (sku.as_str(), 99, *price, "x")).collect();
    let priced = priced(&document(&rules, &cart));
    assert_eq!((priced.exhaustive, priced.quote.discount.minor), (false, 60 * 40));
}
