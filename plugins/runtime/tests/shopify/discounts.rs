//! What a function answers, as operations on a cart: every kind of discount that Shopify's schema has, and why others are
//! refused.

use crate::guests::answers;
use crate::{CART_LINES, DELIVERY, cart, id, load, promotion, targeting};
use stoa_domain::Sku;
use stoa_domain::promotion::{DiscountValue, Operation, Pieces};
use stoa_plugin_runtime::shopify::Failure;

const PRODUCT: &str = "purchase.product-discount.run";
const ORDER: &str = "purchase.order-discount.run";
const SHIPPING: &str = "purchase.shipping-discount.run";

fn proposed(target: &str, output: &str) -> Result<Vec<Operation>, Failure> {
    let id = id();
    let function = load(&answers(output), &[targeting(target, "run", "{ cart { lines { id } } }")]);
    function.run(promotion(&id, "{}"), &cart()).map(|run| run.proposal.operations)
}

/// The value of the one operation.
fn value(target: &str, output: &str) -> DiscountValue {
    match proposed(target, output).unwrap().as_slice() {
        [Operation::DiscountPieces { value, .. }]
        | [Operation::DiscountOrder { value, .. }]
        | [Operation::DiscountShipping { value, .. }] => *value,
        other => panic!("{other:?}"),
    }
}

