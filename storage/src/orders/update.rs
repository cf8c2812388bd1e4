//! Changing an order that was placed: with its payment, its stock and what it used of promotions, in one transaction.

use super::{KIND, Orders, order_write};
use crate::{Expected, Result, Revision, StoreError, Uses, Versioned, promotions, stock};
use aws_sdk_dynamodb::types::TransactWriteItem;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;

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
    /// Changes with it; of the order's own revision.
    pub payment: Option<Versioned<Payment>>,
    pub stock: StockEffect,
}

impl Orders<'_> {
    /// Writes a changed order, its payment and its stock in one transaction.
    pub async fn update(&self, update: UpdateOrder) -> Result<Revision> {
        let expected = Expected::Revision(update.revision);
        if update.payment.as_ref().is_some_and(|payment| payment.revision != update.revision) {
            return Err(StoreError::RevisionConflict { what: KIND });
        }
        let payment = update.payment.map(|payment| payment.value);
        let writes = self.changes(update.order, payment, update.revision, update.stock).await?;
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(expected.next())
    }

    /// The writes that turn the stored order into this one. What an order no longer holds is not moved again.
    async fn changes(
        &self,
        order: Order,
        payment: Option<Payment>,
        revision: Revision,
        effect: StockEffect,
    ) -> Result<Vec<TransactWriteItem>> {
        let mut stored = self.stored(&order.id).await?.ok_or(StoreError::NotFound { what: KIND })?.value;
        stored.order = order;
        stored.payment = payment.unwrap_or(stored.payment);
        let moved = if effect == StockEffect::Keep { Vec::new() } else { std::mem::take(&mut stored.holds) };
        let returned = if effect == StockEffect::Release { std::mem::take(&mut stored.uses) } else { Uses::default() };
        let mut writes = vec![order_write(self.table, &stored, Expected::Revision(revision))?];
        writes.extend(promotions::give_back(self.table, &returned)?);
        for hold in moved {
            writes.push(match effect {
                StockEffect::Consume => stock::consume(self.table, &hold.sku, hold.quantity)?,
                StockEffect::Release | StockEffect::Keep => stock::release(self.table, &hold.sku, hold.quantity)?,
            });
        }
        Ok(writes)
    }
}
