//! Runs the merchant's promotion plugins over a cart. They can only propose, and one that cannot be fetched, loaded or
//! run costs the shopper nothing: the quote goes on without it, and the log tells the merchant which and why
//! (`promotion failed`, with the plugin's id and the stage).

use crate::price_cart::Item;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::promotion::{Operation, Proposal};
use stoa_domain::shop::Shop;
use stoa_domain::{Locale, Money, ProductId, PromotionId, Sku};
use stoa_storage::{PluginRecord, PluginStatus, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a quote waits for an artefact nobody has loaded yet.
const FETCH_DEADLINE: Duration = Duration::from_secs(2);
/// How long a plugin that could not be loaded is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// What a promotion is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionCart {
    pub locale: Locale,
    pub currency: stoa_domain::Currency,
    pub lines: Vec<PromotionLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionLine {
    pub sku: Sku,
    pub product: ProductId,
    pub tags: Vec<String>,
    pub quantity: u32,
    pub unit_price: Money,
}

/// A plugin ready to run. Bounded in time and memory by who loaded it.
pub trait Promotion: Send + Sync {
    /// `settings`: the merchant's, as JSON.
    fn propose(&self, cart: &PromotionCart, settings: &str) -> Result<Vec<Operation>, Failure>;
}

/// Turns a stored artefact into a plugin, refusing what Stoa did not sign.
pub trait LoadPromotion: Send + Sync {
    fn load(&self, artefact: &[u8]) -> Result<Arc<dyn Promotion>, Failure>;
}

/// The active plugins of the table, each loaded once a process.
#[derive(Clone)]
pub(crate) struct Promotions {
    store: Store,
    loader: Option<Arc<dyn LoadPromotion>>,
    /// By artefact key: another version has another.
    loaded: Arc<Mutex<HashMap<String, Slot>>>,
}

#[derive(Clone)]
enum Slot {
    Ready(Arc<dyn Promotion>),
    Broken { since: Instant },
}

impl Promotions {
    /// Without a loader no plugin runs.
    pub(crate) fn new(store: Store, loader: Option<Arc<dyn LoadPromotion>>) -> Self {
        Self { store, loader, loaded: Arc::default() }
    }

    /// What the active promotions propose for these items. Never fails.
    pub(crate) async fn propose(&self, items: &[Item], shop: &Shop, locale: &Locale) -> Vec<Proposal> {
        let Some(loader) = self.loader.as_ref().filter(|_| items.iter().any(|i| i.offer.is_some())) else {
            return Vec::new();
        };
        let records = match self.store.plugins().list().await {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, stage = "list", "promotion failed");
                return Vec::new();
            }
        };
        let active: Vec<PluginRecord> =
            records.into_iter().map(|r| r.value).filter(|r| r.status == PluginStatus::Active).collect();
        self.forget_others(&active);
        let cart = Arc::new(promotion_cart(items, shop, locale));
        let runs = active.iter().map(|record| self.run(loader, record, cart.clone()));
        let mut proposals = Vec::new();
        for run in runs {
            proposals.extend(run.await);
        }
        proposals
    }

    async fn run(
        &self,
        loader: &Arc<dyn LoadPromotion>,
        record: &PluginRecord,
        cart: Arc<PromotionCart>,
    ) -> Option<Proposal> {
        let plugin = self.ready(loader, record).await?;
        let settings = record.settings.clone();
        // Off the async threads, and a panic in the host stays there.
        let ran = tokio::task::spawn_blocking(move || plugin.propose(&cart, &settings)).await;
        match ran.map_err(Failure::from).and_then(|answer| answer) {
            Ok(operations) => Some(Proposal {
                promotion: PromotionId::new(record.id.as_str()).ok()?,
                title: record.title.clone(),
                operations,
            }),
            Err(error) => {
                tracing::error!(plugin = %record.id, version = record.version, %error, stage = "run", "promotion failed");
                None
            }
        }
    }

    async fn ready(&self, loader: &Arc<dyn LoadPromotion>, record: &PluginRecord) -> Option<Arc<dyn Promotion>> {
        let known = self.slots().get(&record.artefact).cloned();
        match known {
            Some(Slot::Ready(plugin)) => return Some(plugin),
            Some(Slot::Broken { since }) if since.elapsed() < RETRY_AFTER => return None,
            Some(Slot::Broken { .. }) | None => {}
        }
        let loaded = self.load(loader.clone(), &record.artefact).await;
        let slot = match &loaded {
            Ok(plugin) => Slot::Ready(plugin.clone()),
            Err(error) => {
                tracing::error!(plugin = %record.id, version = record.version, %error, stage = "load", "promotion failed");
                Slot::Broken { since: Instant::now() }
            }
        };
        self.slots().insert(record.artefact.clone(), slot);
        loaded.ok()
    }

    async fn load(&self, loader: Arc<dyn LoadPromotion>, artefact: &str) -> Result<Arc<dyn Promotion>, Failure> {
        let objects = self.store.objects();
        let bytes = tokio::time::timeout(FETCH_DEADLINE, objects.private_get(artefact)).await??;
        tokio::task::spawn_blocking(move || loader.load(&bytes)).await?
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

fn promotion_cart(items: &[Item], shop: &Shop, locale: &Locale) -> PromotionCart {
    let line = |item: &Item| {
        let offer = item.offer.as_ref()?;
        Some(PromotionLine {
            sku: item.line.sku.clone(),
            product: item.line.product.clone(),
            tags: offer.product.tags.clone(),
            quantity: item.line.quantity,
            unit_price: offer.variant()?.price,
        })
    };
    PromotionCart { locale: locale.clone(), currency: shop.currency, lines: items.iter().filter_map(line).collect() }
}
