//! Records of runs, as those of promotions: of every failure and of a sample of what went well, for `stoa plugin logs` and
//! `replay`. What a marketing plugin is told names nobody, and what it was told is all that is kept.

use super::counted::in_words;
use stoa_domain::marketing::Input;
use stoa_domain::plugin::Build;
use stoa_plugin_runtime::{MARKETING_INPUT_FORMAT, MarketingRun};
use stoa_storage::{PluginRecord, PluginRun, RunOutcome, Store};
use ulid::Ulid;

type Outcome = Result<MarketingRun, (&'static str, String)>;

pub(super) async fn keep(store: &Store, plugin: &PluginRecord, build: &Build, input: &Input, outcome: &Outcome) {
    let id = Ulid::generate();
    // The low bits are random: they choose the sample and the slot.
    let draw = (id.random() >> 16) % 100;
    if outcome.is_ok() && draw >= u128::from(plugin.sample_percent) {
        return;
    }
    let turn = u64::from_le_bytes(id.to_bytes().last_chunk().copied().unwrap_or_default());
    let told = match serde_json::to_string(input) {
        Ok(json) => json,
        Err(error) => return tracing::warn!(%error, "a plugin's input was not recorded"),
    };
    let run = PluginRun {
        id: format!("run_{id}"),
        plugin: plugin.id.clone(),
        version: build.version.clone(),
        digest: build.digest.clone(),
        at: input.moment.now,
        input: told,
        input_format: MARKETING_INPUT_FORMAT,
        settings: plugin.settings.clone(),
        outcome: match outcome {
            Ok(run) => RunOutcome::Actions(run.actions.clone()),
            Err((code, message)) => RunOutcome::Failed { code: (*code).to_owned(), message: in_words(message) },
        },
        fuel: outcome.as_ref().ok().map(|run| run.fuel_used),
        memory_bytes: outcome.as_ref().ok().and_then(|run| u64::try_from(run.memory_bytes).ok()),
    };
    match store.plugins().put_run(&run, turn).await {
        Ok(true) => {}
        Ok(false) => tracing::info!(plugin = %run.plugin, run = run.id, "a run is too large to be recorded"),
        Err(error) => tracing::warn!(plugin = %run.plugin, %error, "a run was not recorded"),
    }
}
