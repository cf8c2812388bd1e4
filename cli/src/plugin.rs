//! `stoa plugin`: a plugin becomes a signed artefact in the shop's private bucket, and a record that names it.

mod run_shopify;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod shopify_checkout_tests;
mod upload_shopify;

use crate::shop::Which;
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use stoa_domain::PluginId;
use stoa_merchant::plugins::{self, Upload};
use stoa_storage::{Expected, PluginRecord, PluginStatus, Revision, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compile a plugin, sign it, and switch it on
    Upload {
        /// The wasm file: a component, or a core module built with the SDK
        file: PathBuf,
        /// Its plugin.toml: id, version, title, settings
        #[arg(long)]
        manifest: PathBuf,
    },
    /// Which plugins the shop has
    List {
        /// Answer as one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Compile a Shopify Function, sign it, and switch it on
    UploadFunction(upload_shopify::UploadFunctionArgs),
    /// Run a Shopify Function once, here
    Run(run_shopify::RunArgs),
}

/// `plugin.toml`
#[derive(Debug, Deserialize)]
struct Manifest {
    id: String,
    version: String,
    world: String,
    /// By locale.
    title: BTreeMap<String, String>,
    settings: Option<toml::Table>,
}

pub(crate) async fn plugin(arguments: &Arguments) -> Result<()> {
    // Needs no shop.
    if let Command::Run(run) = &arguments.command {
        return run_shopify::run(run);
    }
    let shop = arguments.which.open().await?;
    let done = match &arguments.command {
        Command::Upload { file, manifest } => match arguments.which.signing_key() {
            Ok(key) => install(&shop.store, &key, file, manifest).await.map(|plugin| {
                println!("{} {} is on", plugin.id, plugin.version);
            }),
            Err(error) => Err(error),
        },
        Command::UploadFunction(upload) => match arguments.which.signing_key() {
            Ok(key) => upload_shopify::upload(&shop.store, &key, upload).await.map(|plugin| {
                println!("{} {} is on", plugin.id, plugin.version);
            }),
            Err(error) => Err(error),
        },
        Command::List { json } => list(&shop.store, *json).await,
        Command::Run(_) => Ok(()),
    };
    shop.close().await;
    done
}

async fn list(store: &Store, json: bool) -> Result<()> {
    let plugins: Vec<PluginRecord> = store.plugins().list().await?.into_iter().map(|read| read.value).collect();
    if json {
        println!("{}", serde_json::to_string(&plugins)?);
        return Ok(());
    }
    for plugin in plugins {
        let status = if plugin.status == PluginStatus::Active { "on" } else { "off" };
        println!("{:<24} {:<10} {status:<4} {}", plugin.id, plugin.version, plugin.title);
    }
    Ok(())
}

/// Compiles and signs `file`, stores it, and records it as active. A plugin that is here already keeps its merchant's
/// settings and whether it runs.
pub(crate) async fn install(store: &Store, signing_key: &[u8], file: &Path, manifest: &Path) -> Result<PluginRecord> {
    let text = fs::read_to_string(manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("reading {}", manifest.display()))?;
    ensure!(manifest.world == "promotion", "this shop runs plugins of the world promotion, not {}", manifest.world);
    let id = PluginId::new(&manifest.id)?;
    let wasm = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let known = store.plugins().get(&id).await?.is_some();
    let own_settings = || serde_json::to_string(&manifest.settings.unwrap_or_default());
    let upload = Upload {
        title: title(store, &manifest.title).await?,
        version: manifest.version,
        settings: if known { None } else { Some(own_settings()?) },
        targeting: None,
        wasm,
        id,
    };
    let whatever = |revision: Option<Revision>| revision.map_or(Expected::Absent, Expected::Revision);
    Ok(plugins::install(store, signing_key.to_vec(), upload, whatever, Timestamp::now()).await?.value)
}

/// In the shop's default language, else in the first there is.
async fn title(store: &Store, titles: &BTreeMap<String, String>) -> Result<String> {
    let shop = store.shop().settings().await?;
    let own = shop.and_then(|shop| titles.get(shop.value.default_locale.as_str()).cloned());
    own.or_else(|| titles.values().next().cloned()).context("plugin.toml has no title")
}
