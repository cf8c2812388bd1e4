//! `stoa plugin run FILE.wasm --abi shopify`: one run of a Shopify Function on an input, with what it used. The engine,
//! the limits and so the verdict are the checkout's.

use super::local;
use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use stoa_plugin_runtime::Engine;
use stoa_plugin_runtime::shopify::{Failure, Guest, Json, Limits, Outcome, Query, Refusal, Target};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Of a Shopify Function: what of the module is called
    #[arg(long, required_if_eq("abi", "shopify"))]
    export: Option<String>,
    /// Of a Shopify Function: its input query, refused by name where this shop could not answer it
    #[arg(long, value_name = "FILE")]
    query: Option<PathBuf>,
    /// Of a Shopify Function: what the query is made for; otherwise cart.lines.discounts.generate.run
    #[arg(long)]
    target: Option<String>,
}

impl Arguments {
    pub(crate) fn is_empty(&self) -> bool {
        self.export.is_none() && self.query.is_none() && self.target.is_none()
    }
}

pub(crate) fn run(file: &Path, input: &Path, arguments: &Arguments, json: bool) -> Result<()> {
    let wasm = local::wasm(file)?;
    let input: Json = local::json(input)?;
    check_query(arguments)?;
    let guest = Guest::compile(&Engine::new()?, &wasm).map_err(|refusal| refused(&refusal))?;
    let export = arguments.export.as_deref().context("--export names what of the module is called")?;
    guest.check_export(export).map_err(|refusal| refused(&refusal))?;
    let limits = Limits::for_input(&input);
    let outcome = guest.run(export, &input, &limits);
    if json {
        println!("{}", serde_json::to_string(&Report::new(file, &wasm, &input, &limits, &outcome))?);
    } else {
        print(&input, &limits, &outcome)?;
    }
    match outcome.output {
        Ok(_) => Ok(()),
        Err(failure) => bail!("{}: {failure}", failure.code()),
    }
}

fn check_query(arguments: &Arguments) -> Result<()> {
    let name = arguments.target.as_deref().unwrap_or(Target::CartLines.name());
    let target = Target::named(name).ok_or_else(|| refused(&Refusal::UnsupportedTarget { target: name.to_owned() }))?;
    let Some(file) = &arguments.query else { return Ok(()) };
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Query::new(&text, target).map_err(|error| refused(&Refusal::Query { target: target.name().to_owned(), error }))?;
    Ok(())
}

fn refused(refusal: &Refusal) -> anyhow::Error {
    anyhow!("{}: {refusal}", refusal.code())
}

fn print(input: &Json, limits: &Limits, outcome: &Outcome) -> Result<()> {
    if let Ok(output) = &outcome.output {
        println!("{}\n", serde_json::to_string_pretty(output)?);
        println!("output        {} of {} bytes", output.packed_len(), limits.output_bytes);
    }
    println!("input         {} of {} bytes", input.packed_len(), limits.input_bytes);
    println!("instructions  {} of {}", outcome.instructions, limits.instructions);
    println!("memory        {} kB", outcome.memory_bytes / 1_024);
    if !outcome.log.is_empty() {
        println!("log\n{}", outcome.log.trim_end());
    }
    Ok(())
}

/// `memory_usage` and `size` in kB, and the other names, as Shopify's own runner has them.
#[derive(Serialize)]
struct Report<'a> {
    name: String,
    size: usize,
    success: bool,
    error: Option<Told>,
    output: Option<&'a Json>,
    instructions: u64,
    memory_usage: usize,
    logs: &'a str,
    input: &'a Json,
    limits: Allowed,
}

#[derive(Serialize)]
struct Told {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Allowed {
    instructions: u64,
    input_bytes: usize,
    output_bytes: usize,
}

impl<'a> Report<'a> {
    fn new(file: &Path, wasm: &[u8], input: &'a Json, limits: &Limits, outcome: &'a Outcome) -> Self {
        let Limits { instructions, input_bytes, output_bytes } = *limits;
        let told = |failure: &Failure| Told { code: failure.code(), message: failure.to_string() };
        Self {
            name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            size: wasm.len() / 1_024,
            success: outcome.output.is_ok(),
            error: outcome.output.as_ref().err().map(told),
            output: outcome.output.as_ref().ok(),
            instructions: outcome.instructions,
            memory_usage: outcome.memory_bytes / 1_024,
            logs: &outcome.log,
            input,
            limits: Allowed { instructions, input_bytes, output_bytes },
        }
    }
}
