//! `stoa bench freshness`: from a merchant's edit to a shopper who sees it, through the table's stream, the publisher and
//! the worker in workerd, under a steady load of searches; what a swap costs in failed requests and memory; and what a
//! thousand edits one by one leave behind. On a copy of the stocked shop, for it changes it.

pub(crate) mod asking;
pub(crate) mod edits;

use super::heap;
use super::hono::Published as View;
use super::load::{ANSWERS_WITHIN_S, free_address, load, until_ready};
use super::report::Report;
use super::search::queries::path;
use super::serve::pid;
use super::stocked::{self, Stocked};
use crate::checkout::Checkout;
use crate::dev::http::Http;
use crate::dev::stream::Stream;
use crate::edge::{self, workerd};
use crate::shop::{self, DataFolder, Secrets, Servers};
use crate::steps::{Bar, step, step_async};
use anyhow::{Context, Result, bail, ensure};
use asking::Asking;
use edits::{Editor, Kind};
use serde::Deserialize;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stoa_domain::ProductId;
use stoa_domain::snapshot::{Manifest, Pointer};
use stoa_publish::{ChangeSet, Event, Published};
use stoa_storage::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    json: bool,
    /// The catalogue to edit. Where missing: the 19,406 products beside this checkout, else the demo shop
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Edits of each kind
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    edits: u32,
    /// Searches a second meanwhile
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    searches: u32,
    /// After so many new titles, published one by one, segments and the cost of a search are looked at
    #[arg(long, value_delimiter = ',', default_values_t = [1, 100, 1_000])]
    after: Vec<u32>,
    /// How long one run of load takes there
    #[arg(long, default_value_t = 4)]
    seconds: u32,
}

const PATIENCE: Duration = Duration::from_secs(120);
/// Of the catalogue's products, so that a quarter is outside the base or deleted and the whole index is written anew.
const WHOLE_PERCENT: usize = 14;
const SAMPLE: usize = 400;
const QUERIES: usize = 40;
const MANY_PIECES: u32 = 40;

/// What the publisher made of the stream's batches: how long it took, what came of it.
type Log = RefCell<Vec<(Duration, Option<Published>)>>;

pub(crate) async fn bench(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let catalogue = stocked::catalogue(checkout, arguments.catalog.as_deref());
    let build = edge::build::build(checkout, true)?;
    let stocked = Stocked::open(checkout, catalogue.as_deref()).await?;
    let folder = step_async("a copy of the shop", copy(checkout, stocked)).await?;
    let secrets = Secrets::of(folder.path())?;
    let servers = Servers::start(&folder, &secrets).await?;
    let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
    // The whole index is read below, so that what an earlier run left has no part in it.
    let view = View::read(&store).await?;
    let ids: Vec<ProductId> = view.views.keys().cloned().collect();
    let sample: Vec<ProductId> = ids.iter().step_by((ids.len() / SAMPLE).max(1)).take(SAMPLE).cloned().collect();
    let paths = queries(&view);
    let editor = Editor::new(&store, sample).await?;

    let (address, inspector) = (free_address()?, free_address()?);
    let bindings = workerd::Bindings {
        objects_url: servers.public_url(),
        functions_url: "http://127.0.0.1:9".into(),
        limited: true,
    };
    let worker_folder = folder.path().join("edge");
    let log = folder.path().join("edge.log");
    let worker = workerd::start(checkout, &build, &worker_folder, &address, &bindings, Some(&inspector), &log)?;
    until_ready(&address, &paths[0], ANSWERS_WITHIN_S)?;
    let site = Site {
        store: &store,
        http: Http::new(),
        address: &address,
        pid: pid(&worker)?,
        paths: &paths,
        folder: folder.path(),
        held: &|| heap::usage(checkout, &worker_folder, &inspector, true),
    };

    let mut report = Report::new("freshness");
    site.look(&mut report, "before", arguments.seconds).await?;
    let asking = Asking::start(&address, &paths, arguments.searches);
    let stream_file = folder.path().join("freshness-stream.json");
    let mut stream = Stream::open(servers.dynamodb_url(), store.table_name(), stream_file).await?;
    step_async("the stream so far", stream.skip_to_end()).await?;
    let done = Log::default();
    let (on, noted) = (&store, &done);
    let follow = stream.follow(|batch| async move {
        let event: Event = serde_json::from_value(batch).context("a stream batch is not in Lambda's shape")?;
        let started = Instant::now();
        let published = stoa_publish::handle(on, &event).await?;
        noted.borrow_mut().push((started.elapsed(), published));
        Ok(())
    });
    tokio::select! {
        never = follow => match never {},
        measured = one_by_one(&site, &editor, arguments.edits as usize, &done, &mut report) => measured?,
    }
    finish_asking(asking, "edits", &mut report).await?;
    site.look(&mut report, "edited", arguments.seconds).await?;

    let mut made = 0;
    for after in &arguments.after {
        let bar = Bar::new(&format!("{after} new titles, one by one"));
        let published = many(&site, &editor, made, *after as usize, &bar, &mut report).await;
        bar.finish(published)?;
        made = *after as usize;
        site.look(&mut report, &format!("after_{after}"), arguments.seconds).await?;
    }

    let asking = Asking::start(&address, &paths, arguments.searches);
    step_async("a new title for every seventh product", whole(&site, &editor, &ids, &mut report)).await?;
    finish_asking(asking, "whole_index", &mut report).await?;
    site.look(&mut report, "whole_index", arguments.seconds).await?;
    report.ratio("cpu_per_request", ("edited", "stoa"), ("before", "stoa"));
    for after in &arguments.after {
        report.ratio("cpu_per_request", (&format!("after_{after}"), "stoa"), ("before", "stoa"));
    }
    for case in ["edited", "whole_index"] {
        report.ratio("resident_bytes", (case, "stoa"), ("before", "stoa"));
    }
    report.finish();
    drop(worker);
    servers.stop().await;
    report.print(arguments.json)
}

