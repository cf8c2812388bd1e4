//! Settings of the checkout function.

use crate::PaymentMethods;
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::{ConfigError, PublicUrl, hex_bytes, optional};

/// `Debug` shows no key.
#[derive(Clone)]
pub struct Config {
    pub public_url: PublicUrl,
    pub link_key: LinkKey,
    /// The Ed25519 public key under which plugin artefacts must be signed. None: no plugin runs.
    pub plugin_verify_key: Option<Vec<u8>>,
    pub payment_methods: PaymentMethods,
}

impl Config {
    /// Reads `STOA_PUBLIC_URL`, `STOA_LINK_KEY`, `STOA_PAYMENT_METHODS`, and where there are plugins
    /// `STOA_PLUGIN_VERIFY_KEY` (hex, 32 bytes).
    pub fn from_env() -> Result<Self, ConfigError> {
        let verify = "STOA_PLUGIN_VERIFY_KEY";
        Ok(Self {
            public_url: PublicUrl::from_env()?,
            link_key: LinkKey::from_env()?,
            plugin_verify_key: optional(verify).map(|_| hex_bytes(verify, 32)).transpose()?,
            payment_methods: PaymentMethods::from_env()?,
        })
    }
    /// Fixed keys, no plugins, and a shop at `public_url` that is paid through the sandbox. Never for one that takes money.
    pub fn for_testing(public_url: PublicUrl) -> Self {
        Self {
            public_url,
            link_key: LinkKey::new(&[1; 32]),
            plugin_verify_key: None,
            payment_methods: PaymentMethods::sandbox(),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
