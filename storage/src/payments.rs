//! Payments and the callbacks of their providers. A payment lies in its order's item, and so does the list of events that
//! changed it: what a callback changes is one write.

use crate::orders::{self, OrderAndPayment, Stored};
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned, body, keys};
use sha2::{Digest, Sha256};
use stoa_domain::PaymentId;
use stoa_domain::payment::Payment;

const KIND: &str = "payment";
/// Most bytes of a provider's event id.
pub const MAX_EVENT_ID_BYTES: usize = 255;
/// Events remembered of a payment. Only what changed it is remembered, and a payment changes a few times at most; one that fell
/// out of the list finds its change made, and changes nothing.
const MAX_EVENTS: usize = 16;
/// Bytes kept of an event id's digest.
const EVENT_BYTES: usize = 9;

/// The payments of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Payments<'a> {
    pub(crate) table: &'a Table,
}

/// A verified callback and what the domain made of it.
#[derive(Debug, Clone)]
pub struct RecordCallback {
    /// The provider's own id of the event, 1 to 255 bytes.
    pub event_id: String,
    /// Order and payment as they shall be, with the revision they were read at.
    pub changed: OrderAndPayment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackOutcome {
    Recorded,
    /// This event changed things before; nothing was written now.
    AlreadySeen,
}

impl OrderAndPayment {
    /// Whether this event changed the payment before.
    pub fn has_seen(&self, event_id: &str) -> bool {
        self.events().contains(&event(event_id))
    }
}

impl Payments<'_> {
    pub async fn get(&self, id: &PaymentId) -> Result<Option<Versioned<Payment>>> {
        Ok(self.stored(id, true).await?.map(|read| read.map(|stored| stored.payment)))
    }

    /// The payment with its order, in one read.
    pub async fn with_order(&self, id: &PaymentId) -> Result<Option<OrderAndPayment>> {
        Ok(self.stored(id, true).await?.map(OrderAndPayment::of))
    }

    /// The same, eventually consistent, for half the units: enough for whoever writes under the revision and reads again when
    /// that does not hold.
    pub async fn glance(&self, id: &PaymentId) -> Result<Option<OrderAndPayment>> {
        Ok(self.stored(id, false).await?.map(OrderAndPayment::of))
    }

    async fn stored(&self, id: &PaymentId, consistent: bool) -> Result<Option<Versioned<Stored>>> {
        let Some(key) = keys::payment(id) else { return Ok(None) };
        self.table.item(key, consistent).await?.as_ref().map(|item| body::decode(orders::KIND, item)).transpose()
    }

    /// Writes a changed payment over what was read; its order stays as it is.
    pub async fn update(&self, payment: &Versioned<Payment>) -> Result<Revision> {
        let Some(read) = self.with_order(&payment.value.id).await? else {
            return Err(StoreError::NotFound { what: KIND });
        };
        let changed = OrderAndPayment { payment: payment.value.clone(), revision: payment.revision, ..read };
        self.put(changed.revision, &changed.into_stored()).await
    }

    /// Writes payment, order and the event in one item. On [`StoreError::RevisionConflict`] read them again and decide again.
    pub async fn record_callback(&self, callback: RecordCallback) -> Result<CallbackOutcome> {
        let bytes = callback.event_id.len();
        if !(1..=MAX_EVENT_ID_BYTES).contains(&bytes) {
            return Err(StoreError::TooLarge { what: "event id", bytes, max: MAX_EVENT_ID_BYTES });
        }
        if callback.changed.has_seen(&callback.event_id) {
            return Ok(CallbackOutcome::AlreadySeen);
        }
        let revision = callback.changed.revision;
        let mut stored = callback.changed.into_stored();
        stored.events.push(event(&callback.event_id));
        let surplus = stored.events.len().saturating_sub(MAX_EVENTS);
        stored.events.drain(..surplus);
        self.put(revision, &stored).await.map(|_| CallbackOutcome::Recorded)
    }

    /// One item under one condition needs no transaction, which would cost twice as much.
    async fn put(&self, revision: Revision, stored: &Stored) -> Result<Revision> {
        let expected = Expected::Revision(revision);
        self.table.put_item(KIND, orders::order_item(stored, expected)?, expected).await?;
        Ok(expected.next())
    }
}

fn event(id: &str) -> String {
    hex::encode(&Sha256::digest(id)[..EVENT_BYTES])
}
