//! What the checkout loads: only what this shop signed, untouched, of this plugin, for this engine.

use crate::shop::{Shop, sample};
use stoa_plugin_runtime::*;

#[test]
fn only_our_own_untouched_artefacts_load() {
    let shop = Shop::new();
    let SignedArtefact { digest, bytes } = shop.compile(&sample()).unwrap();
    let code = |bytes: &[u8], key: &[u8]| Plugin::load(&shop.engine, bytes, key, &digest).unwrap_err().code();
    assert_eq!(code(&bytes, &Shop::new().verify), "bad_signature");
    for at in [9, 40, bytes.len() / 2, bytes.len() - 1] {
        let mut tampered = bytes.clone();
        tampered[at] ^= 1;
        assert_eq!(code(&tampered, &shop.verify), "bad_signature", "byte {at}");
    }
    for end in [0, 8, 12, 71, 72, 100, bytes.len() - 1] {
        let cut = code(&bytes[..end], &shop.verify);
        assert!(["bad_signature", "not_an_artefact"].contains(&cut), "{end}: {cut}");
    }
    assert_eq!(code(&componentize(&sample()).unwrap(), &shop.verify), "not_an_artefact");
    assert_eq!(code(&vec![0; MAX_ARTEFACT_BYTES + 1], &shop.verify), "artefact_too_large");
    shop.still_serves();
}

#[test]
fn a_signed_artefact_of_another_plugin_does_not_load() {
    let shop = Shop::new();
    let other = shop.compile(&crate::guest::running("i32.const 0")).unwrap();
    let own = shop.compile(&sample()).unwrap();
    assert_ne!(own.digest, other.digest);
    let refused = Plugin::load(&shop.engine, &other.bytes, &shop.verify, &own.digest).unwrap_err();
    assert_eq!(refused, ArtefactError::OtherPlugin { got: other.digest });
    assert_eq!(refused.code(), "other_plugin");
    shop.still_serves();
}

/// Code of another engine or for another machine is never read as this one's, even under the shop's own signature.
#[test]
fn an_artefact_of_another_engine_or_machine_is_told_apart() {
    let shop = Shop::new();
    let own = shop.compile(&sample()).unwrap();
    let header = Header::here(own.digest.clone());
    for (header, code) in [
        (Header { engine: "wasmtime-47.0.0+1".into(), ..header.clone() }, "other_engine"),
        (Header { target: "riscv64-linux".into(), ..header.clone() }, "other_target"),
    ] {
        let artefact = sealed(&header, b"code that nobody looks at", &shop.sign);
        assert_eq!(Plugin::load(&shop.engine, &artefact, &shop.verify, &own.digest).unwrap_err().code(), code);
    }
    // Signed, of this engine, and yet no code.
    let artefact = sealed(&header, b"\x7fELF and nothing more", &shop.sign);
    assert_eq!(Plugin::load(&shop.engine, &artefact, &shop.verify, &own.digest).unwrap_err().code(), "not_loaded");
}

/// As `artefact.rs` describes it.
fn sealed(header: &Header, code: &[u8], key: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap();
    let mut artefact = b"STOAPLG1".to_vec();
    artefact.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
    artefact.extend(header);
    artefact.extend(code);
    let key = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(key).unwrap();
    let signature = key.sign(&artefact);
    artefact.extend(signature.as_ref());
    artefact
}

#[test]
fn artefacts_name_the_wasmtime_that_is_linked() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let wasmtime = packages.iter().find(|package| package["name"].as_str() == Some("wasmtime")).unwrap();
    let version = format!("wasmtime-{}+", wasmtime["version"].as_str().unwrap());
    assert!(
        ENGINE_VERSION.starts_with(&version),
        "raise ENGINE_VERSION to {version}1: artefacts are then compiled anew"
    );
}
