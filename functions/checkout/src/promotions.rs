//! Runs the merchant's promotion plugins over a cart: of each the version that was released for this shopper. They can
//! only propose, and one that cannot be fetched, loaded or run costs the shopper nothing: the quote goes on without it, and
//! the merchant is told which and why, in the log (`promotion failed`, with the plugin's id and the stage), in the table
//! ([`crate::plugin_failures`]), and in a record of the run ([`records`]). One that fails too often stops ([`budget`]).

mod assignment;
mod budget;
mod records;

use crate::plugin_failures::FailureNotes;
use crate::price_cart::Item;
use axum::body::Bytes;
use budget::Budgets;
use records::RunRecords;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::category::CategoryTree;
use stoa_domain::collection::{Collection, Members};
use stoa_domain::plugin::{Build, Status};
use stoa_domain::product::Product;
use stoa_domain::promotion::Proposal;
use stoa_domain::quote::PricedLine;
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::Availability;
use stoa_domain::{Handle, Locale, PromotionId};
use stoa_plugin_runtime::script::Script;
use stoa_plugin_runtime::{
    ArtefactError, Engine, InputLine, Limits, Loaded, Plugin, Promotion, PromotionContext, PromotionInput, Run,
    RunError, artefact_key, load, shopify,
};
use stoa_storage::{PluginRecord, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a quote waits for an artefact nobody has loaded yet.
const FETCH_DEADLINE: Duration = Duration::from_secs(2);
/// How long a plugin that could not be loaded is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A plugin ready to run, bounded in time and memory by who loaded it.
pub trait RunPromotion: Send + Sync {
    /// What it proposes for a cart, as `promotion` is set up by the merchant, and what that took.
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure>;
}

/// Turns a stored artefact into a plugin, refusing what Stoa did not sign or what is not the component `digest`.
pub trait LoadPromotion: Send + Sync {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure>;

    /// Makes the engine that scripts need ready for all of them: `load` says with
    /// [`ArtefactError::NeedsScriptEngine`] that it is missing.
    fn add_script_engine(&self, _artefact: &[u8], digest: &str) -> Result<(), Failure> {
        Err(format!("nothing here runs scripts for the engine {digest}").into())
    }
}

/// The WebAssembly runtime. Its engine starts with the first plugin: a shop without plugins does not wait for it.
pub(crate) struct Runtime {
    pub(crate) verify_key: Vec<u8>,
    engine: OnceLock<Engine>,
}

impl Runtime {
    /// `verify_key`: raw Ed25519 public key.
    pub(crate) fn new(verify_key: Vec<u8>) -> Self {
        Self { verify_key, engine: OnceLock::new() }
    }

    fn engine(&self) -> Result<&Engine, Failure> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let new = Engine::new()?;
        Ok(self.engine.get_or_init(|| new))
    }
}

impl LoadPromotion for Runtime {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        Ok(match load(self.engine()?, artefact, &self.verify_key, digest)? {
            Loaded::Plugin(plugin) => Arc::new(plugin),
            Loaded::ShopifyFunction(function) => Arc::new(function),
            Loaded::Script(script) => Arc::new(script),
        })
    }

    fn add_script_engine(&self, artefact: &[u8], digest: &str) -> Result<(), Failure> {
        Ok(self.engine()?.add_script_engine(artefact, &self.verify_key, digest)?)
    }
}

impl RunPromotion for Script {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        Ok(self.run(promotion, input, Limits::default())?)
    }
}

impl RunPromotion for Plugin {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        Ok(self.run(promotion, input, Limits::default())?)
    }
}

/// The active plugins of the table, each version loaded once a process.
#[derive(Clone)]
pub(crate) struct Promotions {
    store: Store,
    loader: Option<Arc<dyn LoadPromotion>>,
    /// By artefact key: another version has another.
    loaded: Arc<Mutex<HashMap<String, Slot>>>,
    failures: FailureNotes,
    budgets: Budgets,
    records: RunRecords,
}

#[derive(Clone)]
enum Slot {
    Ready(Arc<dyn RunPromotion>),
    Broken { since: Instant },
}

