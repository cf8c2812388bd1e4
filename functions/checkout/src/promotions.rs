//! Runs the merchant's promotion plugins over a cart. They can only propose, and one that cannot be fetched, loaded or
//! run costs the shopper nothing: the quote goes on without it, and the merchant is told which and why, in the log
//! (`promotion failed`, with the plugin's id and the stage) and in the table ([`crate::plugin_failures`]).

use crate::plugin_failures::FailureNotes;
use crate::price_cart::Item;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::category::CategoryTree;
use stoa_domain::collection::{Collection, Members};
use stoa_domain::product::Product;
use stoa_domain::promotion::Proposal;
use stoa_domain::quote::PricedLine;
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::Availability;
use stoa_domain::{Handle, Locale, PromotionId};
use stoa_plugin_runtime::{Engine, InputLine, Limits, Plugin, Promotion, PromotionContext, PromotionInput};
use stoa_storage::{PluginRecord, PluginStatus, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a quote waits for an artefact nobody has loaded yet.
const FETCH_DEADLINE: Duration = Duration::from_secs(2);
/// How long a plugin that could not be loaded is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A plugin ready to run, bounded in time and memory by who loaded it.
pub trait RunPromotion: Send + Sync {
    /// What it proposes for a cart, as `promotion` is set up by the merchant.
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Proposal, Failure>;
}

/// Turns a stored artefact into a plugin, refusing what Stoa did not sign or what is not the component `digest`.
pub trait LoadPromotion: Send + Sync {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure>;
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
}

impl LoadPromotion for Runtime {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        let engine = match self.engine.get() {
            Some(engine) => engine.clone(),
            None => {
                let new = Engine::new()?;
                self.engine.get_or_init(|| new).clone()
            }
        };
        Ok(Arc::new(Plugin::load(&engine, artefact, &self.verify_key, digest)?))
    }
}

impl RunPromotion for Plugin {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Proposal, Failure> {
        Ok(self.run(promotion, input, Limits::default())?.proposal)
    }
}

/// The active plugins of the table, each loaded once a process.
#[derive(Clone)]
pub(crate) struct Promotions {
    store: Store,
    loader: Option<Arc<dyn LoadPromotion>>,
    /// By artefact key: another version has another.
    loaded: Arc<Mutex<HashMap<String, Slot>>>,
    failures: FailureNotes,
}

#[derive(Clone)]
enum Slot {
    Ready(Arc<dyn RunPromotion>),
    Broken { since: Instant },
}

impl Promotions {
    /// Without a loader no plugin runs.
    pub(crate) fn new(store: Store, loader: Option<Arc<dyn LoadPromotion>>) -> Self {
        let failures = FailureNotes::new(store.clone());
        Self { store, loader, loaded: Arc::default(), failures }
    }

    /// What the active promotions propose for these lines. Never fails.
    pub(crate) async fn propose(
        &self,
        items: &[Item],
        priced: &[PricedLine],
        shop: &Shop,
        locale: &Locale,
        shipping: Option<&str>,
    ) -> Vec<Proposal> {
        let Some(loader) = self.loader.as_ref().filter(|_| !priced.is_empty()) else { return Vec::new() };
        let (active, input) = match self.prepare(items, priced, shop, locale, shipping).await {
            Ok(Some((active, input))) => (active, Arc::new(input)),
            Ok(None) => return Vec::new(),
            Err(error) => {
                tracing::error!(%error, stage = "prepare", "promotion failed");
                return Vec::new();
            }
        };
        let mut proposals = Vec::new();
        for record in &active {
            proposals.extend(self.run(loader, record, input.clone()).await);
        }
        proposals
    }

    /// The active plugins and what they are told; None when there are none.
    async fn prepare(
        &self,
        items: &[Item],
        priced: &[PricedLine],
        shop: &Shop,
        locale: &Locale,
        shipping: Option<&str>,
    ) -> Result<Option<(Vec<PluginRecord>, PromotionInput)>, Failure> {
        let records = self.store.plugins().list().await?;
        let active: Vec<PluginRecord> =
            records.into_iter().map(|r| r.value).filter(|r| r.status == PluginStatus::Active).collect();
        self.forget_others(&active);
        if active.is_empty() {
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
        let context =
            PromotionContext { shipping_method: shipping.map(str::to_owned), ..PromotionContext::at(Timestamp::now()) };
        Ok(Some((active, PromotionInput::new(lines, shop.currency, locale.clone(), context)?)))
    }

    async fn run(
        &self,
        loader: &Arc<dyn LoadPromotion>,
        record: &PluginRecord,
        input: Arc<PromotionInput>,
    ) -> Option<Proposal> {
        let plugin = self.ready(loader, record).await?;
        let (id, title, settings) =
            (PromotionId::new(record.id.as_str()).ok()?, record.title.clone(), record.settings.clone());
        // Off the async threads, and a panic in the host stays there.
        let ran = tokio::task::spawn_blocking(move || {
            plugin.propose(Promotion { id: &id, title: &title, settings: &settings }, &input)
        });
        match ran.await.map_err(Failure::from).and_then(|answer| answer) {
            Ok(proposal) => Some(proposal),
            Err(error) => {
                self.failures.note(record, "run", &error);
                None
            }
        }
    }

    async fn ready(&self, loader: &Arc<dyn LoadPromotion>, record: &PluginRecord) -> Option<Arc<dyn RunPromotion>> {
        let known = self.slots().get(&record.artefact).cloned();
        match known {
            Some(Slot::Ready(plugin)) => return Some(plugin),
            Some(Slot::Broken { since }) if since.elapsed() < RETRY_AFTER => return None,
            Some(Slot::Broken { .. }) | None => {}
        }
        let loaded = self.load(loader.clone(), record).await;
        let slot = match &loaded {
            Ok(plugin) => Slot::Ready(plugin.clone()),
            Err(error) => {
                self.failures.note(record, "load", &error);
                Slot::Broken { since: Instant::now() }
            }
        };
        self.slots().insert(record.artefact.clone(), slot);
        loaded.ok()
    }

    async fn load(
        &self,
        loader: Arc<dyn LoadPromotion>,
        record: &PluginRecord,
    ) -> Result<Arc<dyn RunPromotion>, Failure> {
        let objects = self.store.objects();
        let bytes = tokio::time::timeout(FETCH_DEADLINE, objects.private_get(&record.artefact)).await??;
        let digest = record.digest.clone();
        tokio::task::spawn_blocking(move || loader.load(&bytes, &digest)).await?
    }

    fn forget_others(&self, active: &[PluginRecord]) {
        let keep: HashSet<&str> = active.iter().map(|r| r.artefact.as_str()).collect();
        self.slots().retain(|artefact, _| keep.contains(artefact.as_str()));
    }

    /// Nothing panics while it holds this lock; were it so, the map would still be whole.
    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a product is in a collection. What is in a cart counts as in stock.
fn holds(collection: &Collection, product: &Product, categories: &CategoryTree) -> bool {
    match &collection.members {
        Members::Manual(members) => members.contains(&product.id),
        Members::Rule(rule) => rule.holds(product, &[Availability::InStock], categories),
    }
}
