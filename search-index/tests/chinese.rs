//! How good the search is in Chinese: 390 products and 73 queries of the project's own, in `tests/chinese`. The grades
//! say what a shopper means, by the kind of product and what is asked of it; they were not made by looking at results.
//! `stoa search eval --catalog search-index/tests/chinese/products.jsonl --judgements
//! search-index/tests/chinese/judgements.tsv --locale zh-CN` gives the same.
#![cfg(feature = "build")]
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeMap;
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::{Judgement, SearchDocument, SearchIndex, evaluate};

const PRODUCTS: &str = include_str!("chinese/products.jsonl");
const JUDGEMENTS: &str = include_str!("chinese/judgements.tsv");
const KINDS: &str = include_str!("chinese/kinds.tsv");

fn zh() -> Locale {
    Locale::new("zh-CN").unwrap()
}

fn document(item: &Value) -> SearchDocument {
    let chinese = |value: &Value| Localized::new(zh(), value["zh-CN"].as_str().unwrap());
    let list = |name: &str| item[name].as_array().unwrap().clone();
    let attribute = |item: &Value| {
        let said = |name: &str| item[name]["zh-CN"].as_str().unwrap().to_string();
        Localized::new(zh(), format!("{} {}", said("label"), said("value")))
    };
    SearchDocument {
        id: ProductId::new(item["id"].as_str().unwrap()).unwrap(),
        title: chinese(&item["title"]),
        brand: item["brand"].as_str().map(str::to_string),
        kinds: list("category").iter().map(chinese).collect(),
        attributes: list("attributes").iter().map(attribute).collect(),
        description: chinese(&item["description_html"]),
        codes: list("variants").iter().map(|variant| variant["sku"].as_str().unwrap().to_string()).collect(),
    }
}

fn judgements() -> Vec<Judgement> {
    let rows = JUDGEMENTS.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| Judgement {
        query: row[0].to_string(),
        product: ProductId::new(row[1]).unwrap(),
        grade: row[2].parse().unwrap(),
    })
    .collect()
}

#[test]
fn words_pairs_pinyin_and_mixtures_find_what_is_meant() {
    let documents: Vec<SearchDocument> =
        PRODUCTS.lines().map(|l| document(&serde_json::from_str(l).unwrap())).collect();
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(&documents, &[]).unwrap();
    let index = SearchIndex::open(builder.commit().unwrap().into_bytes()).unwrap();

    let evaluation = evaluate(&index, &judgements(), &zh(), 10).unwrap();
    let by_query: BTreeMap<&str, f64> =
        evaluation.queries.iter().filter_map(|row| Some((row.query.as_str(), row.ndcg?))).collect();
    let mut by_kind: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (kind, query) in KINDS.lines().skip(1).filter_map(|line| line.split_once('\t')) {
        let ndcg = by_query.get(query).copied().unwrap_or(0.0);
        println!("{ndcg:.3}  {kind:<10}  {query}");
        by_kind.entry(kind).or_default().push(ndcg);
    }
    println!("nDCG@10 {:.4}", evaluation.ndcg);
    assert!(documents.len() >= 300 && by_query.len() >= 60, "{} products, {} queries", documents.len(), by_query.len());
    assert!(evaluation.ndcg >= 0.85, "nDCG@10 {}", evaluation.ndcg);
    for (kind, scores) in by_kind {
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        println!("{kind}: {mean:.4} over {}", scores.len());
        assert!(mean >= 0.8, "{kind}: nDCG@10 {mean}");
    }
}
