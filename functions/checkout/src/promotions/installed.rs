//! The shop's active plugins as this process knows them. A quote asks the table for one number ([`Store::edition`]), whatever the
//! count of plugins, and reads the list only when that number is another: what was released, paused or set counts in every
//! process within the second that an eventually consistent read may lag.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::plugin::{Status, World};
use stoa_storage::{PluginRecord, Store, StoreError};

/// Read anew after so long, whatever the number says: for whoever writes the table by hand.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Installed {
    store: Store,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone)]
struct Known {
    edition: u64,
    read: Instant,
    active: Arc<[Arc<PluginRecord>]>,
}

/// What is active, and whether it is another list than the one before.
pub(super) struct Active {
    pub(super) plugins: Arc<[Arc<PluginRecord>]>,
    pub(super) is_new: bool,
}

impl Installed {
    pub(super) fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    /// By id.
    /// `edition` was read before: what changes in between is found by the next quote.
    pub(super) async fn active(&self, edition: u64) -> Result<Active, StoreError> {
        let plugins = self.store.plugins();
        let known = self.known().clone();
        if let Some(known) = known.filter(|known| known.edition == edition && known.read.elapsed() < MAX_AGE) {
            return Ok(Active { plugins: known.active, is_new: false });
        }
        let read = Instant::now();
        let (records, broken) = plugins.readable().await?;
        for error in broken {
            tracing::error!(%error, "a plugin cannot be read");
        }
        let runs = |plugin: &PluginRecord| {
            plugin.world == World::Promotion && plugin.life.status == Status::Active && plugin.life.release.is_some()
        };
        let active: Arc<[Arc<PluginRecord>]> = records.into_iter().filter(runs).map(Arc::new).collect();
        *self.known() = Some(Known { edition, read, active: active.clone() });
        Ok(Active { plugins: active, is_new: true })
    }

    /// Nothing panics while it holds this lock.
    fn known(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
