//! One number for all that every price depends on and that seldom changes: the shop's settings, its promotions and its plugins.
//! Each write of one of them raises it in the same transaction. Who prices reads this one number, and the rest only where they
//! know another.

use crate::body::{self, number};
use crate::keys;
use crate::table::Table;
use crate::{Result, Store};
use aws_sdk_dynamodb::types::TransactWriteItem;

const EDITION: &str = "edition";

impl Store {
    /// Another after each change of settings, promotions or plugins: what was read under the same edition, strongly and after
    /// the edition was, is what would be read now.
    pub async fn edition(&self) -> Result<u64> {
        let item = self.inner.table.item(keys::edition(), true).await?;
        Ok(item.and_then(|item| body::integer(&item, EDITION)).unwrap_or(0))
    }
}

/// Part of every write that changes prices.
pub(crate) fn raise(table: &Table) -> Result<TransactWriteItem> {
    table.updating(keys::edition(), &format!("ADD {EDITION} :one"), None, [(":one", number(1))])
}
