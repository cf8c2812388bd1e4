//! Quotes under load beside a plugin that traps every second time, beside the same plugin in health, and without it:
//! through the checkout's router, several shoppers at once. None may fail, and the plugin's discount is there or is not.

use super::ours::installed;
use crate::bench::clock::Laps;
use crate::bench::report::Report;
use crate::bench::till::{Site, Till, beside_the_servers};
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stoa_checkout::{LoadPromotion, RunPromotion};
use stoa_domain::plugin::ErrorBudget;
use stoa_plugin_runtime::{Limits, Plugin, Promotion, PromotionInput, Run, artefact_key};
use stoa_storage::{Expected, PluginRecord};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CASE: &str = "quotes_under_load";
const LINES: usize = 20;
const SHOPPERS: usize = 8;
/// No promotion gets far with it.
const TOO_LITTLE_FUEL: u64 = 500;

/// The real plugin. Who traps has too little fuel every second time.
#[derive(Clone)]
struct Moody {
    plugin: Plugin,
    traps: bool,
    calls: Arc<AtomicUsize>,
    trapped: Arc<AtomicUsize>,
}

impl LoadPromotion for Moody {
    fn load(&self, _: &[u8], _: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        Ok(Arc::new(self.clone()))
    }
}

impl RunPromotion for Moody {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        let starved = self.traps && self.calls.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        let limits = if starved { Limits { fuel: TOO_LITTLE_FUEL, ..Limits::default() } } else { Limits::default() };
        let ran = self.plugin.run(promotion, input, limits);
        self.trapped.fetch_add(usize::from(ran.is_err()), Ordering::Relaxed);
        Ok(ran?)
    }
}

/// `quotes`: of each subject in each round.
pub(super) async fn measure(plugin: Plugin, rounds: u32, quotes: usize, report: &mut Report) -> Result<()> {
    let site = Site::open().await?;
    install(&site).await?;
    beside_the_servers(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(on_this_thread(&site, plugin, rounds, quotes, report))
    })
}

async fn on_this_thread(site: &Site, plugin: Plugin, rounds: u32, quotes: usize, report: &mut Report) -> Result<()> {
    let moody = |traps| Moody { plugin: plugin.clone(), traps, calls: Arc::default(), trapped: Arc::default() };
    let (healthy, trapping) = (moody(false), moody(true));
    let subjects: [(&str, Option<Arc<dyn LoadPromotion>>); 3] =
        [("none", None), ("healthy", Some(Arc::new(healthy.clone()))), ("trapping", Some(Arc::new(trapping.clone())))];
    let mut tills = Vec::new();
    for (name, loader) in subjects {
        tills.push((name, Till::open(site, loader).await?));
    }
    for _ in 0..rounds {
        for (name, till) in &tills {
            let mut laps = load(till, site, quotes).await?;
            for (metric, percent) in [("latency_p50", 50), ("latency_p99", 99)] {
                report.sample(CASE, name, metric, "µs", laps.percentile(percent).context("there were quotes")?);
            }
        }
    }
    let (calls, trapped) = (trapping.calls.load(Ordering::Relaxed), trapping.trapped.load(Ordering::Relaxed));
    ensure!(trapped == calls / 2 && trapped > 0, "{trapped} of {calls} calls trapped");
    ensure!(healthy.trapped.load(Ordering::Relaxed) == 0, "the healthy plugin failed");
    for metric in ["latency_p50", "latency_p99"] {
        for beside in ["none", "healthy"] {
            report.ratio(metric, (CASE, "trapping"), (CASE, beside));
        }
    }
    Ok(())
}

/// Several shoppers, each with a cart of their own that they look at again and again.
async fn load(till: &Till<'_>, site: &Site, quotes: usize) -> Result<Laps> {
    let skus = site.skus.get(..LINES).context("the demo shop has as many variants")?;
    let mut shoppers = Vec::new();
    for _ in 0..SHOPPERS {
        let mut shopper = till.shopper();
        for sku in skus {
            shopper.add(sku).await?;
        }
        shoppers.push(shopper);
    }
    let looks = shoppers.into_iter().map(|mut shopper| async move {
        let mut laps = Laps::default();
        for _ in 0..quotes.div_ceil(SHOPPERS) {
            let cart = laps.lap(shopper.quote()).await?;
            ensure!(cart["item_count"] == LINES, "a cart lost its lines: {cart}");
        }
        anyhow::Ok(laps)
    });
    Ok(try_join_all(looks).await?.into_iter().fold(Laps::default(), Laps::and))
}

/// For every cart. Nothing stops it, however often it fails.
async fn install(site: &Site) -> Result<()> {
    let store = site.store().await;
    let [record] = &installed(1, super::FOR_THIS_CART)?[..] else { anyhow::bail!("one plugin was asked for") };
    let mut record = PluginRecord::clone(record);
    let release = record.life.release.as_mut().context("it is released")?;
    release.build.target = None;
    release.build.digest = "spend-and-save".to_owned();
    record.error_budget = ErrorBudget { percent: 100, ..ErrorBudget::default() };
    let key = artefact_key(&release.build.digest);
    store.objects().private_put(&key, "the loader has it".into(), "application/wasm").await?;
    store.plugins().put(&record, Expected::Absent).await?;
    Ok(())
}
