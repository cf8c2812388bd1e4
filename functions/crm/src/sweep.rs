//! A day begins: every customer in turn, and what plugins scheduled for them that has come due.
//!
//! The schedule calls every hour. From the merchant's hour on, by the shop's clock, a call goes through customers until all are
//! done or its time is up; the next one goes on where it stopped. A day that was missed altogether is not made up for, but
//! what was due on it is.

use crate::deal::Happened;
use crate::round::Round;
use crate::{Crm, CrmError};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use std::time::{Duration, Instant};
use stoa_domain::marketing::{Customer, Event, FollowUp};
use stoa_storage::{CUSTOMER_PARTITIONS, Expected, MAX_CUSTOMERS_PAGE, StoreError, SweepProgress, Versioned};

/// Customers at once.
const CONCURRENCY: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// The day's hour has not come, there is no shop, or nothing that could be asked.
    NotDue,
    /// Every customer was gone through, now or earlier today.
    Done { customers: usize },
    /// Time was up.
    Unfinished { customers: usize },
}

/// `at_once`: whatever hour it is.
pub async fn sweep(crm: &Crm, now: Timestamp, patience: Duration, at_once: bool) -> Result<Swept, CrmError> {
    let Some(round) = Round::begin(crm, now).await? else { return Ok(Swept::NotDue) };
    let hour = i8::try_from(round.settings.hour).unwrap_or(0);
    if round.runners.is_empty() || (!at_once && round.moment.local_time.hour() < hour) {
        return Ok(Swept::NotDue);
    }
    let swept = go_through(&round, patience).await;
    round.end().await;
    swept
}

async fn go_through(round: &Round<'_>, patience: Duration) -> Result<Swept, CrmError> {
    let (started, today) = (Instant::now(), round.moment.local_time.date());
    let (store, mut customers) = (round.store.crm(), 0);
    let read = store.sweep().await?;
    let mut expected = Expected::from(&read);
    let mut progress =
        read.map(|read| read.value).filter(|read| read.day == today).unwrap_or_else(|| SweepProgress::beginning(today));
    while !progress.done {
        if started.elapsed() >= patience {
            return Ok(Swept::Unfinished { customers });
        }
        let after = progress.after.as_deref();
        let page = round.store.customers().page_of(progress.partition, after, MAX_CUSTOMERS_PAGE).await?;
        let (last, count) = (page.last().map(|read| read.value.id.to_string()), page.len());
        let days = futures::stream::iter(page.into_iter().map(|customer| day(round, customer, today)));
        days.buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
        customers += count;
        progress = match last.filter(|_| count == MAX_CUSTOMERS_PAGE as usize) {
            Some(last) => SweepProgress { after: Some(last), ..progress },
            None if progress.partition + 1 < CUSTOMER_PARTITIONS => {
                SweepProgress { partition: progress.partition + 1, after: None, ..progress }
            }
            None => SweepProgress { done: true, ..progress },
        };
        match store.put_sweep(&progress, expected).await {
            Ok(revision) => expected = Expected::Revision(revision),
            // Another call goes through them at the same time: it does the rest.
            Err(StoreError::RevisionConflict { .. }) => return Ok(Swept::Unfinished { customers }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Swept::Done { customers })
}

async fn day(round: &Round<'_>, mut customer: Versioned<Customer>, today: Date) -> Result<(), CrmError> {
    for follow_up in customer.value.due(today) {
        come_due(round, &mut customer, follow_up).await?;
    }
    let happened = Happened { event: Event::Day, id: format!("day#{today}"), follow_up: None };
    for runner in &round.runners {
        round.deal(runner, &mut customer, &happened).await?;
    }
    Ok(())
}

/// A plugin that is paused is asked when it runs again; of one that was removed nobody waits for an answer.
async fn come_due(round: &Round<'_>, customer: &mut Versioned<Customer>, follow_up: FollowUp) -> Result<(), CrmError> {
    let tag = follow_up.tag.clone();
    if let Some(runner) = round.runners.iter().find(|runner| runner.plugin.id == follow_up.plugin) {
        let id = format!("follow-up#{}#{tag}", follow_up.due);
        let happened = Happened { event: Event::FollowUp { tag }, id, follow_up: Some(follow_up) };
        return round.deal(runner, customer, &happened).await;
    }
    if round.installed.contains(&follow_up.plugin) {
        return Ok(());
    }
    let mut changed = customer.value.clone();
    changed.done(&follow_up);
    match round.store.customers().put(&changed, customer.unchanged()).await {
        // Whoever changed the customer meanwhile: it is forgotten tomorrow.
        Ok(_) | Err(StoreError::RevisionConflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    *customer = round.read(&changed.id).await?;
    Ok(())
}
