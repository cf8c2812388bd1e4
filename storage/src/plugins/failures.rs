//! What went wrong with the releases of plugins while carts were quoted, for the merchant to read.

use super::Plugins;
use crate::keys::{self, EXPIRES_AT};
use crate::{Expected, Result, StoreError, body};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;

const FAILURES: &str = "plugin failures";
/// Failures are forgotten so long after the last one.
const KEEP_FAILURES_HOURS: i64 = 30 * 24;
/// Processes that note failures of one plugin at the same moment try again this often.
const MAX_NOTE_ROUNDS: usize = 3;

/// What went wrong with one version of a plugin while carts were quoted: one item a plugin, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFailures {
    pub plugin: PluginId,
    /// The version: failures of another one begin at zero again.
    pub digest: String,
    pub version: String,
    /// At least so many: what a process had not noted when it ended is only in its log.
    pub count: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Of the last one: `load` or `run`.
    pub stage: String,
    /// Of the last one, in words for the plugin's author.
    pub error: String,
}

impl PluginFailures {
    /// These on top of what is known of the same version.
    pub fn after(self, known: Option<Self>) -> Self {
        match known.filter(|known| known.digest == self.digest) {
            Some(known) => Self { count: known.count.saturating_add(self.count), first_at: known.first_at, ..self },
            None => self,
        }
    }
}

impl Plugins<'_> {
    /// Adds to what is known of the version.
    pub async fn note_failures(&self, new: &PluginFailures) -> Result<()> {
        let key = || keys::plugin_failures(&new.plugin);
        let gone_at = new.last_at.saturating_add(KEEP_FAILURES_HOURS.hours()).map_or(i64::MAX, |t| t.as_second());
        let mut round = 1;
        loop {
            let known = self.table.get::<PluginFailures>(FAILURES, key()).await?;
            let expected = Expected::from(&known);
            let sum = new.clone().after(known.map(|read| read.value));
            let extra = [(EXPIRES_AT, body::number(gone_at))];
            match self.table.put(FAILURES, key(), &sum, expected, extra).await {
                Err(StoreError::RevisionConflict { .. }) if round < MAX_NOTE_ROUNDS => round += 1,
                done => return done.map(drop),
            }
        }
    }
    /// Of all plugins that failed lately, removed ones too.
    pub async fn failures(&self) -> Result<Vec<PluginFailures>> {
        let items = self.table.partition(keys::PLUGIN_FAILURES, "").await?;
        items.iter().map(|item| body::decode(FAILURES, item).map(|read| read.value)).collect()
    }
}
