//! Anything a shopper can type, against a small shop in two languages: the search neither panics nor takes long, and what
//! it answers is consistent. `tests/search.rs` runs the same with generated texts in every test run.
//!
//! ```text
//! cargo install cargo-fuzz
//! cd search-index && cargo +nightly fuzz run query -- -max_len=4096 -timeout=2
//! ```
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::{DocKey, Query, SearchDocument, SearchIndex};

static LOCALES: LazyLock<[Locale; 2]> = LazyLock::new(|| ["en", "zh-CN"].map(|tag| Locale::new(tag).unwrap()));

static SHOP: LazyLock<SearchIndex> = LazyLock::new(|| {
    let [en, zh] = &*LOCALES;
    let titles = [
        ("Speckled coffee mug", "斑点咖啡杯"),
        ("Thermal travel cup, 0.5 l", "不锈钢真空保温杯"),
        ("Brother TN-2110 toner", "碳粉盒"),
        ("Pocket flashlight for 65\" tents", "手电筒"),
    ];
    let documents: Vec<SearchDocument> = titles
        .iter()
        .enumerate()
        .map(|(at, (english, chinese))| SearchDocument {
            id: ProductId::new(format!("product-{at}")).unwrap(),
            title: Localized::new(en.clone(), *english).with(zh.clone(), *chinese),
            brand: Some("Stoa & Sons".into()),
            kinds: vec![Localized::new(en.clone(), "Kitchen").with(zh.clone(), "厨房")],
            attributes: vec![Localized::new(en.clone(), "material stoneware")],
            description: Localized::new(en.clone(), "Made by hand."),
            codes: vec![format!("SKU-{at}")],
        })
        .collect();
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(&documents, &[]).unwrap();
    SearchIndex::open(builder.commit().unwrap().into_bytes()).unwrap()
});

fuzz_target!(|text: &str| {
    for locale in &*LOCALES {
        let even = |key: DocKey| key.0 % 2 == 0;
        let all = SHOP.search(&Query { want_matching: true, ..Query::new(text, locale) }).unwrap();
        assert_eq!(all.total, all.matching.len());
        assert!(all.hits.len() <= all.total && all.hits.iter().all(|hit| hit.score.is_finite() && hit.score > 0.0));
        let some = SHOP.search(&Query { filter: Some(&even), ..Query::new(text, locale) }).unwrap();
        assert!(some.hits.iter().all(|hit| even(hit.key)));
        assert!(SHOP.suggest(&Query { limit: 3, ..Query::new(text, locale) }).unwrap().len() <= 3);
    }
});
