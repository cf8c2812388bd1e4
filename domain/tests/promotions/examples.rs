//! Promotions that shops run, with the arithmetic done by hand.

use crate::{document, not_applied, off, priced, rule, with};
use serde_json::{Value, json};

type Cart<'a> = &'a [(&'a str, u32, i64, &'a str)];

/// The cart under one rule, and what each line gets off.
fn check(action: Value, cart: Cart<'_>, expected: &[i64]) {
    let quote = priced(&document(&[rule("p", json!([action]))], cart)).quote;
    assert_eq!(off(&quote), expected, "{action}");
}

#[test]
fn percentages_amounts_and_prices_on_lines() {
    let cart: Cart = &[("mug", 2, 2_999, "cup"), ("bowl", 1, 4_500, "bowl"), ("tray", 3, 1_000, "tray")];
    let lines = |more: Value| json!({ "discount_lines": more });
    let cups = json!({ "tag": ["Cup", "tray"] });
    // 15 % of 59.98 is 8.997.
    check(lines(json!({ "select": cups, "value": { "basis_points": 1_500 } })), cart, &[900, 0, 450]);
    check(lines(json!({ "select": cups, "value": { "amount": { "CNY": 500 } } })), cart, &[1_000, 0, 1_500]);
    // More than a piece costs is all of it.
    check(lines(json!({ "select": cups, "value": { "amount": { "CNY": 2_000 } } })), cart, &[4_000, 0, 3_000]);
    // A price is never a surcharge: the tray stays at 10.00.
    check(lines(json!({ "select": cups, "value": { "price": { "CNY": 1_999 } } })), cart, &[2_000, 0, 0]);
    // 100.00 off 59.98 and 30.00 together takes both; 10.00 is split 59.98 to 30.00.
    let across = |off| json!({ "select": cups, "value": { "amount": { "CNY": off } }, "application": "across" });
    check(lines(across(10_000)), cart, &[5_998, 0, 3_000]);
    check(lines(across(1_000)), cart, &[667, 0, 333]);
    let once = |pick| json!({ "value": { "basis_points": 10_000 }, "application": "once", "pick": pick });
    check(lines(once("cheapest")), cart, &[0, 0, 1_000]);
    check(lines(once("most_expensive")), cart, &[0, 4_500, 0]);
    let at_most = json!({ "value": { "basis_points": 5_000 }, "at_most": 4, "pick": "cheapest" });
    check(lines(at_most), cart, &[1_500, 0, 1_500]);
}

#[test]
fn an_amount_across_equal_lines_gives_the_odd_fen_to_the_first() {
    let action = json!({ "discount_lines": { "value": { "amount": { "CNY": 1_000 } }, "application": "across" } });
    check(action, &[("a", 1, 1_000, "x"), ("b", 1, 1_000, "x"), ("c", 1, 1_000, "x")], &[334, 333, 333]);
}

#[test]
fn buy_two_get_one_at_half_price() {
    let action = |repeat: u32| {
        json!({ "buy_get": {
            "buy": { "quantity": 2 }, "get": { "quantity": 1 }, "value": { "basis_points": 5_000 }, "repeat": repeat
        } })
    };
    check(action(1), &[("mug", 3, 3_000, "cup")], &[1_500]);
    check(action(1), &[("mug", 2, 3_000, "cup")], &[0]);
    // The cheapest of the three.
    check(action(1), &[("a", 1, 5_000, "x"), ("b", 1, 3_000, "x"), ("c", 1, 4_000, "x")], &[0, 1_500, 0]);
    // Six pieces hold two of them, seven and eight no third; the two cheapest are got.
    check(action(9), &[("a", 4, 5_000, "x"), ("b", 2, 3_000, "x")], &[0, 3_000]);
    check(action(9), &[("a", 7, 5_000, "x"), ("b", 1, 3_000, "x")], &[2_500, 1_500]);
    check(action(1), &[("a", 7, 5_000, "x"), ("b", 1, 3_000, "x")], &[0, 1_500]);
}

#[test]
fn the_sides_of_a_buy_get_are_sets_of_their_own() {
    let action = json!({ "buy_get": {
        "buy": { "select": { "tag": ["coffee"] }, "quantity": 2 },
        "get": { "select": { "any": [{ "tag": ["cup"] }, { "tag": ["coffee"] }] }, "quantity": 1 },
        "value": { "price": { "CNY": 100 } },
        "repeat": 5,
    } });
    // The cheapest that may be got is a coffee, but both are needed to earn it: the cup it is.
    check(action.clone(), &[("bean", 2, 2_000, "coffee"), ("mug", 3, 3_000, "cup")], &[0, 2_900]);
    // With three coffees one can be got.
    check(action.clone(), &[("bean", 3, 2_000, "coffee"), ("mug", 3, 3_000, "cup")], &[1_900, 0]);
    // Five coffees earn twice: one coffee and one cup, for five coffees leave only one beside the four that pay.
    check(action, &[("bean", 5, 2_000, "coffee"), ("mug", 3, 3_000, "cup")], &[1_900, 2_900]);
}

