//! Workers under load: started by workerd, pinned to one core.

use super::load::{ANSWERS_WITHIN_S, free_address, resident_bytes, until_ready};
use super::report::Report;
use crate::checkout::Checkout;
use crate::edge::workerd::{self, Bindings};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;
use tokio::process::Child;

pub(crate) fn pid(child: &Child) -> Result<u32> {
    child.id().context("a worker ended early")
}

/// Starts a worker on the first core and notes how long it took until its first answer.
pub(crate) fn serve(
    checkout: &Checkout,
    build: &Path,
    folder: &Path,
    bindings: &Bindings,
    path: &str,
    subject: &str,
    report: &mut Report,
) -> Result<(Child, String)> {
    let address = free_address()?;
    let child = workerd::start(checkout, build, folder, &address, bindings, None, &folder.with_extension("log"))?;
    let ready = until_ready(&address, path, ANSWERS_WITHIN_S)?;
    report.sample("start", subject, "start_up", "ms", ready.as_secs_f64() * 1e3);
    report.sample("loaded", subject, "resident_bytes", "B", resident_bytes(pid(&child)?)?);
    pin("-a", &pid(&child)?.to_string())?;
    Ok((child, address))
}

/// To the first core: `-a` a process with all of its threads, else one thread.
pub(crate) fn pin(all: &str, id: &str) -> Result<()> {
    let arguments = [all, "-c", "-p", "0", id];
    let pinned = Command::new("taskset").args(arguments.iter().filter(|a| !a.is_empty())).output()?;
    if !pinned.status.success() {
        bail!("pinning to one core failed: {}", String::from_utf8_lossy(&pinned.stderr));
    }
    Ok(())
}
