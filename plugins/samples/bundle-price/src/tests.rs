use super::*;
use stoa_plugin_sdk::testing::{carts, within_contract};

fn part(quantity: u32, tag: &str) -> Part {
    Part { quantity, tags: vec![tag.to_owned()], skus: vec![] }
}

fn bundle(price: i64, parts: Vec<Part>, limit: Option<u32>) -> Bundle {
    let title = [("en", "The set"), ("zh", "套装")].map(|(l, t)| (l.to_owned(), t.to_owned()));
    Bundle { title: BTreeMap::from(title), parts, price, limit }
}

fn answer(lines: Vec<Line>, settings: &Settings, locale: &str) -> Vec<Operation> {
    let mut input = Input::new("CNY", lines);
    input.context.locale = locale.into();
    bundle_price(&input, settings).unwrap_or_default()
}

/// What each bundle is made of, what it costs and why.
fn bundles(operations: &[Operation]) -> Vec<(Vec<String>, Value, &str)> {
    let named = |pieces: &[Pieces]| pieces.iter().map(|p| format!("{}×{}", p.sku, p.quantity)).collect();
    let mut found = Vec::new();
    for operation in operations {
        if let Operation::Bundle(some) = operation {
            found.push((named(&some.pieces), some.value, some.reason.as_str()));
        }
    }
    found
}

#[test]
fn the_most_expensive_that_fit_make_the_bundle_as_often_as_it_is_cheaper() {
    let kit = Settings { bundles: vec![bundle(10_000, vec![part(1, "camera"), part(1, "lens")], None)] };
    let lines = || {
        vec![
            Line::new("small", 1, 6_000).tagged("camera"),
            Line::new("large", 1, 9_000).tagged("camera"),
            Line::new("wide", 3, 5_000).tagged("lens"),
            Line::new("bag", 4, 2_000),
        ]
    };
    let told = answer(lines(), &kit, "en");
    let all = vec!["small×1".to_owned(), "large×1".into(), "wide×2".into()];
    assert_eq!(bundles(&told), [(all, Value::Price(20_000), "The set for ¥100 × 2")]);
    let once = Settings { bundles: vec![bundle(11_000, vec![part(1, "camera"), part(1, "lens")], None)] };
    let told = answer(lines(), &once, "zh-CN");
    let dear = vec!["large×1".to_owned(), "wide×1".into()];
    assert_eq!(bundles(&told), [(dear, Value::Price(11_000), "套装：组合价 ¥110")]);
    assert_eq!(told.len(), 1, "the second would cost what its pieces cost");
}

#[test]
fn a_piece_that_can_be_two_parts_is_the_one_that_nothing_else_can_be() {
    let kit = Settings { bundles: vec![bundle(5_000, vec![part(1, "cup"), part(1, "gift")], None)] };
    let lines = vec![
        Line::new("cup", 1, 9_000).tagged("cup").tagged("gift"),
        Line::new("saucer", 1, 8_000).tagged("cup"),
        Line::new("other", 1, 1_000).tagged("cup"),
    ];
    let told = answer(lines, &kit, "en");
    let pieces = vec!["cup×1".to_owned(), "saucer×1".into()];
    assert_eq!(bundles(&told), [(pieces, Value::Price(5_000), "The set for ¥50")]);
}

#[test]
fn bundles_that_stand_first_choose_first_and_one_missing_piece_is_told() {
    let by_sku = Part { quantity: 1, tags: vec![], skus: vec!["pot".into()] };
    let settings = Settings {
        bundles: vec![bundle(15_000, vec![part(1, "cup"), by_sku], Some(1)), bundle(7_000, vec![part(2, "cup")], None)],
    };
    let lines = vec![Line::new("pot", 1, 12_000), Line::new("cup", 2, 4_000).tagged("cup")];
    let told = answer(lines, &settings, "en");
    let first = vec!["pot×1".to_owned(), "cup×1".into()];
    assert_eq!(bundles(&told), [(first, Value::Price(15_000), "The set for ¥150")]);
    assert_eq!(told[1], Operation::Message("One more piece makes it The set for ¥70".into()));
}

/// Each piece in one bundle, each bundle whole and cheaper than its pieces, never above the limit.
#[test]
fn whatever_the_cart_bundles_are_whole_and_cheaper() {
    let settings = Settings {
        bundles: vec![
            bundle(9_000, vec![part(2, "cup"), part(1, "gift")], Some(3)),
            bundle(2_000, vec![part(1, "gift"), part(1, "lamp")], None),
        ],
    };
    let fixed = [(3, 9_000, 3), (2, 2_000, u32::MAX)];
    for input in carts(1_500, &["cup", "gift", "lamp"]) {
        let answer = bundle_price(&input, &settings);
        assert_eq!(within_contract(&input, &answer), Ok(()));
        assert_eq!(answer, bundle_price(&input, &settings), "the same cart, the same answer");
        for operation in answer.unwrap_or_default() {
            let Operation::Bundle(some) = operation else { continue };
            let Value::Price(price) = some.value else { panic!("{:?} is no price", some.value) };
            let pieces: u32 = some.pieces.iter().map(|p| p.quantity).sum();
            let line = |sku: &str| input.cart.lines.iter().find(|line| line.sku == sku).map_or(0, |l| l.unit_price);
            let worth: i64 = some.pieces.iter().map(|p| line(&p.sku) * i64::from(p.quantity)).sum();
            let known = fixed.iter().any(|(size, each, limit)| {
                let times = pieces / size;
                pieces == times * size && price == each * i64::from(times) && times <= *limit
            });
            assert!(known && price < worth, "{pieces} pieces worth {worth} for {price}");
        }
    }
}
