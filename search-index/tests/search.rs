//! What a shopper finds, in an index built at once and in one built change by change.
#![cfg(feature = "build")]
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::sync::LazyLock;
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::{Built, IndexBuilder};
use stoa_search_index::{
    DocKey, IndexBytes, IndexError, Query, SCHEMA_VERSION, SearchDocument, SearchIndex, Vocabulary,
};

fn en() -> Locale {
    Locale::new("en").unwrap()
}

fn zh() -> Locale {
    Locale::new("zh-CN").unwrap()
}

fn id(text: &str) -> ProductId {
    ProductId::new(text).unwrap()
}

fn product(name: &str, english: &str, chinese: &str, codes: &[&str]) -> SearchDocument {
    SearchDocument {
        id: id(name),
        title: Localized::new(en(), english).with(zh(), chinese),
        brand: Some("Stoa".into()),
        kinds: vec![Localized::new(en(), "Kitchen").with(zh(), "厨房")],
        attributes: vec![Localized::new(en(), "material stoneware")],
        description: Localized::default(),
        codes: codes.iter().map(|code| (*code).to_string()).collect(),
    }
}

fn shop() -> Vec<SearchDocument> {
    vec![
        product("mug", "Speckled coffee mug", "斑点咖啡杯", &["MUG-001"]),
        product("cup", "Thermal travel cup", "不锈钢真空保温杯", &["CUP-9"]),
        product("toner", "Brother TN-2110 toner", "碳粉盒", &["TN-2110"]),
        product("torch", "Pocket flashlight", "手电筒", &["FL-1"]),
    ]
}

fn built(documents: &[SearchDocument]) -> Built {
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(documents, &[]).unwrap();
    builder.commit().unwrap()
}

fn found(index: &SearchIndex, text: &str, locale: &Locale) -> Vec<String> {
    let hits = index.search(&Query::new(text, locale)).unwrap();
    hits.hits.iter().map(|hit| index.product(hit.key).unwrap().to_string()).collect()
}

static SHOP: LazyLock<SearchIndex> = LazyLock::new(|| SearchIndex::open(built(&shop()).into_bytes()).unwrap());

#[test]
fn words_of_both_languages_find_their_product_in_either_shop() {
    for (text, expected) in [
        ("mugs", "mug"),
        ("COFFEE", "mug"),
        ("保温杯", "cup"),
        ("不锈钢保温杯", "cup"),
        ("咖啡", "mug"),
        ("ｍｕｇ", "mug"),
        ("flash light", "torch"),
        ("tn2110", "toner"),
        ("TN 2110", "toner"),
        ("tn-2110 brother", "toner"),
        ("MUG001", "mug"),
        ("baowenbei", "cup"),
        ("bao wen bei", "cup"),
        ("kafeibei", "mug"),
        ("sdt", "torch"),
        ("手電筒", "torch"),
        ("torch", "torch"),
        ("stoneware杯", "mug"),
    ] {
        for locale in [en(), zh()] {
            assert_eq!(found(&SHOP, text, &locale).first().map(String::as_str), Some(expected), "{text} in {locale}");
        }
    }
}

#[test]
fn one_character_finds_every_word_it_is_in() {
    let mut cups = found(&SHOP, "杯", &zh());
    cups.sort();
    assert_eq!(cups, ["cup", "mug"]);
}

#[test]
fn a_typing_error_is_corrected_and_said() {
    let hits = SHOP.search(&Query::new("flashligth", &en())).unwrap();
    assert_eq!(hits.corrected, [("flashligth".to_string(), "flashlight".to_string())]);
    assert_eq!(hits.total, 1);
    let exact = |text| SHOP.search(&Query { exact: true, ..Query::new(text, &en()) }).unwrap();
    let hits = exact("flashligth");
    assert_eq!((hits.total, hits.corrected.len()), (0, 0));
    assert_eq!(exact("flashlight nonsense").total, 0);
    assert_eq!(exact("flashlight").total, 1);
}

#[test]
fn units_and_numbers_are_found_joined_and_apart() {
    let index = SearchIndex::open(
        built(&[
            product("disk", "Portable disk 2 TB", "移动硬盘", &[]),
            product("tv", "Flat TV 165 cm (65\")", "电视", &[]),
            product("case", "iPhone 15 case", "手机壳", &[]),
        ])
        .into_bytes(),
    )
    .unwrap();
    for (text, expected) in [
        ("2tb", "disk"),
        ("2 tb", "disk"),
        ("65\" tv", "tv"),
        ("65 inch tv", "tv"),
        ("65-inch television", "tv"),
        ("iphone15 case", "case"),
        ("\"iphone 15\"", "case"),
    ] {
        assert_eq!(found(&index, text, &en()), [expected], "{text}");
    }
}

