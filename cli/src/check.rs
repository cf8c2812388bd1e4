//! `stoa check`: what has to hold before tests are worth running.

use crate::checkout::{Checkout, run};
use crate::licences;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs every check, also after one failed, and fails if any did.
pub(crate) fn check(checkout: &Checkout) -> Result<()> {
    type Check = fn(&Checkout) -> Result<Outcome>;
    let checks: [(&str, Check); 5] = [
        ("formatting", formatting),
        ("clippy, the whole workspace", |checkout| clippy(checkout, &["--workspace", "--all-targets"])),
        ("clippy, the edge alone for wasm32", |checkout| {
            clippy(checkout, &["--package", "stoa-edge", "--lib", "--target", "wasm32-unknown-unknown"])
        }),
        ("licences of what is linked", licences::check),
        ("security advisories", advisories),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        let started = Instant::now();
        match check(checkout) {
            Ok(Outcome::Passed(what)) => eprintln!("✓ {name} {what}({:.1} s)", started.elapsed().as_secs_f32()),
            Ok(Outcome::Skipped(why)) => eprintln!("- {name}: skipped, {why}"),
            Err(error) => {
                eprintln!("✗ {name}: {error:#}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join("; ")) }
}

/// How a check that found nothing wrong ended.
pub(crate) enum Outcome {
    /// What was looked at, with a space after it, or nothing.
    Passed(String),
    Skipped(String),
}

fn formatting(checkout: &Checkout) -> Result<Outcome> {
    run(tool(checkout, "cargo-fmt").args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed(String::new()))
}

fn clippy(checkout: &Checkout, arguments: &[&str]) -> Result<Outcome> {
    let sysroot =
        Command::new("rustc").args(["--print", "sysroot"]).output().context("asking rustc for its sysroot")?;
    let mut command = tool(checkout, "cargo-clippy");
    // The driver looks beside itself for the standard libraries, which is not where wasm32's need to be.
    command.env("SYSROOT", String::from_utf8(sysroot.stdout)?.trim());
    run(command.args(["clippy", "--locked", "--quiet"]).args(arguments).args(["--", "--deny", "warnings"]))?;
    Ok(Outcome::Passed(String::new()))
}

/// cargo's own subcommands, started by name: `cargo clippy` would prefer one in `~/.cargo/bin` from another toolchain.
fn tool(checkout: &Checkout, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&checkout.root).env("CARGO_TARGET_DIR", &checkout.target);
    command
}

fn advisories(checkout: &Checkout) -> Result<Outcome> {
    let here = Command::new("cargo-deny").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !here.is_ok_and(|status| status.success()) {
        return Ok(Outcome::Skipped("cargo-deny is not here (cargo install cargo-deny --locked)".to_owned()));
    }
    // Fetching alone first tells a network that is not there from an advisory that is.
    let fetched =
        tool(checkout, "cargo-deny").args(["fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !fetched.success() {
        return Ok(Outcome::Skipped("the advisory database cannot be reached".to_owned()));
    }
    run(tool(checkout, "cargo-deny").args(["check", "--disable-fetch", "advisories"]))?;
    Ok(Outcome::Passed(String::new()))
}
