//! From an uploaded function to a signed artefact, by the way of every plugin: counted, compiled, signed.

use super::function::{Function, Targeting, target_runs};
use super::guest::{Guest, first_line};
use super::refusal::Refusal;
use crate::artefact::Header;
use crate::compile::{key, sign};
use crate::compiler_process::{self, CompilerLimits};
use crate::{CompileError, Engine, MAX_COMPONENT_BYTES, SignedArtefact, shape};
use sha2::{Digest, Sha256};

/// Compiles and signs a module with its targets in this process. `signing_key` is PKCS#8.
pub fn compile(
    engine: &Engine,
    wasm: &[u8],
    targeting: &[Targeting],
    signing_key: &[u8],
) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    check(wasm, targeting)?;
    sign(&header(wasm, targeting), &to_code(engine, wasm, targeting)?, &key)
}

/// The same in a process of its own: see [`crate::compile_apart`].
pub fn compile_apart(
    wasm: &[u8],
    targeting: &[Targeting],
    signing_key: &[u8],
    limits: CompilerLimits,
) -> Result<SignedArtefact, CompileError> {
    let key = key(signing_key)?;
    check(wasm, targeting)?;
    sign(&header(wasm, targeting), &compiler_process::compile(wasm, Some(targeting), limits)?.code, &key)
}

/// Before any compiler reads it.
fn check(wasm: &[u8], targeting: &[Targeting]) -> Result<(), CompileError> {
    if wasm.len() > MAX_COMPONENT_BYTES {
        return Err(CompileError::TooLarge { got: wasm.len() });
    }
    shape::check(wasm).map_err(|error| match error {
        CompileError::NotAComponent(why) => Refusal::NotAModule(why).into(),
        error => error,
    })?;
    target_runs(targeting)?;
    Ok(())
}

pub(crate) fn to_code(engine: &Engine, wasm: &[u8], targeting: &[Targeting]) -> Result<Vec<u8>, CompileError> {
    let guest = Guest::compile(engine, wasm)?;
    Function::of(guest.clone(), targeting, String::new())?;
    Ok(guest.module().serialize().map_err(|e| Refusal::NotAModule(first_line(&e)))?)
}

fn header(wasm: &[u8], targeting: &[Targeting]) -> Header {
    Header { shopify: Some(targeting.to_vec()), ..Header::here(digest(wasm, targeting)) }
}

/// Another query is another function.
fn digest(wasm: &[u8], targeting: &[Targeting]) -> String {
    let mut digest = Sha256::new();
    digest.update(Sha256::digest(wasm));
    for Targeting { target, export, input_query } in targeting {
        for text in [target, export, input_query] {
            digest.update(Sha256::digest(text));
        }
    }
    hex::encode(digest.finalize())
}
