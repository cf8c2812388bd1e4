//! Orders. An order's item holds its payment, what it has of the stock and of promotions, and the request that placed it: what
//! belongs together is one write, under one revision (docs/decisions/0018-an-order-is-one-item.md).

mod invoices;
mod overdue;
mod parcels;
mod place;
mod refunds;
mod update;

pub use parcels::{MAX_PARCELS_PAGE, TrackedParcel};
pub use place::{PlaceOrder, Placed, PlacedBefore};
pub use refunds::{MAX_REFUNDS_PAGE, OpenRefund};
pub use update::{StockEffect, UpdateOrder};

use crate::body::{self, Item, text};
use crate::by_state::{self, First, Place};
use crate::calls::Call;
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK};
use crate::table::{MAX_TRANSACTION, Table, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Uses, Versioned, promotions};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Order, OrderSettings, OrderState};
use stoa_domain::payment::Payment;
use stoa_domain::{CustomerId, Locale, OrderId, Sku};

pub(crate) const KIND: &str = "order";
/// Most orders on one page.
pub const MAX_ORDERS_PAGE: u32 = 100;
/// Order, cart and customer take a write each.
pub const MAX_RESERVATIONS: usize = MAX_TRANSACTION - 3;
const _: () = assert!(
    MAX_RESERVATIONS >= stoa_domain::cart::MAX_LINES + promotions::MAX_USES,
    "a full cart can be ordered with all its promotions and codes"
);
/// The orders of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a> {
    pub(crate) table: &'a Table,
}

/// Stock that an order takes. Leave out what is not tracked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub sku: Sku,
    pub quantity: u32,
    /// True: sells on when there is none (a backorder).
    pub beyond_stock: bool,
}

/// What is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) order: Order,
    pub(crate) payment: Payment,
    /// What it still holds of the stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) holds: Vec<Reservation>,
    /// And of promotions.
    #[serde(default)]
    pub(crate) uses: Uses,
    /// Under which it was placed: a digest of who asked and of their `Idempotency-Key`.
    pub(crate) key: String,
    /// The digest of the request that placed it, and the shop's own language at that time: the same request is answered the same
    /// for ever.
    pub(crate) request: String,
    pub(crate) shop_locale: Locale,
    /// Digests of the provider's events that changed something, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<String>,
}

/// An order and its payment as they were read, and the rest of their item, which is written back with them.
#[derive(Debug, Clone)]
pub struct OrderAndPayment {
    pub order: Order,
    pub payment: Payment,
    pub revision: Revision,
    pub(crate) rest: Box<Stored>,
}

impl OrderAndPayment {
    pub(crate) fn of(read: Versioned<Stored>) -> Self {
        let Versioned { value, revision } = read;
        Self { order: value.order.clone(), payment: value.payment.clone(), revision, rest: Box::new(value) }
    }

    pub(crate) fn events(&self) -> &[String] {
        &self.rest.events
    }

    /// The item as it shall be.
    pub(crate) fn into_stored(self) -> Stored {
        Stored { order: self.order, payment: self.payment, ..*self.rest }
    }
}

impl Orders<'_> {
    pub async fn get(&self, id: &OrderId) -> Result<Option<Versioned<Order>>> {
        Ok(self.stored(id).await?.map(|stored| stored.map(|s| s.order)))
    }

    /// The order with its payment, in one read.
    pub async fn with_payment(&self, id: &OrderId) -> Result<Option<OrderAndPayment>> {
        Ok(self.stored(id).await?.map(OrderAndPayment::of))
    }

    pub(crate) async fn stored(&self, id: &OrderId) -> Result<Option<Versioned<Stored>>> {
        self.table.get(KIND, keys::order(id)).await
    }

    /// Newest first, of one state or all, 1 to 100 a page. Eventually consistent, as the index is.
    pub async fn list(
        &self,
        state: Option<OrderState>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Versioned<Order>>> {
        let limit = page_size(limit, MAX_ORDERS_PAGE)?;
        let states = state.as_ref().map_or(&OrderState::ALL[..], std::slice::from_ref);
        // One more than asked from each: whether there is a next page is then known.
        let queries = states.iter().map(|state| self.places_of(*state, cursor, limit + 1));
        let mut found = futures::future::try_join_all(queries).await?.concat();
        found.sort_by(|a, b| b.at.cmp(&a.at));
        let Page { items: places, next } = by_state::page(found, limit);
        let items = self.table.items_at(&places).await?;
        let order = |item| body::decode::<Stored>(KIND, item).map(|read| read.map(|stored| stored.order));
        Ok(Page { items: items.iter().map(order).collect::<Result<_>>()?, next })
    }

    /// The defaults where the shop set none.
    pub async fn settings(&self) -> Result<OrderSettings> {
        let read = self.table.get("order settings", keys::order_settings()).await?;
        Ok(read.map_or_else(OrderSettings::default, |read: Versioned<OrderSettings>| read.value))
    }

    pub async fn put_settings(&self, settings: &OrderSettings) -> Result<()> {
        self.table.put("order settings", keys::order_settings(), settings, Expected::Any, []).await.map(|_| ())
    }

    /// How many orders there are of each of [`OrderState::ALL`], counted up to `most`. Eventually consistent.
    pub async fn counts(&self, most: u32) -> Result<Vec<u32>> {
        let limit = page_size(most, MAX_ORDERS_PAGE)?;
        let queries = OrderState::ALL.iter().map(|state| self.places_of(*state, None, limit));
        let found = futures::future::try_join_all(queries).await?;
        Ok(found.iter().map(|places| u32::try_from(places.len()).unwrap_or(u32::MAX)).collect())
    }

    /// Orders of a customer whom the CRM counts them for, in no order, 1 to 100.
    pub async fn of_customer(&self, customer: &CustomerId, limit: u32) -> Result<Vec<Order>> {
        let limit = page_size(limit, MAX_ORDERS_PAGE)?;
        let first = keys::counted_orders(customer);
        let query = self
            .table
            .query(&first.pk, &format!(" AND begins_with({}, :orders)", keys::SK))
            .scan_index_forward(false)
            .expression_attribute_values(":orders", text(first.sk.clone()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let id = |item: &body::Item| OrderId::new(body::string(item, keys::SK)?.strip_prefix(first.sk.as_str())?).ok();
        let keys = output.items().iter().filter_map(id).map(|id| keys::order(&id)).collect();
        let items = self.table.items(keys, true).await?;
        items.iter().map(|item| body::decode::<Stored>(KIND, item).map(|read| read.value.order)).collect()
    }

    async fn places_of(&self, state: OrderState, before: Option<&Cursor>, limit: usize) -> Result<Vec<Place>> {
        self.table.places(keys::orders_in(state), First::Highest, before, limit).await
    }
}

pub(crate) fn order_write(table: &Table, stored: &Stored, expected: Expected) -> Result<TransactWriteItem> {
    table.putting(order_item(stored, expected)?, expected)
}

pub(crate) fn order_item(stored: &Stored, expected: Expected) -> Result<Item> {
    let order = &stored.order;
    let mut item = body::encode(keys::order(&order.id), KIND, expected.next(), stored)?;
    item.insert(BY_STATE_PK.to_owned(), AttributeValue::S(keys::orders_in(order.state)));
    let time = match order.held_until.filter(|_| order.state == OrderState::PaymentPending) {
        Some(until) => keys::waiting_order_time(order.placed_at, &order.id, until),
        None => keys::order_time(order.placed_at, &order.id),
    };
    item.insert(BY_STATE_SK.to_owned(), AttributeValue::S(time));
    Ok(item)
}
