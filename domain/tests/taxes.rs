//! Taxes by jurisdiction: which rate goods bear where, and that every fen of it is accounted for.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use stoa_domain::place::Destination;
use stoa_domain::promotion::{
    Context, DiscountValue, Line, LineFacts, Operation, PromotionSet, Proposal, Proposed, Terms,
};
use stoa_domain::quote::{PricedLine, Quote, Request, price};
use stoa_domain::shipping::Delivery;
use stoa_domain::shop::ShippingMethod;
use stoa_domain::tax::{Rate, Rounding, TaxRegime, Taxed, Taxes};
use stoa_domain::{Currency, Locale, Localized, Money, PromotionId, Sku};

fn en() -> Locale {
    Locale::new("en").unwrap()
}
fn in_currency(code: &str, minor: i64) -> Money {
    Money::new(minor, Currency::new(code).unwrap())
}
fn line(currency: &str, sku: &str, quantity: u32, minor: i64, tags: &[&str]) -> Line {
    let unit_price = in_currency(currency, minor);
    Line {
        priced: PricedLine { sku: Sku::new(sku).unwrap(), quantity, unit_price, compare_at: None },
        facts: LineFacts { tags: tags.iter().map(|t| (*t).to_owned()).collect(), ..LineFacts::default() },
    }
}
fn to(country: &str, region: &str, postal_code: &str) -> Destination {
    Destination { country: country.into(), region: region.into(), postal_code: postal_code.into() }
}
fn regime(document: Value) -> TaxRegime {
    let regime: TaxRegime = serde_json::from_value(document).unwrap();
    assert_eq!(regime.validate(), []);
    regime
}
fn at(regime: &TaxRegime, lines: &[Line], to: &Destination) -> Taxes {
    let taxed: Vec<Taxed<'_>> = lines.iter().map(|line| Taxed { line, taxable: true }).collect();
    let currency = lines.first().map_or_else(|| Currency::new("CNY").unwrap(), |l| l.priced.unit_price.currency);
    regime.of_cart(&taxed, currency, to, false, (&en(), &en()))
}
fn shipped(currency: &str, minor: i64) -> Delivery {
    let none = Localized::default;
    let (name, promise) = (none(), none());
    let method =
        ShippingMethod { id: "post".into(), name, price: in_currency(currency, minor), free_from: None, promise };
    Delivery::everywhere(&method, "Post", Currency::new(currency).unwrap())
}
/// With `percent` basis points off the order.
fn quoted(lines: &[Line], taxes: Taxes, shipping: Option<&Delivery>, percent: u32) -> Quote {
    let currency = lines.first().map_or_else(|| Currency::new("CNY").unwrap(), |l| l.priced.unit_price.currency);
    let context = Context { tax: Some(taxes), ..Context::new(currency, Timestamp::UNIX_EPOCH, en(), en()) };
    let value = DiscountValue::BasisPoints(percent);
    let operations = vec![Operation::DiscountOrder { value, reason: "sale".into() }];
    let proposal = Proposal { promotion: PromotionId::new("sale").unwrap(), title: "Sale".into(), operations };
    let proposals = if percent == 0 { vec![] } else { vec![Proposed { proposal: &proposal, terms: Terms::default() }] };
    let promotions = PromotionSet::default();
    let request = Request { lines, context: &context, promotions: &promotions, proposals: &proposals, shipping };
    price(&request).unwrap().quote
}

/// 增值税: 13 %, books 9 %, shipping 9 %, in the prices.
fn china() -> TaxRegime {
    regime(json!({
        "included": true,
        "jurisdictions": [{ "places": [{ "country": "CN" }], "shipping": "reduced",
            "taxes": [{ "name": { "en": "VAT", "zh-CN": "增值税" }, "rates": { "standard": 130_000, "reduced": 90_000, "zero": 0 } }] }],
        "goods": [{ "category": "reduced", "select": { "tag": ["book"] } }, { "category": "zero", "select": { "tag": ["seed"] } }]
    }))
}