#[test]
fn a_thing_comes_before_what_is_made_for_it() {
    let index = SearchIndex::open(
        built(&[
            product("bag", "Leather camera bag", "真皮相机包", &[]),
            product("strap", "Strap for camera", "适用相机背带", &[]),
            product("camera", "Compact digital camera", "便携数码相机", &[]),
        ])
        .into_bytes(),
    )
    .unwrap();
    assert_eq!(found(&index, "camera", &en())[0], "camera");
    assert_eq!(found(&index, "相机", &zh())[0], "camera");
    assert_eq!(found(&index, "camera bag", &en()), ["bag"]);
}

#[test]
fn the_merchant_says_what_words_mean() {
    let index =
        |vocabulary: &Vocabulary| SearchIndex::open(built(&shop()).into_bytes()).unwrap().with_vocabulary(vocabulary);
    let mut words = Vocabulary::default();
    words.one_way.insert("en".into(), [("thermos".into(), vec!["travel cup".into()])].into());
    words.stop_words.entry("en".into()).or_default().push("buy".into());
    assert_eq!(found(&index(&words), "thermos", &en()), ["cup"]);
    assert_eq!(found(&index(&words), "buy mug", &en()), ["mug"]);
    assert!(!index(&words).search(&Query::new("buy mug", &en())).unwrap().relaxed);
    assert!(found(&index(&Vocabulary::default()), "thermos", &en()).is_empty());
    assert!(found(&index(&words), "travel", &en()) == ["cup"], "one way is not the other");
    assert!(found(&index(&Vocabulary { own_only: true, ..Vocabulary::default() }), "torch", &en()).is_empty());
}

#[test]
fn what_sells_well_comes_first_among_equals() {
    let equals: Vec<_> = ["a", "b", "c"].map(|name| product(name, "Plain bowl", "碗", &[])).into();
    let index = SearchIndex::open(built(&equals).into_bytes()).unwrap();
    assert_eq!(found(&index, "bowl", &en()), ["a", "b", "c"], "equal scores by id");
    let merit = |key: DocKey| if index.product(key).unwrap().as_str() == "c" { 1.0 } else { 0.0 };
    let hits = index.search(&Query { merit: Some(&merit), ..Query::new("bowl", &en()) }).unwrap();
    assert_eq!(index.product(hits.hits[0].key).unwrap().as_str(), "c");
}

#[test]
fn a_wrong_number_is_never_corrected() {
    assert!(found(&SHOP, "2111", &en()).is_empty());
}

#[test]
fn some_words_are_enough_where_no_product_has_all_and_it_is_said() {
    let all = SHOP.search(&Query::new("coffee mug", &en())).unwrap();
    assert!(!all.relaxed && all.total == 1);
    let some = SHOP.search(&Query::new("coffee zeppelin", &en())).unwrap();
    assert!(some.relaxed && some.total == 1);
}

#[test]
fn an_unfinished_word_suggests_products() {
    for (text, expected) in [("spec", "mug"), ("brother ton", "toner"), ("fl", "torch"), ("tn21", "toner")] {
        let hits = SHOP.suggest(&Query { limit: 5, ..Query::new(text, &en()) }).unwrap();
        let first = hits.first().and_then(|hit| SHOP.product(hit.key)).map(ProductId::as_str);
        assert_eq!(first, Some(expected), "{text}");
    }
}

#[test]
fn a_filter_is_counted_and_the_window_is_not() {
    let all = SHOP.search(&Query { want_matching: true, limit: 1, ..Query::new("stoa", &en()) }).unwrap();
    assert_eq!((all.total, all.hits.len(), all.matching.len()), (4, 1, 4));
    let allows = |key: DocKey| SHOP.product(key).is_some_and(|id| id.as_str() != "mug");
    let some = SHOP.search(&Query { filter: Some(&allows), offset: 2, ..Query::new("stoa", &en()) }).unwrap();
    assert_eq!((some.total, some.hits.len()), (3, 1));
}

