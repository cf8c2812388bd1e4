use super::*;
use stoa_plugin_sdk::testing::{carts, within_contract};

fn settings(count: Count, at_most: Option<u32>) -> Settings {
    let tier = |from, percent| Tier { from, percent: Some(percent), off_each: None };
    Settings {
        tags: vec!["cup".into()],
        products: vec!["lamp".into()],
        count,
        at_most,
        tiers: vec![tier(3, 5), tier(12, 15), Tier { from: 6, percent: None, off_each: Some(200) }],
    }
}

fn proposed(lines: Vec<Line>, settings: &Settings) -> Vec<Operation> {
    volume_discount(&Input::new("CNY", lines), settings).unwrap_or_default()
}

fn taken(operation: &Operation) -> (Vec<(&str, u32)>, Value, &str) {
    let Operation::DiscountPieces(some) = operation else { panic!("{operation:?} takes nothing off pieces") };
    (some.pieces.iter().map(|p| (p.sku.as_str(), p.quantity)).collect(), some.value, &some.reason)
}

#[test]
fn tagged_goods_and_named_products_are_counted_together_and_others_are_not() {
    let lines =
        vec![Line::new("cup", 2, 4_000).tagged("cup"), Line::new("lamp", 1, 9_000), Line::new("table", 9, 90_000)];
    let proposed = proposed(lines, &settings(Count::Together, None));
    assert_eq!(taken(&proposed[0]), (vec![("cup", 2), ("lamp", 1)], Value::percent(5), "3 or more: 5 % off each"));
    assert_eq!(proposed[1..], [Operation::Message("Add 3 more for ¥2 off each".into())]);
}

#[test]
fn the_cheapest_come_first_where_not_all_may_get_cheaper() {
    let cup = |sku, quantity, price| Line::new(sku, quantity, price).tagged("cup");
    let lines = vec![cup("dear", 5, 9_000), cup("cheap", 2, 3_000), cup("middle", 5, 6_000)];
    let proposed = proposed(lines, &settings(Count::Together, Some(4)));
    assert_eq!(taken(&proposed[0]).0, [("cheap", 2), ("middle", 2)]);
    assert_eq!(proposed.len(), 1, "there is no tier above");
}

#[test]
fn a_product_by_itself_is_all_its_variants() {
    let cup = |sku: &str, product: &str, quantity| Line {
        product: product.into(),
        ..Line::new(sku, quantity, 4_000).tagged("cup")
    };
    let lines = vec![cup("a-red", "a", 2), cup("a-blue", "a", 1), cup("b", "b", 2), cup("c", "c", 3)];
    let proposed = proposed(lines, &settings(Count::ByProduct, None));
    assert_eq!(proposed.len(), 1, "two products on one tier are one operation");
    assert_eq!(taken(&proposed[0]).0, [("a-red", 2), ("a-blue", 1), ("c", 3)]);
}

#[test]
fn chinese_shoppers_read_chinese() {
    let mut input = Input::new("CNY", vec![Line::new("cup", 12, 4_000).tagged("cup")]);
    input.context.locale = "zh-CN".into();
    let told = |settings: &Settings| match volume_discount(&input, settings).unwrap_or_default().first() {
        Some(Operation::DiscountPieces(some)) => some.reason.clone(),
        other => format!("{other:?}"),
    };
    assert_eq!(told(&settings(Count::Together, None)), "满 12 件，每件 8.5 折");
    let tens = Settings {
        tiers: vec![Tier { from: 2, percent: Some(10), off_each: None }],
        ..settings(Count::Together, None)
    };
    assert_eq!(told(&tens), "满 2 件，每件 9 折");
}

/// No piece that does not count, none twice, none below its tier, no more than may get cheaper.
#[test]
fn whatever_the_cart_no_more_is_proposed_than_the_tiers_allow() {
    for settings in
        [settings(Count::Together, None), settings(Count::Together, Some(7)), settings(Count::ByProduct, Some(2))]
    {
        for input in carts(2_000, &["cup", "gift"]) {
            let answer = volume_discount(&input, &settings);
            assert_eq!(within_contract(&input, &answer), Ok(()));
            assert_eq!(answer, volume_discount(&input, &settings), "the same cart, the same answer");
            for operation in answer.unwrap_or_default() {
                let Operation::DiscountPieces(some) = operation else { continue };
                let lines = |sku: &str| input.cart.lines.iter().find(|line| line.sku == sku);
                assert!(some.pieces.iter().all(|p| lines(&p.sku).is_some_and(|line| settings.counts(line))));
                let got: u32 = some.pieces.iter().map(|p| p.quantity).sum();
                let all: u32 = input.cart.lines.iter().filter(|l| settings.counts(l)).map(|l| l.quantity).sum();
                assert!(
                    got <= all
                        && (settings.count == Count::ByProduct || settings.at_most.is_none_or(|most| got <= most))
                );
                assert!(all >= 3, "{all} pieces reach no tier");
            }
        }
    }
}
