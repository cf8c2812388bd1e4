//! An artefact as whatever it is.

use crate::shopify::Function;
use crate::{ArtefactError, Engine, Plugin, artefact};

/// What a merchant can install.
#[derive(Debug)]
pub enum Loaded {
    Plugin(Plugin),
    ShopifyFunction(Function),
}

/// Loads the artefact of the plugin `digest` that the owner of `verify_key` (raw Ed25519 public key) signed. Another
/// plugin's is refused, however well it is signed.
pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Loaded, ArtefactError> {
    let (header, code) = artefact::verify(artefact, verify_key, digest)?;
    if header.shopify.is_some() {
        Function::of_code(engine, header, code).map(Loaded::ShopifyFunction)
    } else {
        Plugin::of_code(engine, header, code).map(Loaded::Plugin)
    }
}

impl Loaded {
    /// Lower-case hex SHA-256.
    pub fn digest(&self) -> &str {
        match self {
            Self::Plugin(plugin) => plugin.digest(),
            Self::ShopifyFunction(function) => function.digest(),
        }
    }
}
