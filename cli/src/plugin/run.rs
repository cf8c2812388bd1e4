//! `stoa plugin run FILE.wasm --input cart.json`: one run, as the shop does it.

use super::local::{self, Local};
use super::run_function;
use anyhow::{Result, bail, ensure};
use serde_json::Value;
use std::path::PathBuf;
use stoa_merchant::plugins::Manifest;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The wasm file: what `build` made, or any component or core module of the world
    file: PathBuf,
    /// What the file is written against. A Shopify Function that carries its manifest is run on a cart like any plugin
    #[arg(long, value_enum, default_value_t = Abi::Stoa)]
    abi: Abi,
    #[command(flatten)]
    function: run_function::Arguments,
    /// The cart (of a marketing plugin, the event) as JSON, in the form of a fixture's `input`; with `--abi shopify` what
    /// the function reads
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,
    /// The merchant's settings as JSON; the file's own defaults otherwise
    #[arg(short, long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Abi {
    Stoa,
    Shopify,
}

pub(crate) fn run(arguments: &Arguments, json: bool) -> Result<()> {
    if arguments.abi == Abi::Shopify {
        ensure!(arguments.settings.is_none(), "a function's settings are within its input: leave --settings out");
        return run_function::run(&arguments.file, &arguments.input, &arguments.function, json);
    }
    ensure!(arguments.function.is_empty(), "--export, --query and --target are for --abi shopify");
    let wasm = local::wasm(&arguments.file)?;
    let manifest = Manifest::of_file(&wasm)?;
    let input: Value = local::json(&arguments.input)?;
    let settings = local::settings(arguments.settings.as_deref(), manifest.as_ref())?;
    let outcome = Local::compile(&wasm)?.ask(&settings, input)?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else if let Some(proposed) = outcome.proposed()? {
        println!("{proposed:#}");
        eprintln!("{}", outcome.in_words());
    } else if outcome.not_for_cart.is_some() {
        println!("{}", outcome.in_words());
    }
    match &outcome.error {
        Some(error) => bail!("{} ({})", error.message, error.code),
        None => Ok(()),
    }
}
