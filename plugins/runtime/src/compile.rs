//! From a merchant's upload to a signed artefact. Only where plugins are uploaded: the checkout holds no compiler.
//!
//! [`compile_apart`] is for what somebody else uploaded: `compiler_process`. [`compile`] does the same in this process,
//! for one's own plugins and for tests.

use crate::artefact::{Header, seal};
use crate::compiler_process::{self, CompilerLimits};
use crate::script;
use crate::shape::{self, Bound};
use crate::shopify::Refusal;
use crate::{ArtefactError, Engine, Loaded};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;

/// Of an uploaded component (or core module).
pub const MAX_COMPONENT_BYTES: usize = 1 << 20;
/// Names of imports that a refusal lists.
const MAX_NAMES: usize = 20;

/// A compiled and signed plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedArtefact {
    /// Lower-case hex SHA-256 of the component, or of a function's module and targets.
    pub digest: String,
    /// What [`crate::load`] takes.
    pub bytes: Vec<u8>,
}

/// Why an upload is refused. The messages are for the plugin's author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum CompileError {
    #[error("a plugin has at most {MAX_COMPONENT_BYTES} bytes, got {got}")]
    TooLarge { got: usize },
    #[error("a plugin has at most {} {}, got {got}", .bound.max, .bound.what)]
    #[serde(skip)]
    OutOfBounds { bound: Bound, got: u64 },
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    #[error("a plugin imports nothing, this one imports {}", .names.join(", "))]
    HasImports { names: Vec<String> },
    #[error("the component exports neither the world stoa:promotion/promotion nor stoa:marketing/marketing: {0}")]
    OtherWorld(String),
    #[error("compiling the plugin took more than {seconds} s of processor time or {megabytes} MB")]
    Limits { seconds: u64, megabytes: u64 },
    #[error(transparent)]
    ShopifyFunction(#[from] Refusal),
    #[error(transparent)]
    Script(#[from] script::Refusal),
    #[error("the signing key must be an Ed25519 key in PKCS#8")]
    BadKey,
    #[error("the compiled plugin is too large")]
    ArtefactTooLarge,
    #[error("the compiler did not start or did not answer: {0}")]
    NoCompiler(String),
}

impl CompileError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "plugin_too_large",
            Self::OutOfBounds { bound, .. } => bound.code,
            Self::NotAComponent(_) => "not_a_component",
            Self::HasImports { .. } => "has_imports",
            Self::OtherWorld(_) => "other_world",
            Self::Limits { .. } => "compile_limits",
            Self::ShopifyFunction(refusal) => refusal.code(),
            Self::Script(refusal) => refusal.code(),
            Self::BadKey => "bad_signing_key",
            Self::ArtefactTooLarge => "artefact_too_large",
            Self::NoCompiler(_) => "no_compiler",
        }
    }
}

/// A component and its native code, unsigned. Of a Shopify Function, which is not made a component, the code alone.
pub(crate) struct Compiled {
    pub(crate) component: Vec<u8>,
    pub(crate) code: Vec<u8>,
}

/// Makes a component of a core module built with the SDK; a component passes through unchanged.
pub fn componentize(wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    shape::check(wasm)?;
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

/// Compiles and signs a component (or core module, see [`componentize`]) in this process. `signing_key` is PKCS#8.
pub fn compile(engine: &Engine, wasm: &[u8], signing_key: &[u8]) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    sign_component(&to_code(engine, wasm)?, &key)
}

/// The same in a process of its own that has little time, little memory, no file and no secret, and is ended when it
/// takes too much. The program must have called [`compiler_process::enter`] first thing.
pub fn compile_apart(wasm: &[u8], signing_key: &[u8], limits: CompilerLimits) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    shape::check(wasm)?;
    sign_component(&compiler_process::compile(wasm, None, limits)?, &key)
}

pub(crate) fn to_code(engine: &Engine, wasm: &[u8]) -> Result<Compiled, CompileError> {
    let wasm = componentize(wasm)?;
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    let component =
        Component::new(&engine.0, &wasm).map_err(|e| CompileError::NotAComponent(first_line(&format!("{e:#}"))))?;
    let imports = component.component_type();
    let names: Vec<String> = imports.imports(&engine.0).take(MAX_NAMES).map(|(n, _)| shorten(n)).collect();
    if !names.is_empty() {
        return Err(CompileError::HasImports { names });
    }
    Loaded::of(engine, &component, String::new()).map_err(|e| match e {
        ArtefactError::NotLoaded(why) => CompileError::OtherWorld(why),
        other => CompileError::OtherWorld(other.to_string()),
    })?;
    let code = component.serialize().map_err(|e| CompileError::NotAComponent(first_line(&e)))?;
    Ok(Compiled { component: wasm, code })
}

pub(crate) fn key(pkcs8: &[u8]) -> Result<Ed25519KeyPair, CompileError> {
    Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| CompileError::BadKey)
}

fn sign_component(compiled: &Compiled, key: &Ed25519KeyPair) -> Result<SignedArtefact, CompileError> {
    sign(&Header::here(hex::encode(Sha256::digest(&compiled.component))), &compiled.code, key)
}

pub(crate) fn sign(header: &Header, code: &[u8], key: &Ed25519KeyPair) -> Result<SignedArtefact, CompileError> {
    let bytes = seal(header, code, key).ok_or(CompileError::ArtefactTooLarge)?;
    Ok(SignedArtefact { digest: header.plugin.clone(), bytes })
}

/// A new key pair: (PKCS#8 to sign with, raw public key to verify with). None if the system has no randomness.
pub fn generate_keys() -> Option<(Vec<u8>, Vec<u8>)> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let pkcs8 = pair.to_pkcs8v1().ok()?;
    Some((pkcs8.as_ref().to_vec(), pair.public_key().as_ref().to_vec()))
}

/// What the artefacts that `signing_key` (PKCS#8) signs are verified with.
pub fn verify_key(signing_key: &[u8]) -> Result<Vec<u8>, CompileError> {
    Ok(key(signing_key)?.public_key().as_ref().to_vec())
}

pub(crate) fn first_line(error: &dyn std::fmt::Display) -> String {
    shorten(error.to_string().lines().next().unwrap_or_default())
}

fn shorten(text: &str) -> String {
    text.chars().take(300).collect()
}
