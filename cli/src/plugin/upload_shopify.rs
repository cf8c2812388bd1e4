//! `stoa plugin upload-function FILE.wasm --extension shopify.extension.toml`: a Shopify Function as its author keeps it
//! becomes a plugin of the shop.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use stoa_domain::PluginId;
use stoa_merchant::plugins::{self, Upload};
use stoa_plugin_runtime::shopify::Targeting;
use stoa_storage::{Expected, PluginRecord, Revision, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct UploadFunctionArgs {
    /// The wasm file, as Shopify's build made it or as the compiler left it
    file: PathBuf,
    /// Its shopify.extension.toml: targets, exports and input queries
    #[arg(long)]
    extension: PathBuf,
    /// Which of the file's extensions, where there are several
    #[arg(long)]
    handle: Option<String>,
    /// The plugin's id in this shop
    #[arg(long)]
    id: String,
    /// What the shopper reads as the promotion's name
    #[arg(long)]
    title: String,
    #[arg(long, default_value = "1.0.0")]
    version: String,
    /// What was configured in the discount's metafield: a JSON file
    #[arg(long)]
    settings: Option<PathBuf>,
}

/// What is read of `shopify.extension.toml`.
#[derive(Debug, Deserialize)]
struct ExtensionFile {
    extensions: Vec<Extension>,
}

#[derive(Debug, Deserialize)]
struct Extension {
    handle: String,
    #[serde(default)]
    targeting: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    target: String,
    export: String,
    input_query: PathBuf,
}

pub(crate) async fn upload(store: &Store, signing_key: &[u8], arguments: &UploadFunctionArgs) -> Result<PluginRecord> {
    let wasm = fs::read(&arguments.file).with_context(|| format!("reading {}", arguments.file.display()))?;
    let settings = match &arguments.settings {
        Some(file) => Some(settings(file)?),
        None => None,
    };
    let upload = Upload {
        id: PluginId::new(&arguments.id)?,
        title: arguments.title.clone(),
        version: arguments.version.clone(),
        wasm,
        targeting: Some(targeting(&arguments.extension, arguments.handle.as_deref())?),
        settings,
    };
    let whatever = |revision: Option<Revision>| revision.map_or(Expected::Absent, Expected::Revision);
    Ok(plugins::install(store, signing_key.to_vec(), upload, whatever, Timestamp::now()).await?.value)
}

/// The targets of one extension, with their queries read from beside the file.
fn targeting(file: &Path, handle: Option<&str>) -> Result<Vec<Targeting>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let read: ExtensionFile = toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    let wanted = |extension: &Extension| handle.is_none_or(|handle| extension.handle == handle);
    let mut found = read.extensions.into_iter().filter(wanted);
    let (Some(extension), None) = (found.next(), found.next()) else {
        bail!("{} must hold one extension, or --handle must name one of them", file.display());
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let with_query = |Target { target, export, input_query }: Target| {
        let path = folder.join(input_query);
        let input_query = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Targeting { target, export, input_query })
    };
    extension.targeting.into_iter().map(with_query).collect()
}

fn settings(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let settings: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
    Ok(settings.to_string())
}
