//! The pieces of an order's lines: which left, which never will, and what that does to the stock.

use super::{Order, OrderRefusal, OrderState};
use crate::Sku;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Some pieces of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinePieces {
    /// The line's position in the order, counted from 0.
    pub line: u32,
    pub quantity: u32,
}

/// What happens to pieces on the shelf. Where stock is not counted nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    pub sku: Sku,
    pub quantity: u32,
    pub kind: StockMoveKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StockMoveKind {
    /// Held for the order, and out of the house now.
    Consume,
    /// Held for the order, and on sale again.
    Release,
    /// Left the house before, came back, and is on sale again.
    Restock,
    /// On sale, and out of the house now: sent instead of what came back.
    Take,
}

impl Order {
    /// Pieces of a line that are in a shipment; what was sent instead of others is not counted again.
    pub fn shipped(&self, line: u32) -> u32 {
        let first = self.shipments.iter().filter(|shipment| shipment.replaces.is_none());
        let lines = first.flat_map(|shipment| &shipment.lines);
        lines.filter(|pieces| pieces.line == line).map(|pieces| pieces.quantity).sum()
    }

    /// Pieces of a line that are paid back or being paid back.
    pub fn refunded_pieces(&self, line: u32) -> u32 {
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        lines.filter(|refunded| refunded.line == line).map(|refunded| refunded.quantity).sum()
    }

    /// Pieces of a line that are still to be shipped.
    pub fn to_ship(&self, line: u32) -> u32 {
        use OrderState::{Cancelled, RefundPending, Refunded};
        // Orders of before there were shipments say by their state alone that everything left.
        let over = matches!(self.state, Cancelled | RefundPending | Refunded);
        if over || (self.has_left() && self.shipments.is_empty()) {
            return 0;
        }
        self.not_left(line)
    }

    fn has_left(&self) -> bool {
        matches!(self.state, OrderState::Shipped | OrderState::Delivered | OrderState::Completed)
    }

    /// Neither shipped nor dropped by a refund.
    pub(super) fn not_left(&self, line: u32) -> u32 {
        let ordered = self.line(line).map_or(0, |line| line.quantity);
        let refunds = self.refunds.iter().flat_map(|refund| &refund.lines);
        let dropped: u32 = refunds.filter(|refunded| refunded.line == line).map(|refunded| refunded.dropped).sum();
        ordered.saturating_sub(self.shipped(line)).saturating_sub(dropped)
    }

    /// Everything that is still to be shipped.
    pub fn all_to_ship(&self) -> Vec<LinePieces> {
        let all = self.positions().map(|line| LinePieces { line, quantity: self.to_ship(line) });
        all.filter(|pieces| pieces.quantity > 0).collect()
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn line(&self, line: u32) -> Option<&super::OrderLine> {
        self.lines.get(usize::try_from(line).ok()?)
    }

    /// Refuses lines that are not there, named twice, or without that many pieces left.
    pub(super) fn check_pieces(&self, asked: &[LinePieces], left: impl Fn(u32) -> u32) -> Result<(), OrderRefusal> {
        let mut seen = std::collections::BTreeSet::new();
        for LinePieces { line, quantity } in asked.iter().copied() {
            if self.line(line).is_none() {
                return Err(OrderRefusal::UnknownLine { line, lines: self.lines.len() });
            }
            if !seen.insert(line) {
                return Err(OrderRefusal::RepeatedLine { line });
            }
            let left = left(line);
            if quantity == 0 || quantity > left {
                return Err(OrderRefusal::TooManyPieces { line, asked: quantity, left });
            }
        }
        Ok(())
    }

    /// One move for each SKU and kind: a bought and a given piece may be of the same SKU.
    pub(super) fn moves(&self, pieces: impl IntoIterator<Item = (u32, u32, StockMoveKind)>) -> Vec<StockMove> {
        let mut sums: BTreeMap<(Sku, StockMoveKind), u32> = BTreeMap::new();
        for (line, quantity, kind) in pieces {
            if let Some(line) = self.line(line).filter(|_| quantity > 0) {
                *sums.entry((line.sku.clone(), kind)).or_default() += quantity;
            }
        }
        sums.into_iter().map(|((sku, kind), quantity)| StockMove { sku, quantity, kind }).collect()
    }
}
