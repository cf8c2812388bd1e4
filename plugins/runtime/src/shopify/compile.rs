//! From an uploaded function to a signed artefact.

use super::function::{Function, Targeting};
use super::guest::{Guest, first_line};
use super::refusal::Refusal;
use crate::artefact::{Header, seal};
use crate::{Engine, SignedArtefact};
use aws_lc_rs::signature::Ed25519KeyPair;
use sha2::{Digest, Sha256};

/// Compiles and signs a module with its targets. `signing_key` is PKCS#8.
pub fn compile(
    engine: &Engine,
    wasm: &[u8],
    targeting: &[Targeting],
    signing_key: &[u8],
) -> Result<SignedArtefact, Refusal> {
    let key = Ed25519KeyPair::from_pkcs8(signing_key).map_err(|_| Refusal::BadKey)?;
    let guest = Guest::compile(engine, wasm)?;
    let digest = digest(wasm, targeting);
    Function::of(guest.clone(), targeting, digest.clone())?;
    let code = guest.module().serialize().map_err(|e| Refusal::NotAModule(first_line(&e)))?;
    let header = Header { shopify: Some(targeting.to_vec()), ..Header::here(digest.clone()) };
    let bytes = seal(&header, &code, &key).ok_or(Refusal::ArtefactTooLarge)?;
    Ok(SignedArtefact { digest, bytes })
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
