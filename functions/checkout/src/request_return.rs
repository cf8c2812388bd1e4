//! `POST /api/orders/{id}/returns?token=…`: whoever holds an order's link wants to send pieces back. Sent twice it is one
//! return. Staff decide; the order's page says what they decided.

use crate::get_order::{OrderView, Token, open, shown};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Act, LinePieces, OrderRefusal, ReturnReason, ReturnRequest, ReturnWish};
use stoa_endpoint::{ApiError, FieldError, Json, Path, Query};
use stoa_storage::{OrderAndPayment, StockEffect, StoreError, UpdateOrder};

/// How often it is written anew when others change the order meanwhile.
const ATTEMPTS: u32 = 5;

/// The request's body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    pub lines: Vec<LinePieces>,
    pub reason: ReturnReason,
    #[serde(default)]
    pub note: String,
    pub wish: ReturnWish,
}

pub(crate) async fn request_return(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Token { token }): Query<Token>,
    Json(body): Json<NewReturn>,
) -> Result<Json<OrderView>, ApiError> {
    let NewReturn { lines, reason, note, wish } = body;
    let asked = ReturnRequest { lines, reason, note, wish };
    let mut conflict = StoreError::RevisionConflict { what: "order" };
    for _ in 0..ATTEMPTS {
        let read = open(&state, id.clone(), &token).await?;
        let orders = state.store.orders();
        let days = orders.settings().await.map_err(store_error)?.return_days;
        let OrderAndPayment { mut order, payment, revision, .. } = read;
        let act = Act { at: Timestamp::now(), by: "shopper", why: asked.note.trim() };
        if !order.request_return(&asked, days, act).map_err(refused)? {
            return shown(&state, order, &payment).await;
        }
        let (order_then, stock) = (order.clone(), StockEffect::Keep);
        let update = UpdateOrder { order: order_then, revision, payment: None, stock };
        match orders.update(update).await {
            Ok(_) => return shown(&state, order, &payment).await,
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(store_error(conflict))
}

pub(crate) fn refused(refusal: OrderRefusal) -> ApiError {
    let (code, message) = (refusal.code(), refusal.to_string());
    match refusal {
        OrderRefusal::Field { field, rule } => {
            ApiError::validation(vec![FieldError::new(field, "invalid", format!("must be {rule}"))])
        }
        OrderRefusal::NotReturnable | OrderRefusal::NoInvoice | OrderRefusal::TooMany { .. } => {
            ApiError::conflict(code, message)
        }
        _ => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message),
    }
}