fn add(kind: &str, candidates: &str, strategy: &str) -> String {
    format!(r#"{{"operations":[{{"{kind}":{{"candidates":[{candidates}],"selectionStrategy":"{strategy}"}}}}]}}"#)
}

fn older(discounts: &str, strategy: &str) -> String {
    format!(r#"{{"discounts":[{discounts}],"discountApplicationStrategy":"{strategy}"}}"#)
}

fn line(place: usize, value: &str) -> String {
    format!(r#"{{"targets":[{{"cartLine":{{"id":"gid://shopify/CartLine/{place}"}}}}],"value":{value}}}"#)
}

fn percent(percent: u32) -> String {
    format!(r#"{{"percentage":{{"value":"{percent}.0"}}}}"#)
}

fn amount(amount: &str) -> String {
    format!(r#"{{"fixedAmount":{{"amount":"{amount}"}}}}"#)
}

fn whole(value: &str) -> String {
    format!(r#"{{"targets":[{{"orderSubtotal":{{"excludedCartLineIds":[]}}}}],"value":{value}}}"#)
}

fn group(value: &str) -> String {
    format!(r#"{{"targets":[{{"deliveryGroup":{{"id":"gid://shopify/CartDeliveryGroup/0"}}}}],"value":{value}}}"#)
}

#[test]
fn lines_and_variants_are_discounted_by_the_piece() {
    let candidate = r#"{"message":"Two for less","value":{"fixedAmount":{"amount":12.5,"appliesToEachItem":true}},
        "targets":[{"productVariant":{"id":"gid://shopify/ProductVariant/mug","quantity":1}},
            {"cartLine":{"id":"gid://shopify/CartLine/0","quantity":5}},
            {"cartLine":{"id":"gid://shopify/CartLine/1","quantity":null}}]}"#;
    let piece = |sku: &str, quantity| Pieces { sku: Sku::new(sku).unwrap(), quantity };
    let wanted = Operation::DiscountPieces {
        // As many as the line has.
        pieces: vec![piece("mug", 2), piece("lamp", 1)],
        value: DiscountValue::AmountEach(1_250),
        reason: "Two for less".to_owned(),
    };
    let new = proposed(CART_LINES, &add("productDiscountsAdd", candidate, "ALL")).unwrap();
    let old = proposed(PRODUCT, &older(candidate, "ALL")).unwrap();
    assert_eq!((new.as_slice(), old.as_slice()), (&[wanted.clone()][..], &[wanted][..]));
}

#[test]
fn a_discount_without_a_message_has_the_promotions_title() {
    let operations = proposed(ORDER, &older(&whole(&percent(5)), "FIRST")).unwrap();
    let wanted = Operation::DiscountOrder { value: DiscountValue::BasisPoints(500), reason: "Summer".to_owned() };
    assert_eq!(operations, [wanted]);
}

#[test]
fn the_strategy_chooses_among_candidates() {
    // Of the mugs 30 %, which is 90; of the lamp 80.
    let both = format!("{},{}", line(1, &amount("80")), line(0, &percent(30)));
    let chosen = |strategy| value(CART_LINES, &add("productDiscountsAdd", &both, strategy));
    assert_eq!(chosen("FIRST"), DiscountValue::Amount(8_000));
    assert_eq!(chosen("MAXIMUM"), DiscountValue::BasisPoints(3_000));
    assert_eq!(proposed(CART_LINES, &add("productDiscountsAdd", &both, "ALL")).unwrap().len(), 2);
    // An amount above the price is the price: 99.50 of the lamp.
    let both = format!("{},{}", line(1, &amount("500")), line(0, &percent(34)));
    let greatest = value(CART_LINES, &add("productDiscountsAdd", &both, "MAXIMUM"));
    assert_eq!(greatest, DiscountValue::BasisPoints(3_400));
    let order = format!("{},{},{}", whole(&amount("39.95")), whole(&percent(10)), whole(&amount("40")));
    assert_eq!(value(CART_LINES, &add("orderDiscountsAdd", &order, "MAXIMUM")), DiscountValue::Amount(4_000));
    let failure = proposed(CART_LINES, &add("orderDiscountsAdd", &order, "ALL")).unwrap_err();
    assert_eq!(failure.code(), "bad_output", "{failure}");
}

#[test]
fn conditions_are_held_against_the_cart_before_discounts() {
    let with = |condition: &str| {
        let candidate = whole(&percent(10)).replacen('{', &format!(r#"{{"conditions":[{condition}],"#), 1);
        proposed(CART_LINES, &add("orderDiscountsAdd", &candidate, "FIRST")).unwrap().len()
    };
    let subtotal = |minimum: &str, excluded: &str| {
        with(&format!(r#"{{"orderMinimumSubtotal":{{"minimumAmount":{minimum},"excludedCartLineIds":[{excluded}]}}}}"#))
    };
    assert_eq!((subtotal(r#""399.5""#, ""), subtotal("399.51", "")), (1, 0));
    let lamp = r#""gid://shopify/CartLine/1""#;
    assert_eq!((subtotal("300.0", lamp), subtotal("300.01", lamp)), (1, 0));
    let pieces = |minimum: u32| {
        with(&format!(
            r#"{{"cartLineMinimumQuantity":{{"ids":["gid://shopify/CartLine/0",{lamp}],"minimumQuantity":{minimum}}}}}"#
        ))
    };
    assert_eq!((pieces(3), pieces(4)), (1, 0));
    let old = r#"{"conditions":[{"productMinimumSubtotal":{"ids":["gid://shopify/ProductVariant/lamp"],
        "minimumAmount":100.0,"targetType":"PRODUCT_VARIANT"}}],"#;
    let candidate = line(0, &percent(10)).replacen('{', old, 1);
    assert_eq!(proposed(PRODUCT, &older(&candidate, "FIRST")).unwrap(), []);
}

#[test]
fn delivery_is_discounted_as_a_whole() {
    let free = group(&percent(100));
    assert_eq!(value(DELIVERY, &add("deliveryDiscountsAdd", &free, "ALL")), DiscountValue::BasisPoints(10_000));
    assert_eq!(value(SHIPPING, &older(&group(&amount("5")), "FIRST")), DiscountValue::Amount(500));
    let both = format!("{},{}", group(&amount("5")), free);
    assert_eq!(value(SHIPPING, &older(&both, "MAXIMUM")), DiscountValue::BasisPoints(10_000));
    let mixed = format!("{},{}", group(&amount("5")), group(&percent(50)));
    assert_eq!(proposed(SHIPPING, &older(&mixed, "MAXIMUM")).unwrap_err().code(), "unsupported_output");
}

#[test]
fn what_takes_nothing_off_is_no_discount() {
    assert_eq!(proposed(CART_LINES, r#"{"operations":[]}"#).unwrap(), []);
    assert_eq!(proposed(ORDER, &older(&whole(&percent(0)), "FIRST")).unwrap(), []);
    let none = r#"{"targets":[],"value":{"percentage":{"value":"10.0"}}}"#;
    assert_eq!(proposed(CART_LINES, &add("productDiscountsAdd", none, "FIRST")).unwrap(), []);
    let second = format!("{},{}", whole(&amount("0")), whole(&amount("1")));
    assert_eq!(value(ORDER, &older(&second, "FIRST")), DiscountValue::Amount(100));
}

#[test]
fn codes_can_be_accepted() {
    let output = r#"{"operations":[{"enteredDiscountCodesAccept":{"codes":[{"code":"SPRING"}]}}]}"#;
    assert_eq!(proposed(CART_LINES, output).unwrap(), [Operation::AcceptCode { code: "SPRING".to_owned() }]);
}

#[test]
fn what_has_no_price_here_is_refused_by_its_place() {
    let excluded = whole(&percent(10)).replace("[]", r#"["gid://shopify/CartLine/0"]"#);
    let coded = whole(&percent(10)).replacen('{', r#"{"associatedDiscountCode":{"code":"X"},"#, 1);
    let option = r#"{"targets":[{"deliveryOption":{"handle":"x"}}],"value":{"percentage":{"value":"1"}}}"#;
    for (target, output, place) in [
        (
            CART_LINES,
            add("orderDiscountsAdd", &excluded, "FIRST"),
            "operations[0].orderDiscountsAdd.candidates[0].targets[0].orderSubtotal.excludedCartLineIds",
        ),
        (CART_LINES, add("orderDiscountsAdd", &coded, "FIRST"), "candidates[0].associatedDiscountCode"),
        (CART_LINES, add("deliveryDiscountsAdd", "", "ALL"), "operations[0].deliveryDiscountsAdd"),
        (DELIVERY, add("deliveryDiscountsAdd", option, "ALL"), "candidates[0].targets[0].deliveryOption"),
        (PRODUCT, older(&whole(&percent(10)), "FIRST"), "discounts[0].targets[0].orderSubtotal"),
        (ORDER, older(&line(0, &percent(10)), "FIRST"), "discounts[0].targets[0].cartLine"),
        (ORDER, older(&whole(r#"{"percentage":{"value":"3.333"}}"#), "FIRST"), "discounts[0].value.percentage.value"),
        (ORDER, r#"{"discounts":[],"discountApplicationStrategy":"FIRST","more":1}"#.to_owned(), "more"),
    ] {
        let failure = proposed(target, &output).unwrap_err();
        assert_eq!(failure.code(), "unsupported_output", "{output}: {failure}");
        assert!(failure.to_string().contains(place), "{failure}");
    }
}

#[test]
fn what_breaks_the_schema_is_refused_by_its_place() {
    let many = vec!["1"; 501].join(",");
    for (output, says) in [
        ("[]".to_owned(), "the output must be an object"),
        ("{}".to_owned(), "operations is missing"),
        (r#"{"operations":{}}"#.to_owned(), "operations must be a list"),
        (r#"{"operations":[{}]}"#.to_owned(), "operations[0] must have exactly one member"),
        (add("productDiscountsAdd", &line(2, &percent(1)), "ALL"), "no line has the id gid://shopify/CartLine/2"),
        (add("productDiscountsAdd", &line(0, &percent(101)), "ALL"), "must be between 0 and 100"),
        (add("productDiscountsAdd", &line(0, &amount("-1")), "ALL"), "must be an amount of at least zero"),
        (add("productDiscountsAdd", &line(0, &amount("1e999")), "ALL"), "must be a decimal number"),
        (add("productDiscountsAdd", &line(0, &percent(1)), "SOME"), "SOME is no strategy"),
        (
            format!(
                r#"{{"operations":[{{"enteredDiscountCodesAccept":{{"codes":[{{"code":"{}"}}]}}}}]}}"#,
                "X".repeat(65)
            ),
            "codes[0].code has at most 64 characters",
        ),
        (
            add("productDiscountsAdd", &line(0, &percent(1)).replace("/0\"", "/0\",\"quantity\":0"), "ALL"),
            "quantity must be a whole number above zero",
        ),
        (add("productDiscountsAdd", &many, "ALL"), "has at most 500 items"),
    ] {
        let failure = proposed(CART_LINES, &output).unwrap_err();
        assert_eq!(failure.code(), "bad_output", "{failure}");
        assert!(failure.to_string().contains(says), "{failure}, not {says}");
    }
    let group = group(&percent(10)).replace("Group/0", "Group/1");
    let failure = proposed(DELIVERY, &add("deliveryDiscountsAdd", &group, "ALL")).unwrap_err();
    assert!(failure.to_string().contains("no delivery group"), "{failure}");
}

#[test]
fn outputs_with_parts_exchanged_are_refused_or_priced_and_nothing_else() {
    let parts = [
        "null",
        "true",
        "-1",
        "1e400",
        "[]",
        "{}",
        r#""""#,
        r#""gid://shopify/CartLine/1""#,
        r#""ALL""#,
        "[{}]",
        r#"{"percentage":{"value":"7"}}"#,
        r#"{"fixedAmount":{"amount":9223372036854775807}}"#,
        "18446744073709551615",
    ];
    let whole =
        add("productDiscountsAdd", &format!("{},{}", line(0, &percent(10)), line(1, &amount("3.5"))), "MAXIMUM");
    // Every value of the output in turn is each of the parts.
    let places: Vec<usize> = whole.match_indices(':').map(|(at, _)| at + 1).collect();
    let (mut priced, mut refused) = (0, 0);
    for place in places {
        let rest = &whole[place..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        let Some(Ok(_)) = values.next() else { continue };
        let end = place + values.byte_offset();
        for part in parts {
            match proposed(CART_LINES, &format!("{}{part}{}", &whole[..place], &whole[end..])) {
                Ok(_) => priced += 1,
                Err(failure) => {
                    assert!(matches!(failure.code(), "bad_output" | "unsupported_output"), "{failure}");
                    refused += 1;
                }
            }
        }
    }
    assert!(priced > 5 && refused > 100, "{priced} priced, {refused} refused");
}
