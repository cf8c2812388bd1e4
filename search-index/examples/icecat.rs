//! Builds an index of the Icecat catalogue, says what it costs, and evaluates it against people's judgements.
//!
//! ```text
//! cargo run --release -p stoa-search-index --features build --example icecat [-- COMMAND]
//!     (none)          size, times, nDCG@10 a query
//!     show QUERY      the first ten products, with grades
//!     speed           microseconds a query, native, over the judged queries
//!     ablate          nDCG@10 with one part of the ranking left out at a time
//!     tune            the best numbers found on one half of the queries, tried on the other half, and both ways round
//!     write FOLDER    the index's files
//! ```
//! RANKING=file.json evaluates other numbers than the default's.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;
use stoa_domain::{Locale, Localized, ProductId};
use stoa_search_index::build::{Built, IndexBuilder};
use stoa_search_index::{
    Evaluation, Judgement, Query, Ranking, SearchDocument, SearchIndex, Vocabulary, evaluate_with,
};

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
    let built = build(&documents);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["write", folder] = arguments.as_slice() {
        write(&built, Path::new(folder));
    }
    let started = Instant::now();
    let index = SearchIndex::open(built.into_bytes()).unwrap();
    println!("opened in {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let ranking = std::env::var("RANKING").map_or_else(
        |_| Ranking::default(),
        |file| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(),
    );
    let shop = Shop { index, locale, judgements: judgements(&data.join("search/icecat-judgements.tsv")), ranking };
    match arguments.as_slice() {
        ["show", query] => shop.show(query, &documents),
        ["speed"] => shop.speed(),
        ["ablate"] => shop.ablate(),
        ["tune"] => shop.tune(),
        _ => shop.evaluate(),
    }
}

fn build(documents: &[SearchDocument]) -> Built {
    let started = Instant::now();
    let mut builder = IndexBuilder::open(None).unwrap();
    builder.apply(documents, &[]).unwrap();
    let built = builder.commit().unwrap();
    let bytes: usize = built.segments.iter().map(|segment| segment.pack.len()).sum();
    println!(
        "{} documents, {} segments, {:.2} MB, built in {:.2} s",
        documents.len(),
        built.segments.len(),
        bytes as f64 / 1e6,
        started.elapsed().as_secs_f64(),
    );
    built
}

fn write(built: &Built, folder: &Path) {
    std::fs::write(folder.join("meta"), &built.meta).unwrap();
    for (i, segment) in built.segments.iter().enumerate() {
        std::fs::write(folder.join(format!("segment-{i}")), &segment.pack).unwrap();
    }
}

struct Shop {
    index: SearchIndex,
    locale: Locale,
    judgements: Vec<Judgement>,
    ranking: Ranking,
}

impl Shop {
    fn with(&self, ranking: &Ranking) -> Evaluation {
        evaluate_with(&self.index, &self.judgements, &self.locale, 10, ranking).unwrap()
    }

    fn evaluate(&self) {
        let evaluation = self.with(&self.ranking);
        for row in &evaluation.queries {
            println!("{:.3}  {:>5}  {}", row.ndcg.unwrap_or(f64::NAN), row.total, row.query);
        }
        println!("nDCG@10 {:.4}, recall {:.3}", evaluation.ndcg, evaluation.recall);
    }

    fn show(&self, text: &str, documents: &[SearchDocument]) {
        let grades: HashMap<&str, u8> =
            self.judgements.iter().filter(|j| j.query == text).map(|j| (j.product.as_str(), j.grade)).collect();
        let titles: HashMap<&str, &str> =
            documents.iter().map(|d| (d.id.as_str(), d.title.get(&self.locale, &self.locale))).collect();
        let query = Query { limit: 10, ranking: Some(&self.ranking), ..Query::new(text, &self.locale) };
        let hits = self.index.search(&query).unwrap();
        println!("{} found, relaxed {}, corrected {:?}", hits.total, hits.relaxed, hits.corrected);
        for hit in &hits.hits {
            let id = self.index.product(hit.key).unwrap().as_str();
            let grade = grades.get(id).map_or_else(|| "-".to_string(), u8::to_string);
            println!("{grade}  {:7.3}  {id:>9}  {}", hit.score, titles[id].chars().take(110).collect::<String>());
        }
    }

