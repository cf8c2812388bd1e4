//! What is being done and how long it took, on standard error: standard output is for results.

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// Runs one step and prints its title and duration. An error carries the title.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = begin(title);
    end(started, work()).with_context(|| format!("step “{title}” failed"))
}

/// The same for work that awaits.
pub(crate) async fn step_async<T>(title: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let started = begin(title);
    end(started, work.await).with_context(|| format!("step “{title}” failed"))
}

fn begin(title: &str) -> Instant {
    eprint!("  {title:<44}");
    // A terminal that went away is no reason to stop.
    let _ = std::io::stderr().flush();
    Instant::now()
}

fn end<T>(started: Instant, result: Result<T>) -> Result<T> {
    match &result {
        Ok(_) => eprintln!("{:.1} s", started.elapsed().as_secs_f32()),
        Err(_) => eprintln!("failed"),
    }
    result
}

/// A step whose progress can be counted: a bar on a terminal, elsewhere only its title and duration at the end.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    title: String,
    bar: ProgressBar,
    started: Instant,
}

impl Bar {
    pub(crate) fn new(title: &str) -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("  {prefix:<44}{bar:24} {human_pos}/{human_len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { title: title.to_owned(), bar, started: Instant::now() }
    }

    /// `what`: the part of the step that is counted now.
    pub(crate) fn at(&self, done: u64, total: u64, what: &'static str) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(what);
    }

    /// Leaves the step's line behind. An error carries the title.
    pub(crate) fn finish<T>(self, result: Result<T>) -> Result<T> {
        self.bar.finish_and_clear();
        eprint!("  {:<44}", self.title);
        end(self.started, result).with_context(|| format!("step “{}” failed", self.title))
    }
}
