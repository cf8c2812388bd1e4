//! Records of a plugin's runs: what it was given, what it answered, what that took.

use super::super::All;
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Path, Query};
use stoa_storage::{PluginRun, RunOutcome};
use utoipa::{IntoParams, ToSchema};

/// A hundred records of the largest size fit one answer of Lambda's.
const MAX_RUNS: usize = 100;

/// One run. It names no shopper: a plugin is told nothing of one.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PluginRunBody {
    id: String,
    version: String,
    digest: String,
    at: String,
    /// What the plugin was told of the cart or of the event.
    input: serde_json::Value,
    input_format: u32,
    settings: serde_json::Value,
    /// What a promotion proposed; none where it failed.
    operations: Option<serde_json::Value>,
    /// What a marketing plugin proposed, done or not; none where it failed.
    actions: Option<serde_json::Value>,
    error: Option<PluginRunErrorBody>,
    fuel: Option<u64>,
    memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PluginRunErrorBody {
    code: String,
    message: String,
}

impl From<PluginRun> for PluginRunBody {
    fn from(run: PluginRun) -> Self {
        let json = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
        let (mut operations, mut actions, mut error) = (None, None, None);
        match run.outcome {
            RunOutcome::Operations(proposed) => operations = serde_json::to_value(proposed).ok(),
            RunOutcome::Actions(proposed) => actions = serde_json::to_value(proposed).ok(),
            RunOutcome::Failed { code, message } => error = Some(PluginRunErrorBody { code, message }),
        }
        Self {
            id: run.id,
            version: run.version.to_string(),
            digest: run.digest,
            at: run.at.to_string(),
            input: json(&run.input),
            input_format: run.input_format,
            settings: json(&run.settings),
            operations,
            actions,
            error,
            fuel: run.fuel,
            memory_bytes: run.memory_bytes,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct RunsQuery {
    /// Only those that failed.
    #[serde(default)]
    #[param(required = false)]
    failed: bool,
    /// Most of them: 1 to 100.
    limit: Option<usize>,
}

/// The recorded runs of a plugin, the newest first: every failure and a sample of the others, of the last 7 days.
/// Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins/{id}/runs", params(("id" = String, Path), RunsQuery),
    responses((status = 200, body = All<PluginRunBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Query(query): Query<RunsQuery>,
) -> Result<axum::Json<All<PluginRunBody>>, ApiError> {
    grant.require("plugins:read")?;
    let runs = state.store.plugins().runs(&PluginId::new(id)?, Timestamp::now()).await.map_err(store_error)?;
    let wanted = runs.into_iter().filter(|run| !query.failed || matches!(run.outcome, RunOutcome::Failed { .. }));
    let limit = query.limit.unwrap_or(MAX_RUNS).min(MAX_RUNS);
    Ok(axum::Json(wanted.take(limit).map(PluginRunBody::from).collect()))
}

/// One recorded run. Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins/{id}/runs/{run}", params(("id" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = PluginRunBody), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, run)): Path<(String, String)>,
) -> Result<axum::Json<PluginRunBody>, ApiError> {
    grant.require("plugins:read")?;
    let runs = state.store.plugins().runs(&PluginId::new(id)?, Timestamp::now()).await.map_err(store_error)?;
    let found = runs.into_iter().find(|kept| kept.id == run);
    Ok(axum::Json(found.ok_or_else(|| ApiError::not_found("run, or its record has expired"))?.into()))
}
