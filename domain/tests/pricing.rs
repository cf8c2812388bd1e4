//! What must hold of every price, whatever carts and promotions say.
#![allow(clippy::unwrap_used)]

#[path = "promotions/reconcile.rs"]
mod reconcile;

use proptest::prelude::*;
use reconcile::reconciles;
use stoa_domain::promotion::{DiscountValue, MAX_OPERATIONS, MAX_PIECES, Operation, Pieces, Proposal};
use stoa_domain::quote::{PricedLine, Quote, QuoteError, REFUSAL_CODES, quote};
use stoa_domain::shop::ShippingMethod;
use stoa_domain::{Currency, Locale, Localized, Money, PromotionId, Sku};

fn cny() -> Currency {
    Currency::new("CNY").unwrap()
}
fn yuan(minor: i64) -> Money {
    Money::new(minor, cny())
}
fn line(sku: &str, quantity: u32, price: i64) -> PricedLine {
    PricedLine { sku: Sku::new(sku).unwrap(), quantity, unit_price: yuan(price), compare_at: None }
}
fn proposal(id: &str, operations: Vec<Operation>) -> Proposal {
    Proposal { promotion: PromotionId::new(id).unwrap(), title: id.to_owned(), operations }
}
fn order(value: DiscountValue) -> Operation {
    Operation::DiscountOrder { value, reason: "a reason".into() }
}
fn of_line(sku: &str, value: DiscountValue) -> Operation {
    Operation::DiscountLine { sku: Sku::new(sku).unwrap(), value, reason: "a reason".into() }
}
fn pieces(of: &[(&str, u32)]) -> Vec<Pieces> {
    of.iter().map(|(sku, quantity)| Pieces { sku: Sku::new(*sku).unwrap(), quantity: *quantity }).collect()
}
fn some_pieces(of: &[(&str, u32)]) -> Operation {
    Operation::DiscountPieces { pieces: pieces(of), value: DiscountValue::Amount(1), reason: "a reason".into() }
}
fn standard(price: i64, free_from: Option<i64>) -> ShippingMethod {
    ShippingMethod {
        id: "standard".into(),
        name: Localized::new(Locale::new("en").unwrap(), "Standard"),
        price: yuan(price),
        free_from: free_from.map(yuan),
        promise: Localized::default(),
    }
}
fn codes(quote: &Quote) -> Vec<&str> {
    quote.refused.iter().map(|r| r.code.as_str()).collect()
}

#[test]
fn an_order_discount_is_spread_over_the_lines_to_the_last_fen() {
    let lines = [line("mug", 1, 1_000), line("bowl", 1, 1_000), line("tray", 1, 1_000)];
    let quote = quote(&lines, cny(), &[proposal("p", vec![order(DiscountValue::Amount(100))])], None).unwrap();
    let parts: Vec<i64> = quote.lines.iter().map(|l| l.allocations[0].amount.minor).collect();
    assert_eq!((parts, quote.total), (vec![34, 33, 33], yuan(2_900)));
}

#[test]
fn line_discounts_count_before_order_discounts_whatever_their_order() {
    let lines = [line("mug", 2, 5_000)];
    let operations = vec![order(DiscountValue::BasisPoints(1_000)), of_line("mug", DiscountValue::Amount(5_000))];
    let quote = quote(&lines, cny(), &[proposal("p", operations)], None).unwrap();
    assert_eq!(quote.total, yuan(4_500));
}

#[test]
fn shipping_is_free_from_the_goods_total_after_discounts() {
    let method = standard(1_200, Some(10_000));
    let lines = [line("mug", 1, 10_500)];
    let off = [proposal("p", vec![order(DiscountValue::Amount(501))])];
    let total = |proposals: &[Proposal]| quote(&lines, cny(), proposals, Some((&method, "Standard"))).unwrap().total;
    assert_eq!((total(&[]), total(&off)), (yuan(10_500), yuan(9_999 + 1_200)));
}

#[test]
fn a_free_threshold_in_another_currency_makes_nothing_free() {
    let mut method = standard(1_200, Some(0));
    method.free_from = Some(Money::new(0, Currency::new("USD").unwrap()));
    let quote = quote(&[line("mug", 1, 100)], cny(), &[], Some((&method, "Standard"))).unwrap();
    assert_eq!(quote.total, yuan(1_300));
}

