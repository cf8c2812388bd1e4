//! Records of runs: what a plugin was given, what it answered and what that took. They lie in two rings of slots, one of
//! samples and one of failures: a new record takes the place of an old one, so a plugin that fails with every cart fills
//! its own ring and no more.

use super::Plugins;
use crate::keys::{self, EXPIRES_AT};
use crate::{Expected, Result, Versioned, body};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;
use stoa_domain::marketing::Action;
use stoa_domain::plugin::Version;
use stoa_domain::promotion::Operation;

const KIND: &str = "plugin run";
/// A record is forgotten after so many days.
pub const RUN_DAYS: i64 = 7;
/// Of a record as JSON; what is larger is not kept.
pub const MAX_RUN_BYTES: usize = 40_000;
const SAMPLES: u64 = 300;
const FAILURES: u64 = 100;

/// One run. It names no shopper: a plugin is told nothing of one, and what it was told is all that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRun {
    /// `run_…`
    pub id: String,
    pub plugin: PluginId,
    pub version: Version,
    pub digest: String,
    pub at: Timestamp,
    /// What the plugin was told of the cart or of the event: JSON, as the runtime writes its input.
    pub input: String,
    /// Which of the runtime's ways to write it.
    pub input_format: u32,
    /// JSON.
    pub settings: String,
    pub outcome: RunOutcome,
    /// None where it failed.
    pub fuel: Option<u64>,
    pub memory_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    Operations(Vec<Operation>),
    /// Of a marketing plugin: what it proposed, done or not.
    Actions(Vec<Action>),
    Failed {
        code: String,
        message: String,
    },
}

impl PluginRun {
    fn ring(&self) -> (&'static str, u64) {
        match self.outcome {
            RunOutcome::Operations(_) | RunOutcome::Actions(_) => ("SAMPLE", SAMPLES),
            RunOutcome::Failed { .. } => ("FAILURE", FAILURES),
        }
    }
}

impl Plugins<'_> {
    /// Keeps a record in the slot that `turn` (any number) comes to. False: it is too large to keep.
    pub async fn put_run(&self, run: &PluginRun, turn: u64) -> Result<bool> {
        let (ring, slots) = run.ring();
        let outcome = serde_json::to_string(&run.outcome).map_or(usize::MAX, |text| text.len());
        if run.input.len().saturating_add(run.settings.len()).saturating_add(outcome) > MAX_RUN_BYTES {
            return Ok(false);
        }
        let gone_at = run.at.saturating_add((RUN_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second());
        let key = keys::plugin_run(&run.plugin, ring, turn % slots);
        let extra = [(EXPIRES_AT, body::number(gone_at))];
        self.table.put(KIND, key, run, Expected::Any, extra).await?;
        Ok(true)
    }

    /// All that are kept of a plugin, the newest first.
    pub async fn runs(&self, id: &PluginId, now: Timestamp) -> Result<Vec<PluginRun>> {
        let items = self.table.partition(&keys::plugin_runs(id), "").await?;
        let decode = |item| body::decode(KIND, item).map(|read: Versioned<PluginRun>| read.value);
        let mut runs = items.iter().map(decode).collect::<Result<Vec<_>>>()?;
        // The table removes what has expired some time later.
        runs.retain(|run| run.at.saturating_add((RUN_DAYS * 24).hours()).is_ok_and(|gone| gone > now));
        runs.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(runs)
    }
}
