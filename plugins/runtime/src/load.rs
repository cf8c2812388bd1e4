//! An artefact as whatever it is.

use crate::shopify::Function;
use crate::{ArtefactError, Engine, Plugin, artefact};

/// What a merchant can install.
#[derive(Debug)]
pub enum Loaded {
    Plugin(Plugin),
    ShopifyFunction(Function),
}

/// Loads an artefact that the owner of `verify_key` (raw Ed25519 public key) signed.
pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8]) -> Result<Loaded, ArtefactError> {
    let (header, _) = artefact::verify(artefact, verify_key)?;
    if header.shopify.is_some() {
        Function::load(engine, artefact, verify_key).map(Loaded::ShopifyFunction)
    } else {
        Plugin::load(engine, artefact, verify_key).map(Loaded::Plugin)
    }
}
