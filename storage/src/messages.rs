//! The outbox: messages that plugins proposed and the shop let through, until they are sent. A message names its customer by id
//! and keeps its blanks: name and address are filled in where it is read, from the customer as they are then.

use crate::body::{self, Item, text};
use crate::by_state::First;
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK, EXPIRES_AT};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::plugin::Version;
use stoa_domain::{CustomerId, Locale, PluginId};

const KIND: &str = "message";
/// A message is kept for so many days, sent or not.
pub const MESSAGE_KEPT_DAYS: i64 = 180;
/// Most messages on one page.
pub const MAX_MESSAGES_PAGE: u32 = 100;

/// The messages of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// `msg_…`
    pub id: String,
    pub state: MessageState,
    pub customer: CustomerId,
    pub plugin: PluginId,
    pub version: Version,
    pub locale: Locale,
    pub subject: String,
    pub body: String,
    pub coupon: Option<MessageCoupon>,
    pub written_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

/// What `{{coupon}}` and `{{coupon_ends}}` stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageCoupon {
    pub code: String,
    pub last_day: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Waiting,
    /// The merchant says that it was sent.
    Sent,
}

impl MessageState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
        }
    }
}

fn encoded(message: &OutboxMessage, revision: Revision) -> Result<Item> {
    let gone_at =
        message.written_at.saturating_add((MESSAGE_KEPT_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second());
    let mut item = body::encode(keys::message(&message.id), KIND, revision, message)?;
    item.insert(BY_STATE_PK.to_owned(), text(keys::messages_in(message.state.as_str())));
    item.insert(BY_STATE_SK.to_owned(), text(keys::message_time(message.written_at, &message.id)));
    item.insert(EXPIRES_AT.to_owned(), body::number(gone_at));
    Ok(item)
}

/// For the transaction that deals with an answer.
pub(crate) fn adding(table: &Table, message: &OutboxMessage) -> Result<TransactWriteItem> {
    table.putting(encoded(message, Revision(1))?, Expected::Absent)
}

impl Messages<'_> {
    pub async fn get(&self, id: &str) -> Result<Option<Versioned<OutboxMessage>>> {
        self.table.get(KIND, keys::message(id)).await
    }

    /// Writes down that a message was sent; one that was stays as it is.
    pub async fn mark_sent(&self, id: &str, now: Timestamp) -> Result<OutboxMessage> {
        let read = self.get(id).await?.ok_or(StoreError::NotFound { what: KIND })?;
        if read.value.state == MessageState::Sent {
            return Ok(read.value);
        }
        let expected = read.unchanged();
        let message = OutboxMessage { state: MessageState::Sent, sent_at: Some(now), ..read.value };
        let write = self.table.putting(encoded(&message, expected.next())?, expected)?;
        self.table.transact(vec![write]).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(message)
    }

    /// Newest first, 1 to [`MAX_MESSAGES_PAGE`] a page. Eventually consistent, as the index is.
    pub async fn list(&self, state: MessageState, cursor: Option<&Cursor>, limit: u32) -> Result<Page<OutboxMessage>> {
        let limit = page_size(limit, MAX_MESSAGES_PAGE)?;
        let list = keys::messages_in(state.as_str());
        let Page { items: places, next } = self.table.page_of(list, First::Highest, cursor, limit).await?;
        let items = self.table.items_at(&places).await?;
        let items = items.iter().map(|item| body::decode(KIND, item).map(|read| read.value)).collect::<Result<_>>()?;
        Ok(Page { items, next })
    }
}
