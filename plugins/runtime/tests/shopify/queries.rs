//! Input queries: what they are answered with, whole documents kept beside this file, and what is refused by name and path.

use crate::guests::answers;
use crate::{CART_LINES, cart, id, load, promotion, targeting};
use stoa_plugin_runtime::shopify::{Failure, MAX_QUERY_BYTES, Query, QueryError, Target};

const SETTINGS: &str = r#"{"tags":["light"],"collection":"gid://shopify/Collection/kitchen","percent":10}"#;

fn told(target: Target, query: &str, settings: &str) -> Result<String, Failure> {
    let id = id();
    let function = load(&answers("{}"), &[targeting(target.name(), "run", query)]);
    let input = function.input(target, promotion(&id, settings), &cart()).unwrap()?;
    Ok(serde_json::to_string(&input).unwrap())
}

fn refused(query: &str) -> QueryError {
    Query::new(query, Target::CartLines).unwrap_err()
}

/// A query of `queries/` is answered with the document of the same name.
fn golden(target: Target, name: &str, query: &str, wanted: &str) {
    let told: serde_json::Value = serde_json::from_str(&told(target, query, SETTINGS).unwrap()).unwrap();
    let wanted: serde_json::Value = serde_json::from_str(wanted).unwrap();
    let pretty = serde_json::to_string_pretty(&told).unwrap();
    assert_eq!(told, wanted, "{name} is answered with\n{pretty}");
}

#[test]
fn everything_that_can_be_asked_is_answered() {
    let query = include_str!("queries/everything.graphql");
    golden(Target::CartLines, "everything", query, include_str!("queries/everything.json"));
}

#[test]
fn the_older_runs_ask_a_discount_node() {
    let query = include_str!("queries/older.graphql");
    golden(Target::ProductDiscount, "older", query, include_str!("queries/older.json"));
}

#[test]
fn fragments_and_aliases_are_answered_in_the_querys_order() {
    let query = "query Input { cart { ...Lines cost { total: totalAmount { amount } } lines { quantity } } }
        fragment Lines on Cart { lines { key: id ... on CartLine { quantity } ...Sold } }
        fragment Sold on CartLine { merchandise { ... on ProductVariant { sku } ... on CustomProduct { title } __typename } }";
    let wanted = r#"{"cart":{"lines":[{"key":"gid://shopify/CartLine/0","quantity":2,"merchandise":{"sku":"mug","__typename":"ProductVariant"}},{"key":"gid://shopify/CartLine/1","quantity":1,"merchandise":{"sku":"lamp","__typename":"ProductVariant"}}],"cost":{"total":{"amount":"399.5"}}}}"#;
    assert_eq!(told(Target::CartLines, query, "{}").unwrap(), wanted);
}

