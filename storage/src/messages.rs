//! The outbox: messages that wait until they are sent, were sent, or were given up. A message names its customer by id and
//! holds nothing that says who that is: what it tells is made where it is sent, of the customer, the order or the sign-in as they
//! are then.

use crate::body::{self, Item, text};
use crate::by_state::First;
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK, EXPIRES_AT};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, Once, Page, Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::order::RefundId;
use stoa_domain::plugin::Version;
use stoa_domain::{CustomerId, Locale, OrderId, PluginId};

const KIND: &str = "message";
/// A message is kept for so many days, sent or not.
pub const MESSAGE_KEPT_DAYS: i64 = 180;
/// Most messages on one page.
pub const MAX_MESSAGES_PAGE: u32 = 100;
/// Whoever took a message to send it and is not heard of for so long has died: it comes due again.
pub const CLAIM: SignedDuration = SignedDuration::from_mins(10);
/// Days that a count of one day's messages is kept.
const COUNTED_DAYS: i64 = 3;

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
    #[serde(flatten)]
    pub content: MessageContent,
    pub locale: Locale,
    pub written_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// How often it was taken to be sent.
    #[serde(default)]
    pub attempts: u32,
    /// It is not taken before. None: at once.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// It is not sent any more after this.
    #[serde(default)]
    pub useless_at: Option<Timestamp>,
    /// Why it was given up, or what became of the last attempt: a code, or what the mail server answered. Never an address.
    #[serde(default)]
    pub failure: Option<String>,
}

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MessageContent {
    /// Of a marketing plugin, with its blanks; only to who asked for messages.
    Offer {
        plugin: PluginId,
        version: Version,
        subject: String,
        body: String,
        coupon: Option<MessageCoupon>,
    },
    Order {
        order: OrderId,
        news: OrderNews,
    },
    /// The code for [`crate::SignIn`] of this id.
    SignIn {
        sign_in: String,
    },
}

/// What an order's buyer is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderNews {
    /// It is paid.
    Confirmed,
    /// The parcel of this number left.
    Shipped(u32),
    Refunded(RefundId),
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
    /// The mail server took it, or the merchant says that it was sent.
    Sent,
    /// Given up; `failure` says why.
    Failed,
}

impl MessageState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

impl OutboxMessage {
    pub fn new(id: String, customer: CustomerId, content: MessageContent, locale: Locale, now: Timestamp) -> Self {
        Self {
            id,
            state: MessageState::Waiting,
            customer,
            content,
            locale,
            written_at: now,
            sent_at: None,
            attempts: 0,
            due_at: None,
            useless_at: None,
            failure: None,
        }
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == MessageState::Waiting && self.due_at.is_none_or(|at| at <= now)
    }

    pub fn is_useless(&self, now: Timestamp) -> bool {
        self.useless_at.is_some_and(|at| at <= now)
    }

    /// Where it stands in its list: those that wait by when they are due.
    fn place(&self) -> String {
        let at = self.due_at.filter(|_| self.state == MessageState::Waiting).unwrap_or(self.written_at);
        keys::message_time(at, &self.id)
    }
}

