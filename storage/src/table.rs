//! The few ways the table is read and written. Everything is strongly consistent unless a method says otherwise.

use crate::body::{self, Item, KIND, REV, number, text};
use crate::calls::Call;
use crate::keys::{EXPIRES_AT, Key, PK, SK};
use crate::{Expected, Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::AsyncSleep;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use futures::{StreamExt, TryStreamExt};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use std::time::Duration;

/// DynamoDB's limits.
pub(crate) const MAX_TRANSACTION: usize = 100;
const MAX_BATCH_GET: usize = 100;
/// Batches in flight at once: fills two cores here and stays far below an account's limits.
pub(crate) const CONCURRENCY: usize = 8;
const MAX_ATTEMPTS: u32 = 8;

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// False: what is read may be what was there a moment ago, for half the units.
    strong: bool,
}

/// Why a transaction was cancelled: one reason a write, in the same order.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) code: String,
    /// The item as it is, where the write asked for it.
    pub(crate) item: Option<Item>,
}

impl Reason {
    pub(crate) fn failed_condition(&self) -> bool {
        self.code == "ConditionalCheckFailed"
    }
}

#[derive(Debug)]
pub(crate) enum TransactError {
    /// At least one condition failed.
    Cancelled(Vec<Reason>),
    Store(StoreError),
}

impl TransactError {
    /// For transactions in which any failed condition means the same.
    pub(crate) fn or_conflict(self, what: &'static str) -> StoreError {
        match self {
            Self::Cancelled(_) => StoreError::RevisionConflict { what },
            Self::Store(error) => error,
        }
    }
}

