//! Our own side: artefacts are compiled once and loaded as the checkout loads them.

use super::Run;
use super::cart::{self, SETTINGS};
use crate::bench::clock::cpu_ns;
use crate::bench::load::resident_bytes;
use crate::bench::report::Report;
use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use stoa_checkout::Candidates;
use stoa_domain::plugin::{Build, Version};
use stoa_domain::promotion::{Operation, Target};
use stoa_domain::{PluginId, PromotionId};
use stoa_plugin_runtime::script::{self, Script};
use stoa_plugin_runtime::{Engine, Limits, Plugin, Promotion, PromotionInput, SignedArtefact, compile, generate_keys};
use stoa_storage::PluginRecord;

const LOADS: usize = 100;
/// The same promotion for whatever runs JavaScript.
const SCRIPT: &str = include_str!("../plugin-peers/src/promotion.js");
/// Different scripts in memory at once.
pub(super) const SCRIPTS: usize = 100;
/// What every line of the cart is tagged with, and what none is.
pub(super) const FOR_THIS_CART: &str = "gift";
pub(super) const FOR_OTHER_CARTS: &str = "garden";

pub(super) struct Ours {
    plugin: Plugin,
    script: Script,
    /// What keeps scripts in memory, and makes more of them.
    shelf: Shelf,
    id: PromotionId,
}

struct Shelf {
    engine: Engine,
    sign: Vec<u8>,
    verify: Vec<u8>,
}

impl Ours {
    /// Notes how long loading takes: signature, header, code; and how large the artefacts are.
    pub(super) fn load(sample: &[u8], report: &mut Report, rounds: u32) -> Result<Self> {
        let (sign, verify) = generate_keys().context("the system gave no key to sign plugins with")?;
        let shelf = Shelf { engine: Engine::new()?, sign, verify };
        let plugin = compile(&shelf.engine, sample, &shelf.sign)?;
        let plugin = loaded("stoa", &plugin, report, rounds, || {
            Ok(Plugin::load(&shelf.engine, &plugin.bytes, &shelf.verify, &plugin.digest)?)
        })?;
        shelf.add_script_engine(report)?;
        let script = shelf.script(0)?;
        let script = loaded("script", &script, report, rounds, || shelf.load(&script))?;
        Ok(Self { plugin, script, shelf, id: PromotionId::new("spend-and-save")? })
    }

    /// What the engine that all scripts share and [`SCRIPTS`] different scripts take of this process' memory.
    pub(super) fn many_scripts(&self, report: &mut Report) -> Result<Vec<Script>> {
        let artefacts = (1..=SCRIPTS).map(|number| self.shelf.script(number)).collect::<Result<Vec<_>>>()?;
        let before = own_resident_bytes()?;
        let scripts = artefacts.iter().map(|artefact| self.shelf.load(artefact)).collect::<Result<Vec<_>>>()?;
        let grown = own_resident_bytes()? - before;
        report.sample("scripts_100", "script", "resident_bytes", "B", grown);
        Ok(scripts)
    }

    /// `calls` quotes of the script, and the fuel of one.
    pub(super) fn run_script(&self, input: &PromotionInput, calls: usize) -> Result<(Run, u64)> {
        let mut fuel = 0;
        let run = timed(calls, || {
            let ran = self.script.run(self.promotion(), input, Limits::default())?;
            fuel = ran.fuel_used;
            Ok(ran.proposal.operations)
        })?;
        Ok((run, fuel))
    }

    /// `calls` quotes of many scripts in turn.
    pub(super) fn run_scripts(&self, scripts: &[Script], input: &PromotionInput, calls: usize) -> Result<Run> {
        let mut turn = scripts.iter().cycle();
        timed(calls, || {
            let script = turn.next().context("there are scripts")?;
            Ok(script.run(self.promotion(), input, Limits::default())?.proposal.operations)
        })
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

    /// The plugin and the fuel it takes, for who asks it in another way.
    pub(super) fn plugin(&self) -> Plugin {
        self.plugin.clone()
    }

    fn ask(&self, input: &PromotionInput) -> Result<Vec<Operation>> {
        Ok(self.plugin.run(self.promotion(), input, Limits::default())?.proposal.operations)
    }

    fn promotion(&self) -> Promotion<'_> {
        Promotion { id: &self.id, title: "Spend and save", settings: SETTINGS }
    }
}

impl Shelf {
    /// Once a shop; notes how long compiling and loading it take.
    fn add_script_engine(&self, report: &mut Report) -> Result<()> {
        let started = Instant::now();
        let engine = script::compile_engine(&self.engine, &self.sign)?;
        report.sample("script_engine", "script", "compile", "ms", started.elapsed().as_secs_f64() * 1e3);
        report.sample("script_engine", "script", "artefact_bytes", "B", engine.bytes.len() as f64);
        let (started, before) = (Instant::now(), own_resident_bytes()?);
        self.engine.add_script_engine(&engine.bytes, &self.verify, &engine.digest)?;
        report.sample("script_engine", "script", "load", "ms", started.elapsed().as_secs_f64() * 1e3);
        report.sample("script_engine", "script", "resident_bytes", "B", own_resident_bytes()? - before);
        Ok(())
    }

    /// The promotion as a script. Each number is another file.
    fn script(&self, number: usize) -> Result<SignedArtefact> {
        let source = format!("// {number}\n{SCRIPT}");
        let packed = script::pack(&source).map_err(|refusal| anyhow!("the script is refused: {refusal}"))?;
        Ok(script::compile(&self.engine, &packed, &self.sign)?)
    }

    fn load(&self, artefact: &SignedArtefact) -> Result<Script> {
        Ok(Script::load(&self.engine, &artefact.bytes, &self.verify, &artefact.digest)?)
    }
}

/// Loads it again and again.
fn loaded<T>(
    subject: &str,
    artefact: &SignedArtefact,
    report: &mut Report,
    rounds: u32,
    load: impl Fn() -> Result<T>,
) -> Result<T> {
    for _ in 0..rounds {
        let mut times = Vec::with_capacity(LOADS);
        for _ in 0..LOADS {
            let started = Instant::now();
            let loaded = load()?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            drop(loaded);
        }
        times.sort_by(f64::total_cmp);
        report.sample("load", subject, "load", "ms", times[LOADS / 2]);
    }
    report.sample("load", subject, "artefact_bytes", "B", artefact.bytes.len() as f64);
    load()
}

fn own_resident_bytes() -> Result<f64> {
    resident_bytes(std::process::id())
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
fn timed(calls: usize, mut quote: impl FnMut() -> Result<Vec<Operation>>) -> Result<Run> {
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