/// A plugin, and the version of it that this shopper has.
struct Chosen {
    plugin: PluginRecord,
    build: Build,
}

/// Why a run gave nothing.
struct Failed {
    code: &'static str,
    message: String,
}

impl Promotions {
    /// Without a loader no plugin runs.
    pub(crate) fn new(store: Store, loader: Option<Arc<dyn LoadPromotion>>) -> Self {
        let failures = FailureNotes::new(store.clone());
        let (budgets, records) = (Budgets::new(store.clone()), RunRecords::new(store.clone()));
        Self { store, loader, loaded: Arc::default(), failures, budgets, records }
    }

    /// What the active promotions propose for these lines. `shopper` is the cart's id: it decides which version runs, and
    /// no plugin is told of it. Never fails.
    pub(crate) async fn propose(
        &self,
        items: &[Item],
        priced: &[PricedLine],
        shop: &Shop,
        locale: &Locale,
        context: PromotionContext,
        shopper: &str,
    ) -> Vec<Proposal> {
        let Some(loader) = self.loader.as_ref().filter(|_| !priced.is_empty()) else { return Vec::new() };
        let (chosen, input) = match self.prepare(items, priced, shop, locale, context, shopper).await {
            Ok(Some((chosen, input))) => (chosen, Arc::new(input)),
            Ok(None) => return Vec::new(),
            Err(error) => {
                tracing::error!(%error, stage = "prepare", "promotion failed");
                return Vec::new();
            }
        };
        let mut proposals = Vec::new();
        for one in &chosen {
            proposals.extend(self.run(loader, one, input.clone()).await);
        }
        proposals
    }

    /// What runs for this shopper and what it is told; None when nothing does.
    async fn prepare(
        &self,
        items: &[Item],
        priced: &[PricedLine],
        shop: &Shop,
        locale: &Locale,
        context: PromotionContext,
        shopper: &str,
    ) -> Result<Option<(Vec<Chosen>, PromotionInput)>, Failure> {
        let records = self.store.plugins().list().await?;
        let active: Vec<PluginRecord> =
            records.into_iter().map(|r| r.value).filter(|r| r.life.status == Status::Active).collect();
        self.forget_others(&active);
        let chosen: Vec<Chosen> = active.into_iter().filter_map(|plugin| Chosen::of(plugin, shopper)).collect();
        if chosen.is_empty() {
            return Ok(None);
        }
        let settings = self.store.shop();
        let (categories, collections) = tokio::try_join!(settings.categories(), settings.collections())?;
        let categories = CategoryTree::new(categories.into_iter().map(|c| c.value).collect())?;
        let line = |line: &PricedLine| {
            let product = &items.iter().find(|i| i.line.sku == line.sku)?.offer.as_ref()?.product;
            let within = collections.iter().filter(|c| holds(&c.value, product, &categories));
            let within: Vec<Handle> = within.map(|c| c.value.handle.clone()).collect();
            Some(InputLine::of(line, product, &categories, within, locale, &shop.default_locale))
        };
        let lines = priced.iter().filter_map(line).collect();
        Ok(Some((chosen, PromotionInput::new(lines, shop.currency, locale.clone(), context)?)))
    }

    async fn run(
        &self,
        loader: &Arc<dyn LoadPromotion>,
        chosen: &Chosen,
        input: Arc<PromotionInput>,
    ) -> Option<Proposal> {
        let Chosen { plugin, build } = chosen;
        let ready = self.ready(loader, chosen).await?;
        let (id, title, settings) =
            (PromotionId::new(plugin.id.as_str()).ok()?, plugin.title.clone(), plugin.settings.clone());
        let told = input.clone();
        // Off the async threads, and a panic in the host stays there.
        let ran = tokio::task::spawn_blocking(move || {
            ready.propose(Promotion { id: &id, title: &title, settings: &settings }, &told)
        });
        let outcome = ran.await.map_err(Failure::from).and_then(|answer| answer).map_err(Failed::of);
        self.budgets.count(plugin, build, outcome.is_err());
        self.records.keep(plugin, build, &input, outcome.as_ref());
        match outcome {
            Ok(run) => Some(run.proposal),
            Err(failed) => {
                self.failures.note(&plugin.id, build, "run", &failed.message);
                None
            }
        }
    }

