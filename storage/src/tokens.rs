//! API tokens, stored by the SHA-256 of their text: reading the table gives nobody a token. A token's record goes by
//! itself 90 days after the token's end, so that the list stays short.

use crate::body;
use crate::keys::{self, EXPIRES_AT};
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const KIND: &str = "token";
const KEEP_HOURS: i64 = 90 * 24;

/// The API tokens of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Lower-case hex SHA-256 of the token's text.
    pub hash: String,
    /// What staff call it: `warehouse script`.
    pub name: String,
    /// `catalog:write`, …
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Tokens<'_> {
    /// The record for a token's hash; whether it still counts is the caller's to judge.
    pub async fn get(&self, hash: &str) -> Result<Option<Versioned<TokenRecord>>> {
        self.table.get(KIND, keys::token(hash)).await
    }
    /// [`Expected::Absent`] to create, the read revision to revoke.
    pub async fn put(&self, token: &TokenRecord, expected: Expected) -> Result<Revision> {
        let gone_at = token.expires_at.saturating_add(KEEP_HOURS.hours()).map_or(i64::MAX, |t| t.as_second());
        let extra = [(EXPIRES_AT, body::number(gone_at))];
        self.table.put(KIND, keys::token(&token.hash), token, expected, extra).await
    }
    /// All tokens, revoked ones too, by hash.
    pub async fn list(&self) -> Result<Vec<Versioned<TokenRecord>>> {
        self.table.partition(keys::TOKENS, "").await?.iter().map(|item| body::decode(KIND, item)).collect()
    }
    pub async fn delete(&self, hash: &str) -> Result<()> {
        self.table.delete(KIND, keys::token(hash), Expected::Any).await
    }
}
