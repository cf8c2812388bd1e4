//! An artefact as whatever it is.

use crate::artefact::Kind;
use crate::script::Script;
use crate::shopify::Function;
use crate::{ArtefactError, Engine, Plugin, artefact};

/// What a merchant can install.
#[derive(Debug)]
pub enum Loaded {
    Plugin(Plugin),
    ShopifyFunction(Function),
    Script(Script),
}

/// Loads the artefact of the plugin `digest` that the owner of `verify_key` (raw Ed25519 public key) signed. Another
/// plugin's is refused, however well it is signed. A script's needs its engine: [`Engine::add_script_engine`].
pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Loaded, ArtefactError> {
    let (header, code) = artefact::verify(artefact, verify_key, digest)?;
    match header.kind {
        Kind::Script { .. } => Script::of_bytecode(engine, header, code).map(Loaded::Script),
        _ if header.shopify.is_some() => Function::of_code(engine, header, code).map(Loaded::ShopifyFunction),
        _ => Plugin::of_code(engine, header, code).map(Loaded::Plugin),
    }
}

impl Loaded {
    /// Lower-case hex SHA-256.
    pub fn digest(&self) -> &str {
        match self {
            Self::Plugin(plugin) => plugin.digest(),
            Self::ShopifyFunction(function) => function.digest(),
            Self::Script(script) => script.digest(),
        }
    }
}
