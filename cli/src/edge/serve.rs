//! `stoa edge serve`: the edge alone, in front of a shop that runs elsewhere.

use super::workerd::{self, Bindings};
use crate::checkout::Checkout;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where it answers
    #[arg(long, default_value = "127.0.0.1:8787")]
    address: SocketAddr,
    /// Base of the published objects: `{base}/current.json`
    #[arg(long, value_name = "URL")]
    objects_url: String,
    /// Base of the functions' routes
    #[arg(long, value_name = "URL")]
    functions_url: String,
}

/// Until Ctrl-C or SIGTERM.
pub(crate) async fn serve(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let build = super::build::build(checkout, true)?;
    let base = |url: &str| url.trim_end_matches('/').to_owned();
    let bindings = Bindings {
        objects_url: base(&arguments.objects_url),
        functions_url: base(&arguments.functions_url),
        limited: true,
    };
    let temporary = tempfile::tempdir().context("no place for the worker's configuration")?;
    let log = temporary.path().join("edge.log");
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let folder = temporary.path().join("edge");
    let mut edge = workerd::start(checkout, &build, &folder, &arguments.address.to_string(), &bindings, None, &log)?;
    tokio::select! {
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
        status = edge.wait() => {
            bail!("the edge ended by itself with {}: {}", status?, std::fs::read_to_string(&log).unwrap_or_default())
        }
    }
}
