//! An artefact as whatever it is.

use crate::artefact::Kind;
use crate::plugin::Guard;
use crate::script::Script;
use crate::shopify::Function;
use crate::{ArtefactError, Engine, MarketingPlugin, Plugin, artefact};
use stoa_domain::plugin::World;
use wasmtime::component::{Component, Linker};

/// What a merchant can install.
#[derive(Debug)]
pub enum Loaded {
    /// A promotion.
    Plugin(Plugin),
    Marketing(MarketingPlugin),
    ShopifyFunction(Function),
    Script(Script),
}

/// Loads the artefact of the plugin `digest` that the owner of `verify_key` (raw Ed25519 public key) signed. Another
/// plugin's is refused, however well it is signed. A script's needs its engine: [`Engine::add_script_engine`].
pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Loaded, ArtefactError> {
    let (header, code) = artefact::verify(artefact, verify_key, digest)?;
    if matches!(header.kind, Kind::Script { .. }) {
        return Script::of_bytecode(engine, header, code).map(Loaded::Script);
    }
    if header.kind != Kind::Plugin {
        return Err(ArtefactError::NotLoaded("the artefact is no plugin".to_owned()));
    }
    if header.shopify.is_some() {
        return Function::of_code(engine, header, code).map(Loaded::ShopifyFunction);
    }
    #[allow(unsafe_code, reason = "the code was compiled by Stoa: `verify` has just checked the signature over it")]
    let component = unsafe { Component::deserialize(&engine.0, code) };
    let component = component.map_err(|e| ArtefactError::NotLoaded(e.to_string()))?;
    Loaded::of(engine, &component, header.plugin)
}

impl Loaded {
    /// By the world that the component exports. Refuses one with imports, and one of no world.
    pub(crate) fn of(engine: &Engine, component: &Component, digest: String) -> Result<Self, ArtefactError> {
        let not_loaded = |e: wasmtime::Error| ArtefactError::NotLoaded(format!("{e:#}"));
        let pre = Linker::<Guard>::new(&engine.0).instantiate_pre(component).map_err(not_loaded)?;
        let types = component.component_type();
        match World::exported(types.exports(&engine.0).map(|(name, _)| name)) {
            Some(World::Marketing) => MarketingPlugin::of(engine, &pre, digest).map(Self::Marketing),
            // Of one that exports neither the promotion's error tells what is missing.
            Some(World::Promotion) | None => Plugin::of(engine, &pre, digest).map(Self::Plugin),
        }
    }

    /// Lower-case hex SHA-256.
    pub fn digest(&self) -> &str {
        match self {
            Self::Plugin(plugin) => plugin.digest(),
            Self::Marketing(plugin) => plugin.digest(),
            Self::ShopifyFunction(function) => function.digest(),
            Self::Script(script) => script.digest(),
        }
    }
}
