//! The plugins a merchant installed: which artefact, and whether it runs.

use crate::body;
use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;

const KIND: &str = "plugin";

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
    pub async fn delete(&self, id: &PluginId, expected: Expected) -> Result<()> {
        self.table.delete(KIND, keys::plugin(id), expected).await
    }
}
