//! Placing an order: everything it changes is one transaction.

use super::{KIND, MAX_RESERVATIONS, Orders, Reservation, Stored, order_write};
use crate::table::{Reason, TransactError};
use crate::{Expected, Result, Revision, StoreError, Uses, body, carts, keys, promotions, stock};
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;
use stoa_domain::{CartId, Locale, OrderId};

/// Everything that placing an order writes.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// Its id follows from `key`: the order itself is the record that it was placed.
    pub order: Order,
    /// The order's own ([`OrderId::payment`]).
    pub payment: Payment,
    /// Of what was bought and of gifts.
    pub reservations: Vec<Reservation>,
    /// What it counts of promotions, codes and its customer.
    pub uses: Uses,
    /// Removed with the order, if it is still what the order was made of.
    pub cart: (CartId, Revision),
    /// A digest of who asks and of their key for this request.
    pub key: String,
    /// A digest of the request.
    pub request_hash: String,
    /// The shop's own language now: addresses in the answer depend on it.
    pub shop_locale: Locale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    New,
    /// The same request placed an order before. Nothing was written now.
    Same(Box<PlacedBefore>),
}

/// What the answer to a request that placed an order is made of, at any later time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedBefore {
    pub order: Order,
    pub payment: Payment,
    pub shop_locale: Locale,
}

impl Orders<'_> {
    /// Places the order in one transaction. [`StoreError::OutOfStock`], [`StoreError::IdempotencyKeyReused`],
    /// [`StoreError::RevisionConflict`] of the cart, [`StoreError::PromotionUsedUp`], [`StoreError::OrderNumberTaken`] where the
    /// order that has this id was placed under another key.
    pub async fn place(&self, place: PlaceOrder) -> Result<Placed> {
        let (holds, uses) = (merged(place.reservations), place.uses);
        let counted = promotions::take(self.table, &uses)?;
        let limited = uses.promotions.len() + uses.codes.len();
        if holds.len() + limited > MAX_RESERVATIONS {
            return Err(StoreError::TooManyLines { max: MAX_RESERVATIONS });
        }
        if place.order.id.payment().as_ref() != Some(&place.payment.id) || place.payment.order != place.order.id {
            let why = "an order and its payment must have each other's id";
            return Err(StoreError::Corrupt { what: KIND, why: why.to_owned() });
        }
        let (key, request, shop_locale) = (place.key, place.request_hash, place.shop_locale);
        let (order, payment, events) = (place.order, place.payment, Vec::new());
        let stored = Stored { order, payment, holds, uses, key, request, shop_locale, events };
        let mut writes = vec![
            order_write(self.table, &stored, Expected::Absent)?,
            self.table.deleting(keys::cart(&place.cart.0), Expected::Revision(place.cart.1))?,
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
        // The order first: when the request comes again, its cart and perhaps the stock are gone too.
        if let Some(Reason { item: Some(item), .. }) = reasons.first().filter(|r| r.failed_condition()) {
            return same(body::decode::<Stored>(KIND, item)?.value, &stored.key, &stored.request).map(Placed::Same);
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

    /// What this request placed before, if it did. [`StoreError::IdempotencyKeyReused`] when it was another request under the
    /// same key, [`StoreError::OrderNumberTaken`] when the order is another key's.
    pub async fn placed(&self, id: &OrderId, key: &str, request_hash: &str) -> Result<Option<Box<PlacedBefore>>> {
        self.stored(id).await?.map(|read| same(read.value, key, request_hash)).transpose()
    }
}

fn same(before: Stored, key: &str, request_hash: &str) -> Result<Box<PlacedBefore>> {
    let Stored { order, payment, key: its_key, request, shop_locale, .. } = before;
    if its_key != key {
        return Err(StoreError::OrderNumberTaken);
    }
    if request != request_hash {
        return Err(StoreError::IdempotencyKeyReused);
    }
    Ok(Box::new(PlacedBefore { order, payment, shop_locale }))
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