#[test]
fn spending_on_one_set_makes_another_cheaper() {
    let action = |repeat: u32| {
        json!({ "buy_get": {
            "buy": { "select": { "not": { "tag": ["bag"] } }, "amount": { "CNY": 20_000 } },
            "get": { "select": { "tag": ["bag"] }, "quantity": 1 },
            "value": { "amount": { "CNY": 1_500 } },
            "repeat": repeat,
        } })
    };
    let cart: Cart = &[("lamp", 1, 45_000, "light"), ("bag", 3, 2_000, "bag")];
    check(action(1), cart, &[0, 1_500]);
    check(action(9), cart, &[0, 3_000]);
    check(action(9), &[("lamp", 1, 19_999, "light"), ("bag", 3, 2_000, "bag")], &[0, 0]);
}

#[test]
fn a_piece_cannot_earn_itself() {
    let action = json!({ "buy_get": {
        "buy": { "amount": { "CNY": 20_000 } }, "get": { "quantity": 1 }, "value": { "basis_points": 10_000 }
    } });
    let rules = [rule("p", json!([action]))];
    let told = priced(&document(&rules, &[("lamp", 1, 20_000, "light")]));
    assert_eq!((not_applied(&told), told.not_applied[0].why_not.missing_amount), (vec![("p", "amount_too_low")], None));
    let told = priced(&document(&rules, &[("lamp", 1, 20_000, "light"), ("mug", 1, 3_000, "cup")]));
    assert_eq!(off(&told.quote), [0, 3_000]);
    let told = priced(&document(&rules, &[("lamp", 1, 15_000, "light")]));
    assert_eq!(told.not_applied[0].why_not.missing_amount.unwrap().minor, 5_000);
}

#[test]
fn every_three_hundred_takes_forty_off_with_a_cap() {
    let every = |at_most: Value| {
        json!({ "discount_order": { "value": { "every": {
            "spend": { "CNY": 30_000 }, "off": { "CNY": 4_000 }, "at_most": at_most
        } } } })
    };
    let cart = |price: i64| [("lamp", 1, price, "light")];
    check(every(Value::Null), &cart(29_999), &[0]);
    check(every(Value::Null), &cart(30_000), &[4_000]);
    check(every(Value::Null), &cart(100_000), &[12_000]);
    check(every(json!(2)), &cart(100_000), &[8_000]);
    let capped =
        with(rule("p", json!([every(Value::Null)])), json!({ "limits": { "max_discount": { "CNY": 10_000 } } }));
    let quote = priced(&document(&[capped], &cart(100_000))).quote;
    assert_eq!((off(&quote), quote.lines[0].allocations[0].limited), (vec![10_000], true));
}

#[test]
fn the_highest_step_reached_counts_alone() {
    let pieces = json!({ "discount_lines": { "value": { "quantity_tiers": [
        { "from": 3, "value": { "basis_points": 1_000 } },
        { "from": 5, "value": { "basis_points": 2_000 } },
    ] } } });
    for (quantity, expected) in [(2, 0), (3, 300), (4, 400), (5, 1_000), (9, 1_800)] {
        check(pieces.clone(), &[("mug", quantity, 1_000, "cup")], &[expected]);
    }
    let spend = json!({ "discount_order": { "value": { "amount_tiers": { "steps": [
        { "from": { "CNY": 20_000 }, "value": { "amount": { "CNY": 2_000 } } },
        { "from": { "CNY": 50_000 }, "value": { "basis_points": 1_500 } },
    ] } } } });
    for (price, expected) in [(19_999, 0), (20_000, 2_000), (49_999, 2_000), (50_000, 7_500)] {
        check(spend.clone(), &[("lamp", 1, price, "light")], &[expected]);
    }
}

#[test]
fn a_bundle_price_is_split_by_the_largest_remainder() {
    let action = |price: i64, repeat: u32| {
        json!({ "bundle": {
            "parts": [
                { "select": { "tag": ["camera"] }, "quantity": 1 },
                { "select": { "tag": ["lens"] }, "quantity": 1 },
                { "select": { "tag": ["bag"] }, "quantity": 1 },
            ],
            "value": { "price": { "CNY": price } },
            "repeat": repeat,
        } })
    };
    let kit: Cart = &[("camera", 1, 100_000, "camera"), ("lens", 1, 50_000, "lens"), ("bag", 1, 10_000, "bag")];
    // 301.00 off 1600.00: 188.125, 94.0625 and 18.8125.
    check(action(129_900, 1), kit, &[18_813, 9_406, 1_881]);
    check(action(160_000, 1), kit, &[0, 0, 0]);
    // Two cameras and one lens are one bundle.
    check(
        action(129_900, 5),
        &[("camera", 2, 100_000, "camera"), ("lens", 1, 50_000, "lens"), ("bag", 9, 10_000, "bag")],
        &[18_813, 9_406, 1_881],
    );
}

