//! `stoa bench search`: the worker's search beside MiniSearch and Orama in workers on the same runtime, and the same engine
//! natively behind a native server. All answer `/search.json` with the ids of the first 24 and how many there are. Cases
//! in turn, A B A B.

mod derived;
mod native;
mod peers;
pub(super) mod queries;

use super::heap;
use super::hono::Published;
use super::load::{Run, first_answer, load};
use super::report::Report;
use super::serve::{pid, serve};
use super::stocked::{self, Stocked};
use crate::checkout::Checkout;
use crate::dev::http::Http;
use crate::edge::{self, workerd::Bindings};
use crate::search::read_judgements;
use crate::steps::{step, step_async};
use anyhow::{Context, Result, ensure};
use native::Native;
use peers::Peer;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use stoa_domain::ProductId;
use stoa_search_index::{Judgement, mean_ndcg};

/// People's judgements of what these queries should find, where they lie beside the checkout.
const SHARED_JUDGEMENTS: &str = "../shared/data/search/icecat-judgements.tsv";
const K: usize = 10;
/// Fewer are not worth a median.
const COLD_STARTS: usize = 5;
/// A peer may take a quarter of a second for one query, and sixteen wait.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    json: bool,
    /// The catalogue to search. Where missing: the 19,406 products beside this checkout
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Tab-separated judgements for that catalogue: `stoa search eval` says how
    #[arg(long, value_name = "FILE.tsv")]
    judgements: Option<PathBuf>,
    /// As many products, derived from the catalogue: how the search grows
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    products: Option<u32>,
    /// Without the peers
    #[arg(long)]
    alone: bool,
    /// How often each case is run
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long one run takes
    #[arg(long, default_value_t = 4)]
    seconds: u32,
}

/// One engine that answers over HTTP.
struct Subject {
    name: &'static str,
    address: String,
    pid: u32,
}

/// What every subject answers.
#[derive(Deserialize)]
struct Answer {
    total: usize,
    hits: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    id: ProductId,
}

