//! Which rules a query meets, what merit says, and that an explanation is the score.
#![cfg(feature = "build")]
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::sync::LazyLock;
use stoa_domain::promotion::read;
use stoa_domain::search::{Listed, SearchSettings};
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::steer::{Catalogue, Merits, Steered, Steering};
use stoa_search_index::{DocKey, Explanation, Query, SearchDocument, SearchIndex};

fn locale(tag: &str) -> Locale {
    Locale::new(tag).unwrap()
}

fn text(english: &str, chinese: &str) -> Localized {
    Localized::new(locale("en"), english).with(locale("zh-CN"), chinese)
}

static INDEX: LazyLock<SearchIndex> = LazyLock::new(|| {
    let titles = [
        ("Speckled coffee mug", "斑点咖啡杯"),
        ("Thermal travel cup with coffee filter, 0.5 l", "不锈钢真空保温杯"),
        ("Brother TN-2110 toner", "碳粉盒"),
        ("Coffee table of oak for coffee lovers", "橡木咖啡桌"),
        ("Coffee mug", "咖啡杯"),
    ];
    let documents = titles.iter().enumerate().map(|(at, (english, chinese))| SearchDocument {
        id: ProductId::new(format!("p{at}")).unwrap(),
        title: text(english, chinese),
        brand: Some(if at == 3 { "Aule" } else { "Brother" }.into()),
        kinds: vec![text("Kitchen", "厨房")],
        attributes: vec![text("material stoneware", "材质 粗陶")],
        description: text("For coffee, tea and brothers.", ""),
        codes: vec![format!("SKU-{at}")],
    });
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(&documents.collect::<Vec<_>>(), &[]).unwrap();
    SearchIndex::open(builder.commit().unwrap().into_bytes()).unwrap()
});

/// A product by its number: the higher, the more it sells and the older it is; the second is sold out.
#[derive(Clone, Copy)]
struct Product(usize);
struct Shop;

impl Catalogue for Shop {
    type Item = usize;
    type Product<'a> = Product;
    fn item(&self, key: DocKey) -> Option<usize> {
        INDEX.product(key)?.as_str()[1..].parse().ok()
    }
    fn find(&self, id: &ProductId) -> Option<usize> {
        id.as_str().strip_prefix('p')?.parse().ok().filter(|at| *at < 5)
    }
    fn product(&self, at: usize) -> Product {
        Product(at)
    }
}

impl Listed for Product {
    fn id(&self) -> &str {
        ["p0", "p1", "p2", "p3", "p4"][self.0]
    }
    fn brand(&self) -> Option<&str> {
        Some(if self.0 == 3 { "Aule" } else { "Brother" })
    }
    fn category(&self) -> Option<&str> {
        None
    }
    fn is_in(&self, _: &str) -> bool {
        false
    }
    fn has(&self, _: &str, _: &str) -> bool {
        false
    }
    fn sells(&self) -> bool {
        self.0 != 1
    }
    fn on_sale(&self) -> bool {
        false
    }
    fn sold(&self) -> u32 {
        [0, 1, 4, 9, 16][self.0]
    }
    fn created_at(&self) -> i64 {
        1_700_000_000 - self.0 as i64 * 90 * 86_400
    }
}

fn steering(settings: Value) -> Steering {
    let settings: SearchSettings = read(settings).unwrap();
    assert_eq!(settings.validate(), []);
    Steering::new(settings, &[], &[], &[locale("en"), locale("zh-CN"), locale("de")])
}

fn met(steering: &Steering, text: &str, tag: &str) -> Vec<String> {
    let at = "2026-01-15T00:00:00Z".parse().unwrap();
    steering.for_query(text, &locale(tag), at).rules().map(|rule| rule.id.to_string()).collect()
}

