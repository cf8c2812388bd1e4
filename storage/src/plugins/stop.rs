//! Runs that a process tells of, and the version that fails too much: it stops, with an entry in the plugin's history.

use super::Plugins;
use crate::{Result, StoreError};
use jiff::Timestamp;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, Build, ErrorBudget, Event, Stopped, Tally};

/// Processes that stop the same version at the same moment try again this often.
const MAX_ROUNDS: usize = 3;
/// Who stops it, in the plugin's history.
const BY: &str = "error budget";

/// Runs of one version since one change of its plugin.
#[derive(Debug, Clone, Copy)]
pub struct VersionRuns<'a> {
    pub plugin: &'a PluginId,
    /// [`stoa_domain::plugin::Life::changes`] as it was when they ran.
    pub change: u64,
    pub build: &'a Build,
    pub budget: ErrorBudget,
    pub tally: Tally,
}

impl Plugins<'_> {
    /// Adds them to what all processes told. Where some failed and what was told within the budget's minutes is too much,
    /// the version stops, and this says true; unless something was done to the plugin meanwhile: then it is counted anew.
    pub async fn count_runs(&self, runs: VersionRuns<'_>, now: Timestamp) -> Result<bool> {
        let VersionRuns { plugin, change, build, budget, tally } = runs;
        self.add_tally(plugin, change, &build.digest, tally, now).await?;
        if tally.failures == 0 {
            return Ok(false);
        }
        let sum = self.tally(plugin, change, &build.digest, budget.minutes, now).await?;
        if !budget.is_exceeded(sum) {
            return Ok(false);
        }
        let reason = format!(
            "{} of {} runs of {} failed in {} minutes; its budget is {} %",
            sum.failures, sum.runs, build.version, budget.minutes, budget.percent
        );
        self.stop(plugin, change, build, &reason, now).await?;
        Ok(true)
    }

    async fn stop(&self, id: &PluginId, change: u64, build: &Build, reason: &str, now: Timestamp) -> Result<()> {
        for round in 1.. {
            let Some(read) = self.get(id).await? else { return Ok(()) };
            let expected = read.unchanged();
            let mut record = read.value;
            if record.life.changes != change {
                return Ok(());
            }
            let Some(stopped) = record.life.stop(&build.version, now, reason.to_owned()) else { return Ok(()) };
            record.updated_at = now;
            let event = Event::of(id, &record.life, Action::PauseByErrors, now, BY);
            match self.put_event(&record, expected, &event).await {
                Err(StoreError::RevisionConflict { .. }) if round < MAX_ROUNDS => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    let instead = match &stopped {
                        Stopped::TakenOver { by } => by.as_str(),
                        Stopped::Paused => "nothing",
                    };
                    tracing::error!(plugin = %id, version = %build.version, reason, instead, "a plugin was paused by its errors");
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
