//! `stoa sim`: seeds of the simulation, and the mutations that it has to catch. docs/simulation.md says how a failing seed
//! is read.

use crate::steps::Bar;
use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use serde_json::json;
use std::collections::BTreeMap;
use stoa_simulation::{Fault, Mutation, Run, Settings, catch, run, seeds};

/// Failing seeds that are told in full.
const MAX_TOLD: usize = 5;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many schedules
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Shoppers, callbacks, jobs and staff at once
    #[arg(long, default_value_t = Settings::MAX_ACTORS as u8, value_parser = clap::value_parser!(u8).range(2..=8))]
    actors: u8,
    /// Break the shop in a known way, and run until a seed catches it: a mutation's name, or `all`
    #[arg(long, value_parser = PossibleValuesParser::new(["all"].into_iter().chain(Mutation::ALL.map(Mutation::name))))]
    mutate: Option<String>,
    /// Every step of every seed, for a person to read
    #[arg(long)]
    trace: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

pub(crate) fn sim(arguments: &Arguments) -> Result<()> {
    match arguments.mutate.as_deref() {
        None => invariants(arguments, None),
        Some(name) if arguments.trace => invariants(arguments, Mutation::named(name)),
        Some(name) => mutations(arguments, name),
    }
}

impl Arguments {
    fn settings(&self, mutation: Option<Mutation>) -> Settings {
        Settings { actors: usize::from(self.actors), mutation }
    }

    fn replay(&self, seed: u64, mutation: Option<Mutation>) -> String {
        let actors = match usize::from(self.actors) {
            Settings::MAX_ACTORS => String::new(),
            actors => format!(" --actors {actors}"),
        };
        let mutate = mutation.map(|mutation| format!(" --mutate {}", mutation.name())).unwrap_or_default();
        format!("stoa sim --seeds 1 --from {seed}{actors}{mutate} --trace")
    }
}

fn invariants(arguments: &Arguments, mutation: Option<Mutation>) -> Result<()> {
    let settings = arguments.settings(mutation);
    let range = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let (mut steps, mut faults, mut failed) = (0, BTreeMap::<Fault, usize>::new(), Vec::new());
    let mut count = |run: Run| {
        steps += run.steps.len();
        for (fault, times) in &run.faults {
            *faults.entry(*fault).or_default() += times;
        }
        if !run.violations.is_empty() {
            failed.push(run);
        }
    };
    if arguments.trace {
        for seed in range {
            let run = run(seed, settings).context("opening the table")?;
            if !arguments.json {
                run.steps.iter().for_each(|step| println!("{step}"));
            }
            count(run);
        }
    } else {
        let bar = Bar::new("seeds");
        let mut done = 0;
        let ran = seeds(range, settings, |run| {
            count(run);
            done += 1;
            bar.at(done, arguments.seeds, "");
        });
        bar.finish(ran.context("opening the table"))?;
    }
    failed.sort_by_key(|run| run.seed);
    if arguments.json {
        let told = |run: &Run| json!({ "seed": run.seed, "violations": run.violations, "replay": arguments.replay(run.seed, mutation) });
        let failed: Vec<_> = failed.iter().map(told).collect();
        let seeds = arguments.seeds;
        println!(
            "{}",
            json!({ "seeds": seeds, "from": arguments.from, "steps": steps, "faults": faults, "failed": failed })
        );
    } else {
        for run in failed.iter().take(MAX_TOLD) {
            println!("seed {}:", run.seed);
            run.violations.iter().for_each(|violation| println!("  {violation}"));
            println!("  {}", arguments.replay(run.seed, mutation));
        }
        let told: usize = faults.values().sum();
        println!("{} seeds, {steps} steps, {told} faults: {} failed", arguments.seeds, failed.len());
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} of {} seeds break an invariant", failed.len(), arguments.seeds) }
}

fn mutations(arguments: &Arguments, name: &str) -> Result<()> {
    let which: Vec<Mutation> = match name {
        "all" => Mutation::ALL.to_vec(),
        one => Mutation::named(one).into_iter().collect(),
    };
    let range = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let caught = catch(&which, range, arguments.settings(None)).context("opening the table")?;
    let unnoticed = caught.iter().filter(|caught| caught.by.is_none()).count();
    if arguments.json {
        let told = caught.iter().map(|caught| {
            let by = caught.by.as_ref();
            json!({
                "mutation": caught.mutation.name(), "what": caught.mutation.what(), "seed": by.map(|run| run.seed),
                "violations": by.map(|run| &run.violations), "requests_changed": caught.mutated,
                "replay": by.map(|run| arguments.replay(run.seed, Some(caught.mutation))),
            })
        });
        println!("{}", json!({ "mutations": told.collect::<Vec<_>>() }));
    } else {
        for caught in &caught {
            let (name, what) = (caught.mutation.name(), caught.mutation.what());
            match &caught.by {
                Some(run) => {
                    let why = run.violations.first().map_or("", String::as_str);
                    println!("{name:<32} seed {:<5} {why}", run.seed);
                }
                None => println!("{name:<32} UNNOTICED   {what}; {} requests changed", caught.mutated),
            }
        }
    }
    if unnoticed == 0 { Ok(()) } else { bail!("{unnoticed} of {} mutations went unnoticed", caught.len()) }
}
