//! What Lambda delivers: batches of the table's stream, notes of batches that could not be gone through, and the schedule's
//! word.

use crate::round::Round;
use crate::send::send_these;
use crate::{Crm, CrmError, catch_up, order_changed, send, sweep};
use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use futures::future::BoxFuture;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use serde_dynamo::AttributeValue;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use stoa_domain::OrderId;
use stoa_storage::keys;

/// How long one invocation goes through customers; the next one goes on. The function has 300 s.
const SWEEP_PATIENCE: Duration = Duration::from_secs(240);
/// How long one invocation sends messages; the schedule calls every minute.
const SEND_PATIENCE: Duration = Duration::from_secs(50);
/// A note of a lost batch is at most 14 days old when it is read, and what it held happened at most a day before that.
const LOST_DAYS: i64 = 30;

/// One invocation.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// `{"task":"sweep"}` or `{"task":"send"}`, from the schedule in infra/template.yaml.
    Scheduled { task: Task },
    /// `{"Records":[…]}` of the stream.
    Stream(StreamEvent),
    /// `{"Records":[…]}` of the queue of retries.
    Retries {
        #[serde(rename = "Records")]
        records: Vec<Retry>,
    },
}

/// A message of the queue. It names a batch by its place in the stream, which may be gone by now: nothing of it is used.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "eventSource")]
pub enum Retry {
    #[serde(rename = "aws:sqs")]
    Queue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    Sweep,
    Send,
}

/// Does what an invocation asks for. An error makes Lambda deliver it again; everything here is safe to repeat.
pub fn handle<'a>(crm: &'a Crm, event: &'a Event, now: Timestamp) -> BoxFuture<'a, Result<(), CrmError>> {
    Box::pin(async move {
        match event {
            Event::Stream(event) => {
                changed(crm, &orders(event), now).await?;
                send_these(crm, &messages(event), now).await
            }
            // The table says which orders there are: going through them again heals any batch that was lost.
            Event::Retries { records } => {
                tracing::warn!(batches = records.len(), "going through orders again after batches that failed");
                let since = now.saturating_sub((LOST_DAYS * 24).hours()).unwrap_or(now);
                let orders = catch_up(crm, Some(since), now).await?;
                tracing::info!(orders, "gone through");
                Ok(())
            }
            Event::Scheduled { task: Task::Sweep } => {
                let swept = sweep(crm, now, SWEEP_PATIENCE, false).await?;
                tracing::info!(?swept, "sweep");
                Ok(())
            }
            Event::Scheduled { task: Task::Send } => send(crm, now, SEND_PATIENCE).await.map(drop),
        }
    })
}

/// Each once, whatever else the batch tells of.
fn orders(event: &StreamEvent) -> BTreeSet<OrderId> {
    let changed = event.records.iter().map(|record| &record.change.keys);
    changed.filter_map(|item| keys::changed_order(key(item, keys::PK), key(item, keys::SK))).collect()
}

/// Those that were just written.
fn messages(event: &StreamEvent) -> Vec<String> {
    let new = event.records.iter().filter(|record| record.event_name == "INSERT").map(|record| &record.change.keys);
    let written = new.filter_map(|item| keys::changed_message(key(item, keys::PK), key(item, keys::SK)));
    written.map(str::to_owned).collect()
}

fn key<'a>(keys: &'a HashMap<String, AttributeValue>, name: &str) -> &'a str {
    match keys.get(name) {
        Some(AttributeValue::S(text)) => text,
        _ => "",
    }
}

/// One order that cannot be gone through holds up no other; the batch fails afterwards and comes again.
async fn changed(crm: &Crm, orders: &BTreeSet<OrderId>, now: Timestamp) -> Result<(), CrmError> {
    if orders.is_empty() {
        return Ok(());
    }
    let Some(round) = Round::begin(crm, now).await? else { return Ok(()) };
    let mut failures = Vec::new();
    for order in orders {
        if let Err(error) = order_changed::order_changed(&round, order).await {
            tracing::error!(%order, %error, "an order could not be gone through");
            failures.push(error);
        }
    }
    round.end().await;
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(CrmError::Orders { failed, orders: orders.len(), first: Box::new(first) }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_kinds_of_invocation_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Event>(text);
        assert!(matches!(read(r#"{"task":"sweep"}"#).unwrap(), Event::Scheduled { task: Task::Sweep }));
        assert!(matches!(read(r#"{"Records":[]}"#).unwrap(), Event::Stream(_)));
        let retry = r#"{"Records":[{"messageId":"1","body":"{}","eventSource":"aws:sqs"}]}"#;
        assert!(matches!(read(retry).unwrap(), Event::Retries { records } if records.len() == 1));
        assert!(matches!(read(r#"{"task":"send"}"#).unwrap(), Event::Scheduled { task: Task::Send }));
        assert!(read(r#"{"task":"post"}"#).is_err() && read("{}").is_err());
    }
}