    async fn ready(&self, loader: &Arc<dyn LoadPromotion>, chosen: &Chosen) -> Option<Arc<dyn RunPromotion>> {
        let artefact = &chosen.build.artefact;
        let known = self.slots().get(artefact).cloned();
        match known {
            Some(Slot::Ready(plugin)) => return Some(plugin),
            Some(Slot::Broken { since }) if since.elapsed() < RETRY_AFTER => return None,
            Some(Slot::Broken { .. }) | None => {}
        }
        let loaded = self.load(loader.clone(), &chosen.build).await;
        let slot = match &loaded {
            Ok(plugin) => Slot::Ready(plugin.clone()),
            Err(error) => {
                self.failures.note(&chosen.plugin.id, &chosen.build, "load", &error);
                Slot::Broken { since: Instant::now() }
            }
        };
        self.slots().insert(artefact.clone(), slot);
        loaded.ok()
    }

    async fn load(&self, loader: Arc<dyn LoadPromotion>, build: &Build) -> Result<Arc<dyn RunPromotion>, Failure> {
        let bytes = self.fetch(&build.artefact).await?;
        let load = |loader: Arc<dyn LoadPromotion>| {
            let (bytes, digest) = (bytes.clone(), build.digest.clone());
            tokio::task::spawn_blocking(move || loader.load(&bytes, &digest))
        };
        let error = match load(loader.clone()).await? {
            Ok(plugin) => return Ok(plugin),
            Err(error) => error,
        };
        let Some(ArtefactError::NeedsScriptEngine { digest }) = error.downcast_ref() else { return Err(error) };
        self.add_script_engine(loader.clone(), digest.clone()).await?;
        load(loader).await?
    }

    /// Once a process, whatever number of scripts there are.
    async fn add_script_engine(&self, loader: Arc<dyn LoadPromotion>, digest: String) -> Result<(), Failure> {
        let bytes = self.fetch(&artefact_key(&digest)).await?;
        tokio::task::spawn_blocking(move || loader.add_script_engine(&bytes, &digest)).await?
    }

    async fn fetch(&self, key: &str) -> Result<Bytes, Failure> {
        Ok(tokio::time::timeout(FETCH_DEADLINE, self.store.objects().private_get(key)).await??)
    }

    /// Keeps what is released for anybody, not only for this shopper.
    fn forget_others(&self, active: &[PluginRecord]) {
        let released = active.iter().filter_map(|plugin| plugin.life.release.as_ref());
        let keep: HashSet<&str> = released.flat_map(|r| r.builds()).map(|build| build.artefact.as_str()).collect();
        self.slots().retain(|artefact, _| keep.contains(artefact.as_str()));
    }

    /// Nothing panics while it holds this lock; were it so, the map would still be whole.
    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chosen {
    fn of(plugin: PluginRecord, shopper: &str) -> Option<Self> {
        let bucket = assignment::bucket(&plugin.id, shopper);
        let build = plugin.life.release.as_ref()?.for_bucket(bucket)?.clone();
        Some(Self { plugin, build })
    }
}

impl Failed {
    fn of(error: Failure) -> Self {
        let code = match (error.downcast_ref::<RunError>(), error.downcast_ref::<shopify::Failure>()) {
            (Some(error), _) => error.code(),
            (None, Some(failure)) => failure.code(),
            (None, None) => "not_run",
        };
        Self { code, message: error.to_string() }
    }
}

/// Whether a product is in a collection. What is in a cart counts as in stock.
fn holds(collection: &Collection, product: &Product, categories: &CategoryTree) -> bool {
    match &collection.members {
        Members::Manual(members) => members.contains(&product.id),
        Members::Rule(rule) => rule.holds(product, &[Availability::InStock], categories),
    }
}
