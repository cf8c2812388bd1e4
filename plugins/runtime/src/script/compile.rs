//! From an uploaded script to a signed artefact. The source is read by the script engine itself, in an instance under the
//! limits of a run: what a hostile source does to a parser it does to one that can reach nothing. The engine's own native
//! code is made of bytes that this program carries.

use super::context::Stop;
use super::engine::ScriptEngine;
use super::plugin::{Script, within};
use crate::artefact::{Header, Kind};
use crate::compile::{first_line, key, sign};
use crate::{CompileError, Engine, Limits, MAX_COMPONENT_BYTES, RunError, SignedArtefact};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use wasmparser::{Parser, Payload};
use wasmtime::Module;

/// The custom section of an otherwise empty module that holds a script's source: JavaScript, one module.
pub const SECTION: &str = "stoa-script";
const CUSTOM_SECTION: u8 = 0;
/// Of a script's source.
pub const MAX_SOURCE_BYTES: usize = 100_000;
/// Bytecode is smaller than its source; what is much larger was made to be.
const MAX_BYTECODE_BYTES: usize = 400_000;
/// What reading 100 kB of source takes, many times over.
const COMPILING: Limits = Limits { fuel: 2_000_000_000, memory_bytes: crate::MAX_MEMORY_BYTES, output_bytes: 0 };

/// QuickJS, sealed and started: build.rs makes it of the npm package that plugins/script-engine names.
const ENGINE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/script-engine.wasm"));
static ENGINE_DIGEST: LazyLock<String> = LazyLock::new(|| hex::encode(Sha256::digest(ENGINE)));

/// Why a script is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    #[error("a script has at most {MAX_SOURCE_BYTES} bytes of JavaScript, got {got}")]
    TooLarge { got: usize },
    #[error("a file with a script holds nothing else that runs")]
    MoreThanAScript,
    #[error("a script is UTF-8")]
    NotText,
    #[error("the script does not compile: {0}")]
    NotCompiled(String),
    #[error("the script does not begin: {0}")]
    NotBegun(RunError),
}

impl Refusal {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "script_too_large",
            Self::MoreThanAScript => "more_than_a_script",
            Self::NotText => "script_not_text",
            Self::NotCompiled(_) => "script_not_compiled",
            Self::NotBegun(_) => "script_not_begun",
        }
    }
}

/// The script that a file carries; None if it is a plugin of another kind, or not even WebAssembly.
pub fn source(wasm: &[u8]) -> Result<Option<&str>, Refusal> {
    let (mut found, mut more) = (None, false);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::CustomSection(custom)) if custom.name() == SECTION => found = Some(custom.data()),
            Ok(Payload::CustomSection(_) | Payload::Version { .. } | Payload::End(_)) => {}
            Ok(_) | Err(_) => more = true,
        }
    }
    let Some(source) = found else { return Ok(None) };
    if more {
        return Err(Refusal::MoreThanAScript);
    }
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Refusal::TooLarge { got: source.len() });
    }
    std::str::from_utf8(source).map(Some).map_err(|_| Refusal::NotText)
}

/// The file of a script: an empty module that carries the source. The manifest is appended as to any plugin's.
pub fn pack(source: &str) -> Result<Vec<u8>, Refusal> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(Refusal::TooLarge { got: source.len() });
    }
    let mut content = length(SECTION.len());
    content.extend_from_slice(SECTION.as_bytes());
    content.extend_from_slice(source.as_bytes());
    Ok([b"\0asm\x01\0\0\0".as_slice(), &[CUSTOM_SECTION], &length(content.len()), &content].concat())
}

/// LEB128, as WebAssembly writes lengths.
fn length(mut rest: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        #[allow(clippy::cast_possible_truncation, reason = "seven bits")]
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Of the script engine that this program carries: lower-case hex SHA-256.
pub fn engine_digest() -> &'static str {
    &ENGINE_DIGEST
}

/// Compiles and signs the script engine, for [`Engine::add_script_engine`].
pub fn compile_engine(engine: &Engine, signing_key: &[u8]) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    let broken = |e: &dyn std::fmt::Display| CompileError::NoCompiler(format!("the script engine: {}", first_line(e)));
    let module = Module::from_binary(&engine.0, ENGINE).map_err(|e| broken(&e))?;
    ScriptEngine::of(engine, &module).map_err(|e| broken(&e))?;
    let code = module.serialize().map_err(|e| broken(&e))?;
    sign(&Header { kind: Kind::ScriptEngine, ..Header::here(engine_digest().to_owned()) }, &code, &key)
}

/// Compiles and signs a script, of which there must be one in the file. The engine must have been added to `engine`.
pub fn compile(engine: &Engine, wasm: &[u8], signing_key: &[u8]) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    let source = source(wasm)?.ok_or_else(|| CompileError::NotAComponent("it holds no script".to_owned()))?;
    let missing = || CompileError::NoCompiler("the script engine was not added".to_owned());
    let script_engine = engine.2.get(engine_digest()).ok_or_else(missing)?;
    let bytecode = bytecode(engine, &script_engine, source)?;
    Script::of(engine, script_engine, &bytecode).begin(Limits::default()).map_err(Refusal::NotBegun)?;
    let kind = Kind::Script { engine: engine_digest().to_owned() };
    sign(&Header { kind, ..Header::here(hex::encode(Sha256::digest(wasm))) }, &bytecode, &key)
}

fn bytecode(engine: &Engine, script_engine: &ScriptEngine, source: &str) -> Result<Vec<u8>, Refusal> {
    let compiled = within(engine, script_engine, COMPILING, |context| {
        let bytecode = context.compile(source)?;
        if bytecode.len() > MAX_BYTECODE_BYTES { Err(Stop::TooLong) } else { Ok(bytecode) }
    });
    match compiled {
        Ok((bytecode, _)) => Ok(bytecode),
        Err(RunError::BadOutput(_)) => {
            Err(Refusal::NotCompiled(format!("its bytecode has more than {MAX_BYTECODE_BYTES} bytes")))
        }
        Err(RunError::Trapped(said)) => Err(Refusal::NotCompiled(said)),
        Err(other) => Err(Refusal::NotCompiled(other.to_string())),
    }
}
