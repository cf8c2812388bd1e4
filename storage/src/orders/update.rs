//! Changing an order that was placed: with its payment, its stock, its refunds and what it used of promotions, in one
//! transaction.

use super::{KIND, Orders, Reservation, invoices, order_write, parcels, refunds};
use crate::body;
use crate::keys::PK;
use crate::stock::{self, Moved};
use crate::table::{Reason, TransactError};
use crate::{Expected, Result, Revision, StoreError, Uses, Versioned, promotions};
use aws_sdk_dynamodb::types::TransactWriteItem;
use std::collections::BTreeMap;
use stoa_domain::Sku;
use stoa_domain::order::{Order, StockMove, StockMoveKind};
use stoa_domain::payment::Payment;

/// What a change of an order does to the stock. Of what an order holds no piece is ever moved twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockEffect {
    Keep,
    /// All that it holds goes back to the shelf, and what promotions were used for is given back: the order was cancelled.
    Release,
    /// All that it holds leaves the house.
    Consume,
    /// Some pieces. Where stock is not counted, or no piece is held any more, nothing moves.
    Pieces(Vec<StockMove>),
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
    /// Writes a changed order, its payment, its stock and its refunds in one transaction.
    pub async fn update(&self, update: UpdateOrder) -> Result<Revision> {
        let expected = Expected::Revision(update.revision);
        if update.payment.as_ref().is_some_and(|payment| payment.revision != update.revision) {
            return Err(StoreError::RevisionConflict { what: KIND });
        }
        let payment = update.payment.map(|payment| payment.value);
        let writes = self.changes(update.order, payment, update.revision, update.stock).await?;
        match self.table.transact(writes).await {
            Ok(()) => Ok(expected.next()),
            Err(TransactError::Store(error)) => Err(error),
            Err(TransactError::Cancelled(reasons)) => Err(refused(&reasons)),
        }
    }

    /// The writes that turn the stored order into this one, the order's own first.
    async fn changes(
        &self,
        order: Order,
        payment: Option<Payment>,
        revision: Revision,
        effect: StockEffect,
    ) -> Result<Vec<TransactWriteItem>> {
        let mut stored = self.stored(&order.id).await?.ok_or(StoreError::NotFound { what: KIND })?.value;
        let before = std::mem::replace(&mut stored.order, order);
        stored.payment = payment.unwrap_or(stored.payment);
        let returned = if effect == StockEffect::Release { std::mem::take(&mut stored.uses) } else { Uses::default() };
        let moved = moved(&mut stored.holds, effect);
        let mut writes = vec![order_write(self.table, &stored, Expected::Revision(revision))?];
        writes.extend(promotions::give_back(self.table, &returned)?);
        for (sku, moved) in moved {
            writes.push(stock::moving(self.table, &sku, moved)?);
        }
        writes.extend(refunds::writes(self.table, &before, &stored.order)?);
        writes.extend(parcels::writes(self.table, &before, &stored.order)?);
        writes.extend(invoices::writes(self.table, &before, &stored.order)?);
        Ok(writes)
    }
}

/// Takes out of what an order holds, and says what that is for each SKU. A hold of nothing stays: that its stock is
/// counted is what brings goods back to it.
fn moved(holds: &mut [Reservation], effect: StockEffect) -> BTreeMap<Sku, Moved> {
    let all = |holds: &[Reservation], kind| {
        let held = holds.iter().map(|hold| StockMove { sku: hold.sku.clone(), quantity: hold.quantity, kind });
        held.collect::<Vec<_>>()
    };
    let moves = match effect {
        StockEffect::Keep => Vec::new(),
        StockEffect::Release => all(holds, StockMoveKind::Release),
        StockEffect::Consume => all(holds, StockMoveKind::Consume),
        StockEffect::Pieces(moves) => moves,
    };
    let mut sums: BTreeMap<Sku, Moved> = BTreeMap::new();
    for StockMove { sku, quantity, kind } in moves {
        let mut of_sku = holds.iter_mut().filter(|hold| hold.sku == sku).peekable();
        if of_sku.peek().is_none() {
            continue;
        }
        let held = matches!(kind, StockMoveKind::Consume | StockMoveKind::Release);
        let taken = if held { take(of_sku, quantity) } else { quantity };
        let sum = sums.entry(sku).or_default();
        match kind {
            StockMoveKind::Consume => sum.consumed += taken,
            StockMoveKind::Release => sum.released += taken,
            StockMoveKind::Restock => sum.restocked += taken,
            StockMoveKind::Take => sum.taken += taken,
        }
    }
    sums.retain(|_, moved| *moved != Moved::default());
    sums
}

/// Takes so many pieces out of the holds of one SKU; answers how many there were. Bought and given pieces of one SKU are
/// held apart.
fn take<'a>(holds: impl Iterator<Item = &'a mut Reservation>, mut wanted: u32) -> u32 {
    let mut taken = 0;
    for hold in holds {
        let here = hold.quantity.min(wanted);
        hold.quantity -= here;
        wanted -= here;
        taken += here;
    }
    taken
}

/// Which write was refused says why; where the order itself was, nothing else counts.
fn refused(reasons: &[Reason]) -> StoreError {
    let conflict = StoreError::RevisionConflict { what: KIND };
    if reasons.first().is_none_or(Reason::failed_condition) {
        return conflict;
    }
    let Some(failed) = reasons.iter().find(|reason| reason.failed_condition()) else { return conflict };
    let part = |name| failed.item.as_ref().and_then(|item| body::string(item, name)).unwrap_or_default();
    let id = part(PK);
    match part(body::KIND) {
        stock::KIND => match id.strip_prefix("SKU#").map(Sku::new) {
            Some(Ok(sku)) => StoreError::StockNotThere { sku },
            _ => conflict,
        },
        refunds::KIND => StoreError::RefundIdTaken { id: id.trim_start_matches(crate::keys::REFUND).to_owned() },
        _ => conflict,
    }
}
