//! Versions of a plugin: everything that was ever uploaded, unchanged.

use super::Plugins;
use crate::{Expected, Result, StoreError, Versioned, body, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, Version, World};

const KIND: &str = "plugin version";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginVersion {
    pub plugin: PluginId,
    pub build: Build,
    #[serde(default)]
    pub abi: PluginAbi,
    #[serde(default)]
    pub world: World,
    /// Key of the bytes as they were uploaded, in the private bucket: another engine compiles them again.
    pub source: String,
    /// Of a Shopify Function: its targets with their input queries, which are compiled with it. JSON.
    #[serde(default)]
    pub targeting: Option<String>,
    /// By language.
    pub title: BTreeMap<String, String>,
    /// What the author proposes: JSON.
    pub default_settings: String,
    /// JSON Schema that settings must follow: JSON. None: the author wrote none.
    pub settings_schema: Option<String>,
    pub report: UploadReport,
    pub uploaded_at: Timestamp,
    /// The token or the part that did it.
    pub uploaded_by: String,
}

/// What a version is written against, and so how it is compiled and run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginAbi {
    #[default]
    Stoa,
    /// A Shopify Function.
    Shopify,
    /// JavaScript for the script engine.
    Script,
}

/// What was found in an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadReport {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    pub sizes: UploadSizes,
    /// In words, for the author. None of them keeps the version from running.
    pub warnings: Vec<String>,
}

/// In bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSizes {
    pub uploaded: u64,
    /// As a component.
    pub component: u64,
    /// Compiled and signed.
    pub artefact: u64,
}

impl PluginVersion {
    /// Whether it is the same thing for all that runs or shows it, whoever uploaded it when.
    pub fn same_as(&self, other: &Self) -> bool {
        self.build.digest == other.build.digest
            && self.build.target == other.build.target
            && self.title == other.title
            && self.default_settings == other.default_settings
            && self.settings_schema == other.settings_schema
    }
}

impl Plugins<'_> {
    pub async fn version(&self, id: &PluginId, version: &Version) -> Result<Option<PluginVersion>> {
        let read = self.table.get::<PluginVersion>(KIND, keys::plugin_version(id, version)).await?;
        Ok(read.map(|read| read.value))
    }

    /// All of a plugin's, the newest first.
    pub async fn versions(&self, id: &PluginId) -> Result<Vec<PluginVersion>> {
        let items = self.table.partition(&keys::plugin_life(id), keys::PLUGIN_VERSION).await?;
        let decode = |item| body::decode(KIND, item).map(|read: Versioned<PluginVersion>| read.value);
        let mut versions = items.iter().map(decode).collect::<Result<Vec<_>>>()?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.uploaded_at));
        Ok(versions)
    }

    /// Keeps a version for ever. Answers the one that is kept already under its name, if there is one: then nothing was
    /// written.
    pub async fn add_version(&self, version: &PluginVersion) -> Result<Option<PluginVersion>> {
        let key = keys::plugin_version(&version.plugin, &version.build.version);
        match self.table.put(KIND, key, version, Expected::Absent, []).await {
            Ok(_) => Ok(None),
            Err(StoreError::RevisionConflict { .. }) => self.version(&version.plugin, &version.build.version).await,
            Err(error) => Err(error),
        }
    }
}
