//! `PUT /api/orders/{id}/invoice?token=…`: whoever holds an order's link asks for an invoice, or says otherwise whom it is for
//! while it was not made yet. Sent twice it is one request.

use crate::get_order::{OrderView, Token, open, shown};
use crate::request_return::refused;
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use stoa_domain::order::{Act, InvoiceRequest};
use stoa_endpoint::{ApiError, Json, Path, Query};
use stoa_storage::{OrderAndPayment, StockEffect, StoreError, UpdateOrder};

/// So often it is written anew when others change the order meanwhile.
const ATTEMPTS: u32 = 5;

pub(crate) async fn ask_for_invoice(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Token { token }): Query<Token>,
    Json(body): Json<InvoiceRequest>,
) -> Result<Json<OrderView>, ApiError> {
    let mut conflict = StoreError::RevisionConflict { what: "order" };
    for _ in 0..ATTEMPTS {
        let OrderAndPayment { mut order, payment, revision, .. } = open(&state, id.clone(), &token).await?;
        let act = Act { at: Timestamp::now(), by: "shopper", why: "" };
        if !order.ask_for_invoice(&body, act).map_err(refused)? {
            return shown(&state, order, &payment).await;
        }
        let update = UpdateOrder { order: order.clone(), revision, payment: None, stock: StockEffect::Keep };
        match state.store.orders().update(update).await {
            Ok(_) => return shown(&state, order, &payment).await,
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(store_error(conflict))
}
