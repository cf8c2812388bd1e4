//! `stoa bench`: how fast, measured from outside beside something else in the same run.

mod edge;
mod heap;
mod hono;
mod load;
mod report;

use crate::checkout::Checkout;
use anyhow::Result;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Pages and search from workerd, beside a Hono worker with the same product page
    Edge(edge::Arguments),
}

pub(crate) async fn bench(checkout: &Checkout, command: &Command) -> Result<()> {
    match command {
        Command::Edge(arguments) => edge::bench(checkout, arguments).await,
    }
}
