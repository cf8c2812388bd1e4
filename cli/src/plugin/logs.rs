//! `stoa plugin logs ID`: recorded runs, the newest first.

use super::api::{Api, Target, path};
use super::local::{Failure, Outcome};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stoa_domain::marketing::Action;
use stoa_domain::promotion::Operation;
use stoa_plugin_runtime::{INPUT_FORMAT, PromotionInput};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The plugin's id
    id: String,
    /// Only those that failed
    #[arg(long)]
    failed: bool,
    /// Most of them
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
}

/// A record as the API answers it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) digest: String,
    pub(super) at: String,
    pub(super) input: Value,
    pub(super) input_format: u32,
    pub(super) settings: Value,
    operations: Option<Vec<Operation>>,
    #[serde(default)]
    actions: Option<Vec<Action>>,
    error: Option<Failure>,
    fuel: Option<u64>,
    memory_bytes: Option<u64>,
}

impl Recorded {
    pub(super) fn outcome(&self) -> Outcome {
        Outcome {
            operations: self.operations.clone(),
            actions: self.actions.clone(),
            error: self.error.clone(),
            not_for_cart: None,
            fuel: self.fuel,
            memory_bytes: self.memory_bytes,
        }
    }
    /// None: an older or newer shop wrote it in a way that this program does not read.
    pub(super) fn input(&self) -> Option<PromotionInput> {
        (self.input_format == INPUT_FORMAT).then(|| serde_json::from_value(self.input.clone()).ok()).flatten()
    }
}

pub(crate) async fn logs(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let query = format!("{}/runs?failed={}&limit={}", path(&arguments.id), arguments.failed, arguments.limit);
    let api = Api::open(target).await?;
    let done = api.get::<Vec<Recorded>>(&query).await;
    api.close().await;
    let runs = done?;
    if json {
        println!("{}", serde_json::to_string(&runs)?);
        return Ok(());
    }
    for run in &runs {
        println!("{}  {}  {:<10} {}", run.id, run.at, run.version, run.outcome().in_words());
    }
    if runs.is_empty() {
        println!("nothing is recorded: `stoa plugin set {} --sample 100` records every run", arguments.id);
    }
    Ok(())
}
