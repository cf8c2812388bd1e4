//! Asks the providers about every payment that no callback decided, and records what they say as a callback would be.

use crate::settle::{Receiving, settle};
use crate::{Providers, sandbox};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use stoa_domain::order::OrderState;
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{MAX_ORDERS_PAGE, Store, StoreError};

/// Longer than a callback takes; sooner only asks what is about to be told.
const MIN_AGE: SignedDuration = SignedDuration::from_mins(2);
/// No provider lets a payment be made so long after it was begun.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What one run found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reconciled {
    /// Payments whose provider was asked.
    pub asked: usize,
    /// Callbacks that were lost: payment and order moved now.
    pub repaired: usize,
    /// The provider's word does not fit: these wait for a person.
    pub held: usize,
    /// Nothing decided yet.
    pub open: usize,
    /// The provider could not be asked or not be understood; the log has the reason.
    pub failed: usize,
}

/// Goes through the orders that wait for payment, and through the cancelled ones: money may come after an order's end.
pub fn reconcile<'a>(
    store: &'a Store,
    providers: &'a Providers,
    now: Timestamp,
) -> BoxFuture<'a, Result<Reconciled, StoreError>> {
    Box::pin(async move {
        let mut done = Reconciled::default();
        for state in [OrderState::PaymentPending, OrderState::Cancelled] {
            let mut cursor = None;
            loop {
                let page = store.orders().list(Some(state), cursor.as_ref(), MAX_ORDERS_PAGE).await?;
                for order in &page.items {
                    let payment = store.payments().get(&order.value.payment).await?;
                    if let Some(payment) = payment.map(|p| p.value).filter(|payment| is_open(payment, now)) {
                        ask(store, providers, &payment, now, &mut done).await?;
                    }
                }
                // Newest first: behind an order that is too old, all are.
                let aged = page.items.last().is_some_and(|o| now.duration_since(o.value.placed_at) > MAX_AGE);
                cursor = page.next.filter(|_| !aged);
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(done)
    })
}

fn is_open(payment: &Payment, now: Timestamp) -> bool {
    let age = now.duration_since(payment.created_at);
    matches!(payment.state, PaymentState::Pending | PaymentState::Failed)
        && payment.provider != sandbox::NAME
        && (MIN_AGE..=MAX_AGE).contains(&age)
}

async fn ask(
    store: &Store,
    providers: &Providers,
    payment: &Payment,
    now: Timestamp,
    done: &mut Reconciled,
) -> Result<(), StoreError> {
    let Some(provider) = providers.get(&payment.provider) else {
        tracing::error!(payment = %payment.id, provider = payment.provider, "the shop has no account with this provider");
        done.failed += 1;
        return Ok(());
    };
    done.asked += 1;
    match provider.read(payment, now).await {
        Ok(None) => done.open += 1,
        Ok(Some(event)) => match settle(store, &payment.provider, &event).await? {
            Receiving::Recorded => done.repaired += 1,
            Receiving::Held => done.held += 1,
            Receiving::Ignored | Receiving::PaidTwice => done.open += 1,
        },
        Err(error) => {
            tracing::error!(payment = %payment.id, provider = payment.provider, %error, "a payment could not be asked about");
            done.failed += 1;
        }
    }
    Ok(())
}
