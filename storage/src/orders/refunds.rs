//! The refunds of orders that are not over. A refund's facts are the order's; beside it stands an item of its own under the
//! refund's id, written in the order's transactions, so that no two orders have one id, and what is pending or failed is
//! found without going through orders.

use super::Orders;
use crate::body::{self, Item, text};
use crate::by_state::{First, Place};
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, Page, Result};
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
        let Page { items, next } = self.table.page_of(keys::refunds_in(state), First::Lowest, cursor, limit).await?;
        Ok(Page { items: items.iter().filter_map(open_refund).collect(), next })
    }
}

/// Its key and its place in the index say all.
fn open_refund(place: &Place) -> Option<OpenRefund> {
    let id = place.key.pk.strip_prefix(keys::REFUND)?;
    let (_, order) = place.at.split_once('#')?;
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
