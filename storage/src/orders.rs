//! Orders. Order, payment, idempotency record, stock and what promotions are used for change in one transaction, when
//! placing and ever after.

use crate::body::{self, number, text};
use crate::calls::Call;
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::keys::{self, BY_STATE, BY_STATE_PK, BY_STATE_SK, Key};
use crate::table::{MAX_TRANSACTION, Reason, Table, TransactError, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Uses, Versioned, carts, promotions, stock};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::Payment;
use stoa_domain::{CartId, OrderId, Sku};

pub(crate) const KIND: &str = "order";
/// Most orders on one page.
pub const MAX_ORDERS_PAGE: u32 = 100;
/// Order, payment, idempotency record, cart and customer take a write each.
pub const MAX_RESERVATIONS: usize = MAX_TRANSACTION - 5;
const _: () = assert!(
    MAX_RESERVATIONS >= stoa_domain::cart::MAX_LINES + promotions::MAX_USES,
    "a full cart can be ordered with all its promotions and codes"
);
const ALL_STATES: [OrderState; 7] = [
    OrderState::PaymentPending,
    OrderState::Paid,
    OrderState::Shipped,
    OrderState::Delivered,
    OrderState::Completed,
    OrderState::Cancelled,
    OrderState::Refunded,
];

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

/// Everything that placing an order writes.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    pub order: Order,
    pub payment: Payment,
    /// Of what was bought and of gifts.
    pub reservations: Vec<Reservation>,
    /// What it counts of promotions, codes and its customer.
    pub uses: Uses,
    /// Removed with the order, if it is still what the order was made of.
    pub cart: (CartId, Revision),
    pub idempotency: IdempotencyKey,
    /// A digest of the request.
    pub request_hash: String,
    /// What the shopper is answered, kept for the same request coming again.
    pub response: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    New,
    /// The same request was placed before and answered with this. Nothing was written now.
    Same(String),
}

/// What a change of state does to the stock the order holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockEffect {
    Keep,
    /// Back to the shelf, and what promotions were used for is given back: the order was cancelled.
    Release,
    /// Out of the house: it was shipped.
    Consume,
}

/// An order as it shall be, written only over what was read.
#[derive(Debug, Clone)]
pub struct UpdateOrder {
    pub order: Order,
    pub revision: Revision,
    /// Changes with it.
    pub payment: Option<Versioned<Payment>>,
    pub stock: StockEffect,
}

/// What is stored: the order, and what it still holds of the stock and of promotions.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) order: Order,
    pub(crate) holds: Vec<Reservation>,
    #[serde(default)]
    pub(crate) uses: Uses,
}

