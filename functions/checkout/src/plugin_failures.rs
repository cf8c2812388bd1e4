//! What the merchant is told of plugins that fail: how often a release did and why the last time, in the table, where
//! `GET /admin/api/plugins` reads it.
//!
//! The write is started and not waited for, because a shopper's quote must neither wait for it nor fail with it. On Lambda
//! a process that is frozen behind its answer goes on writing with its next request; what is lost with a process is a part
//! of a count, and its log has every failure.

use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::PluginId;
use stoa_domain::plugin::Build;
use stoa_storage::{PluginFailures, Store};

/// A process writes at most so often about one plugin; what happens between is counted and goes with the next write.
const INTERVAL: Duration = Duration::from_secs(60);
const MAX_ERROR_CHARS: usize = 300;
/// More plugins than any shop runs: beyond, what waits is forgotten rather than kept.
const MAX_PLUGINS: usize = 256;

/// The failures this process has seen. Cheap to clone.
#[derive(Clone)]
pub(crate) struct FailureNotes {
    store: Store,
    plugins: Arc<Mutex<HashMap<PluginId, Noted>>>,
}

#[derive(Default)]
struct Noted {
    written: Option<Instant>,
    waiting: Option<PluginFailures>,
}

impl FailureNotes {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, plugins: Arc::default() }
    }

    /// Logs one failure, and tells the table now or with a later one.
    pub(crate) fn note(&self, plugin: &PluginId, build: &Build, stage: &'static str, error: &dyn Display) {
        tracing::error!(%plugin, version = %build.version, %error, stage, "promotion failed");
        let Some(due) = self.due(failure(plugin, build, stage, error)) else { return };
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.plugins().note_failures(&due).await {
                tracing::warn!(plugin = %due.plugin, count = due.count, %error, "a plugin's failures were not noted");
            }
        });
    }

    /// What is to be written now, if anything is.
    fn due(&self, failure: PluginFailures) -> Option<PluginFailures> {
        // Nothing panics while it holds this lock; were it so, the map would still be whole.
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if plugins.len() >= MAX_PLUGINS {
            plugins.clear();
        }
        let noted = plugins.entry(failure.plugin.clone()).or_default();
        let sum = failure.after(noted.waiting.take());
        if noted.written.is_some_and(|at| at.elapsed() < INTERVAL) {
            noted.waiting = Some(sum);
            return None;
        }
        noted.written = Some(Instant::now());
        Some(sum)
    }
}

fn failure(plugin: &PluginId, build: &Build, stage: &str, error: &dyn Display) -> PluginFailures {
    let now = Timestamp::now();
    PluginFailures {
        plugin: plugin.clone(),
        digest: build.digest.clone(),
        version: build.version.to_string(),
        count: 1,
        first_at: now,
        last_at: now,
        stage: stage.to_owned(),
        error: in_words(error),
    }
}

/// On one line and bounded: a part of it may be what a plugin said.
pub(crate) fn in_words(error: &dyn Display) -> String {
    let words = error.to_string();
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_ERROR_CHARS).collect()
}