fn encoded(message: &OutboxMessage, revision: Revision) -> Result<Item> {
    let gone_at =
        message.written_at.saturating_add((MESSAGE_KEPT_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second());
    let mut item = body::encode(keys::message(&message.id), KIND, revision, message)?;
    item.insert(BY_STATE_PK.to_owned(), text(keys::messages_in(message.state.as_str())));
    item.insert(BY_STATE_SK.to_owned(), text(message.place()));
    item.insert(EXPIRES_AT.to_owned(), body::number(gone_at));
    Ok(item)
}

/// For the transaction of what it tells about.
pub(crate) fn adding(table: &Table, message: &OutboxMessage) -> Result<TransactWriteItem> {
    table.putting(encoded(message, Revision(1))?, Expected::Absent)
}

impl Messages<'_> {
    pub async fn get(&self, id: &str) -> Result<Option<Versioned<OutboxMessage>>> {
        self.table.get(KIND, keys::message(id)).await
    }

    /// Writes a message, unless there is one of its id.
    pub async fn add(&self, message: &OutboxMessage) -> Result<Once> {
        match self.table.put_item(KIND, encoded(message, Revision(1))?, Expected::Absent).await {
            Ok(()) => Ok(Once::Now),
            Err(StoreError::RevisionConflict { .. }) => Ok(Once::Already),
            Err(error) => Err(error),
        }
    }

    /// Writes what became of a message that was read; [`StoreError::RevisionConflict`] when somebody else did meanwhile.
    pub async fn put(&self, message: OutboxMessage, expected: Expected) -> Result<Versioned<OutboxMessage>> {
        let revision = expected.next();
        self.table.put_item(KIND, encoded(&message, revision)?, expected).await?;
        Ok(Versioned { value: message, revision })
    }

    /// Takes a message to send it: nobody else does until [`CLAIM`] is over. None: somebody else was faster.
    pub async fn claim(
        &self,
        read: Versioned<OutboxMessage>,
        now: Timestamp,
    ) -> Result<Option<Versioned<OutboxMessage>>> {
        let expected = read.unchanged();
        let due_at = now.saturating_add(CLAIM).ok();
        let taken = OutboxMessage { attempts: read.value.attempts.saturating_add(1), due_at, ..read.value };
        match self.put(taken, expected).await {
            Ok(claimed) => Ok(Some(claimed)),
            Err(StoreError::RevisionConflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes down that a message was sent; one that was stays as it is.
    pub async fn mark_sent(&self, id: &str, now: Timestamp) -> Result<OutboxMessage> {
        let read = self.get(id).await?.ok_or(StoreError::NotFound { what: KIND })?;
        if read.value.state == MessageState::Sent {
            return Ok(read.value);
        }
        let expected = read.unchanged();
        let message = OutboxMessage { state: MessageState::Sent, sent_at: Some(now), failure: None, ..read.value };
        Ok(self.put(message, expected).await?.value)
    }

    /// Those that are due, the longest first, up to `limit`. The list is eventually consistent, the messages are not.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Versioned<OutboxMessage>>> {
        let limit = page_size(limit, MAX_MESSAGES_PAGE)?;
        let list = keys::messages_in(MessageState::Waiting.as_str());
        let mut places = self.table.places(list, First::Lowest, None, limit).await?;
        let over = keys::message_time(now, "~");
        places.retain(|place| place.at <= over);
        let items = self.table.items_at(&places).await?;
        let read = items.iter().map(|item| body::decode(KIND, item)).collect::<Result<Vec<Versioned<OutboxMessage>>>>();
        Ok(read?.into_iter().filter(|read| read.value.is_due(now)).collect())
    }

    /// Counts one more message of a day (UTC), unless there were `most` already.
    pub async fn count(&self, day: Date, most: u32) -> Result<bool> {
        let gone_at =
            day.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).map_or(i64::MAX, |t| t.timestamp().as_second());
        let gone_at = gone_at.saturating_add(COUNTED_DAYS * 86_400);
        self.table.count_up_to(keys::messages_on(day), "sent_count", most, gone_at).await
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

    /// How many are in each of [`MessageState::ALL`], counted up to `most`. Eventually consistent.
    pub async fn counts(&self, most: u32) -> Result<Vec<u32>> {
        let limit = page_size(most, MAX_MESSAGES_PAGE)?;
        let list = |state: &MessageState| keys::messages_in(state.as_str());
        let queries = MessageState::ALL.iter().map(|state| self.table.places(list(state), First::Highest, None, limit));
        let found = futures::future::try_join_all(queries).await?;
        Ok(found.iter().map(|places| u32::try_from(places.len()).unwrap_or(u32::MAX)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_message_that_was_stored_before_there_were_other_kinds_is_an_offer_that_is_due() {
        let stored = r#"{"id":"msg_1","state":"waiting","customer":"cus_1","plugin":"win-back","version":"1.0.0","locale":"en",
            "subject":"We miss you","body":"{{name}}","coupon":null,"written_at":"2026-11-24T08:00:00Z","sent_at":null}"#;
        let read: OutboxMessage = serde_json::from_str(stored).unwrap();
        assert!(
            matches!(&read.content, MessageContent::Offer { subject, coupon: None, .. } if subject == "We miss you")
        );
        assert!(read.is_due(read.written_at) && !read.is_useless(Timestamp::MAX) && read.attempts == 0);
        for content in [
            MessageContent::SignIn { sign_in: "a".to_owned() },
            MessageContent::Order { order: OrderId::new("ord_1").unwrap(), news: OrderNews::Shipped(2) },
            read.content.clone(),
        ] {
            let message = OutboxMessage { content, ..read.clone() };
            let again: OutboxMessage = serde_json::from_str(&serde_json::to_string(&message).unwrap()).unwrap();
            assert_eq!(again, message);
        }
    }
}
