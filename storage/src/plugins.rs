//! The plugins a merchant installed: which artefact, whether it runs, and how often its release failed.

use crate::body;
use crate::keys::{self, EXPIRES_AT};
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;

const KIND: &str = "plugin";
const FAILURES: &str = "plugin failures";
/// Failures are forgotten so long after the last one.
const KEEP_FAILURES_HOURS: i64 = 30 * 24;
/// Processes that note failures of one plugin at the same moment try again this often.
const MAX_NOTE_ROUNDS: usize = 3;

/// The plugins of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Plugins<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRecord {
    pub id: PluginId,
    /// What the shopper reads as the promotion's name.
    pub title: String,
    /// The author's version: `1.2.0`.
    pub version: String,
    /// Lower-case hex SHA-256 of the uploaded component.
    pub digest: String,
    /// Key of the compiled and signed artefact in the private bucket.
    pub artefact: String,
    pub status: PluginStatus,
    /// The merchant's settings for it: JSON, as the plugin reads it.
    pub settings: String,
    pub installed_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginStatus {
    Active,
    Disabled,
}

/// What went wrong with one release of a plugin while carts were quoted: one item a plugin, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFailures {
    pub plugin: PluginId,
    /// The release: failures of another one begin at zero again.
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
    /// These on top of what is known of the same release.
    pub fn after(self, known: Option<Self>) -> Self {
        match known.filter(|known| known.digest == self.digest) {
            Some(known) => Self { count: known.count.saturating_add(self.count), first_at: known.first_at, ..self },
            None => self,
        }
    }
}

impl Plugins<'_> {
    pub async fn get(&self, id: &PluginId) -> Result<Option<Versioned<PluginRecord>>> {
        self.table.get(KIND, keys::plugin(id)).await
    }
    pub async fn put(&self, plugin: &PluginRecord, expected: Expected) -> Result<Revision> {
        self.table.put(KIND, keys::plugin(&plugin.id), plugin, expected, []).await
    }
    /// All of them, by id.
    pub async fn list(&self) -> Result<Vec<Versioned<PluginRecord>>> {
        self.table.partition(keys::PLUGINS, "").await?.iter().map(|item| body::decode(KIND, item)).collect()
    }
    /// Adds to what is known of the release.
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
    pub async fn delete(&self, id: &PluginId, expected: Expected) -> Result<()> {
        self.table.delete(KIND, keys::plugin(id), expected).await
    }
}
