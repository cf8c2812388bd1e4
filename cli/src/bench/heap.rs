//! What one isolate holds, by V8's own account: what a platform's limit for an isolate is about. The process around it
//! holds the runtime as well.

use super::load::{ANSWERS_WITHIN_S, free_address, load, until_ready};
use crate::checkout::Checkout;
use crate::edge::workerd::{self, Bindings};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = include_str!("heap.cjs");

/// What the script prints, in bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeapUsage {
    used_size: f64,
    total_size: f64,
    embedder_heap_used_size: f64,
    backing_storage_size: f64,
    wasm_memory_size: f64,
}

/// Starts a worker, asks it for `paths` for some seconds, and answers the bytes that it then holds: all of them, or only
/// what is left once its garbage is `collected`.
pub(crate) fn held_bytes(
    checkout: &Checkout,
    build: &Path,
    folder: &Path,
    bindings: &Bindings,
    paths: &[String],
    collected: bool,
) -> Result<f64> {
    let (address, inspector) = (free_address()?, free_address()?);
    let log = folder.with_extension("heap.log");
    let child = workerd::start(checkout, build, folder, &address, bindings, Some(&inspector), &log)?;
    until_ready(&address, paths.first().context("nothing to ask for")?, ANSWERS_WITHIN_S)?;
    load(child.id().context("a worker ended early")?, &address, paths, 3, folder)?;
    usage(checkout, folder, &inspector, collected)
}

/// The same of a worker that runs, by the address of its inspector. `folder` is the worker's own.
pub(crate) fn usage(checkout: &Checkout, folder: &Path, inspector: &str, collected: bool) -> Result<f64> {
    let script = folder.join("heap.cjs");
    std::fs::write(&script, SCRIPT)?;
    let modules = checkout.root.join("edge/node_modules");
    let output = Command::new("node")
        .arg(&script)
        .arg(inspector)
        .args(collected.then_some("collected"))
        .env("NODE_PATH", modules)
        .output()
        .context("starting node")?;
    if !output.status.success() {
        bail!("the inspector did not tell: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let usage: HeapUsage = serde_json::from_slice(&output.stdout)?;
    let heap = if collected { usage.used_size } else { usage.total_size };
    Ok(heap + usage.embedder_heap_used_size + usage.backing_storage_size + usage.wasm_memory_size)
}
