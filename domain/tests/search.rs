//! What search rules may say, and what they do to a list.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use stoa_domain::category::Category;
use stoa_domain::collection::{Collection, Members};
use stoa_domain::promotion::read;
use stoa_domain::search::{Link, Listed, MAX_RULES, Plan, Ready, RuleId, SearchRule, SearchSettings};
use stoa_domain::{CategoryId, CollectionId, Handle, Localized, ProductId};

#[derive(Debug, Clone)]
struct Product {
    id: String,
    brand: &'static str,
    category: &'static str,
    sells: bool,
}

impl Listed for Product {
    fn id(&self) -> &str {
        &self.id
    }
    fn brand(&self) -> Option<&str> {
        Some(self.brand)
    }
    fn category(&self) -> Option<&str> {
        Some(self.category)
    }
    fn is_in(&self, collection: &str) -> bool {
        collection == "new"
    }
    fn has(&self, attribute: &str, value: &str) -> bool {
        attribute == "glaze" && value == "matt"
    }
    fn sells(&self) -> bool {
        self.sells
    }
    fn on_sale(&self) -> bool {
        false
    }
    fn sold(&self) -> u32 {
        0
    }
    fn created_at(&self) -> i64 {
        0
    }
}

fn product(at: usize) -> Product {
    let brand = if at.is_multiple_of(2) { "Aule" } else { "Pottery" };
    Product { id: format!("p{at}"), brand, category: "espresso", sells: !at.is_multiple_of(5) }
}

fn rule(value: Value) -> SearchRule {
    read(value).unwrap()
}

fn ready(rules: &[SearchRule]) -> Vec<Ready> {
    let category = |id: &str, parent: Option<&str>| Category {
        id: CategoryId::new(id).unwrap(),
        parent: parent.map(|p| CategoryId::new(p).unwrap()),
        handle: Handle::new(id).unwrap(),
        name: Localized::default(),
        description_html: Localized::default(),
        position: 0,
    };
    let picks = Collection {
        id: CollectionId::new("picks").unwrap(),
        handle: Handle::new("picks").unwrap(),
        title: Localized::default(),
        description_html: Localized::default(),
        members: Members::Manual(vec![ProductId::new("p3").unwrap()]),
        position: 0,
    };
    let categories = [category("table", None), category("mugs", Some("table")), category("espresso", Some("mugs"))];
    rules.iter().map(|rule| Ready::of(rule.clone(), &categories, std::slice::from_ref(&picks))).collect()
}

/// What a shopper sees of `count` products in the order of their numbers.
fn shown(rules: &[SearchRule], count: usize, fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let ready = ready(rules);
    let plan = Plan::of(&ready);
    let products: Vec<Product> = (0..count).map(product).collect();
    let mut list: Vec<usize> = (0..count).filter(|at| fits(*at)).collect();
    let find = |id: &ProductId| products.iter().position(|product| product.id == id.as_str());
    plan.arrange(&mut list, |at| products[at].clone(), find);
    list
}

fn codes(settings: Value) -> Vec<String> {
    let settings: SearchSettings = read(settings).unwrap();
    settings.validate().into_iter().map(|error| format!("{} {}", error.field, error.code)).collect()
}

#[test]
fn each_kind_of_boost_means_its_products() {
    let p3 = product(3);
    for (boost, holds) in [
        (json!({ "by": "product", "value": "p3", "percent": 200 }), true),
        (json!({ "by": "brand", "value": "POTTERY", "percent": 200 }), true),
        (json!({ "by": "brand", "value": "Aule", "percent": 200 }), false),
        (json!({ "by": "category", "value": "table", "percent": 200 }), true),
        (json!({ "by": "category", "value": "garden", "percent": 200 }), false),
        (json!({ "by": "collection", "value": "picks", "percent": 200 }), true),
        (json!({ "by": "collection", "value": "new", "percent": 200 }), true),
        (json!({ "by": "collection", "value": "old", "percent": 200 }), false),
        (json!({ "by": "attribute", "name": "glaze", "value": "matt", "percent": 200 }), true),
        (json!({ "by": "sold_out", "percent": 200 }), false),
        (json!({ "by": "on_sale", "percent": 200 }), false),
    ] {
        let ready = ready(&[rule(json!({ "id": "a", "when": { "phrases": ["mug"] }, "boosts": [boost.clone()] }))]);
        assert_eq!(Plan::of(&ready).percent(&p3), if holds { 200 } else { 100 }, "{boost}");
    }
}

