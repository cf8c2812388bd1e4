//! Settings of the CRM function.

use stoa_endpoint::config::{ConfigError, hex_bytes, optional};

#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The Ed25519 public key under which plugin artefacts must be signed. None: no plugin runs.
    pub plugin_verify_key: Option<Vec<u8>>,
}

impl Config {
    /// Reads, where there are plugins, `STOA_PLUGIN_VERIFY_KEY` (hex, 32 bytes).
    pub fn from_env() -> Result<Self, ConfigError> {
        let verify = "STOA_PLUGIN_VERIFY_KEY";
        Ok(Self { plugin_verify_key: optional(verify).map(|_| hex_bytes(verify, 32)).transpose()? })
    }
}
