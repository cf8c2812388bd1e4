//! What shipping costs: by zone, by weight, by what the goods cost.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::place::Destination;
use stoa_domain::shipping::{Delivery, MethodRates, NotOffered};
use stoa_domain::shop::ShippingMethod;
use stoa_domain::{Currency, Localized, Money};

fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}
fn cny(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "CNY" })
}
fn method(free_from: Option<i64>) -> ShippingMethod {
    let (name, promise) = (Localized::default(), Localized::default());
    ShippingMethod { id: "post".into(), name, price: yuan(1_200), free_from: free_from.map(yuan), promise }
}
fn to(country: &str, region: &str) -> Destination {
    Destination { country: country.into(), region: region.into(), postal_code: String::new() }
}
fn rates() -> MethodRates {
    serde_json::from_value(json!({ "method": "post", "zones": [
        { "places": [{ "country": "CN" }], "free_from": cny(29_900),
          "rate": { "weight": [{ "up_to_grams": 1_000, "price": cny(1_000) }, { "up_to_grams": 20_000, "price": cny(2_500) }] } },
        { "places": [{ "country": "CN", "regions": ["西藏", "新疆"] }],
          "rate": { "weight": [{ "up_to_grams": 5_000, "price": cny(4_000) }, { "price": cny(9_000) }] } },
        { "places": [{ "country": "CN", "regions": ["海南省"] }], "rate": "not_offered" },
        { "places": [{ "country": "HK" }, { "country": "MO" }],
          "rate": { "goods_total": [{ "from": cny(0), "price": cny(6_000) }, { "from": cny(50_000), "price": cny(3_000) }] } },
        { "places": [{ "country": "SG" }], "rate": { "flat": cny(8_800) } }
    ] }))
    .unwrap()
}
fn price(to: &Destination, grams: u64, goods: i64) -> Result<i64, NotOffered> {
    let delivery = Delivery::of(&method(None), "Post", Some(&rates()), to, grams, Currency::new("CNY").unwrap())?;
    Ok(delivery.price(goods))
}

#[test]
fn a_method_without_rates_costs_the_same_everywhere() {
    let cny = Currency::new("CNY").unwrap();
    for country in ["CN", "SG", ""] {
        let delivery = Delivery::of(&method(Some(29_900)), "Post", None, &to(country, ""), 99_000, cny).unwrap();
        assert_eq!([0, 29_899, 29_900].map(|goods| delivery.price(goods)), [1_200, 1_200, 0]);
        assert_eq!((delivery.free_from(), delivery.bounds()), (Some(29_900), (0, 1_200)));
    }
}

#[test]
fn what_it_costs_depends_on_where_how_heavy_and_how_much() {
    for (place, grams, goods, costs) in [
        (to("CN", "江苏省"), 1_000, 5_000, Ok(1_000)),
        (to("CN", "江苏省"), 1_001, 5_000, Ok(2_500)),
        (to("CN", "江苏省"), 1_001, 29_900, Ok(0)),
        (to("CN", "江苏省"), 20_001, 99_900, Err(NotOffered::TooHeavy { grams: 20_001, most_grams: 20_000 })),
        (to("CN", "西藏自治区"), 5_000, 99_900, Ok(4_000)),
        (to("CN", "新疆"), 99_000, 5_000, Ok(9_000)),
        (to("CN", "海南"), 1, 5_000, Err(NotOffered::Elsewhere)),
        (to("MO", ""), 99_000, 49_999, Ok(6_000)),
        (to("HK", "九龍"), 99_000, 50_000, Ok(3_000)),
        (to("SG", ""), 1, 1, Ok(8_800)),
        (to("US", "NY"), 1, 1, Err(NotOffered::Elsewhere)),
        (to("", ""), 1, 1, Err(NotOffered::Elsewhere)),
    ] {
        assert_eq!(price(&place, grams, goods), costs, "{place:?}, {grams} g, {goods}");
    }
}

#[test]
fn rates_that_no_cart_could_be_priced_by_are_refused() {
    let check = |zone: Value, faults: &[(&str, &str)]| {
        let rates: MethodRates = serde_json::from_value(json!({ "method": "post", "zones": [zone] })).unwrap();
        let errors = rates.validate(Currency::new("CNY").unwrap());
        let got: Vec<(&str, &str)> = errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
        assert_eq!(got, faults);
    };
    let cn = json!([{ "country": "CN" }]);
    assert_eq!(rates().validate(Currency::new("CNY").unwrap()), []);
    check(json!({ "places": [], "rate": { "flat": cny(1) } }), &[("zones[0].places", "too_many")]);
    check(json!({ "places": cn, "rate": { "flat": cny(-1) } }), &[("zones[0].rate.flat", "invalid_price")]);
    check(
        json!({ "places": cn, "rate": { "flat": { "minor": 1, "currency": "USD" } } }),
        &[("zones[0].rate.flat", "invalid_price")],
    );
    check(json!({ "places": cn, "rate": { "weight": [] } }), &[("zones[0].rate.weight", "too_many")]);
    check(
        json!({ "places": cn, "rate": { "weight": [{ "price": cny(1) }, { "up_to_grams": 5, "price": cny(1) }] } }),
        &[("zones[0].rate", "not_ascending")],
    );
    check(
        json!({ "places": cn, "rate": { "goods_total": [{ "from": cny(5), "price": cny(1) }] } }),
        &[("zones[0].rate.goods_total[0].from", "out_of_range")],
    );
}

#[test]
fn settings_are_for_the_shops_own_methods_and_have_a_home() {
    let document = json!({ "home": { "country": "C" }, "shipping": [
        { "method": "post", "zones": [{ "places": [{ "country": "CN" }], "rate": { "flat": cny(1) } }] },
        { "method": "post", "zones": [] }, { "method": "drone", "zones": [] }
    ] });
    let settings: CheckoutSettings = serde_json::from_value(document).unwrap();
    let shop = serde_json::from_value(json!({ "name": {}, "tagline": {}, "announcement": {}, "description": {}, "email": "",
        "currency": "CNY", "default_locale": "en", "locales": ["en"], "main_menu": [], "footer_menu": [], "notices": [], "facets": [],
        "shipping_methods": [method(None)] }))
    .unwrap();
    let errors = settings.validate(&shop);
    let got: Vec<(&str, &str)> = errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
    let wanted = [
        ("home.country", "unknown_country"),
        ("shipping[1].method", "repeated"),
        ("shipping[1].zones", "too_many"),
        ("shipping[2].method", "unknown_method"),
        ("shipping[2].zones", "too_many"),
    ];
    assert_eq!(got, wanted);
}
