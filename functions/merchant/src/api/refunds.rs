//! Refunds of an order: asking for one, and what a person does about one that failed. The payments function asks the
//! payment's provider.

use super::orders::done_to;
use super::{List, PageQuery, Precondition, Stored};
use crate::orders::{Change, find, refused};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{LinePieces, Order, Refund, RefundId, RefundRequest, RefundState};
use stoa_domain::{Money, OrderId};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRefund {
    /// All that was paid and not given back yet; lines, shipping and goodwill are then left out.
    #[serde(default)]
    everything: bool,
    /// At what was paid for them. Pieces that were not shipped yet are taken first, and are not shipped any more.
    #[serde(default)]
    lines: Vec<LinePieces>,
    /// Of what was paid for shipping.
    #[serde(default)]
    shipping: Option<Money>,
    /// Beside any pieces: a scratch, a delay.
    #[serde(default)]
    goodwill: Option<Money>,
    /// The pieces are on sale again. Without it they are lost.
    #[serde(default)]
    restock: bool,
    /// The shopper reads it.
    #[serde(default)]
    reason: String,
}

impl NewRefund {
    fn asked(&self) -> RefundRequest {
        let Self { everything, lines, shipping, goodwill, restock, .. } = self;
        let (everything, lines, restock) = (*everything, lines.clone(), *restock);
        RefundRequest { everything, lines, shipping: *shipping, goodwill: *goodwill, restock }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHand {
    /// The bank's or the provider's own name for what was given back.
    #[schema(example = "transfer of 24 November, 0042")]
    reference: String,
}

/// A refund that is pending or failed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenRefundView {
    refund: RefundId,
    order: OrderId,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OpenQuery {
    /// `pending` or `failed`.
    state: RefundState,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What a refund would give back, without asking for it. Scope: orders:read
#[utoipa::path(post, path = "/admin/api/orders/{id}/refunds/preview", request_body = NewRefund,
    params(("id" = String, Path)),
    responses((status = 200, body = Refund), (status = "default", body = ErrorBody)))]
pub(super) async fn preview(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Json(body): Json<NewRefund>,
) -> Result<axum::Json<Refund>, ApiError> {
    grant.require("orders:read")?;
    let order = find(&state.store, &OrderId::new(id)?).await?.value;
    let id = RefundId::new("preview").map_err(refused)?;
    let plan = order.plan_refund(id, &body.asked(), &body.reason, Timestamp::now());
    Ok(axum::Json(plan.map_err(refused)?))
}

/// Asks for a refund, once for its id: 1 to 64 letters, digits, `_` and `-`, which the payment's provider gets, too. Asked
/// for again it changes nothing. Scope: orders:write
#[utoipa::path(put, path = "/admin/api/orders/{id}/refunds/{refund}", request_body = NewRefund,
    params(("id" = String, Path), ("refund" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, refund)): Path<(String, String)>,
    precondition: Precondition,
    Json(body): Json<NewRefund>,
) -> Result<Response, ApiError> {
    let refund = RefundId::new(refund).map_err(refused)?;
    done_to(&state, &grant, &id, &precondition, Change::Refund { id: refund, asked: body.asked() }, &body.reason).await
}

/// A failed refund is asked for again, under the same id. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/refunds/{refund}/retry",
    params(("id" = String, Path), ("refund" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn retry(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, refund)): Path<(String, String)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    let refund = RefundId::new(refund).map_err(refused)?;
    done_to(&state, &grant, &id, &precondition, Change::RetryRefund(refund), "").await
}

/// A person gave the money back: of a bank transfer, or of a refund that failed. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/refunds/{refund}/by-hand", request_body = ByHand,
    params(("id" = String, Path), ("refund" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn by_hand(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, refund)): Path<(String, String)>,
    precondition: Precondition,
    Json(body): Json<ByHand>,
) -> Result<Response, ApiError> {
    let refund = RefundId::new(refund).map_err(refused)?;
    let done = Change::RefundedByHand { id: refund, reference: body.reference };
    done_to(&state, &grant, &id, &precondition, done, "").await
}

/// Refunds that wait for their provider, or for a person; oldest first, up to 100 a page. Scope: orders:read
#[utoipa::path(get, path = "/admin/api/refunds", params(OpenQuery),
    responses((status = 200, body = List<OpenRefundView>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<OpenQuery>,
) -> Result<axum::Json<List<OpenRefundView>>, ApiError> {
    grant.require("orders:read")?;
    if query.state == RefundState::Succeeded {
        let rule = "must be pending or failed; refunds that succeeded stand in their orders";
        return Err(ApiError::validation(vec![FieldError::new("state", "not_listed", rule)]));
    }
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let orders = state.store.orders();
    let open = orders.open_refunds(query.state, page.cursor()?.as_ref(), page.limit(50, 100)).await;
    let view = |open: stoa_storage::OpenRefund| OpenRefundView { refund: open.id, order: open.order };
    Ok(axum::Json(List::of(open.map_err(store_error)?, view)))
}
