//! Payments and the callbacks of their providers. A callback may come twice, late or out of order: which were seen is
//! stored with what they changed.

use crate::body::{self, text};
use crate::keys;
use crate::orders::Orders;
use crate::table::{Reason, Table, TransactError};
use crate::{Expected, Result, Revision, StockEffect, StoreError, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use stoa_domain::PaymentId;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;

const KIND: &str = "payment";
/// Most bytes of a provider's event id.
pub const MAX_EVENT_ID_BYTES: usize = 255;

/// The payments of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Payments<'a> {
    pub(crate) table: &'a Table,
}

/// The order that changes with a payment.
#[derive(Debug, Clone)]
pub struct OrderChange {
    pub order: Order,
    /// As it was read.
    pub revision: Revision,
    pub stock: StockEffect,
}

/// A verified callback and what the domain made of it.
#[derive(Debug, Clone)]
pub struct RecordCallback {
    /// The provider's own id of the event, 1 to 255 bytes.
    pub event_id: String,
    /// The payment as it shall be, with the revision it was read at.
    pub payment: Versioned<Payment>,
    /// None: the order stays as it is.
    pub order: Option<OrderChange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackOutcome {
    Recorded,
    /// This event changed things before; nothing was written now.
    AlreadySeen,
}

impl Payments<'_> {
    pub async fn get(&self, id: &PaymentId) -> Result<Option<Versioned<Payment>>> {
        self.table.get(KIND, keys::payment(id)).await
    }

    /// Writes a changed payment over what was read; its order stays as it is.
    pub async fn update(&self, payment: &Versioned<Payment>) -> Result<Revision> {
        let expected = payment.unchanged();
        let writes = vec![write(self.table, &payment.value, expected)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(expected.next())
    }

    /// Writes payment, order, stock and the event's id in one transaction. On [`StoreError::RevisionConflict`] read
    /// payment and order again and decide again.
    pub async fn record_callback(&self, callback: RecordCallback) -> Result<CallbackOutcome> {
        let bytes = callback.event_id.len();
        if !(1..=MAX_EVENT_ID_BYTES).contains(&bytes) {
            return Err(StoreError::TooLarge { what: "event id", bytes, max: MAX_EVENT_ID_BYTES });
        }
        let payment = &callback.payment;
        let mut seen = body::key_item(keys::payment_event(&payment.value.id, &callback.event_id));
        seen.insert(body::KIND.to_owned(), text("payment_event"));
        let mut writes =
            vec![self.table.putting(seen, Expected::Absent)?, write(self.table, &payment.value, payment.unchanged())?];
        if let Some(change) = callback.order {
            let orders = Orders { table: self.table };
            writes.extend(orders.changes(change.order, change.revision, change.stock).await?.0);
        }
        match self.table.transact(writes).await {
            Ok(()) => Ok(CallbackOutcome::Recorded),
            Err(TransactError::Store(error)) => Err(error),
            Err(TransactError::Cancelled(reasons)) if reasons.first().is_some_and(Reason::failed_condition) => {
                Ok(CallbackOutcome::AlreadySeen)
            }
            Err(TransactError::Cancelled(_)) => Err(StoreError::RevisionConflict { what: KIND }),
        }
    }
}

pub(crate) fn write(table: &Table, payment: &Payment, expected: Expected) -> Result<TransactWriteItem> {
    table.putting(body::encode(keys::payment(&payment.id), KIND, expected.next(), payment)?, expected)
}
