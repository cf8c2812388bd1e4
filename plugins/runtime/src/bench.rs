//! How long one run takes: instantiate, call, drop.

use crate::{Limits, Plugin, Promotion, PromotionInput, RunError};
use std::time::{Duration, Instant};

/// Of all measured runs; fuel is the same in each, for a plugin has no clock and no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    pub runs: usize,
    pub p50: Duration,
    pub p99: Duration,
    pub fuel: u64,
    pub memory_bytes: usize,
}

/// Runs the promotion `runs` times (at least once) after a tenth as many to warm up.
pub fn measure(
    plugin: &Plugin,
    promotion: Promotion<'_>,
    input: &PromotionInput,
    runs: usize,
) -> Result<Measurement, RunError> {
    let runs = runs.max(1);
    let mut last = plugin.run(promotion, input, Limits::default())?;
    for _ in 0..runs / 10 {
        last = plugin.run(promotion, input, Limits::default())?;
    }
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        last = plugin.run(promotion, input, Limits::default())?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(runs - 1) * percent / 100];
    Ok(Measurement { runs, p50: at(50), p99: at(99), fuel: last.fuel_used, memory_bytes: last.memory_bytes })
}