#[test]
fn pieces_of_a_buy_get_are_in_no_other_offer() {
    let lines = [line("mug", 3, 1_000), line("bowl", 1, 3_000)];
    let value = DiscountValue::BasisPoints(5_000);
    let buy_get = Operation::BuyGet {
        buy: pieces(&[("mug", 2)]),
        get: pieces(&[("mug", 1)]),
        value,
        reason: "every third at half price".into(),
    };
    let bundle = |mugs| Operation::Bundle {
        pieces: pieces(&[("mug", mugs), ("bowl", 1)]),
        value: DiscountValue::Price(3_500),
        reason: "a set".into(),
    };
    let both = [proposal("a", vec![buy_get.clone()]), proposal("b", vec![bundle(1)])];
    let quoted = quote(&lines, cny(), &both, None).unwrap();
    assert_eq!((codes(&quoted), quoted.discount), (vec!["not_enough_pieces"], yuan(500)));
    let alone = quote(&lines, cny(), &[proposal("b", vec![bundle(2)])], None).unwrap();
    let parts: Vec<i64> = alone.lines.iter().map(|l| l.allocations[0].amount.minor).collect();
    assert_eq!((parts, alone.discount), (vec![600, 900], yuan(1_500)));
}

#[test]
fn two_answers_under_one_id_count_for_nothing() {
    let off = |amount| proposal("p", vec![order(DiscountValue::Amount(amount))]);
    let quote = quote(&[line("mug", 1, 1_000)], cny(), &[off(100), off(900)], None).unwrap();
    assert_eq!((codes(&quote), quote.total), (vec!["repeated_promotion"], yuan(1_000)));
}

#[test]
fn an_empty_cart_ships_nothing() {
    let method = standard(1_200, None);
    let empty = quote(&[], cny(), &[], Some((&method, "Standard"))).unwrap();
    assert_eq!((empty.total, empty.shipping), (yuan(0), None));
}

#[test]
fn what_breaks_a_rule_is_refused_by_name_and_changes_nothing() {
    let value = DiscountValue::Amount(1);
    let say = |text: &str| Operation::Message { text: text.into() };
    let operations = vec![
        of_line("gone", value),
        order(DiscountValue::BasisPoints(10_001)),
        order(DiscountValue::BasisPoints(0)),
        order(DiscountValue::Amount(-500)),
        say(" "),
        say(&"长".repeat(201)),
        Operation::DiscountShipping { value, reason: "a reason".into() },
        of_line("free", value),
        of_line("mug", DiscountValue::PriceEach(-1)),
        order(DiscountValue::AmountEach(1)),
        some_pieces(&[("mug", 0)]),
        some_pieces(&[("mug", 1); MAX_PIECES + 1]),
        some_pieces(&[("mug", 1), ("mug", 1)]),
        Operation::AddGift { sku: Sku::new("mug").unwrap(), quantity: 1, reason: "a reason".into() },
        Operation::AcceptCode { code: "SUMMER".into() },
    ];
    let many = vec![say("hello"); MAX_OPERATIONS + 1];
    let proposals = [proposal("a", operations), proposal("b", many), proposal("c", vec![]), proposal("c", vec![])];
    let quote = quote(&[line("mug", 1, 100), line("free", 1, 0)], cny(), &proposals, None).unwrap();
    assert_eq!(quote.total, yuan(100));
    // `not_combined` needs terms, which a proposal alone does not have.
    let mut wanted: Vec<&str> = REFUSAL_CODES.into_iter().filter(|code| *code != "not_combined").collect();
    let mut got = codes(&quote);
    wanted.sort_unstable();
    got.sort_unstable();
    assert_eq!(got, wanted);
}

#[test]
fn a_cart_without_a_price_says_why() {
    let code = |lines: &[PricedLine]| quote(lines, cny(), &[], None).map_err(|e: QuoteError| e.code()).unwrap_err();
    assert_eq!(code(&[line("mug", 0, 1)]), "no_quantity");
    assert_eq!(code(&[line("mug", 1, 1), line("mug", 1, 1)]), "repeated_sku");
    assert_eq!(code(&[line("mug", 1, -1)]), "negative_price");
    assert_eq!(code(&[line("mug", 2, i64::MAX)]), "amount_overflow");
    let mut dollars = line("mug", 1, 1);
    dollars.unit_price = Money::new(1, Currency::new("USD").unwrap());
    assert_eq!(code(&[dollars]), "currency_mismatch");
}