#[test]
fn variables_are_read_from_the_settings() {
    let query = "query Input($tags: [String!]! = [\"tableware\"], $one: ID) { cart { lines { merchandise {
        ... on ProductVariant { product { a: hasAnyTag(tags: $tags) b: inAnyCollection(ids: [\"living\"]) c: inAnyCollection(ids: $one) } } } } } }";
    let answer = |a: [bool; 3], b: [bool; 3]| {
        let product = |[a, b, c]: [bool; 3]| format!(r#"{{"merchandise":{{"product":{{"a":{a},"b":{b},"c":{c}}}}}}}"#);
        format!(r#"{{"cart":{{"lines":[{},{}]}}}}"#, product(a), product(b))
    };
    let told = |settings| told(Target::CartLines, query, settings);
    assert_eq!(told("{}").unwrap(), answer([true, false, false], [false, true, false]));
    let settings = r#"{"tags":["LIGHT"],"one":"gid://shopify/Collection/kitchen"}"#;
    assert_eq!(told(settings).unwrap(), answer([false, false, true], [true, true, false]));
    for settings in [r#"{"tags":7}"#, r#"{"tags":[7]}"#, r#"{"one":["a"]}"#] {
        assert_eq!(told(settings).unwrap_err().code(), "bad_variable", "{settings}");
    }
    let needed = "query Input($tag: String!) { cart { lines { id } } shop { metafield(namespace: \"a\", key: $tag) { value } } }";
    let failure = self::told(Target::CartLines, needed, "{}").unwrap_err();
    assert!(failure.to_string().contains("$tag"), "{failure}");
}

#[test]
fn what_cannot_be_answered_is_refused_by_name_and_path() {
    for (query, code, says) in [
        ("{ cart { lines { stock } } }", "unsupported_field", "cart.lines.stock of the type CartLine"),
        ("{ shop { localTime { date } } }", "unsupported_field", "shop.localTime"),
        ("{ cart { buyerIdentity { email } } }", "unsupported_field", "cart.buyerIdentity.email"),
        ("{ cart { deliveryGroups { deliveryAddress { zip } } } }", "unsupported_field", "deliveryAddress"),
        ("{ fetchResult { status } }", "unsupported_field", "fetchResult"),
        ("{ discountNode { metafield(namespace: \"a\", key: \"b\") { value } } }", "unsupported_field", "discountNode"),
        (
            "{ cart { l: lines { m: merchandise { ... on ProductVariant { w: weight } } } } }",
            "unsupported_field",
            "cart.l.m.w (weight) of the type ProductVariant",
        ),
        ("{ cart { ... on Product { id } } }", "impossible_type", "cart is of the type Cart, not Product"),
        ("{ cart { lines { merchandise { ... on Product { id } } } } }", "impossible_type", "Product"),
        ("{ cart { lines } }", "bad_selection", "cart.lines needs a selection"),
        ("{ cart { lines { id { x } } } }", "bad_selection", "cart.lines.id has no fields"),
        ("{ cart { lines(first: 3) { id } } }", "unsupported_argument", "first"),
        ("{ shop { metafield(namespace: \"a\") { value } } }", "missing_argument", "key"),
        ("{ shop { metafield(key: 7) { value } } }", "bad_argument", "a string"),
        ("{ cart { attribute(key: \"a\", key: \"b\") { value } } }", "unsupported_argument", "key"),
        ("{ cart { lines { a: id a: quantity } } }", "fields_conflict", "cart.lines.a"),
        ("{ cart @include(if: true) { lines { id } } }", "unsupported_directive", "@include"),
        ("{ cart { ...Nothing } }", "unknown_fragment", "Nothing"),
        ("{ ...A } fragment A on Input { ...B } fragment B on Input { ...A }", "cyclic_fragment", "A"),
        ("{ cart { attribute(key: $key) { value } } }", "unknown_variable", "$key"),
        ("query Input($n: Int) { cart { lines { id } } }", "unsupported_variable", "Int"),
        ("query A { cart { lines { id } } } query B { cart { lines { id } } }", "query_not_one", "2 operations"),
        ("mutation { cart { lines { id } } }", "query_not_one", "mutation"),
        ("type Cart { id: ID }", "query_not_one", "ObjectTypeDefinition"),
        ("", "query_syntax", "at byte 0"),
        ("fragment A on Cart { lines { id } }", "query_not_one", "0 operations"),
        ("{ cart { lines { id } }", "query_syntax", "at byte"),
        ("{ cart { attribute(key: \"\\q\") { value } } }", "query_syntax", "at byte"),
    ] {
        let error = refused(query);
        assert_eq!(error.code(), code, "{query}: {error}");
        assert!(error.to_string().contains(says), "{error}, not {says}");
    }
}

#[test]
fn strings_of_a_query_are_read_or_refused() {
    let strange = [r"\u{110000}", r"\uD800", r"\uDC00\uD800", r"\u12", r"\u{}", r"\x41", "\\", "\n", "\0"];
    for escape in strange {
        let _ = Query::new(&format!("{{ cart {{ attribute(key: \"{escape}\") {{ value }} }} }}"), Target::CartLines);
    }
    let query = r#"{ cart { lines { merchandise { ... on ProductVariant { product {
        a: hasAnyTag(tags: ["\u0074ableware"]) b: hasAnyTag(tags: [""" tableware """]) } } } } } }"#;
    let both = r#"{"a":true,"b":false}"#;
    assert!(told(Target::CartLines, query, "{}").unwrap().contains(both));
}

#[test]
fn queries_that_explode_are_refused() {
    assert_eq!(refused(&" ".repeat(MAX_QUERY_BYTES + 1)).code(), "query_too_long");
    // Each fragment holds the next one twice: two to the thirtieth fields.
    let mut query = "{ ...F0 }".to_owned();
    for n in 0..30 {
        let next = n + 1;
        query += &format!(" fragment F{n} on Input {{ ...F{next} ...F{next} }}");
    }
    query += " fragment F30 on Input { presentmentCurrencyRate }";
    assert_eq!(refused(&query).code(), "query_too_complex");
    let deep = format!("{}{}", "{ cart ".repeat(900), "}".repeat(900));
    assert!(matches!(refused(&deep).code(), "query_syntax" | "unsupported_field"));
}

#[test]
fn a_real_query_is_told_what_the_cart_holds() {
    let query = include_str!("../guests/discount/src/delivery.graphql");
    let wanted = r#"{"cart":{"cost":{"subtotalAmount":{"amount":"399.5"}},"deliveryGroups":[{"id":"gid://shopify/CartDeliveryGroup/0"}]}}"#;
    assert_eq!(told(Target::DeliveryOptions, query, "{}").unwrap(), wanted);
    assert_eq!(CART_LINES, Target::CartLines.name());
}
