//! Compiled plugins at rest: native code with a header, signed. Only what [`verify`] returns is ever loaded.
//!
//! Layout: `STOAPLG1`, header length (u32, little endian), header (JSON [`Header`]), native code (of a script its
//! bytecode), Ed25519 signature (64 bytes) over everything before it.

use crate::shopify::Targeting;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"STOAPLG1";
const SIGNATURE_BYTES: usize = 64;
/// Room for the input queries of a function with every target.
const MAX_HEADER_BYTES: usize = 128 << 10;
/// Native code of one plugin.
pub const MAX_ARTEFACT_BYTES: usize = 16 << 20;
/// The wasmtime release and this crate's engine settings. Raised with either: older artefacts are then compiled anew.
pub const ENGINE_VERSION: &str = "wasmtime-48.0.8+3";

/// Where the artefact of the plugin `digest` lies that this build compiles and loads. Another engine, or another machine, has
/// one beside it: while functions are replaced, each finds its own.
pub fn artefact_key(digest: &str) -> String {
    let Header { engine, target, .. } = Header::here(String::new());
    format!("plugins/{digest}/{}-{target}", engine.replace('+', "-"))
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Lower-case hex SHA-256 of the component, of a function's module and targets, of a script's file or of the script
    /// engine.
    pub plugin: String,
    /// [`ENGINE_VERSION`] of the compiler.
    pub engine: String,
    /// `x86_64-linux`.
    pub target: String,
    /// Of a Shopify Function, whose code is a core module. None: the code is a component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shopify: Option<Vec<Targeting>>,
    #[serde(default, skip_serializing_if = "Kind::is_plugin")]
    pub kind: Kind,
}

/// What the signed code is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Native code of a plugin.
    #[default]
    Plugin,
    /// Bytecode for the script engine of that digest.
    Script { engine: String },
    /// Native code of the engine that runs scripts.
    ScriptEngine,
}

impl Kind {
    fn is_plugin(&self) -> bool {
        *self == Self::Plugin
    }
}

impl Header {
    /// Of a component compiled by and for this build.
    pub fn here(plugin: String) -> Self {
        let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        Self { plugin, engine: ENGINE_VERSION.to_owned(), target, shopify: None, kind: Kind::Plugin }
    }
}

/// Why an artefact is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    #[error("an artefact has at most {MAX_ARTEFACT_BYTES} bytes, got {got}")]
    TooLarge { got: usize },
    #[error("not a compiled Stoa plugin")]
    NotAnArtefact,
    #[error("the artefact is not signed by this shop's key, or was changed since")]
    BadSignature,
    #[error("the artefact was compiled by {got}, this is {ENGINE_VERSION}")]
    OtherEngine { got: String },
    #[error("the artefact was compiled for {got}, this is {wanted}")]
    OtherTarget { got: String, wanted: String },
    #[error("the artefact is of the plugin {got}")]
    OtherPlugin { got: String },
    #[error("the script needs the script engine {digest}, which is not loaded")]
    NeedsScriptEngine { digest: String },
    #[error("the artefact does not load: {0}")]
    NotLoaded(String),
}

impl ArtefactError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "artefact_too_large",
            Self::NotAnArtefact => "not_an_artefact",
            Self::BadSignature => "bad_signature",
            Self::OtherEngine { .. } => "other_engine",
            Self::OtherTarget { .. } => "other_target",
            Self::OtherPlugin { .. } => "other_plugin",
            Self::NeedsScriptEngine { .. } => "needs_script_engine",
            Self::NotLoaded(_) => "not_loaded",
        }
    }
}

/// The header and the native code of an artefact of the plugin `digest`, signed by the owner of `verify_key` (raw Ed25519
/// public key), compiled by this engine for this machine. The signature is checked before anything is parsed.
pub(crate) fn verify<'a>(
    artefact: &'a [u8],
    verify_key: &[u8],
    digest: &str,
) -> Result<(Header, &'a [u8]), ArtefactError> {
    if artefact.len() > MAX_ARTEFACT_BYTES {
        return Err(ArtefactError::TooLarge { got: artefact.len() });
    }
    let rest = artefact.strip_prefix(MAGIC).ok_or(ArtefactError::NotAnArtefact)?;
    let body = rest.len().checked_sub(SIGNATURE_BYTES).ok_or(ArtefactError::NotAnArtefact)?;
    let (signed, signature) = artefact.split_at(MAGIC.len() + body);
    UnparsedPublicKey::new(&ED25519, verify_key).verify(signed, signature).map_err(|_| ArtefactError::BadSignature)?;
    let (length, rest) = rest[..body].split_first_chunk().ok_or(ArtefactError::NotAnArtefact)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(ArtefactError::NotAnArtefact);
    }
    let (header, code) = rest.split_at_checked(length).ok_or(ArtefactError::NotAnArtefact)?;
    let header: Header = serde_json::from_slice(header).map_err(|_| ArtefactError::NotAnArtefact)?;
    let here = Header::here(String::new());
    if header.engine != here.engine {
        return Err(ArtefactError::OtherEngine { got: header.engine });
    }
    if header.target != here.target {
        return Err(ArtefactError::OtherTarget { got: header.target, wanted: here.target });
    }
    if header.plugin != digest {
        return Err(ArtefactError::OtherPlugin { got: header.plugin });
    }
    Ok((header, code))
}

/// Puts header, code and signature together.
#[cfg(feature = "compile")]
pub(crate) fn seal(header: &Header, code: &[u8], key: &aws_lc_rs::signature::Ed25519KeyPair) -> Option<Vec<u8>> {
    let header = serde_json::to_vec(header).ok().filter(|header| header.len() <= MAX_HEADER_BYTES)?;
    let mut artefact = MAGIC.to_vec();
    artefact.extend(u32::try_from(header.len()).ok()?.to_le_bytes());
    artefact.extend(header);
    artefact.extend_from_slice(code);
    let signature = key.sign(&artefact);
    artefact.extend_from_slice(signature.as_ref());
    (artefact.len() <= MAX_ARTEFACT_BYTES).then_some(artefact)
}