#[test]
fn phrases_are_compared_as_the_search_compares() {
    let banner = json!({ "title": { "en": "x" } });
    let rule = |id: &str, when: Value| json!({ "id": id, "when": when, "banner": banner });
    let steering = steering(json!({ "rules": [
        rule("is", json!({ "phrases": ["Coffee Mugs", "保温杯"] })),
        rule("has", json!({ "phrases": ["coffee mug", "保温"], "matches": "contains" })),
        rule("zh", json!({ "phrases": ["coffee"], "matches": "contains", "locale": "zh-CN" })),
        rule("number", json!({ "phrases": ["tn2110"] })),
        rule("german", json!({ "phrases": ["Häuser"] })),
        { "id": "past", "when": { "phrases": ["coffee"], "matches": "contains" }, "banner": banner, "until": "2026-01-15T00:00:00Z" },
        { "id": "paused", "paused": true, "when": { "phrases": ["coffee"], "matches": "contains" }, "banner": banner },
        { "id": "now", "when": { "phrases": ["tea"] }, "banner": banner, "from": "2026-01-15T00:00:00Z" },
    ] }));
    for (text, tag, expected) in [
        ("coffee MUG", "en", vec!["has", "is"]),
        ("ｃｏｆｆｅｅ mugs", "zh-CN", vec!["has", "is", "zh"]),
        ("big coffee mugs cheap", "en", vec!["has"]),
        ("coffee big mugs", "en", vec![]),
        ("mug coffee", "en", vec![]),
        ("保溫杯", "zh-CN", vec!["has", "is"]),
        ("大保温杯子", "en", vec!["has"]),
        ("TN-2110", "en", vec!["number"]),
        ("haus", "de", vec!["german"]),
        ("tea", "en", vec!["now"]),
        ("", "en", vec![]),
    ] {
        assert_eq!(met(&steering, text, tag), expected, "{text}");
    }
    let next = steering.next_change("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(next.to_string(), "2026-01-15T00:00:00Z");
    assert_eq!(steering.next_change(next), None);
}

#[test]
fn merit_is_what_its_weights_say() {
    let of = |weights: Value| {
        let steering = steering(json!({ "merit": weights }));
        let merits = Merits::of(&INDEX, &Shop, steering.merit(), 1_700_000_000);
        let mut by_product = [0.0; 5];
        for key in 0..5 {
            by_product[Shop.item(DocKey(key)).unwrap()] = merits.get(DocKey(key));
        }
        by_product
    };
    assert_eq!(of(json!({ "sales": 10 })), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(of(json!({ "stock": 7 })), [1.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(of(json!({ "age": 64 })), [1.0, 0.5, 1.0 / 3.0, 0.25, 0.2]);
    assert_eq!(of(json!({ "sales": 10, "stock": 10 })), [0.5, 0.125, 0.75, 0.875, 1.0]);
    assert_eq!(of(json!({})), [0.0; 5]);
}

/// The parts against the whole, as the type's documentation has them.
fn check(explained: &Explanation) {
    let near = |a: f32, b: f32, what: &str| assert!((a - b).abs() <= 1e-4 * b.abs().max(1e-3), "{what}: {a} {b}");
    let words: f32 = explained.concepts.iter().map(|concept| concept.score).sum();
    near(words * explained.merit * explained.boost * explained.closeness, explained.score, "score");
    for concept in &explained.concepts {
        near(concept.rarity * concept.weight * concept.saturated, concept.score, &concept.words);
        near(concept.ways.first().map_or(0.0, |way| way.strength) * concept.exact, concept.strength, &concept.words);
        for way in &concept.ways {
            let fields: f32 = way.fields.iter().map(|field| field.strength).sum();
            near(fields / way.terms.len() as f32 * way.weight, way.strength, &concept.words);
            for field in &way.fields {
                near(field.weight * field.occurrences as f32 * field.length, field.strength, field.field);
            }
        }
    }
}

#[test]
fn every_explanation_adds_up_to_the_score_of_the_search() {
    let boosts = json!([{ "by": "brand", "value": "aule", "percent": 150 }]);
    let settings = json!({ "merit": { "sales": 40, "stock": 10, "age": 5 },
        "vocabulary": { "synonyms": { "en": [["mug", "beaker"]] } },
        "rules": [{ "id": "a", "when": { "phrases": ["coffee"], "matches": "contains" }, "boosts": boosts }] });
    let steering = steering(settings);
    let merits = Merits::of(&INDEX, &Shop, steering.merit(), 1_700_000_000);
    let steered = Steered { index: &INDEX, steering: &steering, merits: &merits, catalogue: &Shop };
    let mut explained_any = 0;
    for (text, tag) in [
        ("coffee mug", "en"),
        ("coffee", "en"),
        ("tn 2110", "en"),
        ("TN-2110 toner of brothers", "en"),
        ("cofee beakr", "en"),
        ("beaker", "en"),
        ("咖啡杯", "zh-CN"),
        ("保温", "zh-CN"),
        ("baowenbei", "zh-CN"),
        ("sku 4", "en"),
        ("coffeemug", "en"),
        ("nothing of this", "en"),
    ] {
        let locale = locale(tag);
        let plan = steered.steering.for_query(text, &locale, "2026-01-15T00:00:00Z".parse().unwrap());
        let answer = steered.search(text, &locale, false, &plan, None).unwrap();
        for (place, (item, score)) in answer.scored.iter().enumerate() {
            let id = ProductId::new(format!("p{item}")).unwrap();
            let explained = steered.explain(text, &locale, &plan, &id).unwrap().unwrap();
            assert_eq!((explained.score, explained.place), (*score, Some(place + 1)), "{text} {id}");
            assert_eq!((explained.found, &explained.corrected), (answer.items.len(), &answer.corrected));
            assert_eq!(
                explained.boost,
                if *item == 3 && text.starts_with("coffee") && text != "coffeemug" { 1.5 } else { 1.0 },
                "{text} {id}"
            );
            check(&explained);
            explained_any += 1;
        }
    }
    assert!(explained_any > 20, "{explained_any}");
    let plan = Default::default();
    let absent = steered.explain("toner", &locale("en"), &plan, &ProductId::new("p0").unwrap()).unwrap().unwrap();
    assert_eq!((absent.place, absent.concepts[0].score), (None, 0.0));
    check(&absent);
    let nowhere = steered.explain("toner", &locale("en"), &plan, &ProductId::new("p9").unwrap()).unwrap();
    assert_eq!(nowhere, None);
}

#[test]
fn steering_by_nothing_changes_no_bit_of_a_search() {
    let steering = steering(json!({}));
    let merits = Merits::of(&INDEX, &Shop, steering.merit(), 0);
    let steered = Steered { index: &INDEX, steering: &steering, merits: &merits, catalogue: &Shop };
    for text in ["coffee mug", "toner", "cofee", "咖啡"] {
        let plain = INDEX.search(&Query::new(text, &locale("en"))).unwrap();
        let answer = steered.search(text, &locale("en"), false, &Default::default(), None).unwrap();
        let plain: Vec<(usize, f32)> = plain.hits.iter().map(|hit| (Shop.item(hit.key).unwrap(), hit.score)).collect();
        assert_eq!(answer.scored, plain, "{text}");
    }
}