/// New York and its city, where clothing under $110 bears nothing; New Jersey, which taxes shipping.
fn america() -> TaxRegime {
    let state = json!({ "name": { "en": "New York State sales tax" }, "rates": { "standard": 40_000, "clothing": 0 } });
    let city = json!({ "name": { "en": "New York City sales tax" }, "rates": { "standard": 45_000, "clothing": 0 } });
    let district = json!({ "name": { "en": "MCTD" }, "rates": { "standard": 3_750, "clothing": 0 } });
    regime(json!({
        "included": false, "rounding": "order",
        "jurisdictions": [
            { "places": [{ "country": "US", "regions": ["New York"] }], "taxes": [state] },
            { "places": [{ "country": "US", "regions": ["NY"], "postal_prefixes": ["100", "101", "102"] }], "shipping": "standard", "taxes": [state, city, district] },
            { "places": [{ "country": "US", "regions": ["NJ"] }], "shipping": "standard",
              "taxes": [{ "name": { "en": "NJ sales tax" }, "rates": { "standard": 66_250, "clothing": 0 } }] }
        ],
        "goods": [{ "category": "clothing", "select": { "all": [{ "tag": ["clothing"] }, { "unit_price": { "to": { "USD": 10_999 } } }] } }]
    }))
}

#[test]
fn vat_is_taken_out_of_prices_by_the_category_of_the_goods() {
    let lines = [
        line("CNY", "cup", 1, 11_300, &[]),
        line("CNY", "atlas", 1, 10_900, &["Book"]),
        line("CNY", "poppy", 2, 500, &["seed"]),
    ];
    let quote = quoted(&lines, at(&china(), &lines, &to("CN", "", "")), Some(&shipped("CNY", 1_090)), 0);
    let tax = quote.tax.unwrap();
    let of: Vec<(u32, i64, i64)> = tax.lines.iter().map(|l| (l.millionths, l.net.minor, l.tax.minor)).collect();
    assert_eq!(of, [(130_000, 10_000, 1_300), (90_000, 10_000, 900), (0, 1_000, 0)]);
    assert_eq!(tax.shipping.unwrap().tax.minor, 90);
    let rows: Vec<(&str, u32, i64, i64)> =
        tax.rows.iter().map(|r| (r.name.as_str(), r.millionths, r.net.minor, r.tax.minor)).collect();
    assert_eq!(rows, [("VAT", 90_000, 11_000, 990), ("VAT", 130_000, 10_000, 1_300)]);
    assert_eq!((quote.total.minor, tax.total.minor, tax.estimated), (24_290, 2_290, false));
}

#[test]
fn sales_tax_is_added_by_state_and_city_and_shown_by_name() {
    let lines = [
        line("USD", "lamp", 1, 10_000, &[]),
        line("USD", "shirt", 1, 5_000, &["clothing"]),
        line("USD", "coat", 1, 11_000, &["clothing"]),
    ];
    let shipping = shipped("USD", 1_000);
    let city = quoted(&lines, at(&america(), &lines, &to("US", "NY", "10025")), Some(&shipping), 0);
    let tax = city.tax.unwrap();
    // The lamp, the coat from $110 on and shipping: 8.875 % of $220.
    assert_eq!(tax.total.minor, 1_953);
    assert_eq!(city.total.minor, 27_000 + 1_953);
    let rows: Vec<(&str, i64)> = tax.rows.iter().map(|r| (r.name.as_str(), r.tax.minor)).collect();
    assert_eq!(rows.iter().map(|(_, tax)| tax).sum::<i64>(), 1_953);
    assert_eq!(
        rows.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["MCTD", "New York City sales tax", "New York State sales tax"]
    );
    let state = quoted(&lines, at(&america(), &lines, &to("US", "New York", "12207")), Some(&shipping), 0).tax.unwrap();
    assert_eq!((state.total.minor, state.shipping.unwrap().millionths), (840, 0), "shipping is not taxed there");
    let elsewhere = quoted(&lines, at(&america(), &lines, &to("US", "OR", "97201")), Some(&shipping), 0).tax.unwrap();
    assert_eq!((elsewhere.total.minor, elsewhere.rows.len()), (0, 0));
}