#[test]
fn pages_of_results_join_without_gap_or_repetition() {
    let whole = found(&SHOP, "kitchen", &en());
    let mut paged = Vec::new();
    for offset in 0..4 {
        let hits = SHOP.search(&Query { offset, limit: 1, ..Query::new("kitchen", &en()) }).unwrap();
        paged.extend(hits.hits.iter().map(|hit| SHOP.product(hit.key).unwrap().to_string()));
    }
    assert_eq!(paged, whole);
}

#[test]
fn a_small_change_adds_a_segment_and_keeps_the_base_byte_for_byte() {
    let many: Vec<_> = (0..40).map(|i| product(&format!("p{i}"), &format!("Bowl {i}"), "碗", &[])).collect();
    let first = built(&many);
    assert_eq!(first.segments.len(), 1);
    let base = first.segments[0].pack.clone();

    let mut builder = IndexBuilder::open(Some(first.into_bytes())).unwrap();
    builder.apply(&[product("p1", "Vase 1", "花瓶", &[])], &[id("p2")]).unwrap();
    let second = builder.commit().unwrap();
    let kept: Vec<_> = second.segments.iter().filter(|segment| !segment.is_new).collect();
    assert_eq!((second.segments.len(), kept.len()), (2, 1));
    assert_eq!(kept[0].pack, base);

    let index = SearchIndex::open(second.into_bytes()).unwrap();
    assert_eq!(index.len(), 39);
    assert_eq!(found(&index, "vase", &en()), ["p1"]);
    let bowls = index.search(&Query { want_matching: true, ..Query::new("bowl", &en()) }).unwrap();
    assert_eq!(bowls.total, 38);
    assert!(bowls.matching.iter().all(|key| !["p1", "p2"].contains(&index.product(*key).unwrap().as_str())));
}

#[test]
fn many_small_changes_find_what_one_build_finds_in_few_segments() {
    let mut bytes = built(&[]).into_bytes();
    let mut expected = shop();
    for (step, document) in (0..30).map(|i| (i, product(&format!("p{i}"), &format!("Plate {i}"), "盘子", &[]))) {
        let mut builder = IndexBuilder::open(Some(bytes)).unwrap();
        let fresh = if step == 0 { shop() } else { Vec::new() };
        builder.apply(fresh.iter().chain([&document]), &[]).unwrap();
        let built = builder.commit().unwrap();
        assert!(built.segments.len() <= 2, "{} segments", built.segments.len());
        bytes = built.into_bytes();
        expected.push(document);
    }
    let stepwise = SearchIndex::open(bytes).unwrap();
    let whole = SearchIndex::open(built(&expected).into_bytes()).unwrap();
    for text in ["plate", "plate 7", "盘子", "mug", "stoa", "保温杯", "plaet"] {
        let set = |index: &SearchIndex| {
            let hits = index.search(&Query { limit: 100, ..Query::new(text, &en()) }).unwrap();
            let mut ids: Vec<_> = hits.hits.iter().map(|hit| index.product(hit.key).unwrap().to_string()).collect();
            ids.sort();
            ids
        };
        assert_eq!(set(&stepwise), set(&whole), "{text}");
    }
}

#[test]
fn edited_again_and_again_an_index_ranks_as_one_built_at_once() {
    let titled = |n: usize, edit: usize| {
        let rare = ["harp", "lyre", "flute"][(n + edit) % 3];
        product(&format!("p{n}"), &format!("{} {rare} stand {n}", "oak ".repeat(1 + (n + edit) % 4)), "架子", &[])
    };
    let mut now: Vec<Option<SearchDocument>> = (0..400).map(|n| Some(titled(n, 0))).collect();
    let first: Vec<_> = now.iter().flatten().cloned().collect();
    let mut bytes = built(&first).into_bytes();
    for edit in 1..=60 {
        let (changed, removed) = (edit * 7 % 400, edit * 11 % 400);
        let document = titled(changed, edit);
        now[changed] = Some(document.clone());
        let gone = if edit % 4 == 0 && removed != changed { now[removed].take() } else { None };
        let mut builder = IndexBuilder::open(Some(bytes)).unwrap();
        builder.apply([&document], &gone.map(|gone| gone.id).into_iter().collect::<Vec<_>>()).unwrap();
        let built = builder.commit().unwrap();
        assert!(built.segments.len() <= 3, "{} segments after {edit} edits", built.segments.len());
        bytes = built.into_bytes();
    }
    let whole: Vec<_> = now.into_iter().flatten().collect();
    let (edited, whole) = (SearchIndex::open(bytes).unwrap(), SearchIndex::open(built(&whole).into_bytes()).unwrap());
    assert_eq!(edited.len(), whole.len());
    for text in ["harp", "oak lyre", "flute stand 35", "stand", "架子", "oka stand"] {
        let ranked = |index: &SearchIndex| {
            let hits = index.search(&Query { limit: 400, ..Query::new(text, &en()) }).unwrap();
            let hit = |hit: &stoa_search_index::Hit| (index.product(hit.key).unwrap().to_string(), hit.score);
            hits.hits.iter().map(hit).collect::<Vec<_>>()
        };
        let (edited, whole) = (ranked(&edited), ranked(&whole));
        assert_eq!(edited.len(), whole.len(), "{text}");
        for (edited, whole) in edited.iter().zip(&whole) {
            // Lengths of what is gone are known to the nearest code.
            assert!(edited.0 == whole.0 && (edited.1 / whole.1 - 1.0).abs() < 0.01, "{text}: {edited:?} {whole:?}");
        }
    }
}

