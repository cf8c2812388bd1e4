//! Plugins that lie in their answer: past its caps, in no known form, or in money.

use crate::guest::{self, MESSAGE, OPERATION_BYTES};
use crate::shop::{Shop, priced};
use stoa_plugin_runtime::RunError;

#[test]
fn an_answer_outside_of_memory_is_no_answer() {
    let shop = Shop::new();
    assert_eq!(shop.contains(&guest::running("i32.const -8")), "bad_output");
    // Not aligned.
    assert_eq!(shop.contains(&guest::running("i32.const 2")), "bad_output");
    // Neither operations nor an error.
    assert_eq!(shop.contains(&guest::running("(i32.store8 (i32.const 0) (i32.const 2)) i32.const 0")), "bad_output");
    // A list that begins in memory and ends outside; one of no known kind.
    let long = "(i32.store (i32.const 4) (i32.const 65528)) (i32.store (i32.const 8) (i32.const 100000)) i32.const 0";
    assert_eq!(shop.contains(&guest::running(long)), "bad_output");
    assert_eq!(shop.contains(&guest::answering(r"\0a")), "bad_output");
}

#[test]
fn more_operations_than_allowed_are_none() {
    // All of them messages without a text.
    let body = format!(
        "(local $at i32) (i32.store (i32.const 4) (i32.const 16)) (i32.store (i32.const 8) (i32.const 201))
         (local.set $at (i32.const 16))
         (loop $next (i32.store8 (local.get $at) (i32.const {MESSAGE}))
             (local.set $at (i32.add (local.get $at) (i32.const {OPERATION_BYTES})))
             (br_if $next (i32.lt_u (local.get $at) (i32.const 9664)))) i32.const 0"
    );
    let shop = Shop::new();
    let error = shop.run(&guest::running(&body)).unwrap_err();
    assert_eq!(error, RunError::BadOutput("at most 200 operations, got 201".into()));
    shop.still_serves();
}

#[test]
fn an_answer_that_unfolds_into_megabytes_is_cut_off() {
    // A hundred messages, all of them the same 50,000 zeros.
    let body = format!(
        "(local $at i32) (i32.store (i32.const 4) (i32.const 16)) (i32.store (i32.const 8) (i32.const 100))
         (local.set $at (i32.const 16))
         (loop $next
             (i32.store8 (local.get $at) (i32.const {MESSAGE}))
             (i32.store offset=8 (local.get $at) (i32.const 8192))
             (i32.store offset=12 (local.get $at) (i32.const 50000))
             (local.set $at (i32.add (local.get $at) (i32.const {OPERATION_BYTES})))
             (br_if $next (i32.lt_u (local.get $at) (i32.const 4816)))) i32.const 0"
    );
    let shop = Shop::new();
    let error = shop.run(&guest::running(&body)).unwrap_err();
    assert!(matches!(&error, RunError::BadOutput(why) if why.contains("fuel")), "{error}");
    shop.still_serves();
}

#[test]
fn a_text_that_is_not_utf_8_is_no_answer() {
    // A message of two bytes at address 100, where 0xff 0xfe stand; a lone surrogate; an overlong slash.
    let shop = Shop::new();
    for bytes in [r"\ff\fe", r"\ed\a0\80", r"\c0\af"] {
        let more = format!(
            r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00")
               (data (i32.const 16) "\07\00\00\00\00\00\00\00\64\00\00\00\{:02x}\00\00\00") (data (i32.const 100) "{bytes}")"#,
            bytes.len() / 3
        );
        assert_eq!(shop.contains(&guest::with("i32.const 0", &more)), "bad_output", "{bytes}");
    }
}

/// Money, percentages and lines that no cart can have reach the domain as they are, and it refuses each by its rule.
#[test]
fn impossible_discounts_are_refused_one_by_one() {
    let reason = r"\6c\01\00\00\01\00\00\00";
    let line = r"\00\00\00\00\00\00\00\00\68\01\00\00\03\00\00\00";
    let order = r"\04\00\00\00\00\00\00\00";
    let texts = r#"(data (i32.const 360) "mug xlamp")"#;
    let shop = Shop::new();
    for (operation, value, code) in [
        (order, r"\00\00\00\00\00\00\00\00\11\27\00\00\00\00\00\00", "percent_above_100"),
        (order, r"\00\00\00\00\00\00\00\00\ff\ff\ff\ff\00\00\00\00", "percent_above_100"),
        (order, r"\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00", "percent_not_positive"),
        (order, r"\01\00\00\00\00\00\00\00\ff\ff\ff\ff\ff\ff\ff\ff", "amount_not_positive"),
        (order, r"\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\80", "amount_not_positive"),
        (order, r"\03\00\00\00\00\00\00\00\ff\ff\ff\ff\ff\ff\ff\ff", "price_negative"),
        (line, r"\02\00\00\00\00\00\00\00\00\00\00\00\00\00\00\80", "amount_not_positive"),
    ] {
        let data = format!("{operation}{value}{reason}");
        let more = format!(
            r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00") (data (i32.const 16) "{data}") {texts}"#
        );
        let run = shop.run(&guest::with("i32.const 0", &more)).unwrap();
        let quote = priced(run.proposal);
        let refused: Vec<&str> = quote.refused.iter().map(|refused| refused.code.as_str()).collect();
        assert_eq!((refused, quote.total.minor), (vec![code], 30_000), "{value}");
    }
    shop.still_serves();
}

#[test]
fn the_largest_amount_takes_no_more_than_there_is() {
    // Eight bytes of the largest i64 off each piece of the line `mug`.
    let data = r"\00\00\00\00\00\00\00\00\68\01\00\00\03\00\00\00\02\00\00\00\00\00\00\00\ff\ff\ff\ff\ff\ff\ff\7f\6c\01\00\00\01\00\00\00";
    let more = format!(
        r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00") (data (i32.const 16) "{data}")
           (data (i32.const 360) "mug x")"#
    );
    let quote = priced(Shop::new().run(&guest::with("i32.const 0", &more)).unwrap().proposal);
    assert_eq!((quote.refused.len(), quote.discount.minor, quote.total.minor), (0, 30_000, 0));
}

#[test]
fn a_line_that_is_not_in_the_cart_gets_no_discount() {
    let data = r"\00\00\00\00\00\00\00\00\6d\01\00\00\04\00\00\00\00\00\00\00\00\00\00\00\e8\03\00\00\00\00\00\00\6c\01\00\00\01\00\00\00";
    let more = format!(
        r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00") (data (i32.const 16) "{data}")
           (data (i32.const 360) "mug xlamp")"#
    );
    let quote = priced(Shop::new().run(&guest::with("i32.const 0", &more)).unwrap().proposal);
    assert_eq!((quote.refused[0].code.as_str(), quote.total.minor), ("unknown_sku", 30_000));
    // A SKU that no shop could have: of control characters.
    let more = more.replace("mug xlamp", r"mug x\01\02\03\04");
    assert_eq!(Shop::new().contains(&guest::with("i32.const 0", &more)), "bad_output");
}