#[test]
fn a_bundle_that_costs_less_than_its_price_is_none() {
    // Any three for 99.00: the first three make one, the cheap three cost 60.00 and are left alone.
    let action =
        json!({ "bundle": { "parts": [{ "quantity": 3 }], "value": { "price": { "CNY": 9_900 } }, "repeat": 9 } });
    check(action, &[("cheap", 3, 2_000, "x"), ("dear", 3, 5_000, "x")], &[0, 5_100]);
}

#[test]
fn shipping_is_free_for_members_over_a_threshold() {
    let rule = with(
        rule("p", json!([{ "discount_shipping": { "value": { "basis_points": 10_000 } } }])),
        json!({ "conditions": { "all": [
            { "customer_group": ["gold", "silver"] },
            { "amount": { "from": { "CNY": 9_900 }, "of": "after_discounts" } },
        ] } }),
    );
    let check = |price: i64, group: &str, shipping: i64, why: &[(&str, &str)]| {
        let mut document = document(std::slice::from_ref(&rule), &[("mug", 1, price, "cup")]);
        document["cart"]["shipping"] = json!({ "method": "standard", "price": 1_200 });
        document["context"]["customer"] = json!({ "id": "cus_1", "groups": [group] });
        let priced = priced(&document);
        assert_eq!(
            (priced.quote.shipping.as_ref().unwrap().total.minor, not_applied(&priced)),
            (shipping, why.to_vec())
        );
    };
    check(9_900, "gold", 0, &[]);
    check(9_899, "gold", 1_200, &[("p", "amount_too_low")]);
    check(9_900, "bronze", 1_200, &[("p", "customer_not_eligible")]);
}

#[test]
fn taxes_are_of_what_is_left_after_discounts() {
    let rule = rule("p", json!([{ "discount_order": { "value": { "amount": { "CNY": 2_000 } } } }]));
    let check = |included: bool, expected: (i64, i64, i64)| {
        let mut document =
            document(std::slice::from_ref(&rule), &[("mug", 1, 11_300, "cup"), ("book", 1, 10_900, "book")]);
        document["cart"]["lines"][0]["facts"]["tax_millionths"] = json!(130_000);
        document["cart"]["lines"][1]["facts"]["tax_millionths"] = json!(90_000);
        document["cart"]["shipping"] = json!({ "method": "standard", "price": 1_000 });
        document["context"]["tax"] = json!({ "included": included, "shipping_millionths": 60_000 });
        let quote = priced(&document).quote;
        let tax = quote.tax.unwrap();
        assert_eq!((tax.lines[0].tax.minor, tax.total.minor, quote.total.minor), expected, "included: {included}");
    };
    // 20.00 is split 10.18 to 9.82, which leaves 102.82 and 99.18: 11.83 and 8.19 of it are tax, and 0.57 of shipping.
    check(true, (1_183, 1_183 + 819 + 57, 21_200));
    // Without tax in them: 13.37, 8.93 and 0.60 on top.
    check(false, (1_337, 1_337 + 893 + 60, 21_200 + 2_290));
}

#[test]
fn a_promotion_has_an_amount_only_in_the_currencies_it_names() {
    let rule = rule("p", json!([{ "discount_order": { "value": { "amount": { "CNY": 2_000, "USD": 300 } } } }]));
    let check = |currency: &str, expected: i64, why: &[(&str, &str)]| {
        let mut document = document(std::slice::from_ref(&rule), &[("mug", 1, 11_300, "cup")]);
        document["cart"]["currency"] = json!(currency);
        let priced = priced(&document);
        assert_eq!((priced.quote.discount.minor, not_applied(&priced)), (expected, why.to_vec()));
    };
    check("CNY", 2_000, &[]);
    check("USD", 300, &[]);
    check("JPY", 0, &[("p", "currency_not_offered")]);
}

