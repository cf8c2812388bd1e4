use super::*;
use stoa_plugin_sdk::testing::{carts, within_contract};
use stoa_plugin_sdk::{Line, Shopper};

fn settings(everyone_from: Option<i64>) -> Settings {
    let named = BTreeMap::from([("en".to_owned(), "Silver".to_owned()), ("zh".to_owned(), "银卡".to_owned())]);
    Settings {
        everyone_from,
        groups: vec![
            Member { group: "gold".into(), from: 0, name: BTreeMap::new() },
            Member { group: "silver".into(), from: 9_900, name: named },
        ],
    }
}

/// `groups` is None for a guest.
fn told(subtotal: i64, groups: Option<&[&str]>, locale: &str, everyone_from: Option<i64>) -> String {
    let mut input = Input::new("CNY", vec![Line::new("mug", 1, subtotal)]);
    input.context.locale = locale.into();
    input.shopper = groups.map(|groups| {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Shopper { groups, orders: 0 }
    });
    match free_shipping(&input, &settings(everyone_from)).unwrap_or_default().as_slice() {
        [] => "nothing".to_owned(),
        [Operation::DiscountShipping(free)] if free.value == Value::percent(100) => free.reason.clone(),
        [Operation::Message(text)] => format!("message: {text}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_threshold_is_the_shoppers_own_and_guests_have_one_too() {
    let everyone = Some(29_900);
    for (subtotal, groups, locale, text) in [
        (29_899, None, "en", "message: Add ¥0.01 more for free shipping"),
        (29_900, None, "en", "Free shipping from ¥299"),
        (29_900, None, "zh-CN", "满 ¥299 免运费"),
        (100, Some(&["gold"][..]), "en", "Free shipping for gold members"),
        (100, Some(&["gold"][..]), "zh-CN", "gold 会员免运费"),
        (9_800, Some(&["silver"][..]), "zh-CN", "message: 再买 ¥1 免运费"),
        (9_900, Some(&["silver"][..]), "zh-CN", "银卡 会员满 ¥99 免运费"),
        (9_900, Some(&["silver"][..]), "en-GB", "Free shipping for Silver members from ¥99"),
        (100, Some(&["silver", "gold"][..]), "en", "Free shipping for gold members"),
        (9_900, Some(&["staff"][..]), "en", "message: Add ¥200 more for free shipping"),
    ] {
        assert_eq!(told(subtotal, groups, locale, everyone), text, "{subtotal} {groups:?}");
    }
    assert_eq!(told(99_900, None, "en", None), "nothing", "guests pay where nothing is said of them");
    assert_eq!(told(5_000, Some(&["silver"]), "en", Some(5_000)), "Free shipping from ¥50", "no member is worse off");
}

#[test]
fn whatever_the_cart_shipping_is_free_from_the_threshold_and_not_before() {
    for everyone in [None, Some(0), Some(29_900)] {
        for input in carts(2_000, &["cup"]) {
            let settings = settings(everyone);
            let answer = free_shipping(&input, &settings);
            assert_eq!(within_contract(&input, &answer), Ok(()));
            assert_eq!(answer, free_shipping(&input, &settings), "the same cart, the same answer");
            let free = answer.unwrap_or_default().iter().any(|o| matches!(o, Operation::DiscountShipping(_)));
            let groups = input.shopper.as_ref().map_or(&[][..], |shopper| &shopper.groups);
            let gold = groups.iter().any(|group| group == "gold");
            let silver = groups.iter().any(|group| group == "silver") && input.cart.subtotal >= 9_900;
            let anybody = everyone.is_some_and(|from| input.cart.subtotal >= from);
            assert_eq!(free, gold || silver || anybody, "{:?}", input.shopper);
        }
    }
}
