//! Runs counted against a version's error budget. A round counts for itself and tells the table now and then; what the table
//! has heard from all rounds within the budget's minutes decides. A load that failed says nothing about the version.

use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, Tally};
use stoa_storage::{PluginFailures, PluginRecord, Store, StoreError, VersionRuns};

/// So many runs, or so many failures, are told at once.
const TELL_RUNS: u64 = 500;
const TELL_FAILURES: u64 = 10;
const MAX_ERROR_CHARS: usize = 300;

#[derive(Debug, Default)]
struct Untold {
    tally: Tally,
    last_error: String,
}

/// By the component's digest.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<HashMap<String, Untold>>);

impl Counts {
    /// Counts one run. True: it is time to tell the table.
    pub(super) fn add(&self, build: &Build, failed: Option<&str>) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.entry(build.digest.clone()).or_default();
        own.tally.runs += 1;
        if let Some(error) = failed {
            own.tally.failures += 1;
            own.last_error = in_words(&error);
        }
        own.tally.runs >= TELL_RUNS || own.tally.failures >= TELL_FAILURES
    }

    fn take(&self, build: &Build) -> Untold {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&build.digest).unwrap_or_default()
    }

    /// True: the version was stopped, here or by another round.
    pub(super) async fn tell(
        &self,
        store: &Store,
        plugin: &PluginRecord,
        build: &Build,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Untold { tally, last_error } = self.take(build);
        if tally.runs == 0 {
            return Ok(false);
        }
        if tally.failures > 0 {
            note(store, &plugin.id, build, "run", tally.failures, &last_error, now).await;
        }
        let (plugin, change, budget) = (&plugin.id, plugin.life.changes, plugin.error_budget);
        store.plugins().count_runs(VersionRuns { plugin, change, build, budget, tally }, now).await
    }
}

/// What the merchant reads of a plugin that fails, in `GET /admin/api/plugins`.
pub(super) async fn note(
    store: &Store,
    plugin: &PluginId,
    build: &Build,
    stage: &str,
    count: u64,
    error: &impl Display,
    now: Timestamp,
) {
    let (stage, error) = (stage.to_owned(), in_words(error));
    tracing::error!(%plugin, version = %build.version, error, stage, count, "marketing plugin failed");
    let failures = PluginFailures {
        plugin: plugin.clone(),
        digest: build.digest.clone(),
        version: build.version.to_string(),
        count,
        first_at: now,
        last_at: now,
        stage,
        error,
    };
    if let Err(error) = store.plugins().note_failures(&failures).await {
        tracing::warn!(%plugin, count, %error, "a plugin's failures were not noted");
    }
}

/// On one line and bounded: a part of it may be what a plugin said.
pub(super) fn in_words(error: &impl Display) -> String {
    let words = error.to_string();
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_ERROR_CHARS).collect()
}
