//! What Lambda delivers: batches of the table's stream, notes of batches that could not be published, and once a day the
//! schedule's word.

use crate::{ChangeSet, KEEP, PublishError, Published, apply, prune, rebuild};
use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_dynamo::AttributeValue;
use stoa_storage::Store;

/// One invocation.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// `{"task":"prune"}`, from the schedule in infra/template.yaml.
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
    Prune,
}

/// Does what an invocation asks for. An error makes Lambda deliver it again; everything here is safe to repeat.
pub fn handle<'a>(store: &'a Store, event: &'a Event) -> BoxFuture<'a, Result<Option<Published>, PublishError>> {
    Box::pin(async move {
        match event {
            Event::Stream(event) => changed(store, event).await,
            // The table says what the shop is, so reading all of it heals any batch that was lost.
            Event::Retries { records } => {
                tracing::warn!(batches = records.len(), "publishing everything anew after batches that failed");
                shop_or_none(rebuild(store, &|_| {}).await)
            }
            Event::Scheduled { task: Task::Prune } => {
                let removed = prune(store, jiff::Timestamp::now() - KEEP, false).await?;
                tracing::info!(?removed, "pruned");
                Ok(None)
            }
        }
    })
}

/// Before the shop has settings there is nothing to show, and its first settings publish everything.
fn shop_or_none(published: Result<Published, PublishError>) -> Result<Option<Published>, PublishError> {
    match published {
        Ok(published) => {
            tracing::info!(?published, "published");
            Ok(Some(published))
        }
        Err(PublishError::NoShop) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Publishes what a batch of stream records changed.
async fn changed(store: &Store, event: &StreamEvent) -> Result<Option<Published>, PublishError> {
    let mut changes = ChangeSet::default();
    for record in &event.records {
        let key = |name: &str| match record.change.keys.get(name) {
            Some(AttributeValue::S(text)) => text.as_str(),
            _ => "",
        };
        changes.add_key(key(stoa_storage::keys::PK), key(stoa_storage::keys::SK));
    }
    if changes.is_empty() {
        return Ok(None);
    }
    shop_or_none(apply(store, &changes, &|_| {}).await)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_kinds_of_invocation_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Event>(text);
        assert!(matches!(read(r#"{"task":"prune"}"#).unwrap(), Event::Scheduled { task: Task::Prune }));
        assert!(matches!(read(r#"{"Records":[]}"#).unwrap(), Event::Stream(_)));
        let retry = r#"{"Records":[{"messageId":"1","body":"{}","eventSource":"aws:sqs"}]}"#;
        assert!(matches!(read(retry).unwrap(), Event::Retries { records } if records.len() == 1));
        assert!(read(r#"{"Records":[{"messageId":"1","eventSource":"aws:sns"}]}"#).is_err());
        assert!(read(r#"{"task":"drop"}"#).is_err() && read("{}").is_err());
    }
}
