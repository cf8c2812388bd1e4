//! Idempotency records: what was answered to a request with this key, so that sending it again changes nothing.

use crate::body::{self, Item, text};
use crate::calls::Call;
use crate::keys::{self, EXPIRES_AT, Key, PK};
use crate::table::Table;
use crate::{Result, StoreError};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use std::collections::HashMap;

const KIND: &str = "idempotency record";
const HASH: &str = "request_hash";
/// `response` is a reserved word in expressions.
const RESPONSE: &str = "answer";
const LEASED_UNTIL: &str = "leased_until";
/// Seconds a record is kept: a day, as payment providers do.
pub const IDEMPOTENCY_SECONDS: i64 = 86_400;
/// Seconds after which a request that never finished may be tried again.
pub const IDEMPOTENCY_LEASE_SECONDS: i64 = 60;
/// Most bytes of a stored answer.
pub const MAX_RESPONSE_BYTES: usize = 64_000;

/// The idempotency records of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a> {
    pub(crate) table: &'a Table,
}

/// A client's key within one kind of request (`orders`, `imports`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    scope: &'static str,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key must be 1 to 255 visible ASCII characters, got {bytes} bytes")]
pub struct InvalidIdempotencyKey {
    pub bytes: usize,
}

impl IdempotencyKey {
    pub const MAX_BYTES: usize = 255;

    /// `scope` is the program's, `name` the client's header.
    pub fn new(scope: &'static str, name: &str) -> Result<Self, InvalidIdempotencyKey> {
        if (1..=Self::MAX_BYTES).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self { scope, name: name.to_owned() })
        } else {
            Err(InvalidIdempotencyKey { bytes: name.len() })
        }
    }

    pub(crate) fn key(&self) -> Key {
        keys::idempotency(self.scope, &self.name)
    }
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: go ahead. (After [`Idempotency::begin`] it is yours for [`IDEMPOTENCY_LEASE_SECONDS`].)
    New,
    /// The same request was answered with this.
    Same(String),
    /// The key belongs to a request with another body.
    Different,
    /// The same request is being worked on.
    InFlight,
}

impl Idempotency<'_> {
    /// Looks without taking the key. `request_hash` is any digest of the request's body.
    pub async fn find(&self, key: &IdempotencyKey, request_hash: &str) -> Result<Begun> {
        let now = now();
        Ok(self.table.item(key.key(), true).await?.map_or(Begun::New, |item| judge(&item, request_hash, now)))
    }

    /// Takes the key, unless it is taken. An order needs no such record: it is its own (see [`crate::PlaceOrder`]).
    pub async fn begin(&self, key: &IdempotencyKey, request_hash: &str) -> Result<Begun> {
        let now = now();
        let mut item = record(key, request_hash, now);
        item.insert(LEASED_UNTIL.to_owned(), body::number(now + IDEMPOTENCY_LEASE_SECONDS));
        let sent = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .condition_expression(format!(
                "attribute_not_exists({PK}) OR {EXPIRES_AT} < :now OR \
                 (attribute_not_exists({RESPONSE}) AND {HASH} = :hash AND {LEASED_UNTIL} < :now)"
            ))
            .expression_attribute_values(":now", body::number(now))
            .expression_attribute_values(":hash", text(request_hash))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .call()
            .await;
        match sent {
            Ok(_) => Ok(Begun::New),
            Err(SdkError::ServiceError(e)) => match e.into_err() {
                aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) => {
                    Ok(refused.item().map_or(Begun::InFlight, |item| judge(item, request_hash, now)))
                }
                error => Err(StoreError::unavailable("PutItem", &error)),
            },
            Err(error) => Err(StoreError::unavailable("PutItem", &error)),
        }
    }

    /// Keeps the answer for a day.
    pub async fn finish(&self, key: &IdempotencyKey, request_hash: &str, response: &str) -> Result<()> {
        let item = answered(key, request_hash, response)?;
        self.table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .call()
            .await
            .map(drop)
            .map_err(|e| StoreError::unavailable("PutItem", &e))
    }

    /// Frees a key whose request failed before it changed anything.
    pub async fn abandon(&self, key: &IdempotencyKey) -> Result<()> {
        self.table.delete(KIND, key.key(), crate::Expected::Any).await
    }
}

/// A mark that what is written with it was done under this key, for a transaction: it fails where the mark is there already.
/// Beside the request's own record, which says what was answered.
pub(crate) fn once(table: &Table, key: &IdempotencyKey) -> Result<TransactWriteItem> {
    let now = now();
    let mut item = body::key_item(keys::idempotency_mark(key.scope, &key.name));
    item.insert(body::KIND.to_owned(), text("idempotency_mark"));
    item.insert(EXPIRES_AT.to_owned(), body::number(now + IDEMPOTENCY_SECONDS));
    let free = format!("attribute_not_exists({PK}) OR {EXPIRES_AT} < :now");
    table.put_if(item, Some(free), Some(HashMap::from([(":now".to_owned(), body::number(now))])))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn record(key: &IdempotencyKey, request_hash: &str, now: i64) -> Item {
    let mut item = body::key_item(key.key());
    item.insert(body::KIND.to_owned(), text("idempotency"));
    item.insert(HASH.to_owned(), text(request_hash));
    item.insert(EXPIRES_AT.to_owned(), body::number(now + IDEMPOTENCY_SECONDS));
    item
}

/// A finished record.
fn answered(key: &IdempotencyKey, request_hash: &str, response: &str) -> Result<Item> {
    if response.len() > MAX_RESPONSE_BYTES {
        return Err(StoreError::TooLarge { what: KIND, bytes: response.len(), max: MAX_RESPONSE_BYTES });
    }
    let mut item = record(key, request_hash, now());
    item.insert(RESPONSE.to_owned(), text(response));
    Ok(item)
}

fn judge(item: &Item, request_hash: &str, now: i64) -> Begun {
    // DynamoDB deletes expired items some time later: until then they count as gone.
    if body::integer::<i64>(item, EXPIRES_AT).is_some_and(|at| at < now) {
        return Begun::New;
    }
    if body::string(item, HASH) != Some(request_hash) {
        return Begun::Different;
    }
    match body::string(item, RESPONSE) {
        Some(response) => Begun::Same(response.to_owned()),
        None if body::integer::<i64>(item, LEASED_UNTIL).is_some_and(|at| at < now) => Begun::New,
        None => Begun::InFlight,
    }
}
