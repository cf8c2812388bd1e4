//! The table's stream as Lambda delivers it.

use crate::{ChangeSet, PublishError, Published, apply};
use aws_lambda_events::event::dynamodb::Event;
use serde_dynamo::AttributeValue;
use stoa_storage::Store;

/// Publishes what a batch of stream records changed. An error makes Lambda deliver the batch again; publishing is safe
/// to repeat. Before the shop has settings there is nothing to show, and its first settings publish everything.
pub async fn handle(store: &Store, event: &Event) -> Result<Option<Published>, PublishError> {
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
