//! The keys of a shop on this machine: random, made once, readable by their owner only.

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::rand::fill;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use stoa_plugin_runtime::generate_keys;
use stoa_storage::Keys;

const FILE: &str = "secrets.json";

/// All hex.
#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Signs the links to orders.
    pub(crate) link_key: String,
    /// Signs the payment sandbox's callbacks.
    pub(crate) sandbox_secret: String,
    /// Ed25519, PKCS#8.
    plugin_signing_key: String,
    pub(crate) plugin_verify_key: String,
    object_store_access_key: String,
    object_store_secret_key: String,
}

impl Secrets {
    /// The folder's secrets, made where there are none.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secrets = Self::make()?;
                let mut options = fs::OpenOptions::new();
                let written = options.write(true).create_new(true).mode(0o600).open(&file);
                let mut written = written.with_context(|| format!("writing {}", file.display()))?;
                written.write_all(&serde_json::to_vec_pretty(&secrets)?)?;
                Ok(secrets)
            }
            Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
        }
    }

    fn make() -> Result<Self> {
        let (signing, verify) = generate_keys().context("the system gave no key to sign plugins with")?;
        Ok(Self {
            link_key: random_hex::<32>()?,
            sandbox_secret: random_hex::<32>()?,
            plugin_signing_key: hex::encode(signing),
            plugin_verify_key: hex::encode(verify),
            object_store_access_key: random_hex::<10>()?,
            object_store_secret_key: random_hex::<20>()?,
        })
    }

    pub(crate) fn signing_key(&self) -> Result<Vec<u8>> {
        hex::decode(&self.plugin_signing_key).context("the plugin signing key in secrets.json is not hex")
    }

    pub(crate) fn object_keys(&self) -> Keys {
        Keys { access_key: self.object_store_access_key.clone(), secret_key: self.object_store_secret_key.clone() }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

fn random_hex<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0; BYTES];
    fill(&mut bytes).map_err(|_| anyhow!("the system gave no random bytes"))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_are_made_once_and_only_their_owner_reads_them() {
        let temp = tempfile::tempdir().unwrap();
        let first = Secrets::of(temp.path()).unwrap();
        let again = Secrets::of(temp.path()).unwrap();
        assert_eq!(first.link_key, again.link_key);
        assert_eq!(first.link_key.len(), 64);
        let mode = fs::metadata(temp.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
