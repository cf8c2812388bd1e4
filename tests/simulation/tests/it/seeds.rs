//! Seeds in which nothing may break, and breaks that seeds have to catch.

use std::collections::BTreeSet;
use stoa_simulation::{Fault, Mutation, Settings, catch, run, seeds};

const SEEDS: u64 = 300;
/// A mutation that so many seeds do not catch is not caught.
const PATIENCE: u64 = 1_000;

#[test]
fn whatever_goes_wrong_orders_stock_and_money_stay_right() {
    let (mut broken, mut struck, mut seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let each = |run: stoa_simulation::Run| {
        struck.extend(run.faults.keys().copied());
        seen.extend(run.seen);
        let replay = format!("./stoa sim --seeds 1 --from {} --trace", run.seed);
        broken.extend(run.violations.into_iter().map(|violation| format!("{violation}\n  {replay}")));
    };
    seeds(1..SEEDS + 1, Settings::default(), each).unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    // A simulation in which little happens shows little.
    assert_eq!(struck, BTreeSet::from(Fault::ALL));
    for what in [
        "order placed",
        "out of stock",
        "never paid",
        "callback recorded",
        "callback ignored",
        "forgery refused",
        "paid twice",
        "payment held",
        "reconcile repaired",
        "swept",
        "cancelled by staff",
        "shipped",
        "delivered",
        "crashed",
        "unavailable",
    ] {
        assert!(seen.contains(what), "in {SEEDS} seeds: {what}");
    }
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in 1..=20 {
        let (once, again) = (run(seed, Settings::default()).unwrap(), run(seed, Settings::default()).unwrap());
        assert_eq!(once.steps, again.steps, "seed {seed}");
        assert_eq!(once.violations, again.violations, "seed {seed}");
    }
}

#[test]
fn every_mutation_is_caught() {
    for caught in catch(&Mutation::ALL, 1..PATIENCE + 1, Settings::default()).unwrap() {
        let name = caught.mutation.name();
        assert!(caught.mutated > 0, "{name} changes no request: the shop does not write so any more");
        let by = caught.by.unwrap_or_else(|| panic!("{name}: {} requests changed, and nobody noticed", caught.mutated));
        println!("{name}: seed {}, {}", by.seed, by.violations[0]);
    }
}
