//! Installing a plugin: what was uploaded becomes a component, is compiled and signed, and only then is on record.

use bytes::Bytes;
use jiff::Timestamp;
use std::sync::OnceLock;
use stoa_domain::PluginId;
use stoa_plugin_runtime::shopify::{self, Targeting};
use stoa_plugin_runtime::{CompileError, ENGINE_VERSION, Engine, EngineError, compile};
use stoa_storage::{Expected, PluginRecord, PluginStatus, Revision, Store, StoreError, Versioned};

/// What is installed. `wasm` is a component, a core module built with the SDK, or a Shopify Function.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: PluginId,
    /// What the shopper reads as the promotion's name.
    pub title: String,
    /// The author's: `1.2.0`.
    pub version: String,
    pub wasm: Vec<u8>,
    /// Of a Shopify Function, and nothing else.
    pub targeting: Option<Vec<Targeting>>,
    /// JSON, as the plugin reads it. None keeps what an installed plugin has, or is `{}`.
    pub settings: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    ShopifyFunction(#[from] shopify::Refusal),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the compiler stopped: {0}")]
    Interrupted(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compiles, signs and stores a plugin; a new one is enabled, a new version of an old one keeps its switch.
/// `signing_key` is Ed25519 PKCS#8. `expected` guards the record that is replaced.
pub async fn install(
    store: &Store,
    signing_key: Vec<u8>,
    upload: Upload,
    expected: impl FnOnce(Option<Revision>) -> Expected,
    now: Timestamp,
) -> Result<Versioned<PluginRecord>, InstallError> {
    let Upload { id, title, version, wasm, targeting, settings } = upload;
    let compiling = move || {
        Ok::<_, InstallError>(match &targeting {
            None => compile(engine()?, &wasm, &signing_key)?,
            Some(targeting) => shopify::compile(engine()?, &wasm, targeting, &signing_key)?,
        })
    };
    let artefact =
        tokio::task::spawn_blocking(compiling).await.map_err(|e| InstallError::Interrupted(e.to_string()))??;
    // Another engine compiles other code of the same component: both stay loadable while functions are replaced.
    let key = format!("plugins/{}/{}", artefact.digest, ENGINE_VERSION.replace('+', "-"));
    store.objects().private_put(&key, Bytes::from(artefact.bytes), "application/octet-stream").await?;
    let before = store.plugins().get(&id).await?;
    let expected = expected(before.as_ref().map(|b| b.revision));
    let before = before.map(|b| b.value);
    let record = PluginRecord {
        id,
        title,
        version,
        digest: artefact.digest,
        artefact: key,
        status: before.as_ref().map_or(PluginStatus::Active, |b| b.status),
        settings: settings.or(before.as_ref().map(|b| b.settings.clone())).unwrap_or_else(|| "{}".to_owned()),
        installed_at: before.map_or(now, |b| b.installed_at),
        updated_at: now,
    };
    let revision = store.plugins().put(&record, expected).await?;
    Ok(Versioned { value: record, revision })
}

/// One engine a process: making it takes milliseconds and it holds a pool.
fn engine() -> Result<&'static Engine, EngineError> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let engine = Engine::new()?;
    Ok(ENGINE.get_or_init(|| engine))
}
