//! Stock of one SKU.

use crate::idempotent::Once;
use crate::{State, store_error};
use axum::Extension;
use axum::extract::State as Shared;
use serde::{Deserialize, Serialize};
use stoa_domain::Sku;
use stoa_domain::stock::StockLevel;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use utoipa::ToSchema;

const MAX_REASON_CHARS: usize = 200;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StockBody {
    sku: String,
    /// What is in the house.
    on_hand: u32,
    /// What placed orders hold of it.
    reserved: u32,
    /// What can still be sold.
    available: u32,
}

impl From<StockLevel> for StockBody {
    fn from(level: StockLevel) -> Self {
        let available = level.available();
        Self { sku: level.sku.to_string(), on_hand: level.on_hand, reserved: level.reserved, available }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStock {
    on_hand: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustStock {
    /// Added to what is on hand; below zero takes away.
    delta: i64,
    /// Why, in words: goes to the log.
    reason: String,
}

/// Scope: stock:read
#[utoipa::path(get, path = "/admin/api/stock/{sku}", params(("sku" = String, Path)),
    responses((status = 200, body = StockBody), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(sku): Path<String>,
) -> Result<axum::Json<StockBody>, ApiError> {
    grant.require("stock:read")?;
    let level = state.store.stock().get(&Sku::new(sku)?).await.map_err(store_error)?;
    Ok(axum::Json(level.ok_or_else(|| ApiError::not_found("stock"))?.into()))
}

/// Sets what is on hand; what orders hold of it stays held. Scope: stock:write
#[utoipa::path(put, path = "/admin/api/stock/{sku}", params(("sku" = String, Path)), request_body = SetStock,
    responses((status = 200, body = StockBody), (status = "default", body = ErrorBody)))]
pub(super) async fn set(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(sku): Path<String>,
    Json(body): Json<SetStock>,
) -> Result<axum::Json<StockBody>, ApiError> {
    grant.require("stock:write")?;
    let sku = Sku::new(sku)?;
    known(&state, &sku).await?;
    let level = state.store.stock().set(&sku, body.on_hand).await.map_err(store_error)?;
    tracing::info!(%sku, on_hand = body.on_hand, by = grant.id, "stock set");
    Ok(axum::Json(level.into()))
}

/// Adds to what is on hand, or takes away. Scope: stock:write
#[utoipa::path(post, path = "/admin/api/stock/{sku}/adjustments", params(("sku" = String, Path)),
    request_body = AdjustStock,
    responses((status = 200, body = StockBody), (status = "default", body = ErrorBody)))]
pub(super) async fn adjust(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(sku): Path<String>,
    once: Option<Extension<Once>>,
    Json(body): Json<AdjustStock>,
) -> Result<axum::Json<StockBody>, ApiError> {
    grant.require("stock:write")?;
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON_CHARS || reason.chars().any(char::is_control) {
        let rule = format!("a reason has 1 to {MAX_REASON_CHARS} characters");
        return Err(ApiError::validation(vec![FieldError::new("reason", "required", rule)]));
    }
    let sku = Sku::new(sku)?;
    known(&state, &sku).await?;
    let key = once.as_ref().map(|Extension(Once(key))| key);
    let level = state.store.stock().adjust_once(&sku, body.delta, key).await.map_err(store_error)?;
    tracing::info!(%sku, delta = body.delta, reason, by = grant.id, "stock adjusted");
    Ok(axum::Json(level.into()))
}

/// Nothing is counted for a SKU that no product has.
async fn known(state: &State, sku: &Sku) -> Result<(), ApiError> {
    let product = state.store.products().by_sku(sku).await.map_err(store_error)?;
    product.map(drop).ok_or_else(|| ApiError::not_found("SKU"))
}
