//! `stoa token`: API tokens for `/admin/api`.

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::io::{Write, stdout};
use stoa_merchant::tokens::{self, SCOPES};
use stoa_storage::Store;

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and show it, once
    Create(CreateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What it may do, several with commas or by repeating; `all` for everything
    #[arg(long = "scope", required = true, value_delimiter = ',', help = scopes())]
    scopes: Vec<String>,
    /// How long it is good for: 30d, 4w
    #[arg(long, default_value = "30d", value_parser = tokens::parse_days)]
    expires: u32,
    /// What it is for, in words: shown in orders' timelines
    #[arg(long, default_value = "command line")]
    name: String,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

fn scopes() -> String {
    format!("What it may do, several with commas or by repeating: {}, or all", SCOPES.join(", "))
}

pub(crate) async fn run(args: TokenArgs, store: &Store) -> Result<()> {
    let Command::Create(args) = args.command;
    let made = tokens::create(store, &args.name, &args.scopes, args.expires, Timestamp::now()).await?;
    let mut out = stdout().lock();
    if args.json {
        let record = serde_json::json!({
            "token": made.token.reveal(),
            "name": made.record.name,
            "scopes": made.record.scopes,
            "expires_at": made.record.expires_at.to_string(),
        });
        writeln!(out, "{record}")?;
    } else {
        writeln!(out, "{}", made.token.reveal())?;
        eprintln!("Good until {} for: {}", made.record.expires_at, made.record.scopes.join(", "));
        eprintln!("It is not shown again: only its hash is stored.");
    }
    Ok(())
}
