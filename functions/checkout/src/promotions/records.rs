//! Records of runs, for replaying a failure and for trying a new version on real carts: of every failure and of a sample of
//! what went well. A record holds what the plugin was told and what it answered, and a plugin is told nothing of a shopper
//! but the codes they typed. What somebody types can be anything: of a cart with codes nothing is recorded.
//!
//! Written behind the answer, as [`crate::plugin_failures`] is. A process keeps at most [`MAX_PER_SECOND`] in a second: a
//! plugin that fails with every cart of a busy hour costs a bounded number of writes, and the table keeps the last ones.

use super::Failed;
use crate::plugin_failures::in_words;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::plugin::Build;
use stoa_plugin_runtime::{INPUT_FORMAT, PromotionInput, Run};
use stoa_storage::{PluginRecord, PluginRun, RunOutcome, Store};
use ulid::Ulid;

const MAX_PER_SECOND: u32 = 20;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct RunRecords {
    store: Store,
    /// Since when, and how many records since.
    second: Arc<Mutex<(Instant, u32)>>,
}

impl RunRecords {
    pub(super) fn new(store: Store) -> Self {
        Self { store, second: Arc::new(Mutex::new((Instant::now(), 0))) }
    }

    /// Keeps a record of this run, if it failed or is one of the sample.
    pub(super) fn keep(
        &self,
        plugin: &PluginRecord,
        build: &Build,
        input: &Arc<PromotionInput>,
        outcome: Result<&Run, &Failed>,
    ) {
        if !input.context.codes.is_empty() {
            return;
        }
        let id = Ulid::generate();
        // The low bits are random: they choose the sample and the slot.
        let draw = (id.random() >> 16) % 100;
        if (outcome.is_ok() && draw >= u128::from(plugin.sample_percent)) || !self.may_write() {
            return;
        }
        let turn = u64::from_le_bytes(id.to_bytes().last_chunk().copied().unwrap_or_default());
        let mut run = PluginRun {
            id: format!("run_{id}"),
            plugin: plugin.id.clone(),
            version: build.version.clone(),
            digest: build.digest.clone(),
            at: Timestamp::now(),
            input: String::new(),
            input_format: INPUT_FORMAT,
            settings: plugin.settings.clone(),
            outcome: match outcome {
                Ok(run) => RunOutcome::Operations(run.proposal.operations.clone()),
                Err(failed) => RunOutcome::Failed { code: failed.code.to_owned(), message: in_words(&failed.message) },
            },
            fuel: outcome.ok().map(|run| run.fuel_used),
            memory_bytes: outcome.ok().and_then(|run| u64::try_from(run.memory_bytes).ok()),
        };
        let (store, input) = (self.store.clone(), input.clone());
        tokio::spawn(async move {
            run.input = match serde_json::to_string(&*input) {
                Ok(json) => json,
                Err(error) => return tracing::warn!(%error, "a plugin's input was not recorded"),
            };
            match store.plugins().put_run(&run, turn).await {
                Ok(true) => {}
                Ok(false) => tracing::info!(plugin = %run.plugin, run = run.id, "a run is too large to be recorded"),
                Err(error) => tracing::warn!(plugin = %run.plugin, %error, "a run was not recorded"),
            }
        });
    }

    fn may_write(&self) -> bool {
        // Nothing panics while it holds this lock.
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.0.elapsed() >= Duration::from_secs(1) {
            *second = (Instant::now(), 0);
        }
        second.1 += 1;
        second.1 <= MAX_PER_SECOND
    }
}