fn any_value() -> impl Strategy<Value = DiscountValue> {
    prop_oneof![
        any::<u32>().prop_map(DiscountValue::BasisPoints),
        (1..=10_000_u32).prop_map(DiscountValue::BasisPoints),
        any::<i64>().prop_map(DiscountValue::Amount),
        (1..20_000_i64).prop_map(DiscountValue::Amount),
        any::<i64>().prop_map(DiscountValue::AmountEach),
        (0..20_000_i64).prop_map(DiscountValue::AmountEach),
        any::<i64>().prop_map(DiscountValue::Price),
        (0..20_000_i64).prop_map(DiscountValue::PriceEach),
    ]
}

fn any_pieces() -> impl Strategy<Value = Vec<Pieces>> {
    let one = (0..8_usize, prop_oneof![0..4_u32, any::<u32>()]);
    prop::collection::vec(one, 0..4).prop_map(|all| {
        all.into_iter().map(|(i, quantity)| Pieces { sku: Sku::new(format!("sku-{i}")).unwrap(), quantity }).collect()
    })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let reason = || "[a-z ]{0,8}";
    prop_oneof![
        (0..8_usize, any_value(), reason()).prop_map(|(i, value, reason)| Operation::DiscountLine {
            sku: Sku::new(format!("sku-{i}")).unwrap(),
            value,
            reason
        }),
        (any_value(), reason()).prop_map(|(value, reason)| Operation::DiscountOrder { value, reason }),
        (any_value(), reason()).prop_map(|(value, reason)| Operation::DiscountShipping { value, reason }),
        reason().prop_map(|text| Operation::Message { text }),
        (any_pieces(), any_value(), reason()).prop_map(|(pieces, value, reason)| Operation::DiscountPieces {
            pieces,
            value,
            reason
        }),
        (any_pieces(), any_value(), reason()).prop_map(|(pieces, value, reason)| Operation::Bundle {
            pieces,
            value,
            reason
        }),
        (any_pieces(), any_pieces(), any_value(), reason()).prop_map(|(buy, get, value, reason)| Operation::BuyGet {
            buy,
            get,
            value,
            reason
        }),
    ]
}

fn any_proposals() -> impl Strategy<Value = Vec<Proposal>> {
    prop::collection::vec(prop::collection::vec(any_operation(), 0..6), 0..6).prop_map(|all| {
        all.into_iter().enumerate().map(|(i, operations)| proposal(&format!("promo-{i}"), operations)).collect()
    })
}

fn any_lines(
    prices: impl Strategy<Value = i64>,
    quantities: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Vec<PricedLine>> {
    prop::collection::vec((quantities, prices), 0..6).prop_map(|all| {
        all.into_iter().enumerate().map(|(i, (quantity, price))| line(&format!("sku-{i}"), quantity, price)).collect()
    })
}

proptest! {
    #[test]
    fn splits_sum_to_the_whole(minor: i64, weights in prop::collection::vec(any::<u64>(), 1..40)) {
        let parts = yuan(minor).allocate(&weights);
        prop_assert_eq!(parts.iter().map(|p| i128::from(p.minor)).sum::<i128>(), i128::from(minor));
        prop_assert!(parts.iter().all(|p| p.minor.signum() * minor.signum() >= 0));
    }

    #[test]
    fn quotes_reconcile_and_are_never_negative(
        lines in any_lines(0..1_000_000_i64, 1..=99_u32),
        proposals in any_proposals(),
        price in 0..5_000_i64,
        free_from in prop::option::of(0..1_000_000_i64),
    ) {
        let method = standard(price, free_from);
        let quote = quote(&lines, cny(), &proposals, Some((&method, "Standard"))).unwrap();
        prop_assert!(quote.total.minor >= 0);
        reconciles(&quote);
    }

    #[test]
    fn the_order_of_promotions_does_not_matter(
        lines in any_lines(0..1_000_000_i64, 1..=99_u32),
        (proposals, shuffled) in any_proposals().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle())),
    ) {
        prop_assert_eq!(quote(&lines, cny(), &proposals, None), quote(&lines, cny(), &shuffled, None));
    }

    #[test]
    fn no_amount_makes_pricing_panic(
        lines in any_lines(any::<i64>(), any::<u32>()),
        proposals in any_proposals(),
        price: i64,
        free_from: Option<i64>,
    ) {
        let method = standard(price, free_from);
        if let Ok(quote) = quote(&lines, cny(), &proposals, Some((&method, "Standard"))) {
            reconciles(&quote);
        }
    }
}
