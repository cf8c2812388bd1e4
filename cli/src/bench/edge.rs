//! The edge served by workerd directly on one core, the load on the other. Cases in turn, A B A B.

use super::heap;
use super::hono::{self, Published};
use super::load::{load, resident_bytes};
use super::report::Report;
use super::serve::{pid, serve};
use super::stocked::{self, Stocked};
use crate::checkout::Checkout;
use crate::dev::http::Http;
use crate::edge::{self, workerd};
use crate::steps::step_async;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    json: bool,
    /// The catalogue to serve. Where missing: the 19,406 products beside this checkout, else the demo shop
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// How often each case is run
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long one run takes
    #[arg(long, default_value_t = 4)]
    seconds: u32,
}

/// Products asked for in turn; all their pages fit into the worker's memory.
const SAMPLE: usize = 400;
/// Names of the shop. Under each every product is another page, more in all than the worker's memory holds: those are
/// rendered each time.
const NAMES: usize = 25;
const QUERIES: [&str; 8] =
    ["usb cable", "laser printer", "samsung", "24 inch monitor", "wireless mouse", "hdmi", "toner black", "ssd"];

pub(crate) async fn bench(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let catalogue = stocked::catalogue(checkout, arguments.catalog.as_deref());
    let build = edge::build::build(checkout, true)?;
    let Stocked { folder, servers, store } = Stocked::open(checkout, catalogue.as_deref()).await?;
    let published = Published::read(&store).await?;
    let handles = published.sample(SAMPLE);
    let bindings = workerd::Bindings {
        objects_url: servers.public_url(),
        functions_url: "http://127.0.0.1:9".into(),
        limited: true,
    };

    let mut report = Report::new("edge");
    let (stoa, stoa_address) =
        serve(checkout, &build, &folder.path().join("edge"), &bindings, "/healthz", "stoa", &mut report)?;
    let first = format!("/products/{}", handles.first().context("the catalogue is empty")?);
    let (headers, page) = step_async("a page of ours", get(&stoa_address, &first)).await?;
    let peer = hono::build(checkout, folder.path(), &published, &handles, &headers, &page)?;
    let (hono, hono_address) =
        serve(checkout, &peer, &folder.path().join("hono"), &bindings, &first, "hono", &mut report)?;
    let (their_headers, their_page) = get(&hono_address, &first).await?;
    alike(&page, &their_page)?;
    if let Some((name, _)) = headers.iter().find(|(name, _)| !their_headers.contains_key(*name)) {
        bail!("the peer does not send the header {name}, so it is no fair peer");
    }

    let products: Vec<String> = handles.iter().map(|h| format!("/products/{h}")).collect();
    let rendered: Vec<String> =
        (0..NAMES).flat_map(|n| products.iter().map(move |p| format!("//shop{n}.example{p}"))).collect();
    let lists = vec!["/collections".to_owned(), "/search?q=a&page=2".to_owned()];
    let queries: Vec<String> = QUERIES.iter().map(|q| format!("/search?q={}", q.replace(' ', "+"))).collect();
    let constant = vec!["/robots.txt".to_owned()];
    let cases: [(&str, &str, u32, &str, Vec<String>); 8] = [
        ("constant", "constant", pid(&stoa)?, &stoa_address, constant),
        ("product_one", "stoa", pid(&stoa)?, &stoa_address, vec![first.clone()]),
        ("product", "stoa", pid(&stoa)?, &stoa_address, products.clone()),
        ("product", "hono", pid(&hono)?, &hono_address, products.clone()),
        ("product_rendered", "stoa", pid(&stoa)?, &stoa_address, rendered.clone()),
        ("product_rendered", "hono", pid(&hono)?, &hono_address, rendered),
        ("collection", "stoa", pid(&stoa)?, &stoa_address, lists),
        ("search", "stoa", pid(&stoa)?, &stoa_address, queries.clone()),
    ];
    for (_, _, pid, address, paths) in &cases {
        load(*pid, address, paths, 2, folder.path())?;
    }
    for _ in 0..arguments.rounds {
        for (case, subject, pid, address, paths) in &cases {
            let run = load(*pid, address, paths, arguments.seconds, folder.path())?;
            report.sample(case, subject, "requests_per_s", "1/s", run.requests_per_s);
            report.sample(case, subject, "latency_p50", "µs", run.latency_p50_us);
            report.sample(case, subject, "latency_p99", "µs", run.latency_p99_us);
            report.sample(case, subject, "cpu_per_request", "µs", run.cpu_us);
        }
        report.sample("after_load", "stoa", "resident_bytes", "B", resident_bytes(pid(&stoa)?)?);
        report.sample("after_load", "hono", "resident_bytes", "B", resident_bytes(pid(&hono)?)?);
    }
    for metric in ["requests_per_s", "cpu_per_request"] {
        for case in ["product", "product_rendered"] {
            report.ratio(metric, (case, "stoa"), (case, "hono"));
        }
        for case in ["product_one", "product", "product_rendered", "collection", "search"] {
            report.ratio(metric, (case, "stoa"), ("constant", "constant"));
        }
    }
    drop((stoa, hono));
    for (subject, build, paths) in
        [("stoa", &build, [&products[..], &queries].concat()), ("hono", &peer, products.clone())]
    {
        let held = heap::held_bytes(checkout, build, &folder.path().join(subject), &bindings, &paths, false)?;
        report.sample("isolate", subject, "resident_bytes", "B", held);
    }
    report.finish();
    servers.stop().await;
    report.print(arguments.json)
}

async fn get(address: &str, path: &str) -> Result<(HeaderMap, String)> {
    let url = format!("http://{address}{path}");
    let answer = Http::new().exchange(Request::get(&url).body(Body::empty())?, Duration::from_secs(10)).await?;
    if !answer.status().is_success() {
        bail!("{url} answered {}", answer.status());
    }
    let (head, body) = answer.into_parts();
    Ok((head.headers, String::from_utf8(body.to_vec()).context("a page is UTF-8")?))
}

/// The peer must do the same work: the words of the two pages' main parts are compared.
fn alike(ours: &str, theirs: &str) -> Result<()> {
    let (ours, theirs) = (words(ours), words(theirs));
    let missing: Vec<_> = ours.iter().filter(|w| !theirs.contains(w)).collect();
    // Ours says a little more: tax, stock, what the pictures are.
    if missing.len() * 10 > ours.len() {
        bail!("the peer's page lacks {} of {} words, so it is no fair peer: {missing:?}", missing.len(), ours.len());
    }
    Ok(())
}

fn words(page: &str) -> Vec<String> {
    let main = page.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).map_or("", |(main, _)| main);
    let mut text = String::new();
    let mut inside_tag = true;
    for c in main.chars() {
        match c {
            '<' => inside_tag = true,
            '>' => {
                inside_tag = false;
                text.push(' ');
            }
            c if !inside_tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().map(str::to_owned).collect()
}
