//! The shop's settings and promotions as this process knows them. They change seldom, and every price asks for them: a quote
//! reads one number ([`Store::edition`]) and these only where it is another, so a change counts in every process within the
//! second that an eventually consistent read may lag.

use crate::store_error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::promotion::PromotionSet;
use stoa_domain::shop::Shop;
use stoa_endpoint::ApiError;
use stoa_storage::Store;

/// Read anew after so long, whatever the number says: for whoever writes the table by hand.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Cheap to clone; clones share what they know.
#[derive(Clone)]
pub(crate) struct Rulebook {
    /// Read strongly: what is kept under an edition must not be older than it.
    store: Store,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone)]
struct Known {
    edition: u64,
    read: Instant,
    rules: Rules,
}

#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) shop: Arc<Shop>,
    pub(crate) promotions: Arc<PromotionSet>,
}

impl Rulebook {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    pub(crate) async fn rules(&self, edition: u64) -> Result<Rules, ApiError> {
        let known = self.known().clone();
        if let Some(known) = known.filter(|known| known.edition == edition && known.read.elapsed() < MAX_AGE) {
            return Ok(known.rules);
        }
        let read = Instant::now();
        let (shop, promotions) = tokio::try_join!(self.shop(), self.promotions())?;
        let rules = Rules { shop: Arc::new(shop), promotions: Arc::new(promotions) };
        *self.known() = Some(Known { edition, read, rules: rules.clone() });
        Ok(rules)
    }

    /// Without settings nothing is sold.
    async fn shop(&self) -> Result<Shop, ApiError> {
        let settings = self.store.shop().settings().await.map_err(store_error)?;
        settings.map(|s| s.value).ok_or_else(|| ApiError::internal("the table has no shop settings"))
    }

    /// One that cannot be read or is no longer valid costs the shopper nothing but itself.
    async fn promotions(&self) -> Result<PromotionSet, ApiError> {
        let (stored, broken) = self.store.promotions().readable().await.map_err(store_error)?;
        for error in broken {
            tracing::error!(%error, "a promotion cannot be read");
        }
        let (promotions, faults) = PromotionSet::of_stored(stored);
        for fault in faults {
            tracing::error!(field = fault.field, code = fault.code, rule = fault.message, "a promotion is not valid");
        }
        Ok(promotions)
    }

    /// Nothing panics while it holds this lock.
    fn known(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