#[test]
fn selectors_look_at_everything_a_line_is() {
    let cart = json!([
        { "sku": "M-1", "quantity": 1, "unit_price": 1_000, "compare_at": 1_500, "facts": {
            "product": "prod_mug", "categories": ["home", "cups"], "collections": ["summer"], "tags": ["Blue"],
            "brand": "Aegean", "product_type": "Mug", "attributes": { "material": ["stoneware", "陶"] } } },
        { "sku": "B-1", "quantity": 1, "unit_price": 2_000, "facts": {
            "product": "prod_bowl", "categories": ["home"], "attributes": { "dishwasher": ["true"] } } },
    ]);
    let check = |select: Value, expected: [i64; 2]| {
        let action = json!({ "discount_lines": { "select": select, "value": { "amount": { "CNY": 1 } } } });
        let mut document = document(&[rule("p", json!([action]))], &[]);
        document["cart"]["lines"] = cart.clone();
        assert_eq!(off(&priced(&document).quote), expected, "{select}");
    };
    check(json!({ "product": ["prod_mug"] }), [1, 0]);
    check(json!({ "sku": ["B-1", "gone"] }), [0, 1]);
    check(json!({ "category": ["home"] }), [1, 1]);
    check(json!({ "collection": ["summer"] }), [1, 0]);
    check(json!({ "tag": ["bLUE"] }), [1, 0]);
    check(json!({ "brand": ["aegean"] }), [1, 0]);
    check(json!({ "product_type": ["mug"] }), [1, 0]);
    check(json!({ "attribute": { "name": "material", "any_of": ["陶"] } }), [1, 0]);
    check(json!({ "attribute": { "name": "dishwasher", "any_of": ["true"] } }), [0, 1]);
    check(json!({ "on_sale": true }), [1, 0]);
    check(json!({ "on_sale": false }), [0, 1]);
    check(json!({ "unit_price": { "from": { "CNY": 1_001 }, "to": { "CNY": 2_000 } } }), [0, 1]);
    check(json!({ "unit_price": { "from": { "USD": 1 } } }), [0, 0]);
    check(json!({ "all": [{ "category": ["home"] }, { "not": { "tag": ["blue"] } }] }), [0, 1]);
    check(json!({ "any": [{ "tag": ["blue"] }, { "sku": ["B-1"] }] }), [1, 1]);
}

#[test]
fn conditions_say_what_is_missing() {
    let check = |condition: Value, why: Option<&str>| {
        let rule = with(
            rule("p", json!([{ "discount_order": { "value": { "basis_points": 1_000 } } }])),
            json!({ "conditions": condition }),
        );
        let mut document = document(&[rule], &[("mug", 2, 1_000, "cup"), ("bowl", 1, 3_000, "bowl")]);
        document["context"]["channel"] = json!("web");
        document["context"]["country"] = json!("CN");
        document["context"]["customer"] = json!({ "id": "cus_1", "groups": ["gold"], "orders": 2 });
        document["cart"]["shipping"] = json!({ "method": "standard", "price": 0 });
        let priced = priced(&document);
        assert_eq!(not_applied(&priced).first().map(|(_, code)| *code), why, "{condition}");
    };
    check(json!({ "customer_group": ["gold"] }), None);
    check(json!({ "nth_order": { "from": 3, "to": 3 } }), None);
    check(json!({ "nth_order": { "to": 1 } }), Some("customer_not_eligible"));
    check(json!({ "channel": ["app", "web"] }), None);
    check(json!({ "country": ["DE"] }), Some("not_here"));
    check(json!({ "currency": ["CNY"] }), None);
    check(json!({ "shipping_method": ["express"] }), Some("not_here"));
    check(json!({ "contains": { "tag": ["bowl"] } }), None);
    check(json!({ "contains": { "tag": ["lamp"] } }), Some("items_missing"));
    check(json!({ "quantity": { "from": 4 } }), Some("quantity_too_low"));
    check(json!({ "quantity": { "select": { "tag": ["cup"] }, "from": 2, "to": 2 } }), None);
    check(json!({ "quantity": { "to": 2 } }), Some("conditions_not_met"));
    check(json!({ "distinct_items": { "from": 2 } }), None);
    check(json!({ "distinct_items": { "from": 3 } }), Some("quantity_too_low"));
    check(json!({ "amount": { "from": { "CNY": 5_001 } } }), Some("amount_too_low"));
    check(
        json!({ "amount": { "select": { "tag": ["bowl"] }, "from": { "CNY": 3_000 }, "to": { "CNY": 3_000 } } }),
        None,
    );
    check(json!({ "amount": { "from": { "USD": 1 } } }), Some("currency_not_offered"));
    check(json!({ "not": { "country": ["DE"] } }), None);
    check(json!({ "not": { "country": ["CN"] } }), Some("conditions_not_met"));
    check(json!({ "any": [{ "country": ["DE"] }, { "channel": ["web"] }] }), None);
    check(json!({ "all": [{ "channel": ["web"] }, { "country": ["DE"] }] }), Some("not_here"));
}
