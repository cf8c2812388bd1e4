//! The sample: an honest plugin, built with the SDK.

use crate::shop::{Shop, cart, id, priced, promotion, proposed_for_four, sample};
use stoa_domain::promotion::Operation;
use stoa_plugin_runtime::*;

#[test]
fn the_sample_saves_what_its_settings_say() {
    let shop = Shop::new();
    let plugin = shop.load(&sample());
    let id = id();
    let settings = crate::shop::SETTINGS;
    let run = plugin.run(promotion(&id, settings), &cart("en", 4), Limits::default()).unwrap();
    assert_eq!(run.proposal.operations, proposed_for_four());
    assert!(run.fuel_used > 0 && run.fuel_used < 500_000, "{}", run.fuel_used);
    let chinese = plugin.run(promotion(&id, settings), &cart("zh-CN", 1), Limits::default()).unwrap();
    assert_eq!(chinese.proposal.operations, [Operation::Message { text: "再买 ¥50 即可减 ¥20".into() }]);
    let refused = plugin.run(promotion(&id, "{"), &cart("en", 1), Limits::default()).unwrap_err();
    assert_eq!(refused.code(), "refused");
    assert_eq!(plugin.contract(), "0.2");
}

#[test]
fn the_sample_is_small_and_imports_nothing() {
    let component = componentize(&sample()).unwrap();
    assert!(component.len() < 80_000, "{} bytes", component.len());
    assert_eq!(componentize(&component), Ok(component.clone()));
}

#[test]
fn the_same_cart_costs_the_same_fuel() {
    let id = id();
    let plugin = Shop::new().load(&sample());
    let measure = || bench::measure(&plugin, promotion(&id, crate::shop::SETTINGS), &cart("en", 4), 500).unwrap();
    let (first, second) = (measure(), measure());
    println!("{first:?}");
    assert_eq!((first.fuel, first.memory_bytes), (second.fuel, second.memory_bytes));
}

#[test]
fn a_negative_discount_is_refused_by_the_domain() {
    let settings = r#"{"tiers":[{"spend":0,"save":-5000}]}"#;
    let id = id();
    let run = Shop::new().load(&sample()).run(promotion(&id, settings), &cart("en", 1), Limits::default()).unwrap();
    let quote = priced(run.proposal);
    assert_eq!((quote.total.minor, quote.refused[0].code.as_str()), (30_000, "amount_not_positive"));
}

/// A hundred threads on thirty-two slots: they wait their turn instead of pricing a cart without its promotion.
#[test]
fn more_carts_at_once_than_there_are_slots_all_get_their_promotion() {
    let plugin = Shop::new().load(&sample());
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let run = plugin.run(promotion(&id(), crate::shop::SETTINGS), &cart("en", 4), Limits::default());
                    assert_eq!(run.unwrap().proposal.operations, proposed_for_four());
                }
            });
        }
    });
}
