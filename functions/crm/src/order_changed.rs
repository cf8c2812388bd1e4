//! An order changed: its customer's figures follow, and what is new of it becomes events.

use crate::deal::Happened;
use crate::round::Round;
use crate::{CrmError, order_news};
use jiff::{SignedDuration, Timestamp};
use stoa_domain::marketing::{Customer, Event, OrderChange, OrderFacts};
use stoa_domain::order::{Order, OrderState};
use stoa_domain::{CustomerId, OrderId};
use stoa_storage::{Counted, Expected, StoreError, customer_key};

const ROUNDS: usize = 6;
/// What happened longer ago is no event any more, whenever the order changes again. Longer than a note of a lost batch
/// lives, shorter than answers are kept: what was dealt with is known to have been.
const EVENT_DAYS: i64 = 30;

/// An order that is gone is nothing to go through.
pub(crate) async fn order_changed(round: &Round<'_>, id: &OrderId) -> Result<(), CrmError> {
    let Some(read) = round.store.orders().get(id).await? else { return Ok(()) };
    let order = read.value;
    // Its buyer was forgotten.
    if order.email.is_empty() {
        return Ok(());
    }
    let customer = customer_key(&order.email)?;
    if order.forget || !count(round, &customer, &order).await? {
        round.store.privacy().forget_order(&customer, id).await?;
        order_news::write(round.store, &customer, &order, round.moment.now).await?;
        return Ok(());
    }
    order_news::write(round.store, &customer, &order, round.moment.now).await?;
    let happened = happened(&order, round.moment.now);
    if happened.is_empty() || round.runners.is_empty() {
        return Ok(());
    }
    let mut customer = round.read(&customer).await?;
    for happened in &happened {
        for runner in &round.runners {
            round.deal(runner, &mut customer, happened).await?;
        }
    }
    Ok(())
}

/// Once for each order, and back when it is refunded, whatever the stream repeats. False: its customer was forgotten while it was
/// under way, and is not made anew of it.
async fn count(round: &Round<'_>, id: &CustomerId, order: &Order) -> Result<bool, CrmError> {
    use OrderState::{Completed, Delivered, Paid, PartlyShipped, Shipped};
    let customers = round.store.customers();
    let counts = matches!(order.state, Paid | PartlyShipped | Shipped | Delivered | Completed);
    for _ in 1..=ROUNDS {
        let (read, seen) = tokio::try_join!(customers.get(id), customers.counted(id, &order.id))?;
        let before = seen.as_ref().map(|seen| seen.value.counts);
        if before.is_some() && read.is_none() {
            return Ok(false);
        }
        if before == Some(counts) {
            return Ok(true);
        }
        let expected = Expected::from(&read);
        let mut customer = read.map_or_else(|| Customer::new(id.clone(), order), |read| read.value);
        if before.is_none() {
            customer.learn(order);
        }
        match (before.unwrap_or(false), counts) {
            (false, true) => customer.count(order, OrderChange::Counts),
            (true, false) => customer.count(order, OrderChange::CountsNoMore),
            _ => {}
        }
        let counted = Counted { counts };
        match customers.count(&customer, expected, &order.id, counted, Expected::from(&seen)).await {
            Ok(()) => return Ok(true),
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CrmError::Contended { customer: id.clone() })
}

/// Every state is reached once at most, so order and state name the event.
fn happened(order: &Order, now: Timestamp) -> Vec<Happened> {
    let facts = OrderFacts::of(order);
    let recent = |at: Timestamp| now.duration_since(at) < SignedDuration::from_hours(24 * EVENT_DAYS);
    let event = |to| match to {
        OrderState::PaymentPending => Some(Event::OrderPlaced(facts.clone())),
        OrderState::Paid => Some(Event::OrderPaid(facts.clone())),
        OrderState::Cancelled => Some(Event::OrderCancelled(facts.clone())),
        OrderState::Refunded => Some(Event::OrderRefunded(facts.clone())),
        OrderState::PartlyShipped
        | OrderState::Shipped
        | OrderState::Delivered
        | OrderState::Completed
        | OrderState::RefundPending => None,
    };
    let lately = order.changes_of_state().filter(|entry| recent(entry.at));
    let named = lately.filter_map(|entry| Some((event(entry.to)?, entry.to)));
    named.map(|(event, to)| Happened { event, id: format!("{}#{to}", order.id), follow_up: None }).collect()
}
