//! Invoices that staff have to make or to correct. What is asked for is the order's; beside it stands an item of its own, written
//! in the order's transactions, so that what waits is found without going through orders.

use super::{KIND, Orders, Stored};
use crate::body::{self, Item, text};
use crate::by_state::{First, Place};
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, MAX_ORDERS_PAGE, Page, Result, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use stoa_domain::OrderId;
use stoa_domain::order::{InvoiceState, Order};

impl Orders<'_> {
    /// Orders whose invoice waits for staff in this state, those that wait longest first, 1 to 100 a page. Eventually consistent,
    /// as the index is.
    pub async fn with_open_invoice(
        &self,
        state: InvoiceState,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Versioned<Order>>> {
        let limit = page_size(limit, MAX_ORDERS_PAGE)?;
        let Page { items: mut places, next } =
            self.table.page_of(keys::invoices_in(state), First::Lowest, cursor, limit).await?;
        // Each leads to its order.
        let order = |place: &Place| OrderId::new(place.key.pk.strip_prefix(keys::INVOICE)?).ok();
        places.retain_mut(|place| order(place).map(|id| place.key = keys::order(&id)).is_some());
        let items = self.table.items_at(&places).await?;
        let order = |item| body::decode::<Stored>(KIND, item).map(|read| read.map(|stored| stored.order));
        Ok(Page { items: items.iter().map(order).collect::<Result<_>>()?, next })
    }

    /// How many invoices wait in each of [`InvoiceState::ALL`], counted up to `most`. Eventually consistent.
    pub async fn open_invoices(&self, most: u32) -> Result<Vec<u32>> {
        let limit = page_size(most, MAX_ORDERS_PAGE)?;
        let places = |state: &InvoiceState| self.table.places(keys::invoices_in(*state), First::Lowest, None, limit);
        let found: Vec<Vec<Place>> = futures::future::try_join_all(InvoiceState::ALL.iter().map(places)).await?;
        Ok(found.iter().map(|places| u32::try_from(places.len()).unwrap_or(u32::MAX)).collect())
    }
}

/// Where what waits changed.
pub(super) fn writes(table: &Table, before: &Order, after: &Order) -> Result<Option<TransactWriteItem>> {
    let waits = after.invoice_waits();
    if before.invoice_waits() == waits {
        return Ok(None);
    }
    table.putting(item(after, waits), Expected::Any).map(Some)
}

fn item(order: &Order, waits: Option<InvoiceState>) -> Item {
    let mut item = body::key_item(keys::invoice(&order.id));
    item.insert(body::KIND.to_owned(), text("invoice"));
    if let (Some(state), Some(invoice)) = (waits, &order.invoice) {
        item.insert(BY_STATE_PK.to_owned(), text(keys::invoices_in(state)));
        item.insert(BY_STATE_SK.to_owned(), text(keys::order_time(invoice.asked_at, &order.id)));
    }
    item
}
