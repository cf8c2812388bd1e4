//! What runs for whom: releasing a version to a share of the shoppers, going back, pausing, resuming. Each is one write of
//! the plugin and its history; the rules are [`stoa_domain::plugin::Life`]'s.

use super::settings::{self, SettingsError};
use jiff::Timestamp;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, Event, LifeError, Version};
use stoa_storage::{PluginRecord, Store, StoreError, Versioned};

/// When somebody else changes the plugin at the same moment, it is read and changed again.
const MAX_ROUNDS: usize = 4;
const MAX_REASON_CHARS: usize = 200;

#[derive(Debug, Clone)]
pub enum Change {
    Release { version: Version, percent: u8 },
    Rollback,
    Pause { reason: String },
    Resume,
}

#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no plugin {id}")]
    UnknownPlugin { id: PluginId },
    #[error("{id} has no version {version}")]
    UnknownVersion { id: PluginId, version: Version },
    #[error("a reason has at most {MAX_REASON_CHARS} characters")]
    Reason,
    #[error(transparent)]
    Life(#[from] LifeError),
    /// The version that is to be released does not take the plugin's settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `by` is the token or the part that does it, for the history.
pub async fn change(
    store: &Store,
    id: &PluginId,
    change: &Change,
    by: &str,
    now: Timestamp,
) -> Result<Versioned<PluginRecord>, ChangeError> {
    if matches!(change, Change::Pause { reason } if reason.chars().count() > MAX_REASON_CHARS) {
        return Err(ChangeError::Reason);
    }
    let plugins = store.plugins();
    let mut round = 1;
    loop {
        let read = plugins.get(id).await?.ok_or_else(|| ChangeError::UnknownPlugin { id: id.clone() })?;
        let expected = read.unchanged();
        let mut record = read.value;
        let action = match change {
            Change::Release { version, percent } => {
                release(store, &mut record, version, *percent).await?;
                Action::Release
            }
            Change::Rollback => {
                record.life.roll_back()?;
                Action::Rollback
            }
            Change::Pause { reason } => {
                let plain = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                record.life.pause(now, plain)?;
                Action::Pause
            }
            Change::Resume => {
                record.life.resume()?;
                Action::Resume
            }
        };
        record.updated_at = now;
        let event = Event::of(id, &record.life, action, now, by);
        match plugins.put_event(&record, expected, &event).await {
            Ok(revision) => {
                tracing::info!(plugin = %id, ?action, by, number = event.number, "plugin changed");
                return Ok(Versioned { value: record, revision });
            }
            Err(StoreError::RevisionConflict { .. }) if round < MAX_ROUNDS => round += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Refuses a version that does not take the settings as they are.
async fn release(store: &Store, record: &mut PluginRecord, version: &Version, percent: u8) -> Result<(), ChangeError> {
    let unknown = || ChangeError::UnknownVersion { id: record.id.clone(), version: version.clone() };
    let version = store.plugins().version(&record.id, version).await?.ok_or_else(unknown)?;
    let own = serde_json::from_str(&record.settings).unwrap_or(serde_json::Value::Null);
    settings::check(version.settings_schema.as_deref(), &own)?;
    Ok(record.life.release(version.build, percent)?)
}
