//! What staff do about pieces that shoppers send back, and what the shop decides about that.

use super::orders::done_to;
use super::{Precondition, Stored};
use crate::orders::{Change, new_refund_id, refused};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::order::{Inspection, InspectionResult, Order, OrderSettings, ReturnStep};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Json, Path};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    step: StepName,
    /// What was found; with `inspect`.
    #[serde(default)]
    result: Option<InspectionResult>,
    /// With `replace`.
    #[serde(default)]
    carrier: String,
    #[serde(default)]
    tracking_number: String,
    /// Goes to the order's timeline, and with `inspect` to the inspection.
    #[serde(default)]
    why: String,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepName {
    Approve,
    Decline,
    Receive,
    Inspect,
    /// At what was paid for the pieces; on sale again where they are as new.
    Refund,
    /// The same pieces leave again.
    Replace,
}

impl Step {
    fn read(self) -> Result<(ReturnStep, String), ApiError> {
        let Self { step, result, carrier, tracking_number, why } = self;
        let step = match step {
            StepName::Approve => ReturnStep::Approve,
            StepName::Decline => ReturnStep::Decline,
            StepName::Receive => ReturnStep::Receive,
            StepName::Inspect => {
                let missing = || ApiError::bad_request("result_missing", "an inspection has a result");
                ReturnStep::Inspect(Inspection { result: result.ok_or_else(missing)?, note: why.clone() })
            }
            StepName::Refund => ReturnStep::Refund(new_refund_id()?),
            StepName::Replace => ReturnStep::Replace { carrier, tracking_number },
        };
        Ok((step, why))
    }
}

/// Takes a return one step on; what is not a legal step is refused. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/returns/{number}/steps", request_body = Step,
    params(("id" = String, Path), ("number" = u32, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn step(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, number)): Path<(String, u32)>,
    precondition: Precondition,
    Json(body): Json<Step>,
) -> Result<Response, ApiError> {
    let (step, why) = body.read()?;
    done_to(&state, &grant, &id, &precondition, Change::Return { number, step }, &why).await
}

/// Scope: orders:read
#[utoipa::path(get, path = "/admin/api/order-settings",
    responses((status = 200, body = OrderSettings), (status = "default", body = ErrorBody)))]
pub(super) async fn settings(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<OrderSettings>, ApiError> {
    grant.require("orders:read")?;
    Ok(axum::Json(state.store.orders().settings().await.map_err(store_error)?))
}

/// For how many days shoppers may send orders back. Scope: orders:write
#[utoipa::path(put, path = "/admin/api/order-settings", request_body = OrderSettings,
    responses((status = 200, body = OrderSettings), (status = "default", body = ErrorBody)))]
pub(super) async fn put_settings(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Json(body): Json<OrderSettings>,
) -> Result<axum::Json<OrderSettings>, ApiError> {
    grant.require("orders:write")?;
    body.check().map_err(refused)?;
    state.store.orders().put_settings(&body).await.map_err(store_error)?;
    Ok(axum::Json(body))
}
