//! One number for all that a merchant sets up and every quote needs as it is this moment: settings, categories,
//! collections, promotions and plugins. Each write of one of them raises it in the same transaction, so a process that
//! knows the number need not read them again. Such writes are rare; quotes are not.

use crate::body::{self, number};
use crate::keys::{self, Key};
use crate::table::Table;
use crate::{Expected, Result, Revision, Store};
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::Serialize;

const EDITION: &str = "edition";

impl Store {
    /// Another after each change of settings, categories, collections, promotions or plugins: what was read under the same
    /// edition is what would be read now, if it was read after the edition was.
    pub async fn edition(&self) -> Result<u64> {
        let item = self.inner.table.item(keys::edition(), true).await?;
        Ok(item.and_then(|item| body::integer(&item, EDITION)).unwrap_or(0))
    }
}

/// Part of every write of these.
pub(crate) fn raise(table: &Table) -> Result<TransactWriteItem> {
    table.updating(keys::edition(), &format!("ADD {EDITION} :one"), None, [(":one", number(1))])
}

/// [`Table::put`] of one of these.
pub(crate) async fn put<T: Serialize>(
    table: &Table,
    kind: &'static str,
    key: Key,
    value: &T,
    expected: Expected,
) -> Result<Revision> {
    let revision = expected.next();
    let item = body::encode(key, kind, revision, value)?;
    let writes = vec![table.putting(item, expected)?, raise(table)?];
    table.transact(writes).await.map_err(|e| e.or_conflict(kind))?;
    Ok(revision)
}

/// [`Table::delete`] of one of these.
pub(crate) async fn delete(table: &Table, kind: &'static str, key: Key, expected: Expected) -> Result<()> {
    let writes = vec![table.deleting(key, expected)?, raise(table)?];
    table.transact(writes).await.map_err(|e| e.or_conflict(kind))
}