#[test]
fn boosts_multiply_within_bounds_and_zero_buries() {
    let boosts = |percents: &[u16]| {
        let boosts: Vec<Value> =
            percents.iter().map(|p| json!({ "by": "brand", "value": "Aule", "percent": p })).collect();
        ready(&[rule(json!({ "id": "a", "when": { "phrases": ["mug"] }, "boosts": boosts }))])
    };
    for (percents, expected) in
        [(vec![200, 150], 300), (vec![50, 50], 25), (vec![1000, 1000], 1000), (vec![10, 10], 10)]
    {
        assert_eq!(Plan::of(&boosts(&percents)).percent(&product(0)), expected);
    }
    let buried = boosts(&[0, 200]);
    let plan = Plan::of(&buried);
    assert!(plan.is_buried(&product(0)) && !plan.is_buried(&product(1)) && plan.percent(&product(0)) == 200);
}

#[test]
fn of_two_pins_for_one_place_the_first_rule_goes_first_and_a_short_list_ends_with_them() {
    let pin = |id: &str, pins: Value| rule(json!({ "id": id, "when": { "phrases": ["mug"] }, "pins": pins }));
    let b = pin("b", json!([{ "product": "p7", "position": 1 }, { "product": "p8", "position": 3 }]));
    let a = pin("a", json!([{ "product": "p9", "position": 1 }, { "product": "p7", "position": 2 }]));
    let expected = [9, 7, 8, 0, 1, 2];
    assert_eq!(shown(&[b.clone(), a.clone()], 10, |_| true)[..6], expected);
    assert_eq!(shown(&[a.clone(), b.clone()], 10, |_| true)[..6], expected);
    assert_eq!(shown(&[a, b], 10, |at| at > 7), [9, 8]);
}

#[test]
fn what_is_wrong_with_settings_is_told_where_it_stands() {
    let one = |rule: Value| json!({ "rules": [rule] });
    let banner = json!({ "title": { "en": "Sale" } });
    for (settings, expected) in [
        (one(json!({ "id": "a", "when": {}, "banner": banner })), "rules[0].when one_of_two"),
        (
            one(json!({ "id": "a", "when": { "phrases": ["x"], "category": "c" }, "banner": banner })),
            "rules[0].when one_of_two",
        ),
        (one(json!({ "id": "a", "when": { "phrases": ["x"] } })), "rules[0] without_effect"),
        (
            one(json!({ "id": "a", "when": { "phrases": ["…"] }, "banner": banner })),
            "rules[0].when.phrases[0] required",
        ),
        (
            one(json!({ "id": "a", "when": { "category": "c" }, "redirect": "/pages/x" })),
            "rules[0].redirect not_for_a_category",
        ),
        (
            one(json!({ "id": "a", "when": { "phrases": ["x"] }, "redirect": "/zh/search?q=y" })),
            "rules[0].redirect redirect_to_search",
        ),
        (
            one(json!({ "id": "a", "when": { "phrases": ["x"] }, "banner": { "title": {} } })),
            "rules[0].banner.title required",
        ),
        (
            one(json!({ "id": "a", "when": { "phrases": ["x"] }, "pins": [{ "product": "p", "position": 0 }] })),
            "rules[0].pins[0].position out_of_range",
        ),
        (
            one(
                json!({ "id": "a", "when": { "phrases": ["x"] }, "boosts": [{ "by": "brand", "value": "b", "percent": 5 }] }),
            ),
            "rules[0].boosts[0].percent out_of_range",
        ),
        (
            one(
                json!({ "id": "a", "when": { "phrases": ["x"] }, "boosts": [{ "by": "attribute", "value": "b", "percent": 50 }] }),
            ),
            "rules[0].boosts[0].name required",
        ),
        (
            one(
                json!({ "id": "a", "when": { "phrases": ["x"] }, "banner": banner, "from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z" }),
            ),
            "rules[0].until empty_time",
        ),
        (json!({ "merit": { "sales": 101 } }), "merit.sales out_of_range"),
        (json!({ "vocabulary": { "synonyms": { "en": [["tv"]] } } }), "vocabulary.synonyms.en[0] without_effect"),
        (json!({ "vocabulary": { "stop_words": { "English": ["the"] } } }), "vocabulary invalid_language"),
    ] {
        assert_eq!(codes(settings.clone()), [expected], "{settings}");
    }
    let many: Vec<Value> = (0..=MAX_RULES)
        .map(|n| json!({ "id": format!("r{n}"), "when": { "phrases": ["x"] }, "banner": banner }))
        .collect();
    assert_eq!(codes(json!({ "rules": many })), ["rules too_many"]);
    assert_eq!(codes(json!({ "rules": [many[0], many[0]] })), ["rules[1].id repeated"]);
}