impl Orders<'_> {
    /// Places the order in one transaction. [`StoreError::OutOfStock`], [`StoreError::IdempotencyKeyReused`],
    /// [`StoreError::RevisionConflict`] of the cart, [`StoreError::PromotionUsedUp`].
    pub async fn place(&self, place: PlaceOrder) -> Result<Placed> {
        let (holds, uses) = (merged(place.reservations), place.uses);
        let counted = promotions::take(self.table, &uses)?;
        let limited = uses.promotions.len() + uses.codes.len();
        if holds.len() + limited > MAX_RESERVATIONS {
            return Err(StoreError::TooManyLines { max: MAX_RESERVATIONS });
        }
        let answered = idempotency::answered(&place.idempotency, &place.request_hash, &place.response)?;
        let (unanswered, values) = idempotency::unanswered(&place.request_hash);
        let stored = Stored { order: place.order, holds, uses };
        let mut writes = vec![
            self.table.put_if(answered, Some(unanswered), Some(values))?,
            self.table.deleting(keys::cart(&place.cart.0), Expected::Revision(place.cart.1))?,
            order_write(self.table, &stored, Expected::Absent)?,
            crate::payments::write(self.table, &place.payment, Expected::Absent)?,
        ];
        let first_hold = writes.len();
        for hold in &stored.holds {
            writes.push(stock::reserve(self.table, &hold.sku, hold.quantity, hold.beyond_stock)?);
        }
        let first_use = writes.len();
        writes.extend(counted);
        let reasons = match self.table.transact(writes).await {
            Ok(()) => return Ok(Placed::New),
            Err(TransactError::Store(error)) => return Err(error),
            Err(TransactError::Cancelled(reasons)) => reasons,
        };
        // The record first: when the request comes again, its cart and perhaps the stock are gone too.
        if let Some(Reason { item: Some(item), .. }) = reasons.first().filter(|r| r.failed_condition()) {
            return match idempotency::judge(item, &place.request_hash, i64::MIN) {
                Begun::Same(response) => Ok(Placed::Same(response)),
                Begun::Different => Err(StoreError::IdempotencyKeyReused),
                Begun::New | Begun::InFlight => Err(StoreError::RevisionConflict { what: KIND }),
            };
        }
        if reasons.get(1).is_some_and(Reason::failed_condition) {
            return Err(StoreError::RevisionConflict { what: carts::KIND });
        }
        for (hold, reason) in stored.holds.iter().zip(reasons.iter().skip(first_hold)) {
            if reason.failed_condition() {
                let available = stock::available(reason.item.as_ref());
                return Err(StoreError::OutOfStock { sku: hold.sku.clone(), available });
            }
        }
        if reasons.iter().skip(first_use).any(Reason::failed_condition) {
            return Err(StoreError::PromotionUsedUp);
        }
        Err(StoreError::RevisionConflict { what: KIND })
    }

    pub async fn get(&self, id: &OrderId) -> Result<Option<Versioned<Order>>> {
        Ok(self.stored(id).await?.map(|stored| stored.map(|s| s.order)))
    }

    pub(crate) async fn stored(&self, id: &OrderId) -> Result<Option<Versioned<Stored>>> {
        self.table.get(KIND, keys::order(id)).await
    }

    /// Writes a changed order, its payment and its stock in one transaction.
    pub async fn update(&self, update: UpdateOrder) -> Result<Revision> {
        let expected = Expected::Revision(update.revision);
        let (mut writes, _) = self.changes(update.order, update.revision, update.stock).await?;
        if let Some(payment) = &update.payment {
            writes.push(crate::payments::write(self.table, &payment.value, payment.unchanged())?);
        }
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(expected.next())
    }

    /// The writes that turn the stored order into this one. What an order no longer holds is not moved again.
    pub(crate) async fn changes(
        &self,
        order: Order,
        revision: Revision,
        effect: StockEffect,
    ) -> Result<(Vec<TransactWriteItem>, Order)> {
        let stored = self.stored(&order.id).await?.ok_or(StoreError::NotFound { what: KIND })?;
        let Stored { mut holds, mut uses, .. } = stored.value;
        let moved = if effect == StockEffect::Keep { Vec::new() } else { std::mem::take(&mut holds) };
        let returned = if effect == StockEffect::Release { std::mem::take(&mut uses) } else { Uses::default() };
        let stored = Stored { order, holds, uses };
        let mut writes = vec![order_write(self.table, &stored, Expected::Revision(revision))?];
        writes.extend(promotions::give_back(self.table, &returned)?);
        for hold in moved {
            writes.push(match effect {
                StockEffect::Consume => stock::consume(self.table, &hold.sku, hold.quantity)?,
                StockEffect::Release | StockEffect::Keep => stock::release(self.table, &hold.sku, hold.quantity)?,
            });
        }
        Ok((writes, stored.order))
    }

    /// Newest first, of one state or all, 1 to 100 a page. Eventually consistent, as the index is.
    pub async fn list(
        &self,
        state: Option<OrderState>,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Versioned<Order>>> {
        let limit = page_size(limit, MAX_ORDERS_PAGE)?;
        let states = state.as_ref().map_or(&ALL_STATES[..], std::slice::from_ref);
        // One more than asked from each: whether there is a next page is then known.
        let queries = states.iter().map(|state| self.keys_in(*state, cursor, limit + 1));
        let mut found: Vec<(String, Key)> = futures::future::try_join_all(queries).await?.concat();
        found.sort_by(|a, b| b.0.cmp(&a.0));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(at, _)| Cursor(at.clone()));
        let mut orders: HashMap<String, Versioned<Order>> = HashMap::new();
        for item in self.table.items(found.iter().map(|(_, key)| key.clone()).collect(), true).await? {
            let read = body::decode::<Stored>(KIND, &item)?.map(|stored| stored.order);
            orders.insert(keys::order(&read.value.id).pk, read);
        }
        Ok(Page { items: found.iter().filter_map(|(_, key)| orders.remove(&key.pk)).collect(), next })
    }

    async fn keys_in(&self, state: OrderState, before: Option<&Cursor>, limit: usize) -> Result<Vec<(String, Key)>> {
        let mut query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(BY_STATE)
            .scan_index_forward(false)
            .expression_attribute_values(":state", text(keys::orders_in(state)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        query = match before {
            None => query.key_condition_expression(format!("{BY_STATE_PK} = :state")),
            Some(cursor) => query
                .key_condition_expression(format!("{BY_STATE_PK} = :state AND {BY_STATE_SK} < :before"))
                .expression_attribute_values(":before", text(cursor.as_str())),
        };
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let part = |item: &body::Item, name: &str| body::string(item, name).unwrap_or_default().to_owned();
        Ok(output
            .items()
            .iter()
            .map(|item| (part(item, BY_STATE_SK), Key { pk: part(item, keys::PK), sk: part(item, keys::SK) }))
            .collect())
    }
}

fn order_write(table: &Table, stored: &Stored, expected: Expected) -> Result<TransactWriteItem> {
    let order = &stored.order;
    let mut item = body::encode(keys::order(&order.id), KIND, expected.next(), stored)?;
    item.insert(BY_STATE_PK.to_owned(), AttributeValue::S(keys::orders_in(order.state)));
    item.insert(BY_STATE_SK.to_owned(), AttributeValue::S(keys::order_time(order.placed_at, &order.id)));
    item.insert("total_minor".to_owned(), number(order.quote.total.minor));
    table.putting(item, expected)
}

/// One hold a SKU: a transaction may touch an item once.
fn merged(reservations: Vec<Reservation>) -> Vec<Reservation> {
    let mut holds: Vec<Reservation> = Vec::with_capacity(reservations.len());
    for reservation in reservations {
        match holds.iter_mut().find(|h| h.sku == reservation.sku) {
            Some(hold) => {
                hold.quantity = hold.quantity.saturating_add(reservation.quantity);
                hold.beyond_stock &= reservation.beyond_stock;
            }
            None => holds.push(reservation),
        }
    }
    holds
}
