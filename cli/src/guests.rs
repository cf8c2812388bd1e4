//! The sample plugins, built for wasm32: each folder of `plugins/samples` with a manifest is one.

use crate::checkout::{Checkout, run};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;

/// What the demo shop has.
pub(crate) const DEMO: &str = "spend-and-save";

/// One built plugin.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    /// Its plugin.toml.
    pub(crate) manifest: PathBuf,
    /// The core module; the runtime's compiler makes it a component.
    pub(crate) module: PathBuf,
}

/// Builds what has changed of all samples.
pub(crate) fn build(checkout: &Checkout, quiet: bool) -> Result<Vec<Guest>> {
    let samples = checkout.root.join("plugins/samples");
    let mut names = Vec::new();
    for entry in fs::read_dir(&samples).with_context(|| format!("reading {}", samples.display()))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "{} holds no plugin", samples.display());
    named(checkout, &names, quiet)
}

/// The same of the demo shop's alone.
pub(crate) fn build_demo(checkout: &Checkout, quiet: bool) -> Result<Guest> {
    let built = named(checkout, &[DEMO.to_owned()], quiet)?;
    built.into_iter().next().context("one plugin was built")
}

fn named(checkout: &Checkout, names: &[String], quiet: bool) -> Result<Vec<Guest>> {
    let samples = checkout.root.join("plugins/samples");
    let mut cargo = checkout.cargo(["build", "--locked", "--profile", "guest", "--target", "wasm32-unknown-unknown"]);
    for name in names {
        cargo.args(["--package", &format!("stoa-sample-{name}")]);
    }
    if quiet {
        cargo.arg("--quiet");
    }
    run(&mut cargo)?;
    let folder = checkout.target.join("wasm32-unknown-unknown/guest");
    let guest = |name: &String| Guest {
        manifest: samples.join(name).join("plugin.toml"),
        module: folder.join(format!("stoa_sample_{}.wasm", name.replace('-', "_"))),
    };
    Ok(names.iter().map(guest).collect())
}
