//! Stock of SKUs. `available` (= on hand − reserved) is stored too, because a condition can compare an attribute but
//! not compute one: reserving is one conditional update, and overselling is impossible.

use crate::body::{Item, integer, number, text};
use crate::calls::Call;
use crate::keys::{self, PK};
use crate::table::{CONCURRENCY, MAX_TRANSACTION, Reason, Table, TransactError};
use crate::{IdempotencyKey, Result, StoreError, idempotency};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem};
use futures::{StreamExt, TryStreamExt};
use std::collections::HashMap;
use stoa_domain::Sku;
use stoa_domain::stock::StockLevel;

pub(crate) const KIND: &str = "stock";
const ON_HAND: &str = "on_hand";
const RESERVED: &str = "reserved";
pub(crate) const AVAILABLE: &str = "available";

const SET: &str = "SET kind = :kind, on_hand = :n, reserved = if_not_exists(reserved, :zero), \
                   available = :n - if_not_exists(reserved, :zero)";

/// The stock of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Stock<'a> {
    pub(crate) table: &'a Table,
}

impl Stock<'_> {
    /// Levels by SKU; one never set has none (sells as 0).
    pub async fn get_many(&self, skus: &[Sku]) -> Result<HashMap<Sku, StockLevel>> {
        let items = self.table.items(skus.iter().map(keys::stock).collect(), true).await?;
        items.iter().map(|item| level(item).map(|level| (level.sku.clone(), level))).collect()
    }

    pub async fn get(&self, sku: &Sku) -> Result<Option<StockLevel>> {
        self.table.item(keys::stock(sku), true).await?.as_ref().map(level).transpose()
    }

    /// Sets what is in the house; what orders hold of it stays held.
    pub async fn set(&self, sku: &Sku, on_hand: u32) -> Result<StockLevel> {
        let output = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(crate::body::key_item(keys::stock(sku))))
            .update_expression(SET)
            .set_expression_attribute_values(Some(
                set_values(on_hand).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ))
            .return_values(ReturnValue::AllNew)
            .call()
            .await
            .map_err(|e| StoreError::unavailable("UpdateItem", &e))?;
        level(&output.attributes.unwrap_or_default())
    }

    /// Sets many, 100 in a transaction: each hundred lands or does not.
    pub async fn set_many(&self, levels: &[(Sku, u32)]) -> Result<()> {
        // One item may be in a transaction once; the last word for a SKU counts.
        let levels: HashMap<&Sku, u32> = levels.iter().map(|(sku, n)| (sku, *n)).collect();
        let writes = levels
            .into_iter()
            .map(|(sku, n)| self.table.updating(keys::stock(sku), SET, None, set_values(n)))
            .collect::<Result<Vec<_>>>()?;
        let chunks: Vec<Vec<TransactWriteItem>> = writes.chunks(MAX_TRANSACTION).map(<[_]>::to_vec).collect();
        futures::stream::iter(chunks)
            .map(|chunk| async move { self.table.transact(chunk).await.map_err(|e| e.or_conflict(KIND)) })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// Adds to what is in the house, or takes away; [`StoreError::StockOutOfRange`] below zero and above `u32::MAX`.
    /// A transaction of one, because its client token keeps a retry after a lost answer from counting twice.
    pub async fn adjust(&self, sku: &Sku, delta: i64) -> Result<StockLevel> {
        self.adjust_once(sku, delta, None).await
    }

    /// The same, once for each key within a day: the key is written with the count, so whoever does not know whether it was
    /// counted asks again.
    pub async fn adjust_once(&self, sku: &Sku, delta: i64, key: Option<&IdempotencyKey>) -> Result<StockLevel> {
        let values = [
            (":kind", text(KIND)),
            (":zero", number(0)),
            (":delta", number(delta)),
            (":least", number(delta.saturating_neg().max(0))),
            (":most", number(i64::from(u32::MAX).saturating_sub(delta.max(0)))),
        ];
        let update = "SET kind = :kind, on_hand = if_not_exists(on_hand, :zero) + :delta, \
                      reserved = if_not_exists(reserved, :zero), available = if_not_exists(available, :zero) + :delta";
        let within = "on_hand BETWEEN :least AND :most";
        let new = (0..=i64::from(u32::MAX)).contains(&delta);
        let condition = if new { format!("attribute_not_exists({PK}) OR {within}") } else { within.to_owned() };
        let mut writes = vec![self.table.updating(keys::stock(sku), update, Some(&condition), values)?];
        if let Some(key) = key {
            writes.push(idempotency::once(self.table, key)?);
        }
        let counted = |reasons: &[Reason]| reasons.get(1).is_some_and(Reason::failed_condition);
        let read = async || self.get(sku).await?.ok_or(StoreError::NotFound { what: KIND });
        match self.table.transact(writes).await {
            Ok(()) => read().await,
            Err(TransactError::Cancelled(reasons)) if counted(&reasons) => read().await,
            Err(TransactError::Cancelled(_)) => Err(StoreError::StockOutOfRange { sku: sku.clone() }),
            Err(TransactError::Store(error)) => Err(error),
        }
    }
}

