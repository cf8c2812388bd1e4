//! Gives back what orders ask for. The merchant's request writes a refund into its order as pending; here the provider is
//! asked, under the refund's own id, until it says what became of it, and that is written down.
//!
//! The id makes it safe: whatever is lost on the way, and however often or however many at once this runs, the provider
//! gives back once (docs/decisions/0020). What a provider will not do is told to a person, in the log and in the console.

use crate::{ProviderError, State};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::OrderId;
use stoa_domain::order::{Act, Decision, Refund, RefundId, RefundState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_storage::{MAX_REFUNDS_PAGE, OpenRefund, OrderAndPayment, StockEffect, Store, StoreError, UpdateOrder};

/// How often a decision is written anew when others change the order meanwhile.
const ATTEMPTS: u32 = 5;
/// What a provider's word may take in an order.
const MAX_WORD_CHARS: usize = 120;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Refunding {
    /// Refunds whose provider was asked.
    pub asked: usize,
    pub succeeded: usize,
    /// The provider gave up or refused: these wait for a person.
    pub failed: usize,
    /// On their way, or nobody could be asked; the next run asks again.
    pub pending: usize,
    /// A person gives these back, and says so.
    pub by_hand: usize,
}

/// Goes through all that is pending, oldest first.
pub fn refund(state: &State, now: Timestamp) -> BoxFuture<'_, Result<Refunding, StoreError>> {
    Box::pin(async move {
        let mut done = Refunding::default();
        let mut cursor = None;
        loop {
            let orders = state.store.orders();
            let page = orders.open_refunds(RefundState::Pending, cursor.as_ref(), MAX_REFUNDS_PAGE).await?;
            for open in &page.items {
                one(state, open, now, &mut done).await?;
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(done);
            }
        }
    })
}

async fn one(state: &State, open: &OpenRefund, now: Timestamp, done: &mut Refunding) -> Result<(), StoreError> {
    // The index may be behind: what the order says counts.
    let Some(OrderAndPayment { order, payment, .. }) = state.store.orders().with_payment(&open.order).await? else {
        return Ok(());
    };
    let pending = |refund: &&Refund| refund.id == open.id && refund.state == RefundState::Pending;
    let Some(asked) = order.refunds.iter().find(pending) else { return Ok(()) };
    if payment.state != PaymentState::Succeeded {
        tracing::error!(order = %open.order, refund = %open.id, "a refund of an order whose payment did not succeed");
        done.pending += 1;
        return Ok(());
    }
    let Some(decision) = ask(state, &payment, asked, now, done).await else { return Ok(()) };
    match &decision {
        Decision::Succeeded { .. } => done.succeeded += 1,
        Decision::Failed { problem } => {
            done.failed += 1;
            tracing::error!(
                order = %open.order,
                refund = %open.id,
                provider = payment.provider,
                problem,
                "a refund failed: a person must look"
            );
        }
        Decision::Retry => {}
    }
    decide(&state.store, &open.order, &open.id, &decision, &format!("provider:{}", payment.provider), now).await
}

/// None: nothing is known yet.
async fn ask(
    state: &State,
    payment: &Payment,
    refund: &Refund,
    now: Timestamp,
    done: &mut Refunding,
) -> Option<Decision> {
    let Ok(provider) = state.provider(&payment.provider) else {
        tracing::error!(payment = %payment.id, provider = payment.provider, "the shop has no account with this provider");
        done.pending += 1;
        return None;
    };
    let reason = if refund.reason.is_empty() { "refund" } else { &refund.reason };
    let request = crate::Refund { payment, id: refund.id.as_str(), amount: refund.amount, reason };
    let answer = provider.refund(&request, now).await;
    done.asked += 1;
    match answer {
        Ok(answer) => match answer.state {
            crate::RefundState::Succeeded => Some(Decision::Succeeded { reference: cut(&answer.reference) }),
            crate::RefundState::Failed => Some(Decision::Failed { problem: "given_up_by_provider".to_owned() }),
            crate::RefundState::Pending => {
                done.pending += 1;
                None
            }
        },
        Err(ProviderError::Unsupported { code: crate::bank_transfer::BY_HAND, .. }) => {
            done.by_hand += 1;
            None
        }
        Err(error) => match definite(&error) {
            Some(problem) => Some(Decision::Failed { problem }),
            None => {
                tracing::warn!(payment = %payment.id, refund = %refund.id, %error, "a refund could not be asked for");
                done.pending += 1;
                None
            }
        },
    }
}

/// The provider's code, when it is certain that no money moved. After anything else it may have, and is asked again.
fn definite(error: &ProviderError) -> Option<String> {
    match error {
        ProviderError::Unsupported { code, .. } => Some((*code).to_owned()),
        ProviderError::Refused { status, code, .. } => {
            // Busy, or not sure itself: Alipay answers these with 200, too.
            let passing = ["SYSTEM", "UNKNOW", "LIMIT", "BUSY", "unknow"].iter().any(|word| code.contains(word));
            let certain = matches!(status, 200 | 400..=499) && !matches!(status, 401 | 408 | 409 | 425 | 429);
            (certain && !passing && !code.is_empty()).then(|| cut(code))
        }
        ProviderError::Http(_) | ProviderError::NotBelieved(_) | ProviderError::NotUnderstood(_) => None,
    }
}

/// Writes down what became of a refund, whoever changes the order meanwhile; what is known already stays as it is.
async fn decide(
    store: &Store,
    order: &OrderId,
    refund: &RefundId,
    decision: &Decision,
    by: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut conflict = StoreError::RevisionConflict { what: "order" };
    for _ in 0..ATTEMPTS {
        let Some(read) = store.orders().get(order).await? else { return Ok(()) };
        let mut changed = read.value;
        // Decided by another run, or by a person meanwhile.
        if !changed.decide_refund(refund, decision, Act { at, by, why: "" }).unwrap_or(false) {
            return Ok(());
        }
        let update = UpdateOrder { order: changed, revision: read.revision, payment: None, stock: StockEffect::Keep };
        match store.orders().update(update).await {
            Ok(_) => return Ok(()),
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(error),
        }
    }
    Err(conflict)
}

fn cut(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(MAX_WORD_CHARS).collect()
}
