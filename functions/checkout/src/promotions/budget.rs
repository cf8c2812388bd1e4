//! A version that fails too much stops by itself. Every process counts its runs and tells the table now and then: at once
//! of a first failure, ten seconds later of more, and of fifty runs that went well. Who told of a failure asks what all
//! processes told in the budget's minutes, and stops the version when that is too much; every
//! quote asks whether a plugin changed, so from the next one on no process runs it.
//!
//! Nothing of it is waited for by a shopper. Told is what happened, soon or late: a process that ends takes less than fifty
//! good runs with it, and a retried write may count twice, so a budget is held to about one part in fifty. Only runs count.
//! What cannot be fetched or loaded says nothing about the version: it may be the store that is away.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, ErrorBudget, Tally};
use stoa_storage::{PluginRecord, Store, StoreError, VersionRuns};

/// So many runs are told together, or as many as the budget needs where that is less.
const TELL_RUNS: u64 = 50;
/// Between two messages about failures of one version.
const TELL_INTERVAL: Duration = Duration::from_secs(10);
/// More versions than any shop runs: beyond, what was not told is forgotten rather than kept.
const MAX_VERSIONS: usize = 512;

/// One version since one change of its plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Counted {
    plugin: PluginId,
    change: u64,
    digest: String,
}

#[derive(Default)]
struct Untold {
    tally: Tally,
    told: Option<Instant>,
}

/// What this process has counted. Cheap to clone.
#[derive(Clone)]
pub(super) struct Budgets {
    store: Store,
    untold: Arc<Mutex<HashMap<Counted, Untold>>>,
}

impl Budgets {
    pub(super) fn new(store: Store) -> Self {
        Self { store, untold: Arc::default() }
    }

    /// Counts one run, and tells the table now or later.
    pub(super) fn count(&self, plugin: &PluginRecord, build: &Build, failed: bool) {
        let counted = Counted { plugin: plugin.id.clone(), change: plugin.life.changes, digest: build.digest.clone() };
        let together = TELL_RUNS.min(u64::from(plugin.error_budget.runs));
        let Some(due) = self.due(&counted, together, failed) else { return };
        let (this, build, budget) = (self.clone(), build.clone(), plugin.error_budget);
        tokio::spawn(async move {
            if let Err(error) = this.tell(&counted, &build, budget, due, Timestamp::now()).await {
                tracing::warn!(plugin = %counted.plugin, version = %build.version, %error, "runs were not counted");
            }
        });
    }

    /// What is to be told now, if anything is.
    fn due(&self, counted: &Counted, together: u64, failed: bool) -> Option<Tally> {
        // Nothing panics while it holds this lock; were it so, the map would still be whole.
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        if untold.len() >= MAX_VERSIONS && !untold.contains_key(counted) {
            untold.clear();
        }
        let own = untold.entry(counted.clone()).or_default();
        own.tally.runs += 1;
        own.tally.failures += u64::from(failed);
        let waited = own.told.is_none_or(|told| told.elapsed() >= TELL_INTERVAL);
        if own.tally.runs < together && !(own.tally.failures > 0 && waited) {
            return None;
        }
        own.told = Some(Instant::now());
        Some(std::mem::take(&mut own.tally))
    }

    async fn tell(
        &self,
        counted: &Counted,
        build: &Build,
        budget: ErrorBudget,
        due: Tally,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Counted { plugin, change, .. } = counted;
        let runs = VersionRuns { plugin, change: *change, build, budget, tally: due };
        self.store.plugins().count_runs(runs, now).await.map(drop)
    }
}
