//! `stoa plugin build`: a project becomes one file, the built module with its manifest in it.

use super::local;
use super::project::{Language, Project};
use super::typescript;
use crate::checkout::{Checkout, run};
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn build(arguments: &Arguments, json: bool) -> Result<()> {
    let project = Project::open(&arguments.folder)?;
    let wasm = built(&project)?;
    let (id, version) = (&project.manifest.id, &project.manifest.version);
    if json {
        println!("{}", json!({ "id": id, "version": version, "file": project.built(), "bytes": wasm.len() }));
    } else {
        println!("{id} {version}: {} ({} bytes)", project.built().display(), wasm.len());
    }
    Ok(())
}

/// The file's bytes, built anew where something changed.
pub(crate) fn built(project: &Project) -> Result<Vec<u8>> {
    let module = match project.language()? {
        Language::Rust => cargo(project)?,
        Language::TypeScript => typescript::built(project)?,
    };
    let wasm = project.manifest.append_to(&module)?;
    let file = project.built();
    let folder = file.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    fs::write(&file, &wasm).with_context(|| format!("writing {}", file.display()))?;
    Ok(wasm)
}

/// The core module of a cargo package.
fn cargo(project: &Project) -> Result<Vec<u8>> {
    // The dependencies of all plugins on this machine are built once.
    let target = Checkout::find()?.target.join("plugins");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown"]);
    run(cargo.current_dir(&project.folder).env("CARGO_TARGET_DIR", &target))?;
    let module = format!("{}.wasm", project.package()?.replace('-', "_"));
    local::wasm(&target.join("wasm32-unknown-unknown/release").join(module))
}
