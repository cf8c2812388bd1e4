//! Versions of a plugin: uploading one, and what was found in it.

use super::super::{All, File};
use super::{PluginBody, life_error, settings_error};
use crate::plugins::{
    Change, ChangeError, Manifest, ManifestError, Upload, UploadError, Uploaded, change, checked_title, upload,
};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Life, Version};
use stoa_domain::promotion::Target;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Path, Query};
use stoa_plugin_runtime::{CompileError, Limits, shopify};
use stoa_storage::{PluginAbi, PluginVersion};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PluginVersionBody {
    version: String,
    /// SHA-256 of the component; of a script's file; of a Shopify Function's module and targets.
    digest: String,
    /// `stoa`, `script` or `shopify`: what it is written against.
    abi: String,
    /// So many shoppers of a hundred have it now.
    percent: u8,
    /// By language.
    title: BTreeMap<String, String>,
    /// Which carts it is for; none: every cart. For others it is neither fetched nor run.
    #[serde(rename = "for")]
    target: Option<Target>,
    default_settings: serde_json::Value,
    /// JSON Schema 2020-12; none where the author wrote none.
    settings_schema: Option<serde_json::Value>,
    report: ReportBody,
    uploaded_at: String,
    /// The token or the part that did it.
    uploaded_by: String,
}

/// What was found in the upload, and what one run of it may use.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReportBody {
    imports: Vec<String>,
    exports: Vec<String>,
    limits: LimitsBody,
    sizes: SizesBody,
    /// In words. None of them keeps the version from running.
    warnings: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct LimitsBody {
    /// Roughly WebAssembly instructions.
    fuel: u64,
    memory_bytes: u64,
    output_bytes: u64,
}

/// In bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SizesBody {
    uploaded: u64,
    component: u64,
    artefact: u64,
}

