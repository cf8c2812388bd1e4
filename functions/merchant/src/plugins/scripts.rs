//! Scripts. The engine that runs all of them is compiled when a shop's first one comes, signed like a plugin, and kept beside
//! them; the checkout loads it once. See docs/decisions/0015-one-engine-for-all-scripts.md.

use super::upload::ARTEFACT;
use bytes::Bytes;
use stoa_plugin_runtime::{CompileError, Engine, EngineError, SignedArtefact, artefact_key, script, verify_key};
use stoa_storage::{Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("the compiler stopped: {0}")]
    Interrupted(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compiles and signs the script in a file. The engine is there for the checkout before any script is.
pub(super) async fn compiled(
    store: &Store,
    wasm: Vec<u8>,
    signing_key: Vec<u8>,
) -> Result<SignedArtefact, ScriptError> {
    let (objects, key) = (store.objects(), artefact_key(script::engine_digest()));
    let kept = if objects.private_exists(&key).await? { Some(objects.private_get(&key).await?) } else { None };
    let work = move || {
        let engine = Engine::new().map_err(|e: EngineError| CompileError::NoCompiler(e.to_string()))?;
        let new = with_script_engine(&engine, kept.as_deref(), &signing_key)?;
        Ok::<_, CompileError>((new, script::compile(&engine, &wasm, &signing_key)?))
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| ScriptError::Interrupted(e.to_string()))?;
    let (new, artefact) = done?;
    if let Some(new) = new {
        objects.private_put(&key, Bytes::from(new.bytes), ARTEFACT).await?;
        tracing::info!(digest = new.digest, "script engine compiled");
    }
    Ok(artefact)
}

/// Adds the kept one, or, where it is missing or signed by an earlier key, a new one, which is to be kept.
fn with_script_engine(
    engine: &Engine,
    kept: Option<&[u8]>,
    signing_key: &[u8],
) -> Result<Option<SignedArtefact>, CompileError> {
    let (verify_key, digest) = (verify_key(signing_key)?, script::engine_digest());
    if kept.is_some_and(|kept| engine.add_script_engine(kept, &verify_key, digest).is_ok()) {
        return Ok(None);
    }
    let new = script::compile_engine(engine, signing_key)?;
    let added = engine.add_script_engine(&new.bytes, &verify_key, digest);
    added.map_err(|e| CompileError::NoCompiler(format!("the script engine: {e}")))?;
    Ok(Some(new))
}
