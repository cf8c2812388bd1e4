//! `POST /payments/callbacks/{provider}`: a provider says what became of a payment. Callbacks come twice, late, out of
//! order and forged; the raw body is verified before anything of it is read.

use crate::{Outcome, ProviderEvent, State, store_error};
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_endpoint::{ApiError, Json, Path};
use stoa_storage::{CallbackOutcome, OrderChange, RecordCallback, StockEffect, StoreError};

/// The answer to a callback that was believed. Providers only look at its status, 200; people read the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub result: Receiving,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiving {
    /// The payment, and the order with it, changed as the provider said.
    Recorded,
    /// The word does not fit what was ordered: the payment waits for a person.
    Held,
    /// Seen before, or overtaken by a later event: nothing changed.
    Ignored,
}

pub(crate) async fn receive_callback(
    Shared(state): Shared<State>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Receipt>, ApiError> {
    let body =
        body.map_err(|e| ApiError::new(e.status(), "body_unreadable", "the body could not be read").caused_by(e))?;
    let event = state.provider(&provider)?.verify_callback(&headers, &body, Timestamp::now()).map_err(|refusal| {
        tracing::warn!(provider, code = refusal.code(), "a callback was not believed");
        ApiError::bad_request(refusal.code(), refusal.to_string())
    })?;
    const ATTEMPTS: u32 = 5;
    for _ in 0..ATTEMPTS {
        match record(&state, &provider, &event).await {
            // Another event of the same payment was faster: look at what it left.
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(StoreError::NotFound { .. }) => return Err(unknown_payment()),
            other => return other.map(|result| Json(Receipt { result })).map_err(store_error),
        }
    }
    Err(ApiError::unavailable("the payment kept changing while a callback was recorded"))
}

async fn record(state: &State, provider: &str, event: &ProviderEvent) -> Result<Receiving, StoreError> {
    let missing = || StoreError::NotFound { what: "payment" };
    let mut payment = state.store.payments().get(&event.payment).await?.ok_or_else(missing)?;
    let order = state.store.orders().get(&payment.value.order).await?.ok_or_else(missing)?;
    let (mut changed, revision) = (order.value, order.revision);
    let verdict = judge(provider, event, &mut payment.value, &mut changed, Timestamp::now());
    if verdict == Receiving::Held {
        tracing::error!(payment = %event.payment, event = event.id, "a payment is held: the provider's word does not fit");
    }
    let paid = changed.state == OrderState::Paid && verdict == Receiving::Recorded;
    let order = paid.then_some(OrderChange { order: changed, revision, stock: StockEffect::Keep });
    let recording = RecordCallback { event_id: event.id.clone(), payment, order };
    match state.store.payments().record_callback(recording).await? {
        CallbackOutcome::Recorded => Ok(verdict),
        CallbackOutcome::AlreadySeen => Ok(Receiving::Ignored),
    }
}

/// Moves payment and order as far as the event may.
///
/// | payment | event | becomes |
/// | --- | --- | --- |
/// | pending, failed | succeeded, all matching, order waits for payment | succeeded, order paid |
/// | pending, failed | succeeded, order no longer waits | held |
/// | pending, failed | anything that does not match | held |
/// | pending | failed | failed |
/// | succeeded, held | anything | as it was |
fn judge(provider: &str, event: &ProviderEvent, payment: &mut Payment, order: &mut Order, now: Timestamp) -> Receiving {
    if matches!(payment.state, PaymentState::Succeeded | PaymentState::Held) {
        return Receiving::Ignored;
    }
    let matches = payment.provider == provider
        && payment.order == event.order
        && order.id == event.order
        && payment.amount == event.amount
        && order.quote.total == event.amount;
    let by = format!("provider:{provider}");
    let becomes = match event.outcome {
        _ if !matches => PaymentState::Held,
        Outcome::Failed => PaymentState::Failed,
        Outcome::Succeeded => match order.transition(OrderState::Paid, now, by, "payment succeeded") {
            Ok(_) => PaymentState::Succeeded,
            Err(_) => PaymentState::Held,
        },
    };
    if becomes == payment.state {
        return Receiving::Ignored;
    }
    payment.state = becomes;
    payment.provider_reference = Some(event.reference.clone());
    payment.updated_at = now;
    if becomes == PaymentState::Held { Receiving::Held } else { Receiving::Recorded }
}

fn unknown_payment() -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_payment", "the shop has no such payment")
}
