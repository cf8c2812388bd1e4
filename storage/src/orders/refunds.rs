//! The refunds of orders that are not over. A refund's facts are the order's; beside it stands an item of its own under the
//! refund's id, written in the order's transactions, so that no two orders have one id, and what is pending or failed is
//! found without going through orders.

use super::Orders;
use crate::body::{self, Item, text};
use crate::calls::Call;
use crate::keys::{self, BY_STATE, BY_STATE_PK, BY_STATE_SK, PK};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, Page, Result, StoreError};
use aws_sdk_dynamodb::types::TransactWriteItem;
use stoa_domain::OrderId;
use stoa_domain::order::{Order, Refund, RefundId, RefundState};

pub(crate) const KIND: &str = "refund";
/// Most refunds on one page.
pub const MAX_REFUNDS_PAGE: u32 = 100;

/// A refund that is pending or failed, and where its facts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRefund {
    pub id: RefundId,
    pub order: OrderId,
}

impl Orders<'_> {
    /// Pending or failed ones, oldest first, 1 to [`MAX_REFUNDS_PAGE`] a page. Eventually consistent, as the index is:
    /// the order says what is true.
    pub async fn open_refunds(
        &self,
        state: RefundState,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<OpenRefund>> {
        let limit = page_size(limit, MAX_REFUNDS_PAGE)?;
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(BY_STATE)
            .expression_attribute_values(":list", text(keys::refunds_in(state)))
            // One more than asked: whether there is a next page is then known.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        query = match cursor {
            None => query.key_condition_expression(format!("{BY_STATE_PK} = :list")),
            Some(cursor) => query
                .key_condition_expression(format!("{BY_STATE_PK} = :list AND {BY_STATE_SK} > :after"))
                .expression_attribute_values(":after", text(cursor.as_str())),
        };
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let found = output.items();
        let shown = &found[..found.len().min(limit)];
        let place = |item: &Item| body::string(item, BY_STATE_SK).unwrap_or_default().to_owned();
        let next = shown.last().filter(|_| found.len() > limit).map(|item| Cursor(place(item)));
        Ok(Page { items: shown.iter().filter_map(open_refund).collect(), next })
    }
}

/// Its key and its place in the index say all.
fn open_refund(item: &Item) -> Option<OpenRefund> {
    let id = body::string(item, PK)?.strip_prefix(keys::REFUND)?;
    let (_, order) = body::string(item, BY_STATE_SK)?.split_once('#')?;
    Some(OpenRefund { id: RefundId::new(id).ok()?, order: OrderId::new(order).ok()? })
}

/// One for each refund that is new or whose state changed.
pub(super) fn writes(table: &Table, before: &Order, after: &Order) -> Result<Vec<TransactWriteItem>> {
    let was = |refund: &Refund| before.refunds.iter().find(|old| old.id == refund.id).map(|old| old.state);
    let changed = after.refunds.iter().filter(|refund| was(refund) != Some(refund.state));
    changed.map(|refund| table.putting(item(after, refund), expected(was(refund)))).collect()
}

/// Only a new one has to be: what follows stands under the order's own revision.
fn expected(was: Option<RefundState>) -> Expected {
    if was.is_none() { Expected::Absent } else { Expected::Any }
}

fn item(order: &Order, refund: &Refund) -> Item {
    let mut item = body::key_item(keys::refund(&refund.id));
    item.insert(body::KIND.to_owned(), text(KIND));
    item.insert("order".to_owned(), text(order.id.as_str()));
    if refund.state != RefundState::Succeeded {
        item.insert(BY_STATE_PK.to_owned(), text(keys::refunds_in(refund.state)));
        item.insert(BY_STATE_SK.to_owned(), text(keys::refund_time(refund.requested_at, &order.id)));
    }
    item
}
