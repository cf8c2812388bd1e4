//! Shopify Functions: a merchant brings one that they have, with what its `shopify.extension.toml` says of it. What is kept
//! is the file with a manifest of that, and so a version like any other.

use super::plugins::versions::{UploadedBody, checked, keep, manifest_error, said_beside};
use crate::plugins::{Manifest, Upload};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
    /// The wasm file in base64, as Shopify's build made it or as the compiler left it; at most 1 MB with the queries.
    module: String,
    /// Each target once.
    targeting: Vec<TargetingBody>,
    /// What was configured in the discount's metafield, for a plugin that is new.
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
    /// Release it at once, to so many shoppers of a hundred. Otherwise it runs for nobody yet.
    percent: Option<u8>,
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

/// Uploads a Shopify Function as a version of a plugin. Imports, targets and fields of the queries that are not here are
/// refused by name. A version is kept for ever and never changes. Scope: plugins:write
#[utoipa::path(put, path = "/admin/api/plugins/{id}/shopify-function", request_body = UploadFunction,
    params(("id" = String, Path)),
    responses((status = 200, description = "the version was kept already", body = UploadedBody),
        (status = 201, body = UploadedBody), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Json(body): Json<UploadFunction>,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let id = PluginId::new(id)?;
    let said = checked(Some(&body.title), Some(&body.version))?;
    let Ok(module) = STANDARD.decode(&body.module) else {
        let rule = "the file is sent in base64";
        return Err(ApiError::validation(vec![FieldError::new("module", "invalid_base64", rule)]));
    };
    let targeting =
        |body: TargetingBody| Targeting { target: body.target, export: body.export, input_query: body.input_query };
    let shop = state.store.shop().settings().await.map_err(store_error)?;
    let manifest = Manifest {
        settings: body.settings,
        shopify: Some(body.targeting.into_iter().map(targeting).collect()),
        ..said_beside(&id, said, shop.map(|shop| shop.value.default_locale))
    };
    let wasm = manifest.append_to(&module).map_err(manifest_error)?;
    keep(&state, Upload { manifest, wasm, by: grant.id.clone() }, body.percent).await
}
