//! What holds for all marketing plugins together.

use super::{Precondition, Stored, Written};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use jiff::tz::TimeZone;
use stoa_domain::marketing::Settings;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json};

/// As they hold; the defaults where the merchant set none, with the revision 0. Scope: customers:read
#[utoipa::path(get, path = "/admin/api/marketing",
    responses((status = 200, body = Stored<Settings>), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<Settings>>, ApiError> {
    grant.require("customers:read")?;
    let read = state.store.crm().settings().await.map_err(store_error)?;
    Ok(axum::Json(read.map_or_else(|| Stored { revision: 0, value: Settings::default() }, Stored::from)))
}

/// How many messages a customer gets in a week, and when the shop's days begin. Scope: customers:write
#[utoipa::path(put, path = "/admin/api/marketing", request_body = Settings, params(Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    precondition: Precondition,
    Json(settings): Json<Settings>,
) -> Result<Response, ApiError> {
    grant.require("customers:write")?;
    let own = settings.faults().into_iter();
    let mut faults: Vec<FieldError> =
        own.map(|fault| FieldError::new(fault.field, fault.code, fault.message)).collect();
    if TimeZone::get(&settings.time_zone).is_err() {
        faults.push(FieldError::new(
            "time_zone",
            "unknown_time_zone",
            "a time zone is an IANA name such as Asia/Shanghai",
        ));
    }
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    let crm = state.store.crm();
    let current = crm.settings().await.map_err(store_error)?.map(|read| read.revision);
    precondition.save(current, |expected| crm.put_settings(&settings, expected)).await
}
