//! Changing an order that was placed: with its payment, its stock and what it used of promotions, in one transaction.

use super::{KIND, Orders, Stored, order_write};
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
    /// Changes with it.
    pub payment: Option<Versioned<Payment>>,
    pub stock: StockEffect,
}

impl Orders<'_> {
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
}
