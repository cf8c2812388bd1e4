//! Orders: read them, ship them, and move them along. Refunds are beside.

use super::{List, PageQuery, Precondition, Stored, with_etag};
use crate::orders::{Change, change, find};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::OrderId;
use stoa_domain::order::{LinePieces, Order, OrderState, Parcel};
use stoa_endpoint::access::{Bearer, Grant};
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_storage::Expected;
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
    /// `shipped`, `delivered`, `completed` or `cancelled`. Payments and refunds do the rest.
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
    let read = find(&state.store, &OrderId::new(id)?).await?;
    Ok(with_etag(StatusCode::OK, read.revision, Stored::from(read)))
}

/// Moves an order as a whole to its next state; what is not a legal move is refused. `shipped` sends everything that is
/// still here in one parcel, `cancelled` gives back what was paid. Scope: orders:write
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
    let done = match body.to {
        OrderState::Shipped => Change::Ship(Parcel::default()),
        OrderState::Delivered => Change::Deliver,
        OrderState::Completed => Change::Complete,
        OrderState::Cancelled => Change::Cancel,
        _ => {
            let rule =
                "staff move orders to shipped, delivered, completed or cancelled; payments and refunds do the rest";
            return Err(ApiError::validation(vec![FieldError::new("to", "not_for_staff", rule)]));
        }
    };
    done_to(&state, &grant, &id, &precondition, done, &body.why).await
}

/// A parcel that leaves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewShipment {
    /// Without it everything that is still to be shipped.
    #[serde(default)]
    lines: Option<Vec<LinePieces>>,
    /// A known carrier's code, or another one's name.
    #[serde(default)]
    #[schema(example = "sf-express")]
    carrier: String,
    #[serde(default)]
    #[schema(example = "SF1234567890123")]
    tracking_number: String,
    /// Goes to the order's timeline.
    #[serde(default)]
    why: String,
}

/// Pieces leave the house, and the stock. The order is partly shipped, or shipped when they were the last. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/shipments", request_body = NewShipment,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn ship(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<NewShipment>,
) -> Result<Response, ApiError> {
    let NewShipment { lines, carrier, tracking_number, why } = body;
    let parcel = Parcel { lines, carrier, tracking_number };
    done_to(&state, &grant, &id, &precondition, Change::Ship(parcel), &why).await
}

/// One parcel arrived; the order is delivered with the last of them. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/shipments/{number}/delivered",
    params(("id" = String, Path), ("number" = u32, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn delivered(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, number)): Path<(String, u32)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    done_to(&state, &grant, &id, &precondition, Change::ParcelArrived(number), "").await
}

/// Does it and answers the order as it is then.
pub(super) async fn done_to(
    state: &State,
    grant: &Grant,
    id: &str,
    precondition: &Precondition,
    done: Change,
    why: &str,
) -> Result<Response, ApiError> {
    grant.require("orders:write")?;
    let id = OrderId::new(id)?;
    let read = find(&state.store, &id).await?;
    let Expected::Revision(revision) = precondition.expected(Some(read.revision))? else {
        return Err(ApiError::bad_request("invalid_precondition", "a change of an order takes If-Match only"));
    };
    let changed = change(state, &id, Some(revision), &done, &format!("staff:{}", grant.id), why).await?;
    Ok(with_etag(StatusCode::OK, changed.revision, Stored::from(changed)))
}
