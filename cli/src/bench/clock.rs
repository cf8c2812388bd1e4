//! What this thread took: pinned to the first core, wall time by percentiles, processor time as the kernel counts it.

use super::serve::pin;
use anyhow::{Context, Result};
use std::time::Instant;

/// To the first core, with what it starts from now on.
pub(crate) fn pin_this_thread() -> Result<()> {
    let thread = std::fs::read_link("/proc/thread-self").context("asking for this thread's number")?;
    pin("", &thread.file_name().context("a thread has a number")?.to_string_lossy())
}

/// What this thread has run so far, ns.
pub(crate) fn cpu_ns() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("asking for this thread's time")?;
    let first = text.split(' ').next().context("schedstat is empty")?;
    first.parse().context("schedstat has no number")
}

/// Many times of one thing.
#[derive(Debug, Default)]
pub(crate) struct Laps {
    wall_us: Vec<f64>,
    cpu_ns: u64,
}

impl Laps {
    /// Does it once more. It may wait, as long as what it waits for is done by other threads.
    pub(crate) async fn lap<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (started, cpu) = (Instant::now(), cpu_ns()?);
        let done = work.await?;
        self.wall_us.push(started.elapsed().as_secs_f64() * 1e6);
        self.cpu_ns += cpu_ns()?.saturating_sub(cpu);
        Ok(done)
    }

    /// With the laps of another who ran at the same time.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.wall_us.extend(other.wall_us);
        Self { cpu_ns: self.cpu_ns + other.cpu_ns, ..self }
    }

    /// Of the wall time, µs: 50 is the median. None before the first lap.
    pub(crate) fn percentile(&mut self, percent: usize) -> Option<f64> {
        self.wall_us.sort_by(f64::total_cmp);
        let last = self.wall_us.len().checked_sub(1)?;
        self.wall_us.get(last * percent / 100).copied()
    }

    /// This thread's own work in a lap, µs.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu_ns as f64 / self.wall_us.len().max(1) as f64 / 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_laps() {
        let mut laps = Laps { wall_us: (0..=100).rev().map(f64::from).collect(), cpu_ns: 101_000 };
        assert_eq!((laps.percentile(50), laps.percentile(99), laps.cpu_us()), (Some(50.0), Some(99.0), 1.0));
        assert_eq!(Laps::default().percentile(50), None);
    }
}
