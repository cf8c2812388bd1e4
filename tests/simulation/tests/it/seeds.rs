//! Seeds, and the mutations that they catch.

use stoa_simulation::{Settings, run};

#[test]
fn no_seed_breaks_an_invariant() {
    let from: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(50);
    for seed in from..from + count {
        let run = run(seed, Settings::default()).unwrap();
        if count == 1 {
            for step in &run.steps { println!("{step}"); }
        }
        println!("{seed}: {} steps {:?} {:?}", run.steps.len(), run.faults, run.seen);
        for v in run.violations { println!("  !! {seed} {v}"); }
    }
}
