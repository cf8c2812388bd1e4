//! `stoa publish`: what is published, going back to an earlier version, and publishing anew.

use crate::dev::publishing;
use crate::shop::Which;
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use stoa_publish::{Published, Target};
use stoa_storage::{PublishHead, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    which: Which,
    /// Answer as one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The published version and those before it
    Status,
    /// Show an earlier version again; changes are not published until `resume`
    Rollback {
        /// A version from `status`; without it, the one before
        version: Option<u64>,
    },
    /// End a rollback: publish what the table says, and follow it again
    Resume,
    /// Publish everything anew, search index too
    Rebuild,
    /// Remove objects that no version of the history needs and that are older than an hour
    Prune {
        /// Say what would go, remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(crate) async fn publish(arguments: &Arguments) -> Result<()> {
    let shop = arguments.which.open().await?;
    let store = &shop.store;
    let done = match arguments.command {
        Command::Status => status(store, arguments.json).await,
        Command::Rollback { version } => {
            let target = version.map_or(Target::Steps(1), Target::Version);
            let published = stoa_publish::rollback(store, target).await?;
            tell(&published, arguments.json);
            Ok(())
        }
        Command::Resume => {
            let published =
                publishing::with_bar("publishing", async |p| Ok(stoa_publish::resume(store, p).await?)).await?;
            tell(&published, arguments.json);
            Ok(())
        }
        Command::Rebuild => {
            tell(&publishing::rebuild(store).await?, arguments.json);
            Ok(())
        }
        Command::Prune { dry_run } => prune(store, dry_run, arguments.json).await,
    };
    shop.close().await;
    done
}

async fn status(store: &Store, as_json: bool) -> Result<()> {
    let head = store.publish_head().get().await?.context("nothing was published yet")?.value;
    if as_json {
        println!("{}", serde_json::to_string(&head)?);
    } else {
        print(&head);
    }
    Ok(())
}

async fn prune(store: &Store, dry_run: bool, as_json: bool) -> Result<()> {
    let done = stoa_publish::prune(store, Timestamp::now() - stoa_publish::KEEP, dry_run).await?;
    if as_json {
        println!("{}", serde_json::to_string(&done)?);
        return Ok(());
    }
    let would = if dry_run { "would be " } else { "" };
    println!("{would}removed: {} manifests, {} objects, {} bytes", done.manifests, done.objects, done.bytes);
    if done.more {
        println!("there is more: run it again");
    }
    Ok(())
}

fn print(head: &PublishHead) {
    let pin = if head.pinned { ", pinned by a rollback: ./stoa publish resume ends it" } else { "" };
    println!("version {} is published{pin}\n", head.version);
    println!("{:>8}  {:<20}  {:>9}  ", "version", "published", "products");
    for version in &head.history {
        let what = version.rolled_back_to.map(|to| format!("shows version {to} again")).unwrap_or_default();
        println!("{:>8}  {:<20.0}  {:>9}  {what}", version.version, version.published_at, version.products);
    }
}

fn tell(published: &Published, as_json: bool) {
    let (json, text) = match published {
        Published::New { version, products, objects, bytes } => (
            json!({ "outcome": "new", "version": version, "products": products, "objects": objects, "bytes": bytes }),
            format!("version {version} is out: {products} products, {objects} new objects, {bytes} bytes"),
        ),
        Published::Unchanged { version } => (
            json!({ "outcome": "unchanged", "version": version }),
            format!("nothing that anyone can see has changed: version {version} stays"),
        ),
        Published::Pinned { version } => (
            json!({ "outcome": "pinned", "version": version }),
            format!("the shop is pinned to version {version}: ./stoa publish resume ends that"),
        ),
    };
    if as_json { println!("{json}") } else { println!("{text}") }
}
