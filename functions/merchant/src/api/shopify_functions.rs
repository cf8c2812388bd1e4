//! Shopify Functions: a merchant brings one that they have, with what its `shopify.extension.toml` says of it.

use super::plugins::{PluginBody, check_version, checked_title, not_installed};
use super::{Precondition, with_etag};
use crate::plugins::{Upload, install};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use stoa_domain::PluginId;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use stoa_plugin_runtime::shopify::Targeting;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadFunction {
    /// What the shopper reads as the promotion's name.
    title: String,
    /// The author's version: `1.2.0`.
    version: String,
    /// The wasm file in base64, as Shopify's build made it or as the compiler left it; at most 1 MB.
    module: String,
    /// Each target once.
    targeting: Vec<TargetingBody>,
}

/// `[[extensions.targeting]]` of `shopify.extension.toml`, with the input query itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetingBody {
    #[schema(example = "cart.lines.discounts.generate.run")]
    target: String,
    #[schema(example = "cart_lines_discounts_generate_run")]
    export: String,
    /// GraphQL.
    #[schema(example = "query Input { cart { lines { id quantity } } }")]
    input_query: String,
}

/// Installs a Shopify Function, or a new version of it, as a plugin. Imports, targets and fields of the queries that are
/// not here are refused by name. Scope: plugins:write
#[utoipa::path(put, path = "/admin/api/plugins/{id}/shopify-function", request_body = UploadFunction,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = PluginBody), (status = "default", body = ErrorBody)))]
pub(super) async fn upload(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<UploadFunction>,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let title = checked_title(&body.title)?;
    check_version(&body.version)?;
    let Ok(wasm) = STANDARD.decode(&body.module) else {
        return Err(ApiError::validation(vec![FieldError::new(
            "module",
            "invalid_base64",
            "the file is sent in base64",
        )]));
    };
    let Some(key) = state.config.plugin_signing_key.clone() else {
        return Err(ApiError::unavailable("STOA_PLUGIN_SIGNING_KEY is not set: no plugin can be signed"));
    };
    let targeting =
        |body: TargetingBody| Targeting { target: body.target, export: body.export, input_query: body.input_query };
    let targeting = Some(body.targeting.into_iter().map(targeting).collect());
    let known = state.store.plugins().get(&id).await.map_err(store_error)?;
    let expected = precondition.expected(known.map(|k| k.revision))?;
    let upload = Upload { id, title, version: body.version, wasm, targeting, settings: None };
    let read = install(&state.store, key, upload, |_| expected, Timestamp::now()).await.map_err(not_installed)?;
    tracing::info!(plugin = %read.value.id, version = read.value.version, by = grant.id, "Shopify Function installed");
    Ok(with_etag(StatusCode::OK, read.revision, PluginBody::new(read.value, &[])))
}
