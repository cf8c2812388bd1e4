//! What the CRM function does with the table's stream and its schedule, in this process.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use stoa_crm::{Crm, Event};

/// As infra/template.yaml schedules it.
const HOUR: Duration = Duration::from_secs(3_600);

/// One batch, in the shape in which Lambda delivers it.
pub(crate) async fn handle(crm: &Crm, batch: Value) -> Result<()> {
    let event: Event = serde_json::from_value(batch).context("a stream batch is not in Lambda's shape")?;
    stoa_crm::handle(crm, &event, Timestamp::now()).await?;
    Ok(())
}

pub(crate) async fn sweep_for_ever(crm: &Crm) -> Infallible {
    loop {
        if let Err(error) = handle(crm, json!({ "task": "sweep" })).await {
            tracing::error!(error = format!("{error:#}"), "a sweep failed");
        }
        tokio::time::sleep(HOUR).await;
    }
}
