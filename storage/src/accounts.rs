//! Shoppers' accounts: who somebody is by a proven address, their sessions, and sign-ins that are not yet complete. Sessions are
//! stored by the SHA-256 of their token; a sign-in's code is stored nowhere, for it follows from the sign-in's id and a key that
//! is not in the table.

use crate::body::{self, number};
use crate::calls::Call;
use crate::keys::{self, EXPIRES_AT, PK};
use crate::messages::{self, OutboxMessage};
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::error::SdkError;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use stoa_domain::account::Account;
use stoa_domain::{CustomerId, Locale};

const ACCOUNT: &str = "account";
const SESSION: &str = "session";
const SIGN_IN: &str = "sign-in";
const TRIES: &str = "tries";
/// How long a code is good.
pub const SIGN_IN_TIME: SignedDuration = SignedDuration::from_mins(10);
/// Codes that may be tried at one sign-in.
pub const MAX_TRIES: u32 = 5;
/// A session ends so long after it was last used.
pub const SESSION_TIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Most sessions of one account; one more ends the oldest.
pub const MAX_SESSIONS: usize = 20;

/// The accounts of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    pub(crate) table: &'a Table,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub customer: CustomerId,
    /// Lower-case hex SHA-256 of the token.
    pub hash: String,
    /// What the browser says it is; may be empty.
    pub browser: String,
    pub created_at: Timestamp,
    /// To the day.
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Somebody asks for a code, and has not yet shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// 128 random bits in hex; the browser that asked keeps it.
    pub id: String,
    pub customer: CustomerId,
    pub email: String,
    pub locale: Locale,
    pub expires_at: Timestamp,
}

/// For the transaction that makes its cart.
pub(crate) fn encoded(account: &Account, revision: Revision) -> Result<body::Item> {
    body::encode(keys::account(&account.id), ACCOUNT, revision, account)
}

impl Accounts<'_> {
    pub async fn get(&self, id: &CustomerId) -> Result<Option<Versioned<Account>>> {
        self.table.get(ACCOUNT, keys::account(id)).await
    }

    pub async fn put(&self, account: &Account, expected: Expected) -> Result<Revision> {
        self.table.put(ACCOUNT, keys::account(&account.id), account, expected, []).await
    }

    /// The session of a token's hash with its account, in one read. None: there is no such session any more, or its account
    /// is gone.
    pub async fn of_session(
        &self,
        customer: &CustomerId,
        hash: &str,
        now: Timestamp,
    ) -> Result<Option<(Versioned<Session>, Versioned<Account>)>> {
        let (session, account) = (keys::session(customer, hash), keys::account(customer));
        let items = self.table.items(vec![session.clone(), account], true).await?;
        let (mut found, mut owner) = (None, None);
        for item in &items {
            if body::string(item, keys::SK) == Some(session.sk.as_str()) {
                found = Some(body::decode::<Session>(SESSION, item)?);
            } else {
                owner = Some(body::decode::<Account>(ACCOUNT, item)?);
            }
        }
        // DynamoDB deletes expired items some time later.
        Ok(found.filter(|session| session.value.expires_at > now).zip(owner))
    }

    pub async fn put_session(&self, session: &Session, expected: Expected) -> Result<Revision> {
        let gone = [(EXPIRES_AT, number(session.expires_at.as_second()))];
        self.table.put(SESSION, keys::session(&session.customer, &session.hash), session, expected, gone).await
    }

    /// Those that have not ended, the last used first.
    pub async fn sessions(&self, customer: &CustomerId, now: Timestamp) -> Result<Vec<Session>> {
        let first = keys::session(customer, "");
        let items = self.table.partition(&first.pk, &first.sk).await?;
        let read = items.iter().map(|item| body::decode(SESSION, item).map(|read: Versioned<Session>| read.value));
        let mut sessions: Vec<Session> = read.collect::<Result<_>>()?;
        sessions.retain(|session| session.expires_at > now);
        sessions.sort_by_key(|session| std::cmp::Reverse((session.seen_at, session.created_at)));
        Ok(sessions)
    }

    /// One that is gone is fine.
    pub async fn end_session(&self, customer: &CustomerId, hash: &str) -> Result<()> {
        self.table.delete(SESSION, keys::session(customer, hash), Expected::Any).await
    }

    /// Writes a sign-in and the message that brings its code, both or neither.
    pub async fn begin(&self, sign_in: &SignIn, message: &OutboxMessage) -> Result<()> {
        let mut item = body::encode(keys::sign_in(&sign_in.id), SIGN_IN, Revision(1), sign_in)?;
        item.insert(EXPIRES_AT.to_owned(), number(sign_in.expires_at.as_second()));
        let writes = vec![self.table.putting(item, Expected::Absent)?, messages::adding(self.table, message)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(SIGN_IN))
    }

    /// For whoever sends the code. None: its time is over, or it was used.
    pub async fn sign_in(&self, id: &str, now: Timestamp) -> Result<Option<SignIn>> {
        let read: Option<Versioned<SignIn>> = self.table.get(SIGN_IN, keys::sign_in(id)).await?;
        Ok(read.map(|read| read.value).filter(|sign_in| sign_in.expires_at > now))
    }

    /// Counts one more try of a code, before it is looked at. None: there is no such sign-in, its time is over, or it was
    /// tried [`MAX_TRIES`] times. However many come at once, no more than that are let through.
    pub async fn try_code(&self, id: &str, now: Timestamp) -> Result<Option<SignIn>> {
        let counted = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(body::key_item(keys::sign_in(id))))
            .update_expression(format!("ADD {TRIES} :one"))
            .condition_expression(format!(
                "attribute_exists({PK}) AND {EXPIRES_AT} > :now AND (attribute_not_exists({TRIES}) OR {TRIES} < :most)"
            ))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":most", number(MAX_TRIES))
            .call()
            .await;
        match counted {
            Ok(_) => self.sign_in(id, now).await,
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(StoreError::unavailable("UpdateItem", &error)),
        }
    }

    /// Takes a sign-in whose code was right away; false: somebody else did. So a code is good once.
    pub async fn finish(&self, id: &str) -> Result<bool> {
        let sent = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(body::key_item(keys::sign_in(id))))
            .condition_expression(format!("attribute_exists({PK})"))
            .call()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::unavailable("DeleteItem", &error)),
        }
    }

    /// Counts something that may happen `most` times while `window` lasts, under a name that says nothing of whom it counts.
    /// False: it happened so often already.
    pub async fn allow(&self, what: &str, most: u32, window: SignedDuration, now: Timestamp) -> Result<bool> {
        let length = window.as_secs().max(1);
        let turn = now.as_second().div_euclid(length);
        self.table.count_up_to(keys::rate(what, turn), TRIES, most, (turn + 2).saturating_mul(length)).await
    }
}