/// A shop of its own, made of the stocked one's files.
async fn copy(checkout: &Checkout, stocked: Stocked) -> Result<DataFolder> {
    let Stocked { folder: from, servers, store } = stocked;
    drop(store);
    servers.stop().await;
    let folder = checkout.target.join("bench/freshness");
    let Some(held) = DataFolder::lock(&folder)? else { bail!("another bench of freshness runs: wait for it") };
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let path = entry.path();
        match entry.file_name().to_str() {
            Some("lock") => {}
            _ if entry.file_type()?.is_dir() => std::fs::remove_dir_all(&path)?,
            _ => std::fs::remove_file(&path)?,
        }
    }
    for name in ["secrets.json", "objects", "dynamodb.sqlite", "dynamodb.sqlite-wal"] {
        copy_all(&from.path().join(name), &folder.join(name))?;
    }
    Ok(held)
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if from.exists() {
        std::fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}

/// The first words of titles, evenly over the catalogue.
fn queries(view: &View) -> Vec<String> {
    let step = (view.views.len() / QUERIES).max(1);
    let locale = &view.shop.shop.default_locale;
    let titles = view.views.values().step_by(step).take(QUERIES).map(|v| v.product.title.get(locale, locale));
    let words = titles.map(|title| title.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    words.map(|text| path(&text, &[])).collect()
}

/// The shop as it is looked at.
struct Site<'a> {
    store: &'a Store,
    http: Http,
    address: &'a str,
    pid: u32,
    paths: &'a [String],
    folder: &'a Path,
    held: &'a dyn Fn() -> Result<f64>,
}

#[derive(Deserialize)]
struct Health {
    published: u64,
}

impl Site<'_> {
    async fn published(&self) -> Result<(Pointer, Manifest)> {
        let pointer: Pointer = serde_json::from_slice(&self.store.objects().get_pointer().await?)?;
        let manifest = self.store.objects().get_public(&format!("snapshots/{}.json", pointer.manifest)).await?;
        Ok((pointer, serde_json::from_slice(&manifest)?))
    }

    /// Segments, bytes, the cost of a search, and what the isolate holds. Its WebAssembly memory never shrinks, so this
    /// holds the peak of every swap before.
    async fn look(&self, report: &mut Report, case: &str, seconds: u32) -> Result<()> {
        let (pointer, manifest) = self.published().await?;
        let started = Instant::now();
        loop {
            let (_, body) = self.http.get(&format!("http://{}/healthz", self.address), PATIENCE).await?;
            if serde_json::from_slice::<Health>(&body).is_ok_and(|health| health.published == pointer.version) {
                break;
            }
            ensure!(started.elapsed() < PATIENCE, "the worker does not take version {} over", pointer.version);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let index = &manifest.index;
        let bytes: u64 = index.segments.iter().chain([&index.meta]).map(|object| object.bytes).sum();
        report.sample(case, "stoa", "segments", "", index.segments.len() as f64);
        report.sample(case, "stoa", "index_bytes", "B", bytes as f64);
        for _ in 0..3 {
            let run = load(self.pid, self.address, self.paths, seconds, self.folder)?;
            report.sample(case, "stoa", "requests_per_s", "1/s", run.requests_per_s);
            report.sample(case, "stoa", "cpu_per_request", "µs", run.cpu_us);
        }
        let held = step("what the isolate holds", self.held)?;
        report.sample(case, "stoa", "resident_bytes", "B", held);
        Ok(())
    }
}

