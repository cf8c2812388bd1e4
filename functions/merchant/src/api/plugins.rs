//! Plugins: which are installed, which run, and what their merchant set.

use super::{All, File, Precondition, Stored, Written, with_etag};
use crate::plugins::{InstallError, Upload, install};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PluginId;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_plugin_runtime::CompileError;
use stoa_plugin_runtime::shopify::Refusal;
use stoa_storage::{PluginFailures, PluginRecord, PluginStatus};
use utoipa::{IntoParams, ToSchema};

const MAX_SETTINGS_BYTES: usize = 16 * 1024;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PluginBody {
    id: String,
    /// What the shopper reads as the promotion's name.
    title: String,
    version: String,
    /// SHA-256 of the uploaded component.
    digest: String,
    enabled: bool,
    /// As the plugin reads them.
    settings: serde_json::Value,
    installed_at: String,
    updated_at: String,
    /// What went wrong with this release while carts were quoted; none when nothing did in the last 30 days.
    failures: Option<FailuresBody>,
}

/// A plugin that fails costs the shopper nothing: the cart is priced without it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailuresBody {
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
    /// `failed`: of any plugins, in any release.
    pub(super) fn new(plugin: PluginRecord, failed: &[PluginFailures]) -> Self {
        let own = failed.iter().find(|f| f.plugin == plugin.id && f.digest == plugin.digest);
        let failures = own.map(|f| FailuresBody {
            count: f.count,
            first_at: f.first_at.to_string(),
            last_at: f.last_at.to_string(),
            stage: f.stage.clone(),
            error: f.error.clone(),
        });
        Self {
            failures,
            id: plugin.id.to_string(),
            title: plugin.title,
            version: plugin.version,
            digest: plugin.digest,
            enabled: plugin.status == PluginStatus::Active,
            settings: serde_json::from_str(&plugin.settings).unwrap_or(serde_json::Value::Null),
            installed_at: plugin.installed_at.to_string(),
            updated_at: plugin.updated_at.to_string(),
        }
    }
}

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePlugin {
    enabled: Option<bool>,
    title: Option<String>,
    settings: Option<serde_json::Value>,
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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// What the shopper reads as the promotion's name.
    title: String,
    /// The author's version: `1.2.0`.
    version: String,
}

/// Installs a plugin, or a new version of it: a WebAssembly component, or a core module built with the SDK, of at most
/// 1 MB. It is compiled and signed here; a new plugin is enabled. Scope: plugins:write
#[utoipa::path(put, path = "/admin/api/plugins/{id}",
    params(("id" = String, Path), UploadQuery, Precondition),
    request_body(content = String, content_type = "application/wasm"),
    responses((status = 200, body = PluginBody), (status = "default", body = ErrorBody)))]
pub(super) async fn upload(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Query(query): Query<UploadQuery>,
    precondition: Precondition,
    File(wasm): File,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let title = checked_title(&query.title)?;
    check_version(&query.version)?;
    let Some(key) = state.config.plugin_signing_key.clone() else {
        return Err(ApiError::unavailable("STOA_PLUGIN_SIGNING_KEY is not set: no plugin can be signed"));
    };
    let known = state.store.plugins().get(&id).await.map_err(store_error)?;
    let expected = precondition.expected(known.map(|k| k.revision))?;
    let upload = Upload { id, title, version: query.version, wasm: wasm.into(), targeting: None, settings: None };
    let read = install(&state.store, key, upload, |_| expected, Timestamp::now()).await.map_err(not_installed)?;
    tracing::info!(plugin = %read.value.id, version = read.value.version, by = grant.id, "plugin installed");
    Ok(with_etag(StatusCode::OK, read.revision, PluginBody::new(read.value, &[])))
}

pub(super) fn not_installed(error: InstallError) -> ApiError {
    let refused = |code, message| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
    match error {
        InstallError::Store(error) => store_error(error),
        InstallError::Compile(CompileError::BadKey) | InstallError::ShopifyFunction(Refusal::BadKey) => {
            ApiError::internal(error)
        }
        InstallError::Compile(refusal) => refused(refusal.code(), refusal.to_string()),
        InstallError::ShopifyFunction(refusal) => refused(refusal.code(), refusal.to_string()),
        error => ApiError::internal(error),
    }
}

pub(super) fn check_version(version: &str) -> Result<(), ApiError> {
    if version.is_empty() || version.len() > 40 || !version.bytes().all(|b| b.is_ascii_graphic()) {
        let rule = "a version has 1 to 40 visible ASCII characters: 1.2.0";
        return Err(ApiError::validation(vec![FieldError::new("version", "invalid_version", rule)]));
    }
    Ok(())
}

/// Switches a plugin on or off, renames it, changes its settings. Scope: plugins:write
#[utoipa::path(patch, path = "/admin/api/plugins/{id}", request_body = ChangePlugin,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn change(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<ChangePlugin>,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let plugins = state.store.plugins();
    let read = plugins.get(&PluginId::new(id)?).await.map_err(store_error)?;
    let read = read.ok_or_else(|| ApiError::not_found("plugin"))?;
    let (revision, mut plugin) = (read.revision, read.value);
    if let Some(enabled) = body.enabled {
        plugin.status = if enabled { PluginStatus::Active } else { PluginStatus::Disabled };
    }
    if let Some(title) = body.title {
        plugin.title = checked_title(&title)?;
    }
    if let Some(settings) = body.settings {
        plugin.settings = settings.to_string();
        if plugin.settings.len() > MAX_SETTINGS_BYTES {
            let rule = format!("settings are at most {MAX_SETTINGS_BYTES} bytes of JSON");
            return Err(ApiError::validation(vec![FieldError::new("settings", "too_long", rule)]));
        }
    }
    plugin.updated_at = Timestamp::now();
    precondition.save(Some(revision), |expected| plugins.put(&plugin, expected)).await
}

pub(super) fn checked_title(title: &str) -> Result<String, ApiError> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > 100 || title.chars().any(char::is_control) {
        let rule = "a title has 1 to 100 characters";
        return Err(ApiError::validation(vec![FieldError::new("title", "required", rule)]));
    }
    Ok(title.to_owned())
}

/// Removes a plugin from the shop; carts are quoted without it from then on. Scope: plugins:write
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