impl PluginVersionBody {
    fn new(version: PluginVersion, life: Option<&Life>) -> Self {
        let release = life.and_then(|life| life.release.as_ref());
        let percent = match release {
            Some(release) if release.build == version.build => release.percent,
            Some(release) if release.rest.as_ref() == Some(&version.build) => 100 - release.percent,
            _ => 0,
        };
        let (abi, limits) = match version.abi {
            PluginAbi::Stoa => ("stoa", Limits::default()),
            PluginAbi::Script => ("script", Limits::default()),
            PluginAbi::Shopify => {
                let shopify::Limits { instructions, output_bytes, .. } = shopify::Limits::for_lines(0);
                ("shopify", Limits { fuel: instructions, output_bytes, ..Limits::default() })
            }
        };
        let report = version.report;
        let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let json = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
        Self {
            version: version.build.version.to_string(),
            digest: version.build.digest,
            abi: abi.to_owned(),
            percent,
            title: version.title,
            target: version.build.target,
            default_settings: json(&version.default_settings),
            settings_schema: version.settings_schema.as_deref().map(json),
            report: ReportBody {
                imports: report.imports,
                exports: report.exports,
                limits: LimitsBody {
                    fuel: limits.fuel,
                    memory_bytes: bytes(limits.memory_bytes),
                    output_bytes: bytes(limits.output_bytes),
                },
                sizes: SizesBody {
                    uploaded: report.sizes.uploaded,
                    component: report.sizes.component,
                    artefact: report.sizes.artefact,
                },
                warnings: report.warnings,
            },
            uploaded_at: version.uploaded_at.to_string(),
            uploaded_by: version.uploaded_by,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct UploadQuery {
    /// What the shopper reads as the promotion's name. Needed where the file carries no manifest.
    title: Option<String>,
    /// The author's version: `1.2.0`. Needed where the file carries no manifest; otherwise it must be the manifest's.
    version: Option<String>,
    /// Release it at once, to so many shoppers of a hundred. Otherwise it runs for nobody yet.
    percent: Option<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct UploadedBody {
    version: PluginVersionBody,
    plugin: PluginBody,
}

/// Uploads a version of a plugin: a WebAssembly component, or a core module built with the SDK, of at most 1 MB, as
/// `stoa plugin build` makes it with its manifest in it. It is compiled and signed here. A version is kept for ever and never
/// changes: the same bytes again are fine, others are refused (`version_exists`). Scope: plugins:write
#[utoipa::path(put, path = "/admin/api/plugins/{id}",
    params(("id" = String, Path), UploadQuery),
    request_body(content = String, content_type = "application/wasm"),
    responses((status = 200, description = "the version was kept already", body = UploadedBody),
        (status = 201, body = UploadedBody), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Query(query): Query<UploadQuery>,
    File(wasm): File,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let shop = state.store.shop().settings().await.map_err(store_error)?;
    let manifest = match Manifest::of_file(&wasm).map_err(manifest_error)? {
        Some(manifest) => manifest,
        None => {
            let said = checked(query.title.as_deref(), query.version.as_deref())?;
            said_beside(&id, said, shop.map(|shop| shop.value.default_locale))
        }
    };
    let same_version = query.version.as_ref().is_none_or(|version| version == manifest.version.as_str());
    if manifest.id != id || !same_version {
        let got = format!("the file's manifest is of {} {}", manifest.id, manifest.version);
        return Err(ApiError::conflict("manifest_differs", got));
    }
    let uploading = Upload { manifest, wasm: wasm.into(), by: grant.id.clone() };
    keep(&state, uploading, query.percent).await
}

/// An upload of whatever kind becomes a version, released to `percent` of the shoppers if any.
pub(in crate::api) async fn keep(state: &State, uploading: Upload, percent: Option<u8>) -> Result<Response, ApiError> {
    let (store, now) = (&state.store, Timestamp::now());
    let Some(key) = state.config.plugin_signing_key.clone() else {
        return Err(ApiError::unavailable("STOA_PLUGIN_SIGNING_KEY is not set: no plugin can be signed"));
    };
    let (id, by) = (uploading.manifest.id.clone(), uploading.by.clone());
    let Uploaded { version, is_new } = upload(store, key, uploading, now).await.map_err(upload_error)?;
    tracing::info!(plugin = %id, version = %version.build.version, is_new, by, "plugin uploaded");
    let plugin = match percent {
        Some(percent) => {
            let release = Change::Release { version: version.build.version.clone(), percent };
            change(store, &id, &release, &by, now).await.map_err(change_error)?.value
        }
        None => {
            store.plugins().get(&id).await.map_err(store_error)?.ok_or_else(|| ApiError::not_found("plugin"))?.value
        }
    };
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let version = PluginVersionBody::new(version, Some(&plugin.life));
    Ok((status, axum::Json(UploadedBody { version, plugin: PluginBody::new(plugin, &[]) })).into_response())
}

/// All versions of a plugin, the newest first. Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins/{id}/versions", params(("id" = String, Path)),
    responses((status = 200, body = All<PluginVersionBody>), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<axum::Json<All<PluginVersionBody>>, ApiError> {
    grant.require("plugins:read")?;
    let (plugins, id) = (state.store.plugins(), PluginId::new(id)?);
    let (versions, plugin) = tokio::try_join!(plugins.versions(&id), plugins.get(&id)).map_err(store_error)?;
    let life = plugin.map(|read| read.value.life);
    Ok(axum::Json(versions.into_iter().map(|version| PluginVersionBody::new(version, life.as_ref())).collect()))
}

/// The bytes of a version as they were uploaded. Scope: plugins:read
#[utoipa::path(get, path = "/admin/api/plugins/{id}/versions/{version}/wasm",
    params(("id" = String, Path), ("version" = String, Path)),
    responses((status = 200, body = String, content_type = "application/wasm"), (status = "default", body = ErrorBody)))]
pub(in crate::api) async fn wasm(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    grant.require("plugins:read")?;
    let id = PluginId::new(id)?;
    let version = Version::new(version).map_err(|e| ApiError::bad_request("invalid_version", e.to_string()))?;
    let kept = state.store.plugins().version(&id, &version).await.map_err(store_error)?;
    let kept = kept.ok_or_else(|| ApiError::not_found("version"))?;
    let bytes = state.store.objects().private_get(&kept.source).await.map_err(store_error)?;
    Ok(([(header::CONTENT_TYPE, "application/wasm")], bytes).into_response())
}

/// For a file without a manifest.
pub(in crate::api) fn checked(title: Option<&str>, version: Option<&str>) -> Result<(String, Version), ApiError> {
    let mut faults = Vec::new();
    let title = title.and_then(checked_title);
    if title.is_none() {
        let rule = "the file carries no manifest: give a title of 1 to 100 characters";
        faults.push(FieldError::new("title", "required", rule));
    }
    let version = version.and_then(|version| Version::new(version).ok());
    if version.is_none() {
        let rule = "the file carries no manifest: give a version of 1 to 40 visible ASCII characters";
        faults.push(FieldError::new("version", "invalid_version", rule));
    }
    title.zip(version).ok_or_else(|| ApiError::validation(faults))
}

/// `locale` is the shop's.
pub(in crate::api) fn said_beside(
    id: &PluginId,
    (title, version): (String, Version),
    locale: Option<stoa_domain::Locale>,
) -> Manifest {
    Manifest {
        id: id.clone(),
        version,
        world: "promotion".to_owned(),
        title: BTreeMap::from([(locale.unwrap_or_else(stoa_domain::Locale::undetermined), title)]),
        target: None,
        settings: serde_json::Map::new(),
        settings_schema: None,
        shopify: None,
    }
}

pub(in crate::api) fn manifest_error(error: ManifestError) -> ApiError {
    match error {
        ManifestError::Settings(error) => settings_error(error),
        ManifestError::Target(ref faults) => {
            let fields = json!({ "fields": faults });
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string()).with_details(fields)
        }
        error => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string()),
    }
}

fn upload_error(error: UploadError) -> ApiError {
    let message = error.to_string();
    match error {
        UploadError::Store(error) => store_error(error),
        UploadError::VersionExists { .. } => ApiError::conflict("version_exists", message),
        UploadError::WorldChanged { .. } => ApiError::conflict("world_changed", message),
        UploadError::OtherWorld { .. } => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "other_world", message),
        UploadError::Manifest(error) => manifest_error(error),
        UploadError::Compile(CompileError::BadKey | CompileError::NoCompiler(_)) => ApiError::internal(error),
        UploadError::Compile(error) => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), message),
        error => ApiError::internal(error),
    }
}

pub(super) fn change_error(error: ChangeError) -> ApiError {
    let message = error.to_string();
    match error {
        ChangeError::UnknownPlugin { .. } => ApiError::not_found("plugin"),
        ChangeError::UnknownVersion { .. } => ApiError::new(StatusCode::NOT_FOUND, "unknown_version", message),
        ChangeError::Reason => ApiError::validation(vec![FieldError::new("reason", "too_long", message)]),
        ChangeError::Life(error) => life_error(error),
        ChangeError::Settings(error) => settings_error(error),
        ChangeError::Store(error) => store_error(error),
    }
}
