//! Ends orders that nobody paid in time: their stock and the uses of their promotions go back to the shop.
//!
//! An order may have been paid a moment ago, or be paid this very moment at the provider. So the provider is asked first, and
//! what it knows is settled; then the payment is closed there, so that nobody can pay for what is given to others; only then
//! the order is cancelled, if it is still what was read. Whoever cannot be asked now is asked by the next sweep. Money that
//! comes for a cancelled order all the same is held for a person, as [`settle`] holds whatever does not fit.

use crate::provider::{Closing, Outcome, Provider, ProviderError, ProviderEvent};
use crate::settle::settle;
use crate::{Providers, sandbox};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use stoa_domain::OrderId;
use stoa_domain::order::OrderState;
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{OrderAndPayment, StockEffect, Store, StoreError, UpdateOrder};

/// Orders looked up at once, of which [`crate::reconcile::CONCURRENCY`] are in work: where no provider answers at all, a page takes half a
/// minute.
const PAGE: u32 = 25;
/// No page is begun later: the function's time, a minute, is then enough for it.
const BEGIN_WITHIN: Duration = Duration::from_secs(20);
const ATTEMPTS: u32 = 5;
/// Who cancels, in the order's history.
pub(crate) const SWEEPER: &str = "system";

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Swept {
    /// Orders whose time was over.
    pub overdue: usize,
    /// Not paid, and cancelled now.
    pub cancelled: usize,
    /// The provider was paid, or somebody else was faster: nothing left to do.
    pub settled: usize,
    /// A payment that a person has to look at first, or that is on its way from bank to bank.
    pub waiting: usize,
    /// The provider could not be asked; the log has the reason.
    pub failed: usize,
    /// There was more than one run may do; the next one goes on there.
    pub more: bool,
}

/// What became of one order.
enum Ended {
    Cancelled,
    Settled,
    Waiting,
    Failed,
}

/// Goes through the orders whose time was over at `now`, oldest first, from where the last run stopped. May run at any
/// time, several times at once.
pub fn sweep_unpaid<'a>(
    store: &'a Store,
    providers: &'a Providers,
    now: Timestamp,
) -> BoxFuture<'a, Result<Swept, StoreError>> {
    Box::pin(async move {
        let begun = Instant::now();
        let mut done = Swept::default();
        let mut after = store.orders().sweep_stopped_at().await?;
        loop {
            let page = store.orders().overdue(now, after.as_ref(), PAGE).await?;
            done.overdue += page.items.len();
            let ended: Vec<Ended> = futures::stream::iter(page.items)
                .map(|id| async move { end(store, providers, &id, now).await })
                .buffer_unordered(crate::reconcile::CONCURRENCY)
                .try_collect()
                .await?;
            for ended in ended {
                match ended {
                    Ended::Cancelled => done.cancelled += 1,
                    Ended::Settled => done.settled += 1,
                    Ended::Waiting => done.waiting += 1,
                    Ended::Failed => done.failed += 1,
                }
            }
            // After each page: a run that is cut off has not to begin with what it failed at.
            if after != page.next {
                store.orders().note_sweep(page.next.clone()).await?;
            }
            after = page.next;
            done.more = after.is_some();
            if !done.more || begun.elapsed() > BEGIN_WITHIN {
                return Ok(done);
            }
        }
    })
}

async fn end(store: &Store, providers: &Providers, id: &OrderId, now: Timestamp) -> Result<Ended, StoreError> {
    let Some(read) = store.orders().with_payment(id).await? else { return Ok(Ended::Settled) };
    if !read.order.is_overdue(now) {
        return Ok(Ended::Settled);
    }
    let payment = &read.payment;
    if payment.state == PaymentState::Held {
        return Ok(Ended::Waiting);
    }
    match ask(providers, payment, now).await {
        Ok(Word::Over) => cancel(store, id, now).await,
        Ok(Word::UnderWay) => Ok(Ended::Waiting),
        Ok(Word::Decided(event)) => settle(store, &payment.provider, &event).await.map(|_| Ended::Settled),
        Err(error) => {
            tracing::error!(payment = %payment.id, provider = payment.provider, %error, "an unpaid order cannot be ended");
            Ok(Ended::Failed)
        }
    }
}

/// What the provider knows of a payment whose time is over.
enum Word {
    /// Not paid, and no longer payable.
    Over,
    Decided(ProviderEvent),
    /// The shopper did their part; their bank has not yet.
    UnderWay,
}

async fn ask(providers: &Providers, payment: &Payment, now: Timestamp) -> Result<Word, ProviderError> {
    if payment.provider == sandbox::NAME {
        // It keeps no books.
        return Ok(Word::Over);
    }
    let unknown = || ProviderError::unsupported("no_account", "the shop has no account with this provider");
    let provider = providers.get(&payment.provider).ok_or_else(unknown)?;
    let failed = match word(provider.as_ref(), payment, now).await? {
        Some(Word::Over) => true,
        Some(decided) => return Ok(decided),
        None => payment.state == PaymentState::Failed,
    };
    if provider.close(payment, now).await? == Closing::Closed {
        return Ok(Word::Over);
    }
    // Paid between the two questions; or closed before, by the provider itself.
    let last = if failed { Word::Over } else { Word::UnderWay };
    Ok(word(provider.as_ref(), payment, now).await?.unwrap_or(last))
}

async fn word(provider: &dyn Provider, payment: &Payment, now: Timestamp) -> Result<Option<Word>, ProviderError> {
    Ok(provider.read(payment, now).await?.map(|event| match event.outcome {
        Outcome::Failed => Word::Over,
        Outcome::Succeeded | Outcome::Reversed => Word::Decided(event),
    }))
}

/// Cancels the order, if nothing happened to it or its payment meanwhile.
async fn cancel(store: &Store, id: &OrderId, now: Timestamp) -> Result<Ended, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(OrderAndPayment { mut order, payment, revision, .. }) = store.orders().with_payment(id).await? else {
            break;
        };
        if payment.state == PaymentState::Held {
            return Ok(Ended::Waiting);
        }
        if !order.is_overdue(now) || order.transition(OrderState::Cancelled, now, SWEEPER, "not paid in time").is_err()
        {
            break;
        }
        let update = UpdateOrder { order, revision, payment: None, stock: StockEffect::Release };
        match store.orders().update(update).await {
            Ok(_) => {
                tracing::info!(order = %id, "an order was not paid in time");
                return Ok(Ended::Cancelled);
            }
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Ended::Settled)
}
