//! Settings of the CRM function.

use crate::mail::MailConfig;
use stoa_endpoint::config::{ConfigError, hex_bytes, optional};

#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The Ed25519 public key under which plugin artefacts must be signed. None: no plugin runs.
    pub plugin_verify_key: Option<Vec<u8>>,
    /// None: messages wait.
    pub mail: Option<MailConfig>,
}

impl Config {
    /// Reads, where there are plugins, `STOA_PLUGIN_VERIFY_KEY` (hex, 32 bytes), and where messages are sent, `STOA_SMTP`,
    /// `STOA_PUBLIC_URL` and `STOA_LINK_KEY`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let verify = "STOA_PLUGIN_VERIFY_KEY";
        let plugin_verify_key = optional(verify).map(|_| hex_bytes(verify, 32)).transpose()?;
        Ok(Self { plugin_verify_key, mail: MailConfig::from_env()? })
    }
}
