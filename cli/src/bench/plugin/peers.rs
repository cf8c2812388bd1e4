//! The peers: a package of its own with a lock file of its own (`plugin-peers`), built when it is asked for into a target
//! folder of its own. What it links is no part of Stoa.

use super::Run;
use crate::bench::report::Report;
use crate::checkout::{Checkout, run};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use stoa_domain::promotion::Operation;

const MANIFEST: &str = "cli/src/bench/plugin-peers/Cargo.toml";

pub(super) struct Built {
    program: PathBuf,
    /// The promotion for Extism.
    guest: PathBuf,
}

/// One engine in its own process.
pub(super) struct Peer {
    pub(super) name: &'static str,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Answer {
    p50_ns: f64,
    p99_ns: f64,
    cpu_ns: f64,
    answer: Vec<Operation>,
}

pub(super) fn build(checkout: &Checkout) -> Result<Built> {
    let target = checkout.target.join("plugin-peers");
    let build = |arguments: &[&str]| {
        let mut cargo = checkout.cargo(["build", "--quiet", "--locked", "--manifest-path", MANIFEST]);
        run(cargo.args(arguments).env("CARGO_TARGET_DIR", &target))
    };
    build(&["--release"])?;
    build(&["--package", "plugin-peers-guest", "--profile", "guest", "--target", "wasm32-unknown-unknown"])?;
    let guest = target.join("wasm32-unknown-unknown/guest/plugin_peers_guest.wasm");
    Ok(Built { program: target.join("release/plugin-peers"), guest })
}

impl Built {
    /// Starts each and notes how long it took to have the promotion ready. They run where this thread may.
    pub(super) fn start(&self, input: &Value, report: &mut Report) -> Result<Vec<Peer>> {
        let subjects: [(&'static str, Vec<&OsStr>); 2] =
            [("extism", vec![OsStr::new("extism"), self.guest.as_os_str()]), ("quickjs", vec![OsStr::new("quickjs")])];
        let mut peers = Vec::new();
        for (name, arguments) in subjects {
            let mut command = Command::new(&self.program);
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut process = command.spawn().with_context(|| format!("starting {name}"))?;
            let pipes = process.stdin.take().zip(process.stdout.take());
            let (mut stdin, stdout) = pipes.context("a peer has two pipes")?;
            writeln!(stdin, "{input}")?;
            let mut peer = Peer { name, process, input: stdin, output: BufReader::new(stdout) };
            let loaded: f64 = peer.line()?.trim().parse().context("a peer tells how long it loaded")?;
            report.sample("load", name, "load", "ms", loaded / 1e6);
            peer.run(1_000)?;
            peers.push(peer);
        }
        Ok(peers)
    }
}

impl Peer {
    pub(super) fn run(&mut self, calls: usize) -> Result<Run> {
        writeln!(self.input, "{calls}")?;
        let line = self.line()?;
        let Answer { p50_ns, p99_ns, cpu_ns, answer } =
            serde_json::from_str(&line).with_context(|| format!("{} answered {line:?}", self.name))?;
        Ok(Run { p50_us: p50_ns / 1e3, p99_us: p99_ns / 1e3, cpu_us: cpu_ns / 1e3, answer })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => bail!("{} ended", self.name),
            _ => Ok(line),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
