//! Compiles again what an older engine compiled, from the bytes that were uploaded, so that a new release of Stoa runs every
//! plugin without the merchant doing anything. Each engine and machine has artefacts of its own beside the others'
//! ([`artefact_key`]): nothing here changes a version, and the functions that are still the old ones go on with theirs.

use super::scripts::{self, ScriptError};
use super::upload::ARTEFACT;
use bytes::Bytes;
use std::collections::BTreeMap;
use stoa_domain::PluginId;
use stoa_domain::plugin::Version;
use stoa_plugin_runtime::compiler_process::CompilerLimits;
use stoa_plugin_runtime::shopify::{self, Targeting};
use stoa_plugin_runtime::{CompileError, SignedArtefact, artefact_key, compile_apart};
use stoa_storage::{PluginAbi, PluginVersion, Store, StoreError};

/// What came of looking at everything that is released, or that a rollback goes back to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recompiled {
    /// Versions.
    pub looked_at: usize,
    pub compiled: usize,
    /// The log says which and why; they are tried again the next time.
    pub failed: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum RecompileError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("the compiler stopped: {0}")]
    Interrupted(String),
    #[error("the kept targets cannot be read: {0}")]
    Targeting(#[from] serde_json::Error),
    #[error("the kept bytes are of another plugin: {got} instead of {wanted}")]
    OtherPlugin { got: String, wanted: String },
    #[error("{plugin} has no version {version}")]
    UnknownVersion { plugin: PluginId, version: Version },
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is compiled.
pub(super) struct Source<'a> {
    pub(super) wasm: &'a [u8],
    /// Of a Shopify Function.
    pub(super) targeting: Option<&'a [Targeting]>,
}

/// In a process of its own.
pub(super) fn compiled(source: Source<'_>, signing_key: &[u8]) -> Result<SignedArtefact, CompileError> {
    let limits = CompilerLimits::default();
    match source.targeting {
        Some(targeting) => shopify::compile_apart(source.wasm, targeting, signing_key, limits),
        None => compile_apart(source.wasm, signing_key, limits),
    }
}

/// Compiles what this engine has no artefact of. One version that fails keeps no other from being compiled. `signing_key` is
/// Ed25519 PKCS#8.
pub async fn recompile(store: &Store, signing_key: &[u8]) -> Result<Recompiled, StoreError> {
    let mut builds = BTreeMap::new();
    for plugin in store.plugins().list().await? {
        let plugin = plugin.value;
        for build in plugin.life.release.iter().chain(&plugin.life.earlier).flat_map(|release| release.builds()) {
            builds.insert(build.digest.clone(), (plugin.id.clone(), build.version.clone()));
        }
    }
    let mut done = Recompiled { looked_at: builds.len(), ..Recompiled::default() };
    for (digest, (plugin, version)) in builds {
        match ensure(store, signing_key, &plugin, &version, &digest).await {
            Ok(true) => done.compiled += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%plugin, %version, %error, "a plugin could not be compiled again");
                done.failed += 1;
            }
        }
    }
    Ok(done)
}

/// Before a version is released: it may have been uploaded to an older engine. True: it was compiled.
pub async fn ensure_compiled(
    store: &Store,
    signing_key: &[u8],
    plugin: &PluginId,
    version: &Version,
) -> Result<bool, RecompileError> {
    match store.plugins().version(plugin, version).await? {
        Some(kept) => ensure_version(store, signing_key, kept).await,
        None => Err(RecompileError::UnknownVersion { plugin: plugin.clone(), version: version.clone() }),
    }
}

async fn ensure(
    store: &Store,
    signing_key: &[u8],
    plugin: &PluginId,
    version: &Version,
    digest: &str,
) -> Result<bool, RecompileError> {
    // The common case is one request: the version itself is not read.
    if store.objects().private_exists(&artefact_key(digest)).await? {
        return Ok(false);
    }
    ensure_compiled(store, signing_key, plugin, version).await
}

async fn ensure_version(store: &Store, signing_key: &[u8], version: PluginVersion) -> Result<bool, RecompileError> {
    let objects = store.objects();
    let (key, wanted) = (artefact_key(&version.build.digest), version.build.digest);
    if objects.private_exists(&key).await? {
        return Ok(false);
    }
    let wasm = objects.private_get(&version.source).await?;
    let signing_key = signing_key.to_vec();
    let artefact = if version.abi == PluginAbi::Script {
        scripts::compiled(store, wasm.to_vec(), signing_key).await?
    } else {
        let targeting: Option<Vec<Targeting>> = version.targeting.as_deref().map(serde_json::from_str).transpose()?;
        let compiling = tokio::task::spawn_blocking(move || {
            compiled(Source { wasm: &wasm, targeting: targeting.as_deref() }, &signing_key)
        });
        compiling.await.map_err(|e| RecompileError::Interrupted(e.to_string()))??
    };
    if artefact.digest != wanted {
        return Err(RecompileError::OtherPlugin { got: artefact.digest, wanted });
    }
    objects.private_put(&key, Bytes::from(artefact.bytes), ARTEFACT).await?;
    tracing::info!(plugin = %version.plugin, version = %version.build.version, "plugin compiled for this engine");
    Ok(true)
}