#[test]
fn an_empty_index_opens_and_finds_nothing() {
    let index = SearchIndex::open(built(&[]).into_bytes()).unwrap();
    assert!(index.is_empty());
    assert!(found(&index, "mug", &en()).is_empty());
}

#[test]
fn deleting_everything_leaves_an_index_that_opens() {
    let mut builder = IndexBuilder::open(Some(built(&shop()).into_bytes())).unwrap();
    builder.apply(&[], &shop().iter().map(|document| document.id.clone()).collect::<Vec<_>>()).unwrap();
    let index = SearchIndex::open(builder.commit().unwrap().into_bytes()).unwrap();
    assert!(index.is_empty() && found(&index, "mug", &en()).is_empty());
}

#[test]
fn another_schema_version_and_damaged_bytes_are_refused() {
    let good = built(&shop()).into_bytes();
    let mut newer = good.clone();
    newer.meta[0] += 1;
    let refused = SearchIndex::open(newer).err();
    assert!(
        matches!(refused, Some(IndexError::SchemaVersion { found, expected: SCHEMA_VERSION }) if found > SCHEMA_VERSION)
    );
    let mut short = good.clone();
    short.segments[0].truncate(100);
    assert!(matches!(SearchIndex::open(short), Err(IndexError::Malformed(_))));
    assert!(SearchIndex::open(IndexBytes { segments: Vec::new(), ..good }).is_err());
}

#[test]
fn a_hostile_query_is_only_a_query() {
    let long = "a".repeat(100_000);
    let wide = "mug ".repeat(10_000);
    let quotes = "\"(".repeat(5_000);
    let chinese = "保温杯".repeat(3_000);
    let different: String = ('\u{4e00}'..'\u{9000}').collect();
    let joined = "a-b.c/d+e_".repeat(1_000);
    let faces = "😀👩‍👩‍👧‍👦🇨🇳".repeat(500);
    let stars = "*?~^".repeat(2_500);
    let controls: String = (0..10_000).map(|i| char::from_u32(i % 32).unwrap()).collect();
    let typed = [&long, &wide, &quotes, &chinese, &different, &joined, &faces, &stars, &controls].map(String::as_str);
    let started = std::time::Instant::now();
    for text in ["", " ", "\0\u{1b}[0m", "title:* OR (", "\"", "AND NOT", "*", "../..", "𝕞𝕦𝕘"].into_iter().chain(typed)
    {
        SHOP.search(&Query { offset: usize::MAX, limit: usize::MAX, ..Query::new(text, &en()) }).unwrap();
        SHOP.suggest(&Query { limit: usize::MAX, ..Query::new(text, &zh()) }).unwrap();
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    assert_eq!(found(&SHOP, &wide, &en()), ["mug"]);
    assert_eq!(found(&SHOP, &chinese, &zh()), ["cup"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_text_breaks_the_search(
        text in "(?s).{0,400}|\\PC{0,40}|[a-z0-9 .'\"-]{0,40}|[\\u{4e00}-\\u{4e20} a]{0,20}|[保温杯咖啡手电筒不锈钢a-d]{0,300}",
    ) {
        let hits = SHOP.search(&Query::new(&text, &en())).unwrap();
        prop_assert!(hits.hits.len() <= hits.total);
        SHOP.suggest(&Query { limit: 8, ..Query::new(&text, &zh()) }).unwrap();
    }
}
