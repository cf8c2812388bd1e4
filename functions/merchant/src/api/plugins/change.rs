//! What runs for whom, changed by one request each, and the history of such changes.

use super::super::{All, Stored};
use super::PluginBody;
use super::versions::change_error;
use crate::plugins::{Change, RecompileError, change, ensure_compiled};
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, Event, Status, Version};
use stoa_endpoint::access::{Bearer, Grant};
use stoa_endpoint::{ApiError, ErrorBody, Json, Path};
use utoipa::ToSchema;

type Changed = Result<axum::Json<Stored<PluginBody>>, ApiError>;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ReleaseRequest {
    version: Version,
    /// So many shoppers of a hundred get it; the rest stay on the version released before.
    #[schema(minimum = 1, maximum = 100)]
    percent: u8,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PauseRequest {
    /// For the history.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: String,
}

/// One thing that was done to a plugin, and how it stood afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PluginEventBody {
    number: u64,
    action: Action,
    status: Status,
    version: Option<String>,
    percent: Option<u8>,
    /// What the rest of the shoppers had.
    rest: Option<String>,
    at: String,
    /// The token or the part that did it.
    by: String,
    reason: Option<String>,
}

impl From<Event> for PluginEventBody {
    fn from(event: Event) -> Self {
        Self {
            number: event.number,
            action: event.action,
            status: event.status,
            version: event.version.map(String::from),
            percent: event.percent,
            rest: event.rest.map(String::from),
            at: event.at.to_string(),
            by: event.by,
            reason: event.reason,
        }
    }
}

async fn changed(state: &State, grant: &Grant, id: String, what: Change) -> Changed {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let read = change(&state.store, &id, &what, &grant.id, Timestamp::now()).await.map_err(change_error)?;
    Ok(axum::Json(Stored::from(read.map(|plugin| PluginBody::new(plugin, &[])))))
}

/// So that the checkout finds what is released, also where an older engine took the upload.
pub(crate) async fn compile(state: &State, key: &[u8], id: &PluginId, version: &Version) -> Result<(), ApiError> {
    match ensure_compiled(&state.store, key, id, version).await {
        Ok(_) => Ok(()),
        // The change itself says so.
        Err(RecompileError::UnknownVersion { .. }) => Ok(()),
        Err(RecompileError::Store(error)) => Err(store_error(error)),
        Err(error) => Err(ApiError::internal(error)),
    }
}

/// Releases a version to a share of the shoppers. Who is in is decided by the cart, stays the same from one request to the
/// next, and stays in when the share is raised. A plugin that a person paused stays paused. Scope: plugins:write
#[utoipa::path(post, path = "/admin/api/plugins/{id}/release", request_body = ReleaseRequest,
    params(("id" = String, Path)),
    responses((status = 200, body = Stored<PluginBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn release(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Json(ReleaseRequest { version, percent }): Json<ReleaseRequest>,
) -> Changed {
    grant.require("plugins:write")?;
    if let Some(key) = &state.config.plugin_signing_key {
        compile(&state, key, &PluginId::new(id.as_str())?, &version).await?;
    }
    changed(&state, &grant, id, Change::Release { version, percent }).await
}

/// Goes back to what ran before the version that was released last. Scope: plugins:write
#[utoipa::path(post, path = "/admin/api/plugins/{id}/rollback", params(("id" = String, Path)),
    responses((status = 200, body = Stored<PluginBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn rollback(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Changed {
    changed(&state, &grant, id, Change::Rollback).await
}

/// Pauses a plugin: carts are priced without it until it is resumed. Scope: plugins:write
#[utoipa::path(post, path = "/admin/api/plugins/{id}/pause", request_body = PauseRequest,
    params(("id" = String, Path)),
    responses((status = 200, body = Stored<PluginBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn pause(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Json(PauseRequest { reason }): Json<PauseRequest>,
) -> Changed {
    changed(&state, &grant, id, Change::Pause { reason }).await
}

/// Resumes a plugin that a person or its error budget paused; its failures are counted anew. Scope: plugins:write
#[utoipa::path(post, path = "/admin/api/plugins/{id}/resume", params(("id" = String, Path)),
    responses((status = 200, body = Stored<PluginBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn resume(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Changed {
    changed(&state, &grant, id, Change::Resume).await
}

/// What was done to a plugin, the newest first, a hundred at most. Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins/{id}/events", params(("id" = String, Path)),
    responses((status = 200, body = All<PluginEventBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn events(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<axum::Json<All<PluginEventBody>>, ApiError> {
    grant.require("plugins:read")?;
    let events = state.store.plugins().events(&PluginId::new(id)?).await.map_err(store_error)?;
    Ok(axum::Json(events.into_iter().map(PluginEventBody::from).collect()))
}
