//! Our own side: the artefact is compiled once and loaded as the checkout loads it.

use super::Run;
use super::cart::SETTINGS;
use crate::bench::report::Report;
use anyhow::{Context, Result};
use std::time::Instant;
use stoa_domain::PromotionId;
use stoa_plugin_runtime::{Engine, Limits, Plugin, Promotion, PromotionInput, compile, generate_keys};

const LOADS: usize = 100;

pub(super) struct Ours {
    plugin: Plugin,
    id: PromotionId,
}

impl Ours {
    /// Notes how long loading takes: signature, header, code.
    pub(super) fn load(sample: &[u8], report: &mut Report, rounds: u32) -> Result<Self> {
        let (sign, verify) = generate_keys().context("the system gave no key to sign plugins with")?;
        let engine = Engine::new()?;
        let artefact = compile(&engine, sample, &sign)?;
        let load = || Plugin::load(&engine, &artefact.bytes, &verify, &artefact.digest);
        for _ in 0..rounds {
            let mut times = Vec::with_capacity(LOADS);
            for _ in 0..LOADS {
                let started = Instant::now();
                let loaded = load()?;
                times.push(started.elapsed().as_secs_f64() * 1e3);
                drop(loaded);
            }
            times.sort_by(f64::total_cmp);
            report.sample("load", "stoa", "load", "ms", times[LOADS / 2]);
        }
        Ok(Self { plugin: load()?, id: PromotionId::new("spend-and-save")? })
    }

    /// `calls` quotes, each asking so many plugins.
    pub(super) fn run(&self, input: &PromotionInput, plugins: usize, calls: usize) -> Result<Run> {
        let promotion = Promotion { id: &self.id, title: "Spend and save", settings: SETTINGS };
        let ask = || self.plugin.run(promotion, input, Limits::default());
        for _ in 0..calls / 10 {
            ask()?;
        }
        let mut answer = Vec::new();
        let mut times = Vec::with_capacity(calls);
        let cpu = cpu_ns()?;
        for _ in 0..calls {
            let started = Instant::now();
            for _ in 0..plugins {
                answer = ask()?.proposal.operations;
            }
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
        let cpu = cpu_ns()? - cpu;
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times[(calls - 1) * percent / 100];
        Ok(Run { p50_us: at(50), p99_us: at(99), cpu_us: cpu as f64 / calls as f64 / 1e3, answer })
    }
}

/// What this thread has run so far.
fn cpu_ns() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("asking for this thread's time")?;
    let first = text.split(' ').next().context("schedstat is empty")?;
    first.parse().context("schedstat has no number")
}
