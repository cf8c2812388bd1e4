//! `stoa bench plugin`: what a promotion costs a quote. Each call is a fresh instance that is made, asked and dropped, with
//! the conversion from and to the domain's types and the validation in it, beside Extism and QuickJS doing the same
//! promotion for the same cart; the same as a script, and what a hundred scripts keep in memory; how it grows with the lines
//! of the cart and with the number of plugins that are for it; what plugins cost a cart that they are not for. All on the
//! first core, in turn, A B A B. And quotes under load beside a plugin that traps.

mod cart;
mod ours;
mod peers;
mod trapping;

use super::clock::pin_this_thread;
use super::report::Report;
use crate::checkout::Checkout;
use crate::guests;
use crate::steps::{step, step_async};
use anyhow::{Context, Result, ensure};
use ours::{FOR_OTHER_CARTS, FOR_THIS_CART, Ours, SCRIPTS, installed};
use peers::Peer;
use stoa_domain::promotion::Operation;
use stoa_plugin_runtime::script::Script;

const LINES: usize = 20;
const MORE_LINES: [usize; 4] = [1, 100, 250, 500];
/// For the cart.
const MORE_PLUGINS: [usize; 3] = [1, 10, 50];
/// For other carts.
const OTHER_PLUGINS: [usize; 4] = [0, 1, 10, 100];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    json: bool,
    /// Without the peers, whose first build takes minutes
    #[arg(long)]
    alone: bool,
    /// How often each case is run
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Calls in one run
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    calls: u32,
}

/// What the calls of one run took.
struct Run {
    p50_us: f64,
    p99_us: f64,
    /// Processor time a call.
    cpu_us: f64,
    /// The last one's.
    answer: Vec<Operation>,
}

pub(crate) async fn bench(checkout: &Checkout, arguments: &Arguments) -> Result<()> {
    let guest = step("the sample plugin for wasm32", || guests::build_demo(checkout, true))?;
    let sample = std::fs::read(&guest.module).with_context(|| format!("reading {}", guest.module.display()))?;
    let peers = match arguments.alone {
        true => None,
        false => Some(step("the peers", || peers::build(checkout))?),
    };
    // This thread and what it starts: the engine's clock and the peers.
    pin_this_thread()?;
    let mut report = Report::new("plugin");
    let ours = step("our artefacts", || Ours::load(&sample, &mut report, arguments.rounds))?;
    let scripts = step(&format!("{SCRIPTS} scripts"), || ours.many_scripts(&mut report))?;
    let mut peers = match &peers {
        Some(built) => built.start(&cart::as_json(&cart::of(LINES)?), &mut report)?,
        None => Vec::new(),
    };
    for round in 0..arguments.rounds {
        step(&format!("round {} of {}", round + 1, arguments.rounds), || {
            measure(&ours, &scripts, &mut peers, arguments.calls as usize, &mut report)
        })?;
    }
    for Peer { name, .. } in &peers {
        for metric in ["latency_p50", "latency_p99", "cpu_per_request"] {
            report.ratio(metric, ("promotion", name), ("promotion", "stoa"));
        }
    }
    report.ratio("latency_p50", ("promotion", "script"), ("promotion", "stoa"));
    let cases = MORE_LINES.map(lines_case).into_iter().chain(MORE_PLUGINS.map(plugins_case));
    for case in cases.chain(OTHER_PLUGINS.map(other_plugins_case)) {
        report.ratio("latency_p50", (&case, "stoa"), ("promotion", "stoa"));
    }
    let quotes = (arguments.calls as usize / 10).max(100);
    step_async("quotes under load", trapping::measure(ours.plugin(), arguments.rounds, quotes, &mut report)).await?;
    report.finish();
    report.print(arguments.json)
}

fn measure(ours: &Ours, scripts: &[Script], peers: &mut [Peer], calls: usize, report: &mut Report) -> Result<()> {
    let run = ours.run(&cart::of(LINES)?, calls)?;
    sample(report, "promotion", "stoa", &run);
    let fewer = (calls / 10).max(100);
    let (script, fuel) = ours.run_script(&cart::of(LINES)?, fewer)?;
    ensure!(script.answer == run.answer, "the script proposes something else: {:?}", script.answer);
    sample(report, "promotion", "script", &script);
    report.sample("promotion", "script", "fuel", "", fuel as f64);
    sample(report, "scripts_100", "script", &ours.run_scripts(scripts, &cart::of(LINES)?, fewer)?);
    for peer in peers {
        let its = peer.run(calls)?;
        ensure!(its.answer == run.answer, "{} proposes something else: {:?}", peer.name, its.answer);
        sample(report, "promotion", peer.name, &its);
    }
    for lines in MORE_LINES {
        let calls = (calls * LINES / lines).clamp(100, calls);
        sample(report, &lines_case(lines), "stoa", &ours.run(&cart::of(lines)?, calls)?);
    }
    for plugins in MORE_PLUGINS {
        let calls = (calls / plugins).max(100);
        let installed = installed(plugins, FOR_THIS_CART)?;
        sample(report, &plugins_case(plugins), "stoa", &ours.quote(&cart::of(LINES)?, &installed, calls)?);
    }
    for plugins in OTHER_PLUGINS {
        let others = ours.quote(&cart::of(LINES)?, &installed(plugins, FOR_OTHER_CARTS)?, calls)?;
        ensure!(others.answer.is_empty(), "a plugin for other carts was run");
        sample(report, &other_plugins_case(plugins), "stoa", &others);
    }
    Ok(())
}

fn lines_case(lines: usize) -> String {
    format!("lines_{lines}")
}

fn plugins_case(plugins: usize) -> String {
    format!("plugins_{plugins}")
}

fn other_plugins_case(plugins: usize) -> String {
    format!("other_plugins_{plugins}")
}

fn sample(report: &mut Report, case: &str, subject: &str, run: &Run) {
    report.sample(case, subject, "latency_p50", "µs", run.p50_us);
    report.sample(case, subject, "latency_p99", "µs", run.p99_us);
    report.sample(case, subject, "cpu_per_request", "µs", run.cpu_us);
}
