use super::*;
use stoa_plugin_sdk::testing::{carts, within_contract};

fn level(full: i64, off: i64, stacks: bool) -> Level {
    Level { full, off, repeat: false, at_most: None, stacks }
}

fn every(full: i64, off: i64, at_most: Option<u32>) -> Level {
    Level { full, off, repeat: true, at_most, stacks: true }
}

fn settings(levels: Vec<Level>) -> Settings {
    Settings { levels, cap: None, cap_percent: None, tags: vec![], without_tags: vec![] }
}

/// What is taken off, why, and what the cart says.
fn told(settings: &Settings, subtotal: i64, locale: &str) -> (i64, String, String) {
    let mut input = Input::new("CNY", vec![Line::new("lamp", 1, subtotal)]);
    input.context.locale = locale.into();
    let mut told = (0, String::new(), String::new());
    for operation in full_reduction(&input, settings).unwrap_or_default() {
        match operation {
            Operation::DiscountOrder(Discount { value: Value::Amount(off), reason }) => {
                (told.0, told.1) = (off, reason)
            }
            Operation::Message(text) => told.2 = text,
            other => panic!("{other:?}"),
        }
    }
    told
}

fn said(off: i64, reason: &str, message: &str) -> (i64, String, String) {
    (off, reason.to_owned(), message.to_owned())
}

#[test]
fn every_full_amount_counts_up_to_the_cap() {
    let plain = Settings { cap: Some(12_000), ..settings(vec![every(30_000, 5_000, None)]) };
    for (subtotal, locale, expected) in [
        (29_900, "en", said(0, "", "Add ¥1 more to save ¥50 in all")),
        (29_900, "zh-CN", said(0, "", "再买 ¥1，共减 ¥50")),
        (61_000, "en", said(10_000, "¥50 off every ¥300", "Add ¥290 more to save ¥120 in all")),
        (61_000, "zh-CN", said(10_000, "每满 ¥300 减 ¥50", "再买 ¥290，共减 ¥120")),
        (95_000, "en", said(12_000, "¥50 off every ¥300 (the most there is)", "")),
        (95_000, "zh", said(12_000, "每满 ¥300 减 ¥50（已达上限）", "")),
    ] {
        assert_eq!(told(&plain, subtotal, locale), expected, "{subtotal}");
    }
    let twice = settings(vec![every(30_000, 5_000, Some(2))]);
    assert_eq!(told(&twice, 400_000, "en"), said(10_000, "¥50 off every ¥300", ""));
}

#[test]
fn levels_add_up_where_they_may_and_one_that_may_not_must_be_better_alone() {
    let levels = settings(vec![every(30_000, 3_000, None), level(20_000, 1_000, true), level(100_000, 15_000, false)]);
    assert_eq!(
        told(&levels, 60_000, "en"),
        said(7_000, "¥30 off every ¥300, ¥10 off from ¥200", "Add ¥300 more to save ¥100 in all")
    );
    assert_eq!(told(&levels, 100_000, "en"), said(15_000, "¥150 off from ¥1000", "Add ¥500 more to save ¥160 in all"));
    // ¥1200 would be no step: what adds up is less there than what stands alone.
    assert_eq!((told(&levels, 120_000, "en").0, told(&levels, 150_000, "en").0), (15_000, 16_000));
}

#[test]
fn a_cap_of_percents_and_the_goods_themselves_bound_it() {
    let generous = Settings { cap_percent: Some(20), ..settings(vec![level(10_000, 50_000, true)]) };
    assert_eq!(told(&generous, 10_000, "en").0, 2_000);
    let more_than_all = settings(vec![level(1_000, 5_000, true)]);
    assert_eq!(told(&more_than_all, 2_000, "en").0, 2_000);
}

#[test]
fn only_the_goods_that_count_reach_it_and_get_it() {
    let sale = Settings {
        tags: vec!["festival".into()],
        without_tags: vec!["presale".into()],
        ..settings(vec![every(30_000, 5_000, None)])
    };
    let lines = vec![
        Line::new("lamp", 2, 20_000).tagged("festival"),
        Line::new("table", 1, 90_000),
        Line::new("chair", 1, 30_000).tagged("festival").tagged("presale"),
    ];
    let answer = full_reduction(&Input::new("CNY", lines), &sale).unwrap_or_default();
    let Operation::DiscountPieces(some) = &answer[0] else { panic!("{answer:?}") };
    assert_eq!((some.value, some.pieces.len(), some.pieces[0].quantity), (Value::Amount(5_000), 1, 2));
    assert_eq!(answer[1], Operation::Message("Add ¥200 more to save ¥100 in all".into()));
}

/// Neither above the caps nor above the goods, and never less for more goods; the message keeps its word.
#[test]
fn whatever_the_cart_the_caps_hold_and_the_next_step_is_as_was_said() {
    let many =
        vec![every(30_000, 5_000, Some(9)), level(50_000, 9_000, false), level(1_000, 300, true), every(7, 1, None)];
    for settings in [
        Settings { cap: Some(20_000), cap_percent: Some(30), ..settings(many) },
        settings(vec![every(i64::MAX, i64::MAX, None), level(1, i64::MAX, true)]),
        Settings { tags: vec!["festival".into()], ..settings(vec![every(30_000, 5_000, None)]) },
    ] {
        for input in carts(2_000, &["festival"]) {
            let answer = full_reduction(&input, &settings);
            assert_eq!(within_contract(&input, &answer), Ok(()));
            assert_eq!(answer, full_reduction(&input, &settings), "the same cart, the same answer");
            let lines = input.cart.lines.iter().filter(|line| settings.counts(line));
            let goods: i64 = lines.map(|line| line.unit_price * i64::from(line.quantity)).sum();
            let off = answer.unwrap_or_default().iter().fold(0, |sum, operation| match operation {
                Operation::DiscountOrder(Discount { value: Value::Amount(off), .. })
                | Operation::DiscountPieces(PiecesDiscount { value: Value::Amount(off), .. }) => sum + off,
                _ => sum,
            });
            assert!(off <= goods && off <= settings.cap.unwrap_or(i64::MAX), "{off} of {goods}");
            assert!(settings.cap_percent.is_none_or(|percent| off <= share(goods, percent)));
            if let Some((from, then)) = settings.next(goods) {
                assert!(from > goods && then > off && settings.off(from) == then);
                assert_eq!(settings.off(goods).max(off), off);
            }
            assert!(settings.off(goods + 1_000) >= off, "more goods, no less off");
        }
    }
}
