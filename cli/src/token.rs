//! `stoa token`: API tokens for `/admin/api`.

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{Write, stdout};
use stoa_merchant::tokens::{self, SCOPES, TokenState};
use stoa_storage::{Store, TokenRecord};

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and show it, once
    Create(CreateArgs),
    /// Which tokens there are: what each may do, until when, and whether it still counts
    List {
        /// One JSON array on standard output
        #[arg(long)]
        json: bool,
    },
    /// Take a token back: from then on it opens nothing
    Revoke {
        /// Its id, as `list` and orders' timelines show it
        id: String,
        /// One JSON object on standard output
        #[arg(long)]
        json: bool,
    },
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
    let now = Timestamp::now();
    match args.command {
        Command::Create(args) => create(&args, store, now).await,
        Command::List { json } => {
            let mut records: Vec<TokenRecord> = store.tokens().list().await?.into_iter().map(|t| t.value).collect();
            records.sort_by_key(|record| std::cmp::Reverse(record.created_at));
            let text = if json {
                Value::from(records.iter().map(|record| shown(record, now)).collect::<Vec<_>>()).to_string() + "\n"
            } else {
                table(&records, now)
            };
            Ok(stdout().lock().write_all(text.as_bytes())?)
        }
        Command::Revoke { id, json } => {
            let record = tokens::revoke(store, &id, now).await?;
            if json {
                writeln!(stdout(), "{}", shown(&record, now))?;
            } else {
                let since = record.revoked_at.unwrap_or(now);
                writeln!(stdout(), "{} ({}) opens nothing since {since:.0}", tokens::id(&record), record.name)?;
            }
            Ok(())
        }
    }
}

async fn create(args: &CreateArgs, store: &Store, now: Timestamp) -> Result<()> {
    let made = tokens::create(store, &args.name, &args.scopes, args.expires, now).await?;
    let mut out = stdout().lock();
    if args.json {
        let mut record = shown(&made.record, now);
        record["token"] = made.token.reveal().into();
        writeln!(out, "{record}")?;
    } else {
        writeln!(out, "{}", made.token.reveal())?;
        eprintln!("Good until {} for: {}", made.record.expires_at, made.record.scopes.join(", "));
        eprintln!(
            "It is not shown again: only its hash is stored. `stoa token revoke {}` ends it.",
            tokens::id(&made.record)
        );
    }
    Ok(())
}

/// Everything but the hash, which is nobody's business.
fn shown(record: &TokenRecord, now: Timestamp) -> Value {
    json!({
        "id": tokens::id(record),
        "name": record.name,
        "state": TokenState::of(record, now),
        "scopes": record.scopes,
        "created_at": record.created_at.to_string(),
        "expires_at": record.expires_at.to_string(),
        "revoked_at": record.revoked_at.map(|at| at.to_string()),
    })
}

fn table(records: &[TokenRecord], now: Timestamp) -> String {
    let name = |record: &TokenRecord| record.name.chars().take(32).collect::<String>();
    let mut text = format!("{:<8}  {:<32}  {:<7}  {:<20}  may\n", "id", "name", "state", "until");
    for record in records {
        let until = format!("{:.0}", record.revoked_at.unwrap_or(record.expires_at));
        let may = if record.scopes.len() == SCOPES.len() { "all".to_owned() } else { record.scopes.join(", ") };
        let state = TokenState::of(record, now).as_str();
        text += &format!("{:<8}  {:<32}  {state:<7}  {until:<20}  {may}\n", tokens::id(record), name(record));
    }
    if records.is_empty() {
        text += "none: `stoa token create` makes one\n";
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(name: &str, revoked: bool) -> TokenRecord {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        TokenRecord {
            hash: "0123456789abcdef".repeat(4),
            name: name.to_owned(),
            scopes: vec!["stock:read".to_owned(), "stock:write".to_owned()],
            created_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2026-02-01T00:00:00Z"),
            revoked_at: revoked.then(|| at("2026-01-05T10:30:00.5Z")),
        }
    }

    #[test]
    fn the_list_says_what_a_token_may_and_until_when_but_not_its_hash() {
        let records = [record("warehouse", false), record("lost laptop", true)];
        let text = table(&records, "2026-01-10T00:00:00Z".parse().unwrap());
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect()).collect();
        assert_eq!(lines[1], ["01234567", "warehouse", "active", "2026-02-01T00:00:00Z", "stock:read, stock:write"]);
        assert_eq!(lines[2], ["01234567", "lost laptop", "revoked", "2026-01-05T10:30:00Z", "stock:read, stock:write"]);
        let later = "2026-03-01T00:00:00Z".parse().unwrap();
        assert!(table(&records[..1], later).contains("expired"));
        assert!(!text.contains(&records[0].hash) && !shown(&records[0], later).to_string().contains(&records[0].hash));
    }
}
