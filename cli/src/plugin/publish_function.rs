//! `stoa plugin publish-function FILE.wasm --extension shopify.extension.toml`: a Shopify Function as its author keeps it
//! becomes a version of a plugin. What its extension file says becomes the manifest that the file carries from then on.

use super::api::Target;
use super::{local, publish};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use stoa_domain::plugin::Version;
use stoa_domain::{Locale, PluginId};
use stoa_merchant::plugins::Manifest;
use stoa_plugin_runtime::shopify::Targeting;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The wasm file, as Shopify's build made it or as the compiler left it
    file: PathBuf,
    /// Its shopify.extension.toml: targets, exports and input queries
    #[arg(long, value_name = "FILE")]
    extension: PathBuf,
    /// Which of the file's extensions, where there are several
    #[arg(long)]
    handle: Option<String>,
    /// The plugin's id in this shop; the extension's handle otherwise
    #[arg(long)]
    id: Option<String>,
    /// What the shopper reads as the promotion's name; the extension's name otherwise
    #[arg(long)]
    title: Option<String>,
    #[arg(long, default_value = "1.0.0")]
    version: String,
    /// What was configured in the discount's metafield: a JSON object. A plugin that is there already keeps its settings
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Release it at once, to so many shoppers of a hundred
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    percent: Option<u8>,
}

/// What is read of `shopify.extension.toml`.
#[derive(Debug, Deserialize)]
struct ExtensionFile {
    extensions: Vec<Extension>,
}

#[derive(Debug, Deserialize)]
struct Extension {
    handle: String,
    name: Option<String>,
    #[serde(default)]
    targeting: Vec<FunctionTarget>,
}

#[derive(Debug, Deserialize)]
struct FunctionTarget {
    target: String,
    export: String,
    input_query: PathBuf,
}

pub(crate) async fn publish(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let manifest = manifest(arguments)?;
    let wasm = manifest.append_to(&local::wasm(&arguments.file)?)?;
    publish::send(&manifest, wasm, arguments.percent, target, json).await
}

fn manifest(arguments: &Arguments) -> Result<Manifest> {
    let extension = extension(&arguments.extension, arguments.handle.as_deref())?;
    // `t:name` is a text of Shopify's translations, which stay there.
    let named = extension.name.clone().filter(|name| !name.starts_with("t:"));
    let title = arguments.title.clone().or(named);
    let title = title.context("the extension's name is a translation: say what the shopper reads with --title")?;
    let title = stoa_merchant::plugins::checked_title(&title).context("a title has 1 to 100 characters")?;
    let folder = arguments.extension.parent().unwrap_or(Path::new("."));
    Ok(Manifest {
        id: PluginId::new(arguments.id.as_ref().unwrap_or(&extension.handle))?,
        version: Version::new(&arguments.version)?,
        world: "promotion".to_owned(),
        title: BTreeMap::from([(Locale::undetermined(), title)]),
        target: None,
        settings: arguments.settings.as_deref().map(local::json).transpose()?.unwrap_or_default(),
        settings_schema: None,
        shopify: Some(targeting(folder, extension.targeting)?),
    })
}

fn extension(file: &Path, handle: Option<&str>) -> Result<Extension> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let read: ExtensionFile = toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    let wanted = |extension: &Extension| handle.is_none_or(|handle| extension.handle == handle);
    let mut found = read.extensions.into_iter().filter(wanted);
    match (found.next(), found.next()) {
        (Some(extension), None) => Ok(extension),
        _ => bail!("{} must hold one extension, or --handle must name one of them", file.display()),
    }
}

/// With their queries read from beside the extension file.
fn targeting(folder: &Path, targets: Vec<FunctionTarget>) -> Result<Vec<Targeting>> {
    ensure!(!targets.is_empty(), "the extension has no [[extensions.targeting]]");
    let with_query = |FunctionTarget { target, export, input_query }: FunctionTarget| {
        let path = folder.join(input_query);
        let input_query = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Targeting { target, export, input_query })
    };
    targets.into_iter().map(with_query).collect()
}