#[test]
fn a_quote_says_where_the_rest_of_an_address_may_change_it() {
    let lines = [line("USD", "lamp", 1, 10_000, &[])];
    for (at_place, estimated) in [
        (to("US", "", ""), true),
        (to("US", "NY", ""), true),
        (to("US", "NY", "10025"), false),
        (to("DE", "", ""), false),
    ] {
        assert_eq!(at(&america(), &lines, &at_place).estimated, estimated, "{at_place:?}");
    }
    assert!(!at(&china(), &lines, &to("CN", "", "")).estimated, "one rate for all of China");
}

#[test]
fn what_is_not_taxable_bears_nothing_and_an_unknown_category_bears_the_standard_rate() {
    let books_unnamed = regime(json!({ "included": false,
        "jurisdictions": [{ "places": [{ "country": "DE" }], "taxes": [{ "name": { "en": "MwSt" }, "rates": { "standard": 190_000 } }] }],
        "goods": [{ "category": "books", "select": { "tag": ["book"] } }] }));
    let lines = [line("EUR", "atlas", 1, 10_000, &["book"]), line("EUR", "voucher", 1, 10_000, &[])];
    let taxed: Vec<Taxed<'_>> = lines.iter().enumerate().map(|(i, line)| Taxed { line, taxable: i == 0 }).collect();
    let eur = Currency::new("EUR").unwrap();
    let taxes = books_unnamed.of_cart(&taxed, eur, &to("DE", "", ""), false, (&en(), &en()));
    assert_eq!(taxes.lines, [vec![Rate { name: "MwSt".into(), millionths: 190_000 }], vec![]]);
}

#[test]
fn rounding_by_order_differs_from_rounding_by_line_by_what_the_lines_lose() {
    let lines: Vec<Line> = (0..3).map(|i| line("USD", &format!("pin-{i}"), 1, 99, &[])).collect();
    let rates = vec![Rate { name: "tax".into(), millionths: 50_000 }];
    let taxes = |rounding| Taxes {
        included: false,
        rounding,
        lines: vec![rates.clone(); 3],
        shipping: vec![],
        estimated: false,
    };
    let parts = |rounding| -> Vec<i64> {
        quoted(&lines, taxes(rounding), None, 0).tax.unwrap().lines.iter().map(|l| l.tax.minor).collect()
    };
    // 4.95 each: 5 + 5 + 5 by line; 14.85 by order, which is 15 too; of 91: 4.55 each, 15 against 14.
    assert_eq!((parts(Rounding::Line), parts(Rounding::Order)), (vec![5, 5, 5], vec![5, 5, 5]));
    let lines: Vec<Line> = (0..3).map(|i| line("USD", &format!("pin-{i}"), 1, 91, &[])).collect();
    let parts = |rounding| -> Vec<i64> {
        quoted(&lines, taxes(rounding), None, 0).tax.unwrap().lines.iter().map(|l| l.tax.minor).collect()
    };
    assert_eq!((parts(Rounding::Line), parts(Rounding::Order)), (vec![5, 5, 5], vec![5, 5, 4]));
}

#[test]
fn a_large_line_pays_no_more_than_its_tax_rounded_up() {
    let vat = vec![Rate { name: "vat".into(), millionths: 130_000 }];
    let lines: Vec<Line> = [2, 3, 52].iter().map(|n| line("CNY", &format!("s{n}"), 1, *n, &[])).collect();
    let rates = vec![vat; 3];
    let taxes = Taxes { included: true, rounding: Rounding::Order, lines: rates, shipping: vec![], estimated: false };
    let tax = quoted(&lines, taxes, None, 0).tax.unwrap();
    // 6.56 of 57 together; 0.23, 0.35 and 5.98 each.
    assert_eq!(tax.total.minor, 7);
    assert_eq!(tax.lines.iter().map(|of| of.tax.minor).collect::<Vec<_>>(), [0, 1, 6]);
}

