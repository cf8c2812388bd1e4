//! Many seeds, on all cores; each run is one thread's own.

use crate::{Mutation, Run, Settings, run};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use stoa_storage::embedded::EmbeddedError;

/// Runs every seed; `each` hears of every run, as they end.
pub fn seeds(seeds: Range<u64>, settings: Settings, mut each: impl FnMut(Run)) -> Result<(), EmbeddedError> {
    let next = AtomicU64::new(seeds.start);
    thread::scope(|scope| {
        let (send, ended) = mpsc::channel();
        for _ in 0..cores() {
            let (send, next, end) = (send.clone(), &next, seeds.end);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    // Who listens no longer has seen enough.
                    if seed >= end || send.send(run(seed, settings)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for run in ended {
            each(run?);
        }
        Ok(())
    })
}

/// How a mutation fared.
#[derive(Debug, Clone)]
pub struct Caught {
    pub mutation: Mutation,
    /// The first run in which an invariant did not hold; None: the mutation went unnoticed.
    pub by: Option<Run>,
    /// How many requests of all these runs it changed.
    pub mutated: usize,
}

/// Runs seed after seed under each mutation until one catches it.
pub fn catch(mutations: &[Mutation], seeds: Range<u64>, settings: Settings) -> Result<Vec<Caught>, EmbeddedError> {
    let one = |mutation: Mutation| {
        let settings = Settings { mutation: Some(mutation), ..settings };
        let mut mutated = 0;
        for seed in seeds.clone() {
            let run = run(seed, settings)?;
            mutated += run.mutated;
            if !run.violations.is_empty() {
                return Ok(Caught { mutation, by: Some(run), mutated });
            }
        }
        Ok(Caught { mutation, by: None, mutated })
    };
    let next = AtomicU64::new(0);
    let mut all = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores())
            .map(|_| {
                scope.spawn(|| {
                    let mut caught = Vec::new();
                    while let Some(mutation) = mutations.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                        caught.push(one(*mutation)?);
                    }
                    Ok(caught)
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            let stopped = || EmbeddedError::Database { path: "a run".to_owned(), why: "its thread stopped".to_owned() };
            all.extend(worker.join().map_err(|_| stopped())??);
        }
        Ok(all)
    })?;
    all.sort_by_key(|caught| mutations.iter().position(|mutation| *mutation == caught.mutation));
    Ok(all)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
