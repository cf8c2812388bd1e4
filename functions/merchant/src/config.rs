//! Settings of the merchant function.

use stoa_endpoint::config::{ConfigError, hex_bytes, optional};

/// `Debug` shows no key.
#[derive(Clone, Default)]
pub struct Config {
    /// Ed25519 private key (PKCS#8) that signs compiled plugins. None: no plugin can be uploaded.
    pub plugin_signing_key: Option<Vec<u8>>,
}

impl Config {
    /// Reads `STOA_PLUGIN_SIGNING_KEY` (hex), where there are plugins.
    pub fn from_env() -> Result<Self, ConfigError> {
        let key = "STOA_PLUGIN_SIGNING_KEY";
        Ok(Self { plugin_signing_key: optional(key).map(|_| hex_bytes(key, 32)).transpose()? })
    }
    /// No plugins.
    pub fn for_testing() -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("plugins", &self.plugin_signing_key.is_some()).finish_non_exhaustive()
    }
}
