//! What a provider says, whether by callback, when asked or through a person, moves payment and order from here only.

use crate::provider::{Outcome, ProviderEvent};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{CallbackOutcome, OrderChange, RecordCallback, StockEffect, Store, StoreError};

/// What became of a provider's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiving {
    /// The payment, and the order with it, changed as the provider said.
    Recorded,
    /// The word does not fit what was ordered: the payment waits for a person.
    Held,
    /// Paid before under another of the provider's ids: the second payment must go back. Nothing changed.
    PaidTwice,
    /// Seen before, or overtaken by a later event: nothing changed.
    Ignored,
}

/// Records an event once. [`StoreError::NotFound`] when the shop has no such payment; [`StoreError::RevisionConflict`]
/// only when others kept changing it.
pub fn settle<'a>(
    store: &'a Store,
    provider: &'a str,
    event: &'a ProviderEvent,
) -> BoxFuture<'a, Result<Receiving, StoreError>> {
    Box::pin(async move {
        const ATTEMPTS: u32 = 5;
        for _ in 1..ATTEMPTS {
            match record(store, provider, event).await {
                // Another event of the same payment was faster: look at what it left.
                Err(StoreError::RevisionConflict { .. }) => {}
                other => return other,
            }
        }
        record(store, provider, event).await
    })
}

async fn record(store: &Store, provider: &str, event: &ProviderEvent) -> Result<Receiving, StoreError> {
    let missing = || StoreError::NotFound { what: "payment" };
    let mut payment = store.payments().get(&event.payment).await?.ok_or_else(missing)?;
    let order = store.orders().get(&payment.value.order).await?.ok_or_else(missing)?;
    let (mut changed, revision) = (order.value, order.revision);
    let verdict = judge(provider, event, &mut payment.value, &mut changed, Timestamp::now());
    match verdict {
        Receiving::Held => tracing::error!(
            payment = %event.payment,
            event = event.id,
            "a payment is held: the provider's word does not fit"
        ),
        Receiving::PaidTwice => tracing::error!(
            payment = %event.payment,
            event = event.id,
            reference = event.reference,
            "a payment was paid a second time: give this one back"
        ),
        Receiving::Recorded | Receiving::Ignored => {}
    }
    let paid = changed.state == OrderState::Paid && verdict == Receiving::Recorded;
    let order = paid.then_some(OrderChange { order: changed, revision, stock: StockEffect::Keep });
    let recording = RecordCallback { event_id: event.id.clone(), payment, order };
    match store.payments().record_callback(recording).await? {
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
/// | pending, failed | reversed, or anything that does not match | held |
/// | pending | failed | failed |
/// | succeeded, held | anything | as it was; a second success under another reference is told |
fn judge(provider: &str, event: &ProviderEvent, payment: &mut Payment, order: &mut Order, now: Timestamp) -> Receiving {
    if matches!(payment.state, PaymentState::Succeeded | PaymentState::Held) {
        let another = payment.provider_reference.as_ref().is_some_and(|reference| *reference != event.reference);
        let twice = event.outcome == Outcome::Succeeded && payment.state == PaymentState::Succeeded && another;
        return if twice { Receiving::PaidTwice } else { Receiving::Ignored };
    }
    let amount_matches = match event.amount {
        Some(amount) => payment.amount == amount && order.quote.total == amount,
        None => event.outcome == Outcome::Failed,
    };
    let matches = payment.provider == provider
        && amount_matches
        && order.id == payment.order
        && event.order.as_ref().is_none_or(|id| *id == payment.order);
    let by = format!("provider:{provider}");
    let becomes = match event.outcome {
        _ if !matches => PaymentState::Held,
        Outcome::Reversed => PaymentState::Held,
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
