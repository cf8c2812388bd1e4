//! Placing an order: everything it changes is one transaction.

use super::{KIND, MAX_RESERVATIONS, Orders, Reservation, Stored, order_write};
use crate::idempotency::{self, Begun, IdempotencyKey};
use crate::table::{Reason, TransactError};
use crate::{Expected, Result, Revision, StoreError, Uses, carts, keys, promotions, stock};
use stoa_domain::CartId;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;

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