    fn speed(&self) {
        const ROUNDS: u32 = 200;
        let mut texts: Vec<&str> = self.judgements.iter().map(|j| j.query.as_str()).collect();
        texts.dedup();
        let typos = ["blutooth headphone", "projecter", "lazer printer", "samsnug"];
        for (name, texts) in [("judged queries", texts.as_slice()), ("with typing errors", typos.as_slice())] {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                for text in texts {
                    let started = Instant::now();
                    std::hint::black_box(self.index.search(&Query::new(text, &self.locale)).unwrap());
                    times.push(started.elapsed().as_secs_f64() * 1e6);
                }
            }
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            println!("{name}: mean {mean:.0} µs, p50 {:.0} µs, p99 {:.0} µs", at(0.5), at(0.99));
        }
    }

    fn ablate(mut self) {
        let whole = self.with(&self.ranking).ndcg;
        println!("{whole:.4}  everything");
        for (path, without) in ABLATIONS {
            let mut value = serde_json::to_value(self.ranking).unwrap();
            *value.pointer_mut(path).unwrap() = Value::from(*without);
            let ndcg = self.with(&serde_json::from_value(value).unwrap()).ndcg;
            println!("{ndcg:.4}  {:+.4}  {path} = {without}", ndcg - whole);
        }
        self.index = self.index.with_vocabulary(&Vocabulary { own_only: true, ..Vocabulary::default() });
        let ndcg = self.with(&self.ranking).ndcg;
        println!("{ndcg:.4}  {:+.4}  no stop words, no synonyms", ndcg - whole);
    }

    /// Two folds: queries by turns, so that both halves have the same mixture.
    fn tune(&self) {
        let scored: Vec<String> =
            self.with(&self.ranking).queries.into_iter().filter(|q| q.ndcg.is_some()).map(|q| q.query).collect();
        let halves: [Vec<String>; 2] =
            [0, 1].map(|half| scored.iter().skip(half).step_by(2).cloned().collect::<Vec<_>>());
        for (train, test) in [(&halves[0], &halves[1]), (&halves[1], &halves[0])] {
            let tuned = self.climb(train);
            println!(
                "tuned on {}: {:.4} (default {:.4}); on the other {}: {:.4} (default {:.4})",
                train.len(),
                self.mean(train, &tuned),
                self.mean(train, &self.ranking),
                test.len(),
                self.mean(test, &tuned),
                self.mean(test, &self.ranking)
            );
            println!("    {}", serde_json::to_string(&tuned).unwrap());
        }
        let tuned = self.climb(&scored);
        println!("tuned on all {}: {:.4}", scored.len(), self.mean(&scored, &tuned));
        println!("    {}", serde_json::to_string(&tuned).unwrap());
    }

    fn mean(&self, queries: &[String], ranking: &Ranking) -> f64 {
        let judged = self.judgements.iter().filter(|j| queries.contains(&j.query)).cloned().collect::<Vec<_>>();
        evaluate_with(&self.index, &judged, &self.locale, 10, ranking).unwrap().ndcg
    }

    /// Coordinate ascent: each number in turn a little less or more, as long as something gains.
    fn climb(&self, queries: &[String]) -> Ranking {
        let mut best = serde_json::to_value(self.ranking).unwrap();
        let mut reached = self.mean(queries, &self.ranking);
        for _ in 0..4 {
            let before = reached;
            for (path, _) in ABLATIONS {
                for factor in [0.0, 0.5, 0.75, 1.33, 2.0] {
                    let mut tried = best.clone();
                    let number = tried.pointer_mut(path).unwrap();
                    let now = number.as_f64().unwrap();
                    *number = Value::from(if now == 0.0 { factor * 0.5 } else { now * factor });
                    let ranking: Ranking = serde_json::from_value(tried.clone()).unwrap();
                    let ndcg = self.mean(queries, &ranking);
                    if ndcg > reached + 0.0005 {
                        (best, reached) = (tried, ndcg);
                    }
                }
            }
            if reached < before + 0.001 {
                break;
            }
        }
        serde_json::from_value(best).unwrap()
    }
}

/// Numbers of [`Ranking`] and the value that switches each off.
const ABLATIONS: &[(&str, f64)] = &[
    ("/title/weight", 0.0),
    ("/title/length", 0.0),
    ("/brand/weight", 0.0),
    ("/kinds/weight", 0.0),
    ("/attributes/weight", 0.0),
    ("/attributes/length", 0.0),
    ("/description/weight", 0.0),
    ("/description/length", 0.0),
    ("/codes/weight", 0.0),
    ("/saturation", 100.0),
    ("/phrase", 0.0),
    ("/subject/weight", 0.0),
    ("/exact", 0.0),
    ("/coverage", 0.0),
    ("/head", 1.0),
    ("/parts", 0.0),
    ("/joined", 0.0),
];

fn judgements(file: &Path) -> Vec<Judgement> {
    let text = std::fs::read_to_string(file).unwrap();
    let judgement = |line: &str| {
        let mut columns = line.split('\t');
        Judgement {
            query: columns.next().unwrap().to_string(),
            product: ProductId::new(columns.next().unwrap()).unwrap(),
            grade: columns.next().unwrap().parse().unwrap(),
        }
    };
    text.lines().skip(1).map(judgement).collect()
}

/// As an import with the Icecat mapping makes it.
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
    let attributes = std::iter::once(Localized::new(locale.clone(), format!("Manufacturer number {}", text("name"))))
        .chain(attributes);
    let codes = item["ean"].as_array().into_iter().flatten().filter_map(Value::as_str).take(1).chain([text("id")]);
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