fn set_values(on_hand: u32) -> Vec<(&'static str, AttributeValue)> {
    vec![(":kind", text(KIND)), (":n", number(on_hand)), (":zero", number(0))]
}

fn level(item: &Item) -> Result<StockLevel> {
    let corrupt = |why: &str| StoreError::Corrupt { what: KIND, why: why.to_owned() };
    let sku = crate::body::string(item, PK).and_then(|pk| pk.strip_prefix("SKU#")).ok_or_else(|| corrupt("its key"))?;
    Ok(StockLevel {
        sku: Sku::new(sku).map_err(|e| corrupt(&e.to_string()))?,
        on_hand: integer(item, ON_HAND).ok_or_else(|| corrupt("on_hand is not a count"))?,
        reserved: integer(item, RESERVED).ok_or_else(|| corrupt("reserved is not a count"))?,
    })
}

/// Holds `quantity` for an order; without `beyond`, only of what is available.
pub(crate) fn reserve(table: &Table, sku: &Sku, quantity: u32, beyond: bool) -> Result<TransactWriteItem> {
    let update = "SET kind = :kind, on_hand = if_not_exists(on_hand, :zero), \
                  reserved = if_not_exists(reserved, :zero) + :n, available = if_not_exists(available, :zero) - :n";
    let condition = format!("{AVAILABLE} >= :n");
    table.updating(keys::stock(sku), update, (!beyond).then_some(condition.as_str()), set_values(quantity))
}

/// What an order does to the stock of one SKU, in pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Were held, and have left the house. A backorder leaves only once the goods were counted in.
    pub(crate) consumed: u32,
    /// Were held, and are on sale again.
    pub(crate) released: u32,
    /// Had left the house, and are on sale again.
    pub(crate) restocked: u32,
    /// Were on sale, and have left the house.
    pub(crate) taken: u32,
}

/// One update for all of it: an item may be in a transaction once.
pub(crate) fn moving(table: &Table, sku: &Sku, moved: Moved) -> Result<TransactWriteItem> {
    let Moved { consumed, released, restocked, taken } = moved;
    let [consumed, released, restocked, taken] = [consumed, released, restocked, taken].map(i64::from);
    let update = "SET reserved = reserved - :held, on_hand = on_hand + :house, available = available + :sale";
    let condition = "reserved >= :held AND available >= :short AND on_hand BETWEEN :least AND :most";
    let (house, sale) = (restocked - consumed - taken, released + restocked - taken);
    let values = [
        (":held", number(consumed + released)),
        (":house", number(house)),
        (":sale", number(sale)),
        // Backorders may have sold more than there is: that is no reason to keep what goes back to the shelf.
        (":short", number(if taken > 0 { sale.min(0).saturating_neg() } else { i64::MIN })),
        (":least", number(house.min(0).saturating_neg())),
        (":most", number(i64::from(u32::MAX) - house.max(0))),
    ];
    table.updating(keys::stock(sku), update, Some(condition), values)
}

/// The available count of a stock item that refused, 0 where there is none.
pub(crate) fn available(item: Option<&Item>) -> u32 {
    item.and_then(|item| integer::<i64>(item, AVAILABLE)).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}