#[test]
fn links_lead_within_the_shop_or_to_an_https_address() {
    for text in ["/", "/collections/mugs", "/pages/a?b=c#d", "https://elsewhere.example/x?y"] {
        Link::new(text).unwrap();
    }
    for text in [
        "",
        "mugs",
        "//elsewhere.example",
        "http://a.example",
        "https://",
        "https://a@b.example",
        "javascript:alert(1)",
        "/a b",
        "/\\b",
        "/a\"",
        "/茶",
    ] {
        assert!(Link::new(text).is_err(), "{text}");
    }
    assert!(RuleId::new("Sale").is_err() && RuleId::new("").is_err() && RuleId::new("sale-1").is_ok());
}

/// Up to four rules with pins and boosts for ten products.
fn rules() -> impl Strategy<Value = Vec<SearchRule>> {
    let pins = prop::collection::vec((0usize..10, 1u16..=12), 0..5);
    let boosts = prop::collection::vec((0usize..10, prop_oneof![Just(0u16), 10u16..=1000]), 0..4);
    prop::collection::vec((pins, boosts), 1..5).prop_map(|rules| {
        let rules = rules.into_iter().enumerate().map(|(at, (pins, boosts))| {
            let pins: Vec<Value> =
                pins.iter().map(|(p, to)| json!({ "product": format!("p{p}"), "position": to })).collect();
            let boosts: Vec<Value> = boosts
                .iter()
                .map(|(p, by)| json!({ "by": "product", "value": format!("p{p}"), "percent": by }))
                .collect();
            rule(json!({ "id": format!("r{at}"), "when": { "phrases": ["mug"] }, "pins": pins, "boosts": boosts }))
        });
        rules.collect()
    })
}

proptest! {
    #[test]
    fn rules_move_products_and_neither_lose_nor_double_any(rules in rules(), hidden in prop::collection::btree_set(0usize..10, 0..6)) {
        let list = shown(&rules, 10, |at| !hidden.contains(&at));
        let expected: BTreeSet<usize> = (0..10).filter(|at| !hidden.contains(at)).collect();
        prop_assert_eq!(list.len(), expected.len());
        prop_assert_eq!(list.iter().copied().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn the_order_in_which_rules_are_kept_plays_no_role(rules in rules(), turn in 0usize..4) {
        let mut turned = rules.clone();
        turned.rotate_left(turn % rules.len());
        turned.reverse();
        prop_assert_eq!(shown(&rules, 10, |_| true), shown(&turned, 10, |_| true));
        for at in 0..10 {
            let (one, other) = (ready(&rules), ready(&turned));
            prop_assert_eq!(Plan::of(&one).percent(&product(at)), Plan::of(&other).percent(&product(at)));
        }
    }

    #[test]
    fn a_lone_pin_stands_where_it_was_put(at in 0usize..10, position in 1u16..=10) {
        let pin = json!([{ "product": format!("p{at}"), "position": position }]);
        let list = shown(&[rule(json!({ "id": "a", "when": { "phrases": ["mug"] }, "pins": pin }))], 10, |_| true);
        prop_assert_eq!(list[usize::from(position) - 1], at);
        let rest: Vec<usize> = list.into_iter().filter(|other| *other != at).collect();
        prop_assert!(rest.is_sorted());
    }
}
