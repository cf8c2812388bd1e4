//! Asks the providers about every payment that no callback decided, and records what they say as a callback would be.

use crate::settle::{Receiving, settle};
use crate::sweep_unpaid::SWEEPER;
use crate::{Providers, sandbox};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use stoa_domain::PaymentId;
use stoa_domain::order::{Order, OrderEvent, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{MAX_ORDERS_PAGE, Store, StoreError};

/// Longer than a callback takes; sooner only asks what is about to be told.
const MIN_AGE: SignedDuration = SignedDuration::from_mins(2);
/// No provider lets a payment be made so long after it was begun.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A payment that the sweep closed at its provider is asked about so long, for what was on its way then.
const AFTER_CLOSING: SignedDuration = SignedDuration::from_hours(1);
/// Payments asked about at once: what providers let one merchant ask, and what one function holds.
pub(crate) const CONCURRENCY: usize = 8;

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

/// What became of one question.
enum Asked {
    Open,
    Repaired,
    Held,
    Failed,
    /// Whom to ask is not known.
    Nobody,
}

impl Reconciled {
    fn count(&mut self, asked: Asked) {
        self.asked += usize::from(!matches!(asked, Asked::Nobody));
        match asked {
            Asked::Open => self.open += 1,
            Asked::Repaired => self.repaired += 1,
            Asked::Held => self.held += 1,
            Asked::Failed | Asked::Nobody => self.failed += 1,
        }
    }
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
                let orders = page.items.iter().map(|read| &read.value).filter(|order| !was_closed(order, now));
                let payments: Vec<PaymentId> = orders.map(|order| order.payment.clone()).collect();
                let asked: Vec<Option<Asked>> = futures::stream::iter(payments)
                    .map(|payment| async move { ask_about(store, providers, &payment, now).await })
                    .buffer_unordered(CONCURRENCY)
                    .try_collect()
                    .await?;
                asked.into_iter().flatten().for_each(|asked| done.count(asked));
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

/// Every cart that somebody left at the till ends so: asking about all of them for a week would never end.
fn was_closed(order: &Order, now: Timestamp) -> bool {
    let swept = |event: &OrderEvent| event.by == SWEEPER && now.duration_since(event.at) > AFTER_CLOSING;
    order.state == OrderState::Cancelled && order.timeline.last().is_some_and(swept)
}

/// None: there is nothing to ask.
async fn ask_about(
    store: &Store,
    providers: &Providers,
    id: &PaymentId,
    now: Timestamp,
) -> Result<Option<Asked>, StoreError> {
    let payment = store.payments().get(id).await?.map(|read| read.value);
    let Some(payment) = payment.filter(|payment| is_open(payment, now)) else { return Ok(None) };
    let Some(provider) = providers.get(&payment.provider) else {
        tracing::error!(payment = %payment.id, provider = payment.provider, "the shop has no account with this provider");
        return Ok(Some(Asked::Nobody));
    };
    Ok(Some(match provider.read(&payment, now).await {
        Ok(None) => Asked::Open,
        Ok(Some(event)) => match settle(store, &payment.provider, &event).await? {
            Receiving::Recorded => Asked::Repaired,
            Receiving::Held => Asked::Held,
            Receiving::Ignored | Receiving::PaidTwice => Asked::Open,
        },
        Err(error) => {
            tracing::error!(payment = %payment.id, provider = payment.provider, %error, "a payment could not be asked about");
            Asked::Failed
        }
    }))
}