#[test]
fn yen_have_no_fraction_and_dinars_have_three_digits() {
    let rates = vec![Rate { name: "消費税".into(), millionths: 100_000 }];
    for (currency, minor, net, tax) in [("JPY", 1_101, 1_001, 100), ("KWD", 12_345, 11_223, 1_122)] {
        let lines = [line(currency, "cup", 1, minor, &[])];
        let taxes = Taxes { included: true, lines: vec![rates.clone()], ..Taxes::default() };
        let quote = quoted(&lines, taxes, None, 0);
        let of = &quote.tax.unwrap().lines[0];
        assert_eq!((of.net.minor, of.tax.minor, quote.total.minor), (net, tax, minor), "{currency}");
    }
    assert_eq!(in_currency("KWD", 12_345).to_decimal(), "12.345");
    assert_eq!(in_currency("JPY", 1_101).to_decimal(), "1101");
}

#[test]
fn settings_that_could_not_be_priced_by_are_refused() {
    let check = |document: Value, faults: &[(&str, &str)]| {
        let regime: TaxRegime = serde_json::from_value(document).unwrap();
        let got: Vec<(String, &str)> = regime.validate().into_iter().map(|e| (e.field, e.code)).collect();
        let wanted: Vec<(String, &str)> = faults.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect();
        assert_eq!(got, wanted);
    };
    check(json!({ "included": true, "jurisdictions": [] }), &[("jurisdictions", "too_many")]);
    check(
        json!({ "included": true,
            "jurisdictions": [{ "places": [{ "country": "cn" }], "taxes": [{ "name": {}, "rates": { "Reduced": 10_000_001 } }] }],
            "goods": [{ "category": "", "select": { "tag": [] } }] }),
        &[
            ("jurisdictions[0].places[0].country", "unknown_country"),
            ("jurisdictions[0].taxes[0].name", "required"),
            ("jurisdictions[0].taxes[0].rates", "required"),
            ("jurisdictions[0].taxes[0].rates.Reduced", "invalid_category"),
            ("jurisdictions[0].taxes[0].rates.Reduced", "rate_out_of_range"),
            ("goods[0].category", "invalid_category"),
            ("goods[0].select.tag", "required"),
        ],
    );
}

fn any_rates() -> impl Strategy<Value = Vec<Rate>> {
    let one = ("[abc]", 1..400_000_u32).prop_map(|(name, millionths)| Rate { name, millionths });
    // Few sets, so that lines share them.
    prop_oneof![
        Just(vec![]),
        Just(vec![Rate { name: "vat".into(), millionths: 130_000 }]),
        prop::collection::vec(one, 1..4)
    ]
}

