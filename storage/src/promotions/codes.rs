//! Codes that bring a promotion in. One is found by its text in any case; those of a promotion are listed by the index.

use super::Promotions;
use crate::body::{self, Item, text};
use crate::by_state::First;
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK};
use crate::table::{CONCURRENCY, MAX_TRANSACTION, Table, TransactError, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::promotion::code_key;
use stoa_domain::{CustomerId, PromotionId};

pub(super) const KIND: &str = "promotion code";
/// Most codes on one page.
pub const MAX_CODES_PAGE: u32 = 100;
/// Most codes that one call adds.
pub const MAX_CODES_AT_ONCE: usize = 1_000;

/// A code, alone or one of a batch. How often it was used stands beside it: [`super::Standing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionCode {
    /// As it is printed; typed in any case.
    pub code: String,
    pub promotion: PromotionId,
    pub batch: Option<String>,
    pub enabled: bool,
    /// Included.
    pub starts_at: Option<Timestamp>,
    /// Not included.
    pub ends_at: Option<Timestamp>,
    /// Only this customer may use it: [`super::customer_key`] of their address.
    pub customer: Option<CustomerId>,
    pub max_uses: Option<u32>,
    pub created_at: Timestamp,
}

impl Promotions<'_> {
    pub async fn code(&self, typed: &str) -> Result<Option<Versioned<PromotionCode>>> {
        self.table.get(KIND, keys::promotion_code(&code_key(typed))).await
    }

    /// Writes a code that is there; what it was used for stays counted.
    pub async fn change_code(&self, code: &PromotionCode, expected: Expected) -> Result<Revision> {
        let [state, at] = listed(code);
        self.table.put(KIND, keys::promotion_code(&code_key(&code.code)), code, expected, [state, at]).await
    }

    /// Adds new codes, at most [`MAX_CODES_AT_ONCE`]; each hundred of them is added or, with [`StoreError::CodeTaken`], is
    /// not. No two of them read alike.
    pub async fn add_codes(&self, codes: &[PromotionCode]) -> Result<()> {
        if codes.len() > MAX_CODES_AT_ONCE {
            return Err(StoreError::TooMany { what: "codes at once", max: MAX_CODES_AT_ONCE });
        }
        futures::stream::iter(codes.chunks(MAX_TRANSACTION).map(<[_]>::to_vec).collect::<Vec<_>>())
            .map(|chunk| self.add_hundred(chunk))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    async fn add_hundred(&self, codes: Vec<PromotionCode>) -> Result<()> {
        let mut writes = Vec::with_capacity(codes.len());
        for code in &codes {
            writes.push(adding(self.table, code)?);
        }
        match self.table.transact(writes).await {
            Ok(()) => Ok(()),
            Err(TransactError::Store(error)) => Err(error),
            Err(TransactError::Cancelled(reasons)) => {
                let taken = codes.iter().zip(&reasons).find(|(_, reason)| reason.failed_condition());
                Err(StoreError::CodeTaken { code: taken.map(|(code, _)| code.code.clone()).unwrap_or_default() })
            }
        }
    }

    /// Codes of a promotion by their text, 1 to [`MAX_CODES_PAGE`] a page. Eventually consistent, as the index is.
    pub async fn codes(
        &self,
        promotion: &PromotionId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Versioned<PromotionCode>>> {
        let limit = page_size(limit, MAX_CODES_PAGE)?;
        let list = keys::codes_of(promotion);
        let Page { items: places, next } = self.table.page_of(list, First::Lowest, cursor, limit).await?;
        let items = self.table.items_at(&places).await?;
        Ok(Page { items: items.iter().map(|item| body::decode(KIND, item)).collect::<Result<_>>()?, next })
    }
}

/// A new code, for a transaction.
pub(crate) fn adding(table: &Table, code: &PromotionCode) -> Result<TransactWriteItem> {
    let mut item: Item =
        body::encode(keys::promotion_code(&code_key(&code.code)), KIND, Expected::Absent.next(), code)?;
    item.extend(listed(code).map(|(name, value)| (name.to_owned(), value)));
    table.putting(item, Expected::Absent)
}

/// What puts a code into its promotion's list.
fn listed(code: &PromotionCode) -> [(&'static str, aws_sdk_dynamodb::types::AttributeValue); 2] {
    [(BY_STATE_PK, text(keys::codes_of(&code.promotion))), (BY_STATE_SK, text(code_key(&code.code)))]
}
