use super::*;
use stoa_plugin_sdk::testing::{carts, within_contract};

fn side(quantity: u32, tag: &str) -> Side {
    let tags = if tag.is_empty() { vec![] } else { vec![tag.to_owned()] };
    Side { quantity, tags, products: vec![] }
}

fn settings(buy: Side, get: Side, limit: Option<u32>) -> Settings {
    Settings { buy, get: Get { side: get, percent: 100 }, limit }
}

/// What is bought, what is got, and how it is called; nothing where the offer does not apply.
fn offered(lines: Vec<Line>, settings: &Settings) -> Option<(Vec<String>, Vec<String>, String)> {
    let input = Input::new("CNY", lines);
    let names = |pieces: &[Pieces]| pieces.iter().map(|p| format!("{}×{}", p.sku, p.quantity)).collect();
    buy_two_get_one(&input, settings).unwrap_or_default().into_iter().find_map(|operation| match operation {
        Operation::BuyGet(offer) => Some((names(&offer.buy), names(&offer.get), offer.reason)),
        _ => None,
    })
}

#[test]
fn of_three_pieces_the_cheapest_is_free_and_of_seven_the_cheapest_two() {
    let any = settings(side(2, ""), side(1, ""), None);
    let lines = || vec![Line::new("bowl", 1, 8_000), Line::new("mug", 1, 3_000), Line::new("vase", 1, 20_000)];
    let expected = (vec!["vase×1".into(), "bowl×1".into()], vec!["mug×1".into()], "Buy 2, get 1 free".into());
    assert_eq!(offered(lines(), &any), Some(expected));
    let seven = lines().into_iter().chain([Line::new("cup", 4, 5_000)]).collect();
    let expected = (vec!["vase×1".into(), "bowl×1".into(), "cup×2".into()], vec!["mug×1".into(), "cup×1".into()]);
    let (bought, got, reason) = offered(seven, &any).unwrap_or_default();
    assert_eq!(((bought, got), reason.as_str()), (expected, "Buy 2, get 1 free × 2"));
    assert_eq!(offered(vec![Line::new("mug", 2, 3_000)], &any), None);
}

#[test]
fn a_piece_is_on_one_side_only_where_the_sides_overlap() {
    // A cup that is both: it must be bought, for the lamps alone are not enough.
    let both = settings(side(2, "tableware"), side(1, "gift"), None);
    let lamp = Line::new("lamp", 1, 9_000).tagged("tableware");
    let cup = |quantity| Line::new("cup", quantity, 1_000).tagged("tableware").tagged("gift");
    let card = Line::new("card", 1, 2_000).tagged("gift");
    let (bought, got, _) = offered(vec![lamp.clone(), cup(1), card.clone()], &both).unwrap_or_default();
    assert_eq!((bought, got), (vec!["lamp×1".to_owned(), "cup×1".into()], vec!["card×1".to_owned()]));
    // With another cup the cheaper one is got.
    let (bought, got, _) = offered(vec![lamp.clone(), cup(2), card], &both).unwrap_or_default();
    assert_eq!((bought, got), (vec!["lamp×1".to_owned(), "cup×1".into()], vec!["cup×1".to_owned()]));
    assert_eq!(offered(vec![lamp, cup(1)], &both), None);
}

#[test]
fn no_more_often_than_the_limit_and_what_is_missing_is_told_before() {
    let told = |pieces, limit, locale: &str| {
        let mut input = Input::new("CNY", vec![Line::new("mug", pieces, 3_000)]);
        input.context.locale = locale.into();
        let answer = buy_two_get_one(&input, &settings(side(2, ""), side(1, ""), limit)).unwrap_or_default();
        let told = answer.into_iter().map(|operation| match operation {
            Operation::BuyGet(offer) => offer.reason,
            Operation::Message(text) => text,
            other => format!("{other:?}"),
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(2, None, "en"), ["Add 1 more: the cheapest 1 free"]);
    assert_eq!(told(5, None, "zh-CN"), ["买 2 送 1", "再加 1 件，最便宜的 1 件免费"]);
    assert_eq!(told(4, None, "en"), ["Buy 2, get 1 free"], "one of two is not bought yet");
    assert_eq!(told(99, Some(3), "en"), ["Buy 2, get 1 free × 3"]);
}

/// As often as both sides are there and not once more; nobody gets what would have been dearer to them to get.
#[test]
fn whatever_the_cart_the_sides_come_out_even_and_apart() {
    for (buy, get, limit) in [
        (side(2, ""), side(1, ""), None),
        (side(3, "cup"), side(2, "gift"), Some(4)),
        (side(1, "cup"), side(1, ""), None),
        (side(2, ""), side(1, "gift"), Some(1)),
    ] {
        let settings = settings(buy, get, limit);
        for input in carts(1_500, &["cup", "gift"]) {
            let answer = buy_two_get_one(&input, &settings);
            assert_eq!(within_contract(&input, &answer), Ok(()));
            assert_eq!(answer, buy_two_get_one(&input, &settings), "the same cart, the same answer");
            let supply = Supply::of(&input.cart.lines, &settings.buy, &settings.get.side);
            let times = supply.times(settings.buy.quantity, settings.get.side.quantity).min(limit.unwrap_or(u32::MAX));
            let offers: Vec<_> = answer.unwrap_or_default();
            let offer = offers.iter().find_map(|o| if let Operation::BuyGet(offer) = o { Some(offer) } else { None });
            let sum = |pieces: &[Pieces]| pieces.iter().map(|p| p.quantity).sum::<u32>();
            let (bought, got) = offer.map_or((0, 0), |offer| (sum(&offer.buy), sum(&offer.get)));
            assert_eq!((bought, got), (times * settings.buy.quantity, times * settings.get.side.quantity));
            let Some(offer) = offer else { continue };
            let line = |sku: &str| input.cart.lines.iter().find(|line| line.sku == sku);
            assert!(offer.buy.iter().all(|p| line(&p.sku).is_some_and(|l| settings.buy.holds(l))));
            assert!(offer.get.iter().all(|p| line(&p.sku).is_some_and(|l| settings.get.side.holds(l))));
        }
    }
}
