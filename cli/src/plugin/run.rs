//! `stoa plugin run FILE.wasm --input cart.json`: one run, as the checkout does it.

use super::local::{self, Local};
use anyhow::{Result, bail};
use std::path::PathBuf;
use stoa_merchant::plugins::Manifest;
use stoa_plugin_runtime::PromotionInput;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The wasm file: what `build` made, or any component or core module of the world
    file: PathBuf,
    /// The cart as JSON, in the form of a fixture's `input`
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,
    /// The merchant's settings as JSON; the file's own defaults otherwise
    #[arg(short, long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, json: bool) -> Result<()> {
    let wasm = local::wasm(&arguments.file)?;
    let manifest = Manifest::of_file(&wasm)?;
    let input: PromotionInput = local::json(&arguments.input)?;
    let settings = local::settings(arguments.settings.as_deref(), manifest.as_ref())?;
    let outcome = Local::compile(&wasm)?.run(&settings, &input);
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else if let Some(operations) = &outcome.operations {
        println!("{}", serde_json::to_string_pretty(operations)?);
        eprintln!("{}", outcome.in_words());
    }
    match &outcome.error {
        Some(error) => bail!("{} ({})", error.message, error.code),
        None => Ok(()),
    }
}
