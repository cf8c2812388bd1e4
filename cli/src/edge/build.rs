//! `stoa edge build`: the worker as workerd and Cloudflare load it, in `edge/build/`:
//! `index.js` (the entry, ours), `index_bg.js` and `index_bg.wasm` (from wasm-bindgen) and its snippets.

use crate::checkout::{Checkout, run};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const SHIM: &str = include_str!("shim.js");
/// Holds the digest of what the folder was made from.
const MARK: &str = ".made-from";

/// Builds what has changed and answers the folder.
pub(crate) fn build(checkout: &Checkout, quiet: bool) -> Result<PathBuf> {
    let mut cargo = checkout.cargo([
        "build",
        "--locked",
        "--profile",
        "edge",
        "--lib",
        "--package",
        "stoa-edge",
        "--target",
        TARGET,
    ]);
    if quiet {
        cargo.arg("--quiet");
    }
    run(&mut cargo)?;
    let wasm = checkout.target.join(TARGET).join("edge/stoa_edge.wasm");
    let wasm = fs::read(&wasm).with_context(|| format!("reading {}", wasm.display()))?;
    let folder = checkout.root.join("edge/build");
    let digest = hex(&Sha256::new().chain_update(&wasm).chain_update(SHIM).finalize());
    if fs::read_to_string(folder.join(MARK)).is_ok_and(|mark| mark == digest) {
        return Ok(folder);
    }
    // Made aside, then moved into place: an interrupted build leaves the old one.
    let new = checkout.root.join("edge/build.tmp");
    remove(&new)?;
    bind(&wasm, &new).context("binding the worker to JavaScript")?;
    fs::write(new.join(MARK), digest)?;
    remove(&folder)?;
    fs::rename(&new, &folder).with_context(|| format!("writing {}", folder.display()))?;
    Ok(folder)
}

/// The web target is the one whose output both takes a compiled module and can start it anew.
fn bind(wasm: &[u8], folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("index", wasm.to_vec())
        .web(true)?
        .typescript(false)
        .reset_state_function(true)
        .remove_name_section(true);
    bindgen.generate(folder)?;
    fs::rename(folder.join("index.js"), folder.join("index_bg.js"))?;
    fs::write(folder.join("index.js"), SHIM)?;
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
