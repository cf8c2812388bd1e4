//! What a provider says, whether by callback, when asked or through a person, moves payment and order from here only.

use crate::provider::{Outcome, ProviderEvent};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{CallbackOutcome, OrderAndPayment, RecordCallback, Store, StoreError};

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
        // A glance is mostly enough: what it decides is written under the revision that it saw, and what it leaves alone has
        // come to an end.
        if let Some(seen) = store.payments().glance(&event.payment).await? {
            match record(store, provider, event, seen).await {
                Err(StoreError::RevisionConflict { .. }) => {}
                other => return other,
            }
        }
        for attempt in 1.. {
            let missing = || StoreError::NotFound { what: "payment" };
            let read = store.payments().with_order(&event.payment).await?.ok_or_else(missing)?;
            match record(store, provider, event, read).await {
                // Another event of the same payment was faster: look at what it left.
                Err(StoreError::RevisionConflict { .. }) if attempt < ATTEMPTS => {}
                other => return other,
            }
        }
        Err(StoreError::RevisionConflict { what: "payment" })
    })
}

async fn record(
    store: &Store,
    provider: &str,
    event: &ProviderEvent,
    mut read: OrderAndPayment,
) -> Result<Receiving, StoreError> {
    if read.has_seen(&event.id) {
        return Ok(Receiving::Ignored);
    }
    let verdict = judge(provider, event, &mut read.payment, &mut read.order, Timestamp::now());
    if verdict == Receiving::Ignored {
        return Ok(verdict);
    }
    if verdict == Receiving::PaidTwice {
        // Before it is written down: were the write's answer lost, the next look would find the event and be silent.
        let (payment, reference) = (&event.payment, &event.reference);
        tracing::error!(%payment, event = event.id, reference, "a payment was paid a second time: give this one back");
    }
    let recording = RecordCallback { event_id: event.id.clone(), changed: read };
    if store.payments().record_callback(recording).await? == CallbackOutcome::AlreadySeen {
        return Ok(Receiving::Ignored);
    }
    if verdict == Receiving::Held {
        let payment = &event.payment;
        tracing::error!(%payment, event = event.id, "a payment is held: the provider's word does not fit");
    }
    Ok(verdict)
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
///
/// What becomes of anything but [`Receiving::Recorded`] and [`Receiving::Held`] leaves payment and order as they were.
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
