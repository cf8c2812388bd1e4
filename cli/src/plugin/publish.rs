//! `stoa plugin publish`: a version goes to a shop. It runs for nobody until it is released, unless `--percent` says so.

use super::api::{Api, Target, path, text};
use super::build::built;
use super::local;
use super::project::{self, Project};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use stoa_merchant::plugins::Manifest;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The project's folder, which is built first, or a built wasm file
    #[arg(default_value = ".")]
    what: PathBuf,
    /// The plugin.toml of a wasm file that carries no manifest
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Release it at once, to so many shoppers of a hundred
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    percent: Option<u8>,
}

pub(crate) async fn publish(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let (manifest, wasm) = file(arguments)?;
    send(&manifest, wasm, arguments.percent, target, json).await
}

/// A file that carries its manifest, and what the shop says of it.
pub(super) async fn send(
    manifest: &Manifest,
    wasm: Vec<u8>,
    percent: Option<u8>,
    target: &Target,
    json: bool,
) -> Result<()> {
    let query = percent.map_or(String::new(), |percent| format!("?percent={percent}"));
    let api = Api::open(target).await?;
    let done = api.upload::<Value>(&format!("{}{query}", path(manifest.id.as_str())), wasm).await;
    api.close().await;
    let answer = done?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    let (version, report) = (&answer["version"], &answer["version"]["report"]);
    println!("{} {} is kept: {}", manifest.id, manifest.version, text(&version["digest"]));
    println!("  {} bytes, {} compiled", report["sizes"]["component"], report["sizes"]["artefact"]);
    for warning in report["warnings"].as_array().into_iter().flatten() {
        println!("  warning: {}", text(warning));
    }
    match version["percent"].as_u64() {
        Some(0) | None => println!("  `stoa plugin release {} {}` lets it run", manifest.id, manifest.version),
        Some(percent) => println!("  {percent} % of the shoppers have it"),
    }
    Ok(())
}

fn file(arguments: &Arguments) -> Result<(Manifest, Vec<u8>)> {
    if arguments.what.is_dir() {
        ensure!(arguments.manifest.is_none(), "a project has its plugin.toml: leave --manifest out");
        let project = Project::open(&arguments.what)?;
        let wasm = built(&project)?;
        return Ok((project.manifest, wasm));
    }
    let wasm = local::wasm(&arguments.what)?;
    let carried = Manifest::of_file(&wasm)?;
    match (carried, &arguments.manifest) {
        (Some(manifest), None) => Ok((manifest, wasm)),
        (_, Some(beside)) => {
            let manifest = project::manifest(beside)?;
            let wasm = manifest.append_to(&wasm)?;
            Ok((manifest, wasm))
        }
        (None, None) => anyhow::bail!("{} carries no manifest: name one with --manifest", arguments.what.display()),
    }
}