pub(crate) async fn bench(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let catalogue = stocked::catalogue(checkout, arguments.catalog.as_deref());
    let catalogue = catalogue.context("no catalogue to search: name one with --catalog")?;
    let catalogue = match arguments.products {
        Some(count) => derived::derive(&catalogue, count as usize, &checkout.target.join("bench"))?,
        None => catalogue,
    };
    let judgements = arguments.judgements.clone().unwrap_or_else(|| checkout.root.join(SHARED_JUDGEMENTS));
    let judgements = read_judgements(&judgements)?;
    let build = edge::build::build(checkout, true)?;
    let Stocked { folder, servers, store } = Stocked::open(checkout, Some(&catalogue)).await?;
    let published = Published::read(&store).await?;
    let engine = Native::open(&store, &published).await?;
    let cases = queries::cases(&judgements, &engine);
    let peers = match arguments.alone {
        true => Vec::new(),
        false => step_async("the peers' indexes", peers::build(checkout, folder.path(), &store, &published)).await?,
    };

    let objects_url = servers.public_url();
    let bindings =
        |limited| Bindings { objects_url: objects_url.clone(), functions_url: "http://127.0.0.1:9".into(), limited };
    let first = cases[0].1.first().context("no query")?.clone();
    let mut report = Report::new("search");
    let mut workers = vec![("stoa", build, bindings(true))];
    // The peers do not fit into what the platform gives: they are measured without its bound.
    workers.extend(peers.iter().map(|peer| (peer.name, peer.build.clone(), bindings(false))));
    let mut children = Vec::new();
    let mut subjects = Vec::new();
    for (name, build, bindings) in &workers {
        let at = folder.path().join(format!("search-{name}"));
        let (child, address) = serve(checkout, build, &at, bindings, &first, name, &mut report)?;
        subjects.push(Subject { name, address, pid: pid(&child)? });
        children.push(child);
    }
    subjects.push(Subject { name: "native", address: native::serve(&engine)?, pid: std::process::id() });

    for subject in &subjects {
        let ndcg = ndcg(subject, &judgements, &cases[0].1).await?;
        report.sample("judged", subject.name, "ndcg", "", ndcg);
        load(subject.pid, &subject.address, &cases[0].1, 1, folder.path())?;
    }
    for round in 0..arguments.rounds {
        step(&format!("round {} of {}", round + 1, arguments.rounds), || {
            for (case, paths) in &cases {
                for subject in &subjects {
                    let run = load(subject.pid, &subject.address, paths, arguments.seconds, folder.path())?;
                    sample(&mut report, case, subject.name, &run);
                }
                sample(&mut report, case, "engine", &engine.run(paths, arguments.seconds)?);
            }
            Ok(())
        })?;
    }
    for (case, _) in &cases {
        for against in ["minisearch", "orama", "native", "engine"] {
            for metric in ["requests_per_s", "cpu_per_request"] {
                report.ratio(metric, (case, "stoa"), (case, against));
            }
        }
    }
    drop(children);
    step("cold isolates", || {
        for (name, build, bindings) in &workers {
            for _ in 0..COLD_STARTS {
                let at = folder.path().join(format!("search-{name}"));
                let (answered, cpu) = first_answer(checkout, build, &at, bindings, &first)?;
                report.sample("cold", name, "first_answer", "ms", answered.as_secs_f64() * 1e3);
                report.sample("cold", name, "first_answer_cpu", "ms", cpu * 1e3);
            }
            let at = folder.path().join(format!("search-{name}"));
            let held = heap::held_bytes(checkout, build, &at, bindings, &cases[0].1, true)?;
            report.sample("isolate", name, "resident_bytes", "B", held);
        }
        Ok(())
    })?;
    report.sample("cold", "native", "first_answer", "ms", engine.first_answer(&first)?.as_secs_f64() * 1e3);
    report.sample("published", "stoa", "index_bytes", "B", engine.index_bytes as f64);
    for Peer { name, index_bytes, .. } in &peers {
        report.sample("published", name, "index_bytes", "B", *index_bytes as f64);
    }
    for against in ["minisearch", "orama"] {
        report.ratio("ndcg", ("judged", "stoa"), ("judged", against));
        report.ratio("resident_bytes", ("isolate", "stoa"), ("isolate", against));
        report.ratio("index_bytes", ("published", "stoa"), ("published", against));
        report.ratio("first_answer", ("cold", "stoa"), ("cold", against));
    }
    report.finish();
    servers.stop().await;
    report.print(arguments.json)
}

fn sample(report: &mut Report, case: &str, subject: &str, run: &Run) {
    report.sample(case, subject, "requests_per_s", "1/s", run.requests_per_s);
    report.sample(case, subject, "latency_p50", "µs", run.latency_p50_us);
    report.sample(case, subject, "latency_p99", "µs", run.latency_p99_us);
    report.sample(case, subject, "cpu_per_request", "µs", run.cpu_us);
}

/// nDCG@10 of what the subject answers over HTTP.
async fn ndcg(subject: &Subject, judgements: &[Judgement], given: &[String]) -> Result<f64> {
    let http = Http::new();
    let mut answers: HashMap<String, Vec<ProductId>> = HashMap::new();
    for query in queries::given(judgements) {
        let path = queries::path(query, &[]);
        ensure!(given.contains(&path), "{path} is not among the given queries");
        let (status, body) = http.get(&format!("http://{}{path}", subject.address), PATIENCE).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .with_context(|| format!("{} answered {path} with {status} and no results", subject.name))?;
        ensure!(answer.hits.len() <= answer.total, "{} counts wrongly at {path}", subject.name);
        answers.insert(query.to_owned(), answer.hits.into_iter().map(|found| found.id).collect());
    }
    Ok(mean_ndcg(judgements, K, |query| answers.get(query).cloned().unwrap_or_default()))
}

/// Where a subject keeps what it is made of.
fn made_in(folder: &Path, name: &str, what: &str) -> Result<PathBuf> {
    let path = folder.join(format!("{name}-{what}"));
    std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
    Ok(path)
}
