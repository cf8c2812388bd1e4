//! Plugins: which are installed, what of each runs for whom, and what their merchant set.

pub(crate) mod change;
pub(super) mod runs;
pub(super) mod versions;

use super::{All, Precondition, Stored, Written};
use crate::plugins::settings::SettingsError;
use crate::plugins::{SettingsChangeError, checked_settings, checked_title, failures_of};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, ErrorBudget, Event, LifeError, Release, Status, Stop, World};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use stoa_storage::{PluginFailures, PluginRecord};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginBody {
    id: String,
    /// `promotion`: carts are priced with it. `marketing`: it is asked about customers.
    world: World,
    /// What the shopper reads as a promotion's name, and the merchant as any plugin's.
    title: String,
    status: Status,
    /// Whether it runs: its status is `active` and a version is released.
    enabled: bool,
    /// What was released last; none before the first release.
    version: Option<String>,
    /// SHA-256 of that version's component.
    digest: Option<String>,
    release: Option<ReleaseBody>,
    /// The version that a rollback goes back to.
    rolls_back_to: Option<String>,
    /// Why something that was released does not run.
    stopped: Option<StopBody>,
    /// As the plugin reads them.
    settings: serde_json::Value,
    error_budget: ErrorBudget,
    /// So many runs of a hundred are recorded, beside those that fail.
    sample_percent: u8,
    installed_at: String,
    updated_at: String,
    /// What went wrong with a released version while carts were quoted; none when nothing did in the last 30 days.
    failures: Option<FailuresBody>,
}

/// One version for a share of the shoppers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseBody {
    version: String,
    percent: u8,
    /// What the other shoppers have; none: they go without.
    rest: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StopBody {
    /// None: the whole plugin.
    version: Option<String>,
    /// RFC 3339.
    at: String,
    reason: String,
}

/// A plugin that fails costs the shopper nothing: the cart is priced without it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailuresBody {
    version: String,
    /// At least so many.
    count: u64,
    /// RFC 3339.
    first_at: String,
    last_at: String,
    /// Of the last one: `load` (fetched or loaded in vain) or `run`.
    stage: String,
    /// Of the last one, in words.
    error: String,
}

impl PluginBody {
    /// `failed`: of any plugins, in any version.
    fn new(plugin: PluginRecord, failed: &[PluginFailures]) -> Self {
        let release = plugin.life.release.as_ref();
        let failures = failures_of(&plugin, failed).map(|f| FailuresBody {
            version: f.version.clone(),
            count: f.count,
            first_at: f.first_at.to_string(),
            last_at: f.last_at.to_string(),
            stage: f.stage.clone(),
            error: f.error.clone(),
        });
        Self {
            failures,
            id: plugin.id.to_string(),
            world: plugin.world,
            status: plugin.life.status,
            enabled: plugin.life.status == Status::Active && release.is_some(),
            version: release.map(|r| r.build.version.to_string()),
            digest: release.map(|r| r.build.digest.clone()),
            release: release.map(ReleaseBody::of),
            rolls_back_to: plugin.life.earlier.last().map(|earlier| earlier.build.version.to_string()),
            stopped: plugin.life.stop.as_ref().map(StopBody::of),
            title: plugin.title,
            settings: serde_json::from_str(&plugin.settings).unwrap_or(serde_json::Value::Null),
            error_budget: plugin.error_budget,
            sample_percent: plugin.sample_percent,
            installed_at: plugin.installed_at.to_string(),
            updated_at: plugin.updated_at.to_string(),
        }
    }
}

impl ReleaseBody {
    fn of(release: &Release) -> Self {
        Self {
            version: release.build.version.to_string(),
            percent: release.percent,
            rest: release.rest.as_ref().map(|rest| rest.version.to_string()),
        }
    }
}

impl StopBody {
    fn of(stop: &Stop) -> Self {
        let version = stop.version.as_ref().map(ToString::to_string);
        Self { version, at: stop.at.to_string(), reason: stop.reason.clone() }
    }
}

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePlugin {
    /// As pausing and resuming.
    enabled: Option<bool>,
    title: Option<String>,
    /// They must follow the schema of every version that runs.
    settings: Option<serde_json::Value>,
    error_budget: Option<ErrorBudget>,
    #[schema(maximum = 100)]
    sample_percent: Option<u8>,
}

