//! What Lambda delivers: batches of the table's stream, and once a day the schedule's word.

use crate::{ChangeSet, KEEP, PublishError, Published, apply, prune};
use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use serde::Deserialize;
use serde_dynamo::AttributeValue;
use stoa_storage::Store;

/// One invocation.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// `{"task":"prune"}`, from the schedule in infra/template.yaml.
    Scheduled { task: Task },
    /// `{"Records":[…]}`
    Stream(StreamEvent),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    Prune,
}

/// Does what an invocation asks for. An error makes Lambda deliver it again; everything here is safe to repeat.
pub async fn handle(store: &Store, event: &Event) -> Result<Option<Published>, PublishError> {
    match event {
        Event::Stream(event) => changed(store, event).await,
        Event::Scheduled { task: Task::Prune } => {
            let removed = prune(store, jiff::Timestamp::now() - KEEP, false).await?;
            tracing::info!(?removed, "pruned");
            Ok(None)
        }
    }
}

/// Publishes what a batch of stream records changed. Before the shop has settings there is nothing to show, and its first
/// settings publish everything.
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
    match apply(store, &changes, &|_| {}).await {
        Ok(published) => {
            tracing::info!(records = event.records.len(), ?published, "published");
            Ok(Some(published))
        }
        Err(PublishError::NoShop) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_kinds_of_invocation_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Event>(text);
        assert!(matches!(read(r#"{"task":"prune"}"#).unwrap(), Event::Scheduled { task: Task::Prune }));
        assert!(matches!(read(r#"{"Records":[]}"#).unwrap(), Event::Stream(_)));
        assert!(read(r#"{"task":"drop"}"#).is_err() && read("{}").is_err());
    }
}
