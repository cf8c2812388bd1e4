//! Invoices that buyers asked for: which wait, and that one was made.

use super::orders::done_to;
use super::{List, PageQuery, Precondition, Stored};
use crate::orders::Change;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::order::{InvoiceState, Order};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Json, Path, Query};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InvoiceQuery {
    /// `requested` (what is asked without it) or `to_be_corrected`.
    state: Option<InvoiceState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvoice {
    /// 1 to 40 letters, digits, dashes and slashes.
    #[schema(example = "24442000000012345678")]
    number: String,
    /// Where its buyer can read it: an https address; empty where it was sent.
    #[serde(default)]
    link: String,
    /// Goes to the order's timeline.
    #[serde(default)]
    why: String,
}

/// Orders whose invoice is to be made or corrected, those that wait longest first, up to 100 a page. Scope: orders:read
#[utoipa::path(get, path = "/admin/api/invoices", params(InvoiceQuery),
    responses((status = 200, body = List<Stored<Order>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<InvoiceQuery>,
) -> Result<axum::Json<List<Stored<Order>>>, ApiError> {
    grant.require("orders:read")?;
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let wanted = query.state.unwrap_or(InvoiceState::Requested);
    let orders = state.store.orders();
    let found = orders.with_open_invoice(wanted, page.cursor()?.as_ref(), page.limit(50, 100)).await;
    Ok(axum::Json(List::of(found.map_err(store_error)?, Stored::from)))
}

/// The invoice was made, or made anew after money went back. Scope: orders:write
#[utoipa::path(post, path = "/admin/api/orders/{id}/invoice", request_body = NewInvoice,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Stored<Order>), (status = "default", body = ErrorBody)))]
pub(super) async fn issue(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(NewInvoice { number, link, why }): Json<NewInvoice>,
) -> Result<Response, ApiError> {
    done_to(&state, &grant, &id, &precondition, Change::IssueInvoice { number, link }, &why).await
}
