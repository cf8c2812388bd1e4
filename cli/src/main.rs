//! The program behind `./stoa`, which sets up what it needs and builds it first.

mod bench;
mod catalog;
mod check;
mod checkout;
mod crm;
mod demo;
mod deploy;
mod dev;
mod edge;
mod guests;
mod licences;
mod mail;
mod pay;
mod plugin;
mod promo;
mod publish;
mod search;
mod ship;
mod shop;
mod sim;
mod steps;
mod test;
mod token;

use anyhow::Result;
use checkout::Checkout;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A shop that its merchant owns: on this machine, or deployed
#[derive(Debug, Parser)]
#[command(name = "stoa", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole shop on this machine
    Dev(dev::Arguments),
    /// Run every test, or one part's
    Test(test::Arguments),
    /// How fast it is
    #[command(subcommand)]
    Bench(bench::Command),
    /// Whether orders, stock and money stay right whatever goes wrong: seeded schedules with faults
    Sim(sim::Arguments),
    /// Formatting, lints, licences, advisories
    Check,
    /// Tell what this machine has and lacks
    Doctor,
    /// The catalogue as files
    Catalog {
        #[command(flatten)]
        arguments: catalog::CatalogArgs,
        #[command(flatten)]
        which: shop::Which,
    },
    /// How good the search is, what a version changed about it, and why a product has its place
    #[command(subcommand)]
    Search(search::Command),
    /// Tokens for the merchant's API
    Token {
        #[command(flatten)]
        arguments: token::TokenArgs,
        #[command(flatten)]
        which: shop::Which,
    },
    /// The rules that a merchant adds to the shop
    Plugin(plugin::Arguments),
    /// Promotions tried on a cart; the shop's promotions and their codes
    Promo(promo::Arguments),
    /// Customers, what marketing plugins did for them, and messages that wait to be sent
    Crm(crm::Arguments),
    /// The letters that a shop on this machine would have sent
    Mail(mail::Arguments),
    /// Payments: what became of one, asking providers, transfers that arrived; simulated providers on this machine
    Pay(pay::Arguments),
    /// Parcels: what became of them, asking carriers; the simulated carrier on this machine
    Ship(ship::Arguments),
    /// What is published, and going back
    Publish(publish::Arguments),
    /// What a deployment is made of
    #[command(subcommand)]
    Deploy(deploy::Command),
    /// The demo shop
    #[command(subcommand)]
    Demo(DemoCommand),
    /// The worker that serves the shop's pages
    #[command(subcommand)]
    Edge(EdgeCommand),
}

#[derive(Debug, Subcommand)]
enum DemoCommand {
    /// Write it as files: a catalogue to start from, and what a deployed shop can be filled with
    Export {
        folder: std::path::PathBuf,
        /// Of each product
        #[arg(long, default_value_t = usize::MAX)]
        pictures: usize,
    },
}

#[derive(Debug, Subcommand)]
enum EdgeCommand {
    /// Build it into edge/build, for workerd and for wrangler
    Build,
    /// Serve it in front of a shop that runs elsewhere
    Serve(edge::serve::Arguments),
}

fn main() -> ExitCode {
    // Plugins are compiled by this same program, started again: then it does nothing else, and does not return.
    stoa_plugin_runtime::compiler_process::enter();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nstoa: {}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Dev(arguments) => wait(async { dev::dev(&Checkout::find()?, &arguments).await }),
        Command::Catalog { arguments, which } => wait(async {
            let shop = which.open().await?;
            let done = catalog::run(arguments, &shop.store).await;
            shop.close().await;
            done
        }),
        Command::Token { arguments, which } => wait(async {
            let shop = which.open().await?;
            let done = token::run(arguments, &shop.store).await;
            shop.close().await;
            done
        }),
        Command::Search(command) => wait(async { search::search(&command).await }),
        Command::Plugin(arguments) => wait(async { plugin::plugin(&arguments).await }),
        Command::Promo(arguments) => wait(async { promo::promo(&arguments).await }),
        Command::Crm(arguments) => wait(async { crm::crm(&arguments).await }),
        Command::Mail(arguments) => mail::mail(&arguments),
        Command::Pay(arguments) => wait(async { pay::pay(&arguments).await }),
        Command::Ship(arguments) => wait(async { ship::ship(&arguments).await }),
        Command::Publish(arguments) => wait(async { publish::publish(&arguments).await }),
        Command::Test(arguments) => test::test(&Checkout::find()?, &arguments),
        Command::Bench(command) => wait(async { bench::bench(&Checkout::find()?, &command).await }),
        Command::Sim(arguments) => sim::sim(&arguments),
        Command::Check => check::check(&Checkout::find()?),
        Command::Doctor => anyhow::bail!("doctor is part of the entry script: ./stoa doctor"),
        Command::Deploy(command) => deploy::deploy(&command),
        Command::Demo(DemoCommand::Export { folder, pictures }) => {
            let (products, drawn) = demo::export::export(&folder, pictures)?;
            eprintln!("{products} products and {drawn} pictures are in {}", folder.display());
            Ok(())
        }
        Command::Edge(EdgeCommand::Serve(arguments)) => {
            wait(async { edge::serve::serve(&Checkout::find()?, &arguments).await })
        }
        Command::Edge(EdgeCommand::Build) => {
            let folder = steps::step("edge for wasm32", || edge::build::build(&Checkout::find()?, true))?;
            println!("{}", folder.display());
            Ok(())
        }
    }
}

fn wait(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// The error and its causes as one sentence, with a remedy where the cause is the machine's.
fn sentence(error: &anyhow::Error) -> String {
    let full = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    let disk_full = full.into_iter().any(|io| io.kind() == std::io::ErrorKind::StorageFull);
    let remedy = if disk_full { " (the disk is full: free some space and start again)" } else { "" };
    format!("{error:#}{remedy}")
}
