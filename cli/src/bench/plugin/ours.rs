//! Our own side: the artefact is compiled once and loaded as the checkout loads it.

use super::Run;
use super::cart::{self, SETTINGS};
use crate::bench::clock::cpu_ns;
use crate::bench::report::Report;
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use stoa_checkout::Candidates;
use stoa_domain::plugin::{Build, Version};
use stoa_domain::promotion::{Operation, Target};
use stoa_domain::{PluginId, PromotionId};
use stoa_plugin_runtime::{Engine, Limits, Plugin, Promotion, PromotionInput, compile, generate_keys};
use stoa_storage::PluginRecord;

const LOADS: usize = 100;
/// What every line of the cart is tagged with, and what none is.
pub(super) const FOR_THIS_CART: &str = "gift";
pub(super) const FOR_OTHER_CARTS: &str = "garden";

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

    /// `calls` quotes of one plugin.
    pub(super) fn run(&self, input: &PromotionInput, calls: usize) -> Result<Run> {
        timed(calls, || self.ask(input))
    }

    /// `calls` quotes with as many plugins installed as there are records: the checkout chooses those that are for the cart,
    /// and each of these is run.
    pub(super) fn quote(&self, input: &PromotionInput, installed: &[Arc<PluginRecord>], calls: usize) -> Result<Run> {
        let (lines, context) = cart::as_conditions_see_it(input)?;
        let shipping = input.context.shipping_method.as_deref();
        timed(calls, || {
            let chosen = Candidates::of(installed, "cart_1").for_cart(&lines, &context, shipping);
            let mut answer = Vec::new();
            for _ in 0..chosen.len() {
                answer = self.ask(input)?;
            }
            Ok(answer)
        })
    }

    fn ask(&self, input: &PromotionInput) -> Result<Vec<Operation>> {
        let promotion = Promotion { id: &self.id, title: "Spend and save", settings: SETTINGS };
        Ok(self.plugin.run(promotion, input, Limits::default())?.proposal.operations)
    }
}

/// Installed plugins, released to everybody, for carts with something so tagged that costs something.
pub(super) fn installed(plugins: usize, tag: &str) -> Result<Vec<Arc<PluginRecord>>> {
    let target =
        json!({ "when": { "all": [{ "contains": { "tag": [tag] } }, { "amount": { "from": { "CNY": 100 } } }] } });
    let target: Target = serde_json::from_value(target)?;
    let one = |at: usize| {
        let id = PluginId::new(format!("plugin-{at}"))?;
        let mut record = PluginRecord::new(id, "Spend and save".into(), SETTINGS.into(), 0, Timestamp::UNIX_EPOCH);
        let (version, target) = (Version::new("1.0.0")?, Some(target.clone()));
        record.life.release(Build { version, digest: String::new(), target }, 100)?;
        Ok(Arc::new(record))
    };
    (0..plugins).map(one).collect()
}

/// Each call of `quote` answers what was proposed last.
fn timed(calls: usize, quote: impl Fn() -> Result<Vec<Operation>>) -> Result<Run> {
    for _ in 0..calls / 10 {
        quote()?;
    }
    let mut answer = Vec::new();
    let mut times = Vec::with_capacity(calls);
    let cpu = cpu_ns()?;
    for _ in 0..calls {
        let started = Instant::now();
        answer = quote()?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    let cpu = cpu_ns()? - cpu;
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(calls - 1) * percent / 100];
    Ok(Run { p50_us: at(50), p99_us: at(99), cpu_us: cpu as f64 / calls as f64 / 1e3, answer })
}