impl Table {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name, strong: true }
    }

    /// The same table, read eventually consistent throughout.
    pub(crate) fn eventual(&self) -> Self {
        Self { client: self.client.clone(), name: self.name.clone(), strong: false }
    }

    pub(crate) async fn item(&self, key: Key, consistent: bool) -> Result<Option<Item>> {
        self.client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(body::key_item(key)))
            .consistent_read(consistent && self.strong)
            .call()
            .await
            .map(|output| output.item)
            .map_err(|e| StoreError::unavailable("GetItem", &e))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, kind: &'static str, key: Key) -> Result<Option<Versioned<T>>> {
        self.item(key, true).await?.as_ref().map(|item| body::decode(kind, item)).transpose()
    }

    /// The items that exist, in no order. Unprocessed keys are asked for again, with backoff.
    pub(crate) async fn items(&self, mut keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>> {
        keys.sort_by(|a, b| (&a.pk, &a.sk).cmp(&(&b.pk, &b.sk)));
        keys.dedup();
        let chunks: Vec<Vec<Key>> = keys.chunks(MAX_BATCH_GET).map(<[Key]>::to_vec).collect();
        futures::stream::iter(chunks)
            .map(|chunk| self.batch_get(chunk, consistent))
            .buffered(CONCURRENCY)
            .try_concat()
            .await
    }

    async fn batch_get(&self, keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        let mut keys: Vec<Item> = keys.into_iter().map(body::key_item).collect();
        for attempt in 0..MAX_ATTEMPTS {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut keys)))
                .consistent_read(consistent && self.strong)
                .build()
                .map_err(|e| StoreError::unavailable("BatchGetItem", &e))?;
            let output = self
                .client
                .batch_get_item()
                .request_items(&self.name, request)
                .call()
                .await
                .map_err(|e| StoreError::unavailable("BatchGetItem", &e))?;
            found.extend(output.responses.into_iter().flatten().flat_map(|(_, items)| items));
            keys = output.unprocessed_keys.into_iter().flatten().flat_map(|(_, rest)| rest.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            self.backoff(attempt).await;
        }
        Err(StoreError::Unavailable { operation: "BatchGetItem", cause: "keys stayed unprocessed".to_owned() })
    }

    /// A strongly consistent query of a partition, with what `and` says of the sort key: ` AND SK > :after`, or nothing.
    pub(crate) fn query(&self, pk: &str, and: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression(format!("{PK} = :pk{and}"))
            .expression_attribute_values(":pk", text(pk))
    }

    /// Counts one more under `name`, unless there are `most` already: however many come at once, no more than that are told
    /// true. The item is gone after `gone_at`, in seconds since 1970.
    pub(crate) async fn count_up_to(&self, key: Key, name: &str, most: u32, gone_at: i64) -> Result<bool> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(body::key_item(key)))
            .update_expression(format!("SET {EXPIRES_AT} = :gone ADD {name} :one"))
            .condition_expression(format!("attribute_not_exists({name}) OR {name} < :most"))
            .expression_attribute_values(":gone", number(gone_at))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .call()
            .await;
        match counted {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::unavailable("UpdateItem", &error)),
        }
    }

    /// All items of a partition whose sort key begins with `prefix`, by sort key. For partitions with a known bound.
    pub(crate) async fn partition(&self, pk: &str, prefix: &str) -> Result<Vec<Item>> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(self.strong)
            .expression_attribute_values(":pk", text(pk));
        query = if prefix.is_empty() {
            query.key_condition_expression(format!("{PK} = :pk"))
        } else {
            query
                .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
                .expression_attribute_values(":prefix", text(prefix))
        };
        query
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|e| StoreError::unavailable("Query", &e))
    }

    /// Writes one value and gives its new revision.
    pub(crate) async fn put<T: Serialize>(
        &self,
        kind: &'static str,
        key: Key,
        value: &T,
        expected: Expected,
        extra: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Result<Revision> {
        let revision = expected.next();
        let mut item = body::encode(key, kind, revision, value)?;
        item.extend(extra.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.put_item(kind, item, expected).await?;
        Ok(revision)
    }

    /// Writes a whole item.
    pub(crate) async fn put_item(&self, kind: &'static str, item: Item, expected: Expected) -> Result<()> {
        let (condition, values) = condition(expected);
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_values(values)
            .call()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                Err(StoreError::RevisionConflict { what: kind })
            }
            Err(e) => Err(StoreError::unavailable("PutItem", &e)),
        }
    }

    pub(crate) async fn delete(&self, kind: &'static str, key: Key, expected: Expected) -> Result<()> {
        let (condition, values) = condition(expected);
        let sent = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(body::key_item(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_values(values)
            .call()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                Err(StoreError::RevisionConflict { what: kind })
            }
            Err(e) => Err(StoreError::unavailable("DeleteItem", &e)),
        }
    }

    /// All or nothing. Collisions with other transactions are tried again; failed conditions come back by write.
    /// The SDK adds a client token, so its own retries after a lost answer do not write twice.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), TransactError> {
        for attempt in 0..MAX_ATTEMPTS {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone())).call().await;
            let error = match sent {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons().to_vec()
                }
                _ => return Err(TransactError::Store(StoreError::unavailable("TransactWriteItems", &error))),
            };
            let reasons: Vec<Reason> =
                reasons.into_iter().map(|r| Reason { code: r.code.unwrap_or_default(), item: r.item }).collect();
            if reasons.iter().any(Reason::failed_condition) {
                return Err(TransactError::Cancelled(reasons));
            }
            let passing = |r: &Reason| {
                matches!(
                    r.code.as_str(),
                    "" | "None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                )
            };
            if let Some(refused) = reasons.iter().find(|r| !passing(r)) {
                let cause = format!("a write was refused with {}", refused.code);
                return Err(TransactError::Store(StoreError::Unavailable { operation: "TransactWriteItems", cause }));
            }
            self.backoff(attempt).await;
        }
        let cause = "other transactions kept colliding with it".to_owned();
        Err(TransactError::Store(StoreError::Unavailable { operation: "TransactWriteItems", cause }))
    }

    /// Waits 25 ms, 50 ms, … up to 1.6 s, with full jitter, by the client's own clock.
    async fn backoff(&self, attempt: u32) {
        let most = 25_u64 << attempt.min(6);
        let time = Duration::from_millis(fastrand::u64(1..=most));
        match self.client.config().sleep_impl() {
            Some(clock) => clock.sleep(time).await,
            None => tokio::time::sleep(time).await,
        }
    }

    /// A put for [`Table::transact`].
    pub(crate) fn putting(&self, item: Item, expected: Expected) -> Result<TransactWriteItem> {
        let (condition, values) = condition(expected);
        self.put_if(item, condition, values)
    }

    /// A put under a condition of its own; when it fails, the reason carries the item as it is.
    pub(crate) fn put_if(
        &self,
        item: Item,
        condition: Option<String>,
        values: Option<HashMap<String, AttributeValue>>,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::unavailable("TransactWriteItems", &e))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A delete for [`Table::transact`].
    pub(crate) fn deleting(&self, key: Key, expected: Expected) -> Result<TransactWriteItem> {
        let (condition, values) = condition(expected);
        self.delete_if(key, condition, values)
    }

    pub(crate) fn delete_if(
        &self,
        key: Key,
        condition: Option<String>,
        values: Option<HashMap<String, AttributeValue>>,
    ) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(body::key_item(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(|e| StoreError::unavailable("TransactWriteItems", &e))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// An update for [`Table::transact`]; when its condition fails, the reason carries the item as it is.
    pub(crate) fn updating(
        &self,
        key: Key,
        update: &str,
        condition: Option<&str>,
        values: impl IntoIterator<Item = (impl Into<String>, AttributeValue)>,
    ) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(body::key_item(key)))
            .update_expression(update)
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(Some(
                values.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            ))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::unavailable("TransactWriteItems", &e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// A pointer from a unique name to its owner, written only while it is free or already the owner's.
    pub(crate) fn claim(&self, key: Key, kind: &'static str, owner: &str) -> Result<TransactWriteItem> {
        let mut item = body::key_item(key);
        item.insert(KIND.to_owned(), text(kind));
        item.insert(OWNER.to_owned(), text(owner));
        let (condition, values) = free_or_owned(owner);
        self.put_if(item, condition, values)
    }

    /// Gives a claim back; one that is already gone is fine.
    pub(crate) fn release(&self, key: Key, owner: &str) -> Result<TransactWriteItem> {
        let (condition, values) = free_or_owned(owner);
        self.delete_if(key, condition, values)
    }
}

/// The attribute of a claim that names who holds it.
pub(crate) const OWNER: &str = "item_owner";

type Condition = (Option<String>, Option<HashMap<String, AttributeValue>>);

fn free_or_owned(owner: &str) -> Condition {
    (
        Some(format!("attribute_not_exists({PK}) OR {OWNER} = :owner")),
        Some(HashMap::from([(":owner".to_owned(), text(owner))])),
    )
}

pub(crate) fn condition(expected: Expected) -> Condition {
    match expected {
        Expected::Absent => (Some(format!("attribute_not_exists({PK})")), None),
        Expected::Revision(revision) => {
            (Some(format!("{REV} = :rev")), Some(HashMap::from([(":rev".to_owned(), number(revision))])))
        }
        Expected::Any => (None, None),
    }
}

/// Refuses page sizes outside 1 to `max`.
pub(crate) fn page_size(limit: u32, max: u32) -> Result<usize> {
    if limit == 0 || limit > max {
        return Err(StoreError::PageSize { max, got: limit });
    }
    Ok(limit as usize)
}
