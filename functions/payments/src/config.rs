//! Settings of the payments function.

use stoa_endpoint::LinkKey;
use stoa_endpoint::config::{ConfigError, PublicUrl, hex_bytes, optional};

/// `Debug` shows no key.
#[derive(Clone)]
pub struct Config {
    pub public_url: PublicUrl,
    pub link_key: LinkKey,
    /// Signs and verifies the sandbox's callbacks. None: the shop has no sandbox (production).
    pub sandbox_secret: Option<Vec<u8>>,
}

impl Config {
    /// Reads `STOA_PUBLIC_URL`, `STOA_LINK_KEY` and, where there is a sandbox, `STOA_SANDBOX_SECRET` (hex, 32 bytes up).
    pub fn from_env() -> Result<Self, ConfigError> {
        let sandbox = "STOA_SANDBOX_SECRET";
        Ok(Self {
            public_url: PublicUrl::from_env()?,
            link_key: LinkKey::from_env()?,
            sandbox_secret: optional(sandbox).map(|_| hex_bytes(sandbox, 32)).transpose()?,
        })
    }
    /// Fixed keys, and a shop at `public_url`. Never for a shop that takes money.
    pub fn for_testing(public_url: PublicUrl) -> Self {
        Self { public_url, link_key: LinkKey::new(&[1; 32]), sandbox_secret: Some(vec![2; 32]) }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