/// Each edit waits until the one before is seen.
async fn one_by_one(site: &Site<'_>, editor: &Editor<'_>, edits: usize, done: &Log, report: &mut Report) -> Result<()> {
    let bar = Bar::new("edits, one by one");
    for n in 0..edits {
        bar.at(n as u64, edits as u64, "of each kind");
        for kind in Kind::ALL {
            done.borrow_mut().clear();
            let since = Instant::now();
            let sight = editor.make(kind, n).await?;
            let seen = sight.wait(&site.http, site.address, since, PATIENCE).await?;
            report.sample(kind.name(), "stoa", "visible", "ms", seen.as_secs_f64() * 1e3);
            for (took, published) in done.borrow().iter() {
                if let Some(Published::New { objects, bytes, .. }) = published {
                    report.sample(kind.name(), "stoa", "publish", "ms", took.as_secs_f64() * 1e3);
                    report.sample(kind.name(), "stoa", "uploaded_objects", "", *objects as f64);
                    report.sample(kind.name(), "stoa", "uploaded_bytes", "B", *bytes as f64);
                }
            }
        }
        // One piece fewer of many is read and publishes nothing.
        done.borrow_mut().clear();
        editor.restock(n, MANY_PIECES).await?;
        quiet(done).await?;
        editor.sell_one_of_many(n).await?;
        let batches = quiet(done).await?;
        let news = batches.iter().filter(|published| matches!(published, Some(Published::New { .. }))).count();
        report.sample("sold_one_of_many", "stoa", "versions", "", news as f64);
    }
    report.p99("visible", "visible_p99");
    bar.finish(Ok(()))
}

/// What was published until nothing more comes for a while.
async fn quiet(done: &Log) -> Result<Vec<Option<Published>>> {
    let started = Instant::now();
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(600)).await;
        let now = done.borrow().len();
        if now > 0 && now == before {
            return Ok(done.borrow_mut().drain(..).map(|(_, published)| published).collect());
        }
        ensure!(started.elapsed() < PATIENCE, "the stream brought nothing");
        before = now;
    }
}

async fn many(
    site: &Site<'_>,
    editor: &Editor<'_>,
    from: usize,
    to: usize,
    bar: &Bar,
    report: &mut Report,
) -> Result<()> {
    for n in from..to {
        bar.at((n - from) as u64, (to - from) as u64, "published");
        let changed = editor.retitle_one(n).await?;
        let started = Instant::now();
        stoa_publish::apply(site.store, &ChangeSet::of_products([changed]), &|_| {}).await?;
        report.sample(&format!("after_{to}"), "stoa", "publish", "ms", started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

/// So many at once that the index is written anew: the largest swap there is.
async fn whole(site: &Site<'_>, editor: &Editor<'_>, ids: &[ProductId], report: &mut Report) -> Result<()> {
    let some: Vec<ProductId> = ids.iter().take(ids.len() * WHOLE_PERCENT / 100).cloned().collect();
    let sight = editor.retitle(&some, 0).await?;
    let since = Instant::now();
    stoa_publish::apply(site.store, &ChangeSet::of_products(some), &|_| {}).await?;
    report.sample("whole_index", "stoa", "publish", "ms", since.elapsed().as_secs_f64() * 1e3);
    let seen = sight.wait(&site.http, site.address, since, PATIENCE).await?;
    report.sample("whole_index", "stoa", "visible", "ms", seen.as_secs_f64() * 1e3);
    Ok(())
}

async fn finish_asking(asking: Asking, case: &str, report: &mut Report) -> Result<()> {
    let asked = asking.stop().await;
    report.sample(case, "searches", "answered", "", asked.took_ms.len() as f64);
    report.sample(case, "searches", "failed", "", asked.failed.len() as f64);
    for (percent, metric) in [(50, "latency_p50"), (99, "latency_p99"), (100, "latency_max")] {
        let took = asked.percentile_ms(percent).context("nothing was answered")?;
        report.sample(case, "searches", metric, "µs", took * 1e3);
    }
    ensure!(asked.failed.is_empty(), "{} searches failed during swaps: {}", asked.failed.len(), asked.failed[0]);
    Ok(())
}
