//! Where the shop is, what tax it takes, and where its shipping methods deliver: docs/checkout.md.

use super::{Precondition, Stored, Written};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use stoa_domain::checkout::{CheckoutSettings, MAX_SETTINGS_BYTES};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json};

/// As they hold; the defaults where the merchant set none, with the revision 0. Scope: settings:read
#[utoipa::path(get, path = "/admin/api/checkout",
    responses((status = 200, body = Stored<CheckoutSettings>), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<CheckoutSettings>>, ApiError> {
    grant.require("settings:read")?;
    let read = state.store.shop().checkout().await.map_err(store_error)?;
    Ok(axum::Json(read.map_or_else(|| Stored { revision: 0, value: CheckoutSettings::default() }, Stored::from)))
}

/// Home, taxes by jurisdiction, and the zones and rates of shipping methods. Scope: settings:write
#[utoipa::path(put, path = "/admin/api/checkout", request_body = CheckoutSettings, params(Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    precondition: Precondition,
    Json(settings): Json<CheckoutSettings>,
) -> Result<Response, ApiError> {
    grant.require("settings:write")?;
    let store = state.store.shop();
    let (shop, current) = tokio::try_join!(store.settings(), store.checkout()).map_err(store_error)?;
    let shop = shop.ok_or_else(|| ApiError::not_found("shop"))?.value;
    let own = settings.validate(&shop).into_iter();
    let mut faults: Vec<FieldError> =
        own.map(|fault| FieldError::new(fault.field, fault.code, fault.message)).collect();
    let bytes = serde_json::to_vec(&settings).map_err(ApiError::internal)?.len();
    if bytes > MAX_SETTINGS_BYTES {
        let rule = format!("the settings have at most {MAX_SETTINGS_BYTES} bytes as JSON, got {bytes}");
        faults.push(FieldError::new("", "settings_too_large", rule));
    }
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    precondition.save(current.map(|c| c.revision), |expected| store.put_checkout(&settings, expected)).await
}
