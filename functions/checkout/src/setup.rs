//! The shop as its merchant set it up, as this process knows it: settings, categories, collections, promotions and plugins.
//! A quote asks the table for one number ([`Store::edition`]), and reads these only when that number is another: a change
//! counts in every process within the second that an eventually consistent read may lag.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::category::CategoryTree;
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::collection::Collection;
use stoa_domain::plugin::{Status, World};
use stoa_domain::promotion::PromotionSet;
use stoa_domain::shop::Shop;
use stoa_storage::{PluginRecord, Store, StoreError};

/// Read anew after so long, whatever the number says: for whoever writes the table by hand.
const MAX_AGE: Duration = Duration::from_secs(60);

/// What belongs to one number.
pub(crate) struct Setup {
    /// None: nothing is sold yet.
    pub(crate) shop: Option<Arc<Shop>>,
    /// Taxes, shipping and what the merchant's own place is; the default where they said nothing.
    pub(crate) checkout: CheckoutSettings,
    pub(crate) categories: CategoryTree,
    pub(crate) collections: Vec<Collection>,
    pub(crate) promotions: PromotionSet,
    /// Promotion plugins that are released to somebody, by id.
    pub(crate) plugins: Arc<[Arc<PluginRecord>]>,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct KnownSetup {
    /// Read strongly: what is kept under an edition must not be older than it.
    store: Store,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone)]
struct Known {
    edition: u64,
    read: Instant,
    setup: Arc<Setup>,
}

impl KnownSetup {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    /// As it was when `edition` was read, or later.
    pub(crate) async fn of(&self, edition: u64) -> Result<Arc<Setup>, StoreError> {
        let known = self.known().clone();
        if let Some(known) = known.filter(|known| known.edition >= edition && known.read.elapsed() < MAX_AGE) {
            return Ok(known.setup);
        }
        let read = Instant::now();
        let setup = Arc::new(self.read().await?);
        *self.known() = Some(Known { edition, read, setup: setup.clone() });
        Ok(setup)
    }

    /// What cannot be read or is no longer valid costs the shopper nothing but itself.
    async fn read(&self) -> Result<Setup, StoreError> {
        let (shop, promotions, plugins) = (self.store.shop(), self.store.promotions(), self.store.plugins());
        let (settings, checkout, categories, collections, (promotions, broken), (plugins, unreadable)) = tokio::try_join!(
            shop.settings(),
            shop.checkout(),
            shop.categories(),
            shop.collections(),
            promotions.readable(),
            plugins.readable()
        )?;
        for error in broken {
            tracing::error!(%error, "a promotion cannot be read");
        }
        for error in unreadable {
            tracing::error!(%error, "a plugin cannot be read");
        }
        let (promotions, faults) = PromotionSet::of_stored(promotions);
        for fault in faults {
            tracing::error!(field = fault.field, code = fault.code, rule = fault.message, "a promotion is not valid");
        }
        let categories = CategoryTree::new(categories.into_iter().map(|read| read.value).collect());
        let categories = categories.unwrap_or_else(|error| {
            tracing::error!(%error, "the categories are no tree: promotions for a category do not apply");
            CategoryTree::default()
        });
        let runs = |plugin: &PluginRecord| {
            plugin.world == World::Promotion && plugin.life.status == Status::Active && plugin.life.release.is_some()
        };
        Ok(Setup {
            shop: settings.map(|read| Arc::new(read.value)),
            checkout: checkout.map(|read| read.value).unwrap_or_default(),
            categories,
            collections: collections.into_iter().map(|read| read.value).collect(),
            promotions,
            plugins: plugins.into_iter().filter(runs).map(Arc::new).collect(),
        })
    }

    /// Nothing panics while it holds this lock.
    fn known(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
