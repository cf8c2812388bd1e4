//! From a merchant's upload to a signed artefact. Only where plugins are uploaded: the checkout holds no compiler.

use crate::artefact::{Header, seal};
use crate::{ArtefactError, Engine, Plugin};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;

/// Of an uploaded component (or core module).
pub const MAX_COMPONENT_BYTES: usize = 1 << 20;

/// A compiled and signed plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedArtefact {
    /// Lower-case hex SHA-256 of the component.
    pub digest: String,
    /// What [`Plugin::load`] takes.
    pub bytes: Vec<u8>,
}

/// Why an upload is refused. The messages are for the plugin's author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    #[error("a plugin has at most {MAX_COMPONENT_BYTES} bytes, got {got}")]
    TooLarge { got: usize },
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    #[error("a promotion imports nothing, this one imports {}", .names.join(", "))]
    HasImports { names: Vec<String> },
    #[error("the component does not export the world stoa:promotion/promotion: {0}")]
    OtherWorld(String),
    #[error("the signing key must be an Ed25519 key in PKCS#8")]
    BadKey,
    #[error("the compiled plugin is too large")]
    ArtefactTooLarge,
}

impl CompileError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "plugin_too_large",
            Self::NotAComponent(_) => "not_a_component",
            Self::HasImports { .. } => "has_imports",
            Self::OtherWorld(_) => "other_world",
            Self::BadKey => "bad_signing_key",
            Self::ArtefactTooLarge => "artefact_too_large",
        }
    }
}

/// Makes a component of a core module built with the SDK; a component passes through unchanged.
pub fn componentize(wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    // The layer field after the magic and version tells a component (1) from a core module (0).
    if wasm.starts_with(b"\0asm") && wasm.get(6..8) == Some(&[1, 0]) {
        return Ok(wasm.to_vec());
    }
    // wit-component reads a module's sections before it validates them, and panics where one ends early. It keeps nothing
    // between calls, so a panic leaves nothing behind.
    let encode = || wit_component::ComponentEncoder::default().validate(true).module(wasm)?.encode();
    match std::panic::catch_unwind(encode) {
        Ok(encoded) => encoded.map_err(|e| CompileError::NotAComponent(first_line(&format!("{e:#}")))),
        Err(_) => Err(CompileError::NotAComponent("its sections cannot be read".to_owned())),
    }
}

/// Compiles and signs a component (or core module, see [`componentize`]). `signing_key` is PKCS#8.
pub fn compile(engine: &Engine, wasm: &[u8], signing_key: &[u8]) -> Result<SignedArtefact, CompileError> {
    let key = Ed25519KeyPair::from_pkcs8(signing_key).map_err(|_| CompileError::BadKey)?;
    let wasm = componentize(wasm)?;
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    let component =
        Component::new(&engine.0, &wasm).map_err(|e| CompileError::NotAComponent(first_line(&format!("{e:#}"))))?;
    let names: Vec<String> = component.component_type().imports(&engine.0).map(|(n, _)| n.to_owned()).collect();
    if !names.is_empty() {
        return Err(CompileError::HasImports { names });
    }
    let digest = hex::encode(Sha256::digest(&wasm));
    Plugin::of(engine, component.clone(), digest.clone()).map_err(|e| match e {
        ArtefactError::NotLoaded(why) => CompileError::OtherWorld(why),
        other => CompileError::OtherWorld(other.to_string()),
    })?;
    let code = component.serialize().map_err(|e| CompileError::NotAComponent(first_line(&e)))?;
    let bytes = seal(&Header::here(digest.clone()), &code, &key).ok_or(CompileError::ArtefactTooLarge)?;
    Ok(SignedArtefact { digest, bytes })
}

/// A new key pair: (PKCS#8 to sign with, raw public key to verify with). None if the system has no randomness.
pub fn generate_keys() -> Option<(Vec<u8>, Vec<u8>)> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let pkcs8 = pair.to_pkcs8v1().ok()?;
    Some((pkcs8.as_ref().to_vec(), pair.public_key().as_ref().to_vec()))
}

fn first_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(300).collect()
}
