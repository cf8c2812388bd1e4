//! Builds an index of the Icecat catalogue, says what it costs, and evaluates it against people's judgements.
//! `cargo run --release -p stoa-search-index --features build --example icecat [-- out-folder]`
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::{Judgement, SearchDocument, SearchIndex, evaluate};

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let catalogue = data.join("catalog/icecat-19406.jsonl.gz");
    if !catalogue.exists() {
        println!("skipped: {} does not exist", catalogue.display());
        return;
    }
    let locale = Locale::new("en").unwrap();
    let file = BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(catalogue).unwrap()));
    let documents: Vec<SearchDocument> =
        file.lines().map(|line| document(&serde_json::from_str(&line.unwrap()).unwrap(), &locale)).collect();

    let started = Instant::now();
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(&documents, &[]).unwrap();
    let built = builder.commit().unwrap();
    let bytes: usize = built.segments.iter().map(|segment| segment.pack.len()).sum();
    println!(
        "{} documents, {} segments, {:.2} MB, built in {:.2} s",
        documents.len(),
        built.segments.len(),
        bytes as f64 / 1e6,
        started.elapsed().as_secs_f64(),
    );
    if let Some(folder) = std::env::args().nth(1) {
        std::fs::write(Path::new(&folder).join("meta"), &built.meta).unwrap();
        for (i, segment) in built.segments.iter().enumerate() {
            std::fs::write(Path::new(&folder).join(format!("segment-{i}")), &segment.pack).unwrap();
        }
    }
    let started = Instant::now();
    let index = SearchIndex::open(built.into_bytes()).unwrap();
    println!("opened in {:.1} ms", started.elapsed().as_secs_f64() * 1e3);

    let judgements = std::fs::read_to_string(data.join("search/icecat-judgements.tsv")).unwrap();
    let judgements: Vec<Judgement> = judgements
        .lines()
        .skip(1)
        .map(|line| {
            let mut columns = line.split('\t');
            Judgement {
                query: columns.next().unwrap().to_string(),
                product: ProductId::new(columns.next().unwrap()).unwrap(),
                grade: columns.next().unwrap().parse().unwrap(),
            }
        })
        .collect();
    let started = Instant::now();
    let evaluation = evaluate(&index, &judgements, &locale).unwrap();
    for (query, ndcg) in &evaluation.queries {
        println!("{ndcg:.3}  {query}");
    }
    println!(
        "nDCG@10 {:.4} over {} queries, {:.2} ms a query",
        evaluation.ndcg_at_10,
        evaluation.queries.len(),
        started.elapsed().as_secs_f64() * 1e3 / evaluation.queries.len() as f64
    );
}

fn document(item: &Value, locale: &Locale) -> SearchDocument {
    let text = |key: &str| item[key].as_str().unwrap_or_default();
    let attributes = item.as_object().unwrap().iter().filter_map(|(key, value)| {
        let label = key.strip_prefix("attr_")?.get(2..)?.replace('_', " ");
        let value = match value {
            Value::Bool(false) => return None,
            Value::Bool(true) => String::new(),
            Value::String(value) => value.clone(),
            value => value.to_string(),
        };
        Some(Localized::new(locale.clone(), format!("{label} {value}")))
    });
    let codes = item["ean"].as_array().into_iter().flatten().filter_map(Value::as_str).chain([text("name")]);
    SearchDocument {
        id: ProductId::new(text("id")).unwrap(),
        title: Localized::new(locale.clone(), text("title")),
        brand: Some(text("supplier").to_string()),
        kinds: item["attr_t_product_type"]
            .as_str()
            .map(|kind| Localized::new(locale.clone(), kind))
            .into_iter()
            .collect(),
        attributes: attributes.collect(),
        description: Localized::new(locale.clone(), text("short_description")),
        codes: codes.map(str::to_string).collect(),
    }
}
