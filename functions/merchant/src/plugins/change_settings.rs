//! Whether a plugin's new settings can be kept: every version that runs for anybody has to take them.

use super::MAX_SETTINGS_BYTES;
use super::settings::{self, SettingsError};
use serde_json::Value;
use stoa_domain::plugin::Release;
use stoa_storage::{PluginRecord, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum SettingsChangeError {
    #[error("settings are at most {MAX_SETTINGS_BYTES} bytes of JSON")]
    TooLong,
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The settings as the plugin is to read them.
pub async fn checked_settings(
    store: &Store,
    plugin: &PluginRecord,
    settings: &Value,
) -> Result<String, SettingsChangeError> {
    let text = settings.to_string();
    if text.len() > MAX_SETTINGS_BYTES {
        return Err(SettingsChangeError::TooLong);
    }
    for build in plugin.life.release.iter().flat_map(Release::builds) {
        let version = store.plugins().version(&plugin.id, &build.version).await?;
        let schema = version.and_then(|version| version.settings_schema);
        settings::check(schema.as_deref(), settings)?;
    }
    Ok(text)
}