/// All plugins, and what went wrong with those that fail. Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins",
    responses((status = 200, body = All<Stored<PluginBody>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<All<Stored<PluginBody>>>, ApiError> {
    grant.require("plugins:read")?;
    let plugins = state.store.plugins();
    let (all, failed) = tokio::try_join!(plugins.list(), plugins.failures()).map_err(store_error)?;
    Ok(axum::Json(all.into_iter().map(|read| Stored::from(read.map(|p| PluginBody::new(p, &failed)))).collect()))
}

/// Renames a plugin, changes its settings, its error budget or how many of its runs are recorded, switches it off or on.
/// Scope: plugins:write
#[utoipa::path(patch, path = "/admin/api/plugins/{id}", request_body = ChangePlugin,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn patch(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<ChangePlugin>,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let (plugins, now) = (state.store.plugins(), Timestamp::now());
    let read = plugins.get(&PluginId::new(id)?).await.map_err(store_error)?;
    let read = read.ok_or_else(|| ApiError::not_found("plugin"))?;
    let (revision, mut plugin) = (read.revision, read.value);
    if let Some(title) = body.title {
        let rule = || FieldError::new("title", "required", "a title has 1 to 100 characters");
        plugin.title = checked_title(&title).ok_or_else(|| ApiError::validation(vec![rule()]))?;
    }
    if let Some(settings) = body.settings {
        plugin.settings = checked_settings(&state.store, &plugin, &settings).await.map_err(settings_change_error)?;
    }
    if let Some(budget) = body.error_budget {
        budget.check().map_err(life_error)?;
        plugin.error_budget = budget;
    }
    if let Some(percent) = body.sample_percent {
        if percent > 100 {
            let rule = FieldError::new("sample_percent", "out_of_range", "0 to 100 runs of a hundred are recorded");
            return Err(ApiError::validation(vec![rule]));
        }
        plugin.sample_percent = percent;
    }
    let active = plugin.life.status == Status::Active;
    let action = match body.enabled {
        Some(true) if !active => plugin.life.resume().map(|()| Some(Action::Resume)),
        Some(false) if active => plugin.life.pause(now, "switched off".to_owned()).map(|()| Some(Action::Pause)),
        _ => Ok(None),
    };
    plugin.updated_at = now;
    match action.map_err(life_error)? {
        None => precondition.save(Some(revision), |expected| plugins.put(&plugin, expected)).await,
        Some(action) => {
            let event = Event::of(&plugin.id, &plugin.life, action, now, &grant.id);
            precondition.save(Some(revision), |expected| plugins.put_event(&plugin, expected, &event)).await
        }
    }
}

/// Removes a plugin from the shop: carts are quoted without it from then on. Its versions and its history stay, and a
/// version's name is not given to other bytes. Scope: plugins:write
#[utoipa::path(delete, path = "/admin/api/plugins/{id}", params(("id" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let plugins = state.store.plugins();
    let current = plugins.get(&id).await.map_err(store_error)?.map(|read| read.revision);
    precondition.remove("plugin", current, |expected| plugins.delete(&id, expected)).await
}

fn settings_change_error(error: SettingsChangeError) -> ApiError {
    let message = error.to_string();
    match error {
        SettingsChangeError::TooLong => ApiError::validation(vec![FieldError::new("settings", "too_long", message)]),
        SettingsChangeError::Settings(error) => settings_error(error),
        SettingsChangeError::Store(error) => store_error(error),
    }
}

/// 422 with the path and the rule of every fault.
fn settings_error(error: SettingsError) -> ApiError {
    let refused = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string());
    refused.with_details(json!({ "faults": error.faults() }))
}

fn life_error(error: LifeError) -> ApiError {
    let message = error.to_string();
    match error {
        LifeError::Percent { .. } | LifeError::Budget => ApiError::bad_request(error.code(), message),
        _ => ApiError::conflict(error.code(), message),
    }
}