fn any_cart() -> impl Strategy<Value = (Vec<Line>, Taxes, Option<i64>, u32)> {
    let lines = prop::collection::vec((1..50_u32, 0..2_000_000_i64, any_rates()), 1..9);
    let shipping = (prop::option::of(0..5_000_i64), any_rates());
    (lines, shipping, any::<bool>(), any::<bool>(), 0..10_001_u32).prop_map(
        |(all, shipping, included, by_order, percent)| {
            let rounding = if by_order { Rounding::Order } else { Rounding::Line };
            let rates = all.iter().map(|(_, _, rates)| rates.clone()).collect();
            let lines = all.iter().enumerate().map(|(i, (n, minor, _))| line("CNY", &format!("s{i}"), *n, *minor, &[]));
            let taxes = Taxes { included, rounding, lines: rates, shipping: shipping.1, estimated: false };
            (lines.collect(), taxes, shipping.0, percent)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Included or added, by line or by order, whatever the discount: lines and shipping, rows and total are the same
    /// money, no part is further from its exact tax than one minor unit, and none exceeds what it is on.
    #[test]
    fn every_minor_unit_of_tax_is_accounted_for((lines, taxes, shipping, percent) in any_cart()) {
        let delivery = shipping.map(|minor| shipped("CNY", minor));
        let quote = quoted(&lines, taxes.clone(), delivery.as_ref(), percent);
        let tax = quote.tax.clone().unwrap();
        prop_assert_eq!(tax.lines.len(), quote.lines.len());
        prop_assert_eq!(tax.shipping.is_some(), quote.shipping.is_some());
        let amounts: Vec<i64> =
            quote.lines.iter().map(|l| l.total.minor).chain(quote.shipping.iter().map(|s| s.total.minor)).collect();
        let borne: Vec<_> = tax.lines.iter().chain(&tax.shipping).collect();
        prop_assert_eq!(borne.iter().map(|l| l.tax.minor).sum::<i64>(), tax.total.minor);
        prop_assert_eq!(tax.rows.iter().map(|r| r.tax.minor).sum::<i64>(), tax.total.minor);
        let added = if taxes.included { 0 } else { tax.total.minor };
        prop_assert_eq!(amounts.iter().sum::<i64>() + added, quote.total.minor);
        for (amount, of) in amounts.iter().zip(&borne) {
            prop_assert!(of.tax.minor >= 0 && of.net.minor >= 0);
            let gross = of.net.minor + of.tax.minor;
            prop_assert_eq!(if taxes.included { gross } else { of.net.minor }, *amount);
            // tax / gross (or net) within one unit of the rate, without a fraction being rounded here.
            let rate = i128::from(of.millionths);
            let below = if taxes.included { 1_000_000 + rate } else { 1_000_000 };
            let off = i128::from(of.tax.minor) * below - i128::from(*amount) * rate;
            let most = if taxes.rounding == Rounding::Line { below / 2 + 1 } else { below };
            prop_assert!(off.abs() <= most, "{} of {} at {}", of.tax.minor, amount, of.millionths);
        }
        if taxes.rounding == Rounding::Order {
            // What bears one set of rates owes, together, exactly its rounded tax.
            let mut groups = std::collections::BTreeMap::<Vec<Rate>, (i128, i128)>::new();
            let rates = taxes.lines.iter().chain(quote.shipping.iter().map(|_| &taxes.shipping));
            for ((amount, of), rates) in amounts.iter().zip(&borne).zip(rates) {
                let group = groups.entry(rates.clone()).or_default();
                *group = (group.0 + i128::from(*amount), group.1 + i128::from(of.tax.minor));
            }
            for (rates, (amount, owed)) in groups {
                let rate: i128 = rates.iter().map(|r| i128::from(r.millionths)).sum();
                let below = if taxes.included { 1_000_000 + rate } else { 1_000_000 };
                prop_assert_eq!((amount * rate * 2 + below) / (below * 2), owed);
            }
        }
    }

    /// A refund of some pieces of each line can be made of what an order keeps: line by line, the parts of its tax by
    /// pieces sum to it, so refunding all pieces one after the other gives back all of the tax and no more.
    #[test]
    fn a_line_given_back_piece_by_piece_gives_back_its_tax((lines, taxes, _, percent) in any_cart()) {
        let quote = quoted(&lines, taxes, None, percent);
        for (line, of) in quote.lines.iter().zip(&quote.tax.unwrap().lines) {
            let pieces = vec![1_u64; line.quantity as usize];
            let (tax, net) = (of.tax.allocate(&pieces), of.net.allocate(&pieces));
            prop_assert_eq!(tax.iter().map(|m| m.minor).sum::<i64>(), of.tax.minor);
            prop_assert_eq!(net.iter().map(|m| m.minor).sum::<i64>(), of.net.minor);
            prop_assert!(tax.iter().chain(&net).all(|m| m.minor >= 0));
        }
    }
}
