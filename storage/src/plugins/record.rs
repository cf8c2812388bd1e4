//! One plugin as it stands: kept by every process that quotes, so it holds what running it and going back take, and no more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, ErrorBudget, Life, Release, Status, Version, World};

/// One run in a hundred is recorded, unless the merchant says otherwise.
const SAMPLE_PERCENT: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct PluginRecord {
    pub id: PluginId,
    /// Who runs it. Never changes.
    pub world: World,
    /// What the shopper reads as a promotion's name, and the merchant as any plugin's.
    pub title: String,
    /// What of it runs for whom.
    #[serde(flatten)]
    pub life: Life,
    /// The merchant's settings for it: JSON, as the plugin reads it.
    pub settings: String,
    pub error_budget: ErrorBudget,
    /// So many runs of a hundred are recorded, beside those that fail.
    pub sample_percent: u8,
    pub installed_at: Timestamp,
    pub updated_at: Timestamp,
}

impl PluginRecord {
    /// A promotion with nothing released yet. `changes`: those of an earlier life under the same id.
    pub fn new(id: PluginId, title: String, settings: String, changes: u64, now: Timestamp) -> Self {
        Self {
            id,
            world: World::default(),
            title,
            life: Life::new(changes),
            settings,
            error_budget: ErrorBudget::default(),
            sample_percent: SAMPLE_PERCENT,
            installed_at: now,
            updated_at: now,
        }
    }
}

/// As it lies in the table. Before there were versions, a record had the one that runs: that is a release to everybody.
#[derive(Deserialize)]
struct Stored {
    id: PluginId,
    #[serde(default)]
    world: World,
    title: String,
    status: Status,
    settings: String,
    installed_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    release: Option<Release>,
    #[serde(default)]
    earlier: Vec<Release>,
    #[serde(default)]
    stop: Option<stoa_domain::plugin::Stop>,
    #[serde(default)]
    changes: u64,
    #[serde(default)]
    error_budget: ErrorBudget,
    #[serde(default)]
    sample_percent: Option<u8>,
    #[serde(default)]
    version: Option<Version>,
    #[serde(default)]
    digest: Option<String>,
}

impl From<Stored> for PluginRecord {
    fn from(stored: Stored) -> Self {
        let one = match (stored.version, stored.digest) {
            (Some(version), Some(digest)) => {
                Some(Release { build: Build { version, digest, target: None }, percent: 100, rest: None })
            }
            _ => None,
        };
        let Stored { status, earlier, stop, changes, .. } = stored;
        Self {
            id: stored.id,
            world: stored.world,
            title: stored.title,
            life: Life { status, release: stored.release.or(one), earlier, stop, changes },
            settings: stored.settings,
            error_budget: stored.error_budget,
            sample_percent: stored.sample_percent.unwrap_or(SAMPLE_PERCENT),
            installed_at: stored.installed_at,
            updated_at: stored.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_record_from_before_there_were_versions_runs_for_everybody() {
        for (status, now) in [("active", Status::Active), ("disabled", Status::Paused)] {
            let old = format!(
                r#"{{"id":"spend-and-save","title":"Spend and save","version":"0.1.0","digest":"ab","artefact":"plugins/ab/1",
                    "status":"{status}","settings":"{{}}","installed_at":"2026-11-20T08:00:00Z","updated_at":"2026-11-20T08:00:00Z"}}"#
            );
            let record: PluginRecord = serde_json::from_str(&old).unwrap();
            let release = record.life.release.clone().unwrap();
            assert_eq!((record.life.status, release.percent), (now, 100));
            assert_eq!((release.build.version.as_str(), release.build.digest.as_str()), ("0.1.0", "ab"));
            assert_eq!((record.error_budget, record.sample_percent), (ErrorBudget::default(), 1));
            let again: PluginRecord = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
            assert_eq!(again, record, "what is written is read again");
        }
    }
}
