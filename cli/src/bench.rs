//! `stoa bench`: how fast, measured from outside beside something else in the same run.

mod checkout;
mod clock;
mod edge;
pub(crate) mod freshness;
mod heap;
mod hono;
mod load;
mod plugin;
mod report;
mod search;
mod serve;
mod stocked;
mod till;

use crate::checkout::Checkout;
use anyhow::Result;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Pages and search from workerd, beside a Hono worker with the same product page
    Edge(edge::Arguments),
    /// Search from workerd, beside MiniSearch and Orama in workers on the same runtime, and the same engine natively
    Search(search::Arguments),
    /// From a merchant's edit to a shopper who finds it, under a load of searches
    Freshness(freshness::Arguments),
    /// A promotion plugin, beside Extism and QuickJS doing the same
    Plugin(plugin::Arguments),
    /// A purchase, step by step: how long it takes and what it reads and writes
    Checkout(checkout::Arguments),
}

pub(crate) async fn bench(checkout: &Checkout, command: &Command) -> Result<()> {
    match command {
        Command::Edge(arguments) => edge::bench(checkout, arguments).await,
        Command::Search(arguments) => search::bench(checkout, arguments).await,
        Command::Freshness(arguments) => freshness::bench(checkout, arguments).await,
        Command::Plugin(arguments) => plugin::bench(checkout, arguments).await,
        Command::Checkout(arguments) => checkout::bench(arguments).await,
    }
}
