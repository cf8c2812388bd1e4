//! Orders: read them, and move them along.

use super::{List, PageQuery, Precondition, Stored, with_etag};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use stoa_domain::OrderId;
use stoa_domain::order::{Order, OrderState};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_storage::{Expected, StockEffect, UpdateOrder, Versioned};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderQuery {
    /// Only orders in this state: `paid`.
    state: Option<OrderState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Transition {
    /// `shipped`, `delivered`, `completed` or `cancelled`. Payments alone make an order paid or refunded.
    #[schema(example = "shipped")]
    to: OrderState,
    /// Goes to the order's timeline.
    #[serde(default)]
    why: String,
}

/// Newest first, up to 100 a page. Scope: orders:read
#[utoipa::path(get, path = "/admin/api/orders", params(OrderQuery),
    responses((status = 200, body = List<Stored<Order>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<OrderQuery>,
) -> Result<axum::Json<List<Stored<Order>>>, ApiError> {
    grant.require("orders:read")?;
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let orders = state.store.orders().list(query.state, page.cursor()?.as_ref(), page.limit(50, 100)).await;
    Ok(axum::Json(List::of(orders.map_err(store_error)?, Stored::from)))
}

/// Scope: orders:read
#[utoipa::path(get, path = "/admin/api/orders/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    grant.require("orders:read")?;
    let read = find(&state, &id).await?.ok_or_else(|| ApiError::not_found("order"))?;
    Ok(with_etag(StatusCode::OK, read.revision, Stored::from(read)))
}

/// Moves an order to its next state; what is not a legal move is refused. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/transitions", request_body = Transition,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn transition(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<Transition>,
) -> Result<Response, ApiError> {
    use OrderState::{Cancelled, Completed, Delivered, Shipped};
    grant.require("orders:write")?;
    if !matches!(body.to, Shipped | Delivered | Completed | Cancelled) {
        let rule = "staff move orders to shipped, delivered, completed or cancelled; payments do the rest";
        return Err(ApiError::validation(vec![FieldError::new("to", "not_for_staff", rule)]));
    }
    if body.why.chars().count() > 500 || body.why.chars().any(char::is_control) {
        return Err(ApiError::validation(vec![FieldError::new("why", "too_long", "must be at most 500 characters")]));
    }
    let (mut order, expected) = precondition.change("order", find(&state, &id).await?)?;
    let Expected::Revision(revision) = expected else {
        return Err(ApiError::bad_request("invalid_precondition", "an order's move takes If-Match only"));
    };
    order
        .transition(body.to, Timestamp::now(), format!("staff:{}", grant.id), body.why.trim())
        .map_err(|e| ApiError::conflict("illegal_transition", e.to_string()))?;
    let stock = match body.to {
        Shipped => StockEffect::Consume,
        Cancelled => StockEffect::Release,
        _ => StockEffect::Keep,
    };
    let update = UpdateOrder { order: order.clone(), revision, payment: None, stock };
    let revision = state.store.orders().update(update).await.map_err(store_error)?;
    Ok(with_etag(StatusCode::OK, revision, Stored { revision: revision.as_u64(), value: order }))
}

async fn find(state: &State, id: &str) -> Result<Option<Versioned<Order>>, ApiError> {
    state.store.orders().get(&OrderId::new(id)?).await.map_err(store_error)
}
