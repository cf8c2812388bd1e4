//! What was paid for what: the total of an order, split over its lines and its shipping, to the last minor unit.

use super::{Order, OrderState};
use crate::Money;

/// The parts sum to what was paid.
pub(super) struct Shares {
    /// As the order's lines, one for one.
    pub(super) lines: Vec<Money>,
    pub(super) shipping: Money,
}

impl Order {
    /// All that was paid for it; zero before.
    pub fn paid(&self) -> Money {
        use OrderState::{Cancelled, PaymentPending};
        let ever = !matches!(self.state, PaymentPending | Cancelled)
            || self.timeline.iter().any(|event| event.to == OrderState::Paid);
        if ever { self.quote.total } else { Money::zero(self.quote.total.currency) }
    }

    /// By line and for shipping, after discounts and with the taxes that came on top. Where those were rounded for the
    /// order as a whole, the difference goes to the largest remainders.
    pub(super) fn shares(&self) -> Shares {
        let on_top = self.quote.tax.as_ref().filter(|tax| !tax.included);
        let line_tax = |position: usize| {
            let line = self.lines.get(position)?;
            let quoted = self.quote.lines.iter().position(|quoted| quoted.sku == line.sku)?;
            Some(on_top.filter(|_| line.gift.is_none())?.lines.get(quoted)?.tax.minor)
        };
        let weight = |minor: i64, tax: Option<i64>| {
            u64::try_from(minor).unwrap_or(0).saturating_add(u64::try_from(tax.unwrap_or(0)).unwrap_or(0))
        };
        let lines = self.lines.iter().enumerate().map(|(i, line)| weight(line.total.minor, line_tax(i)));
        let shipping = self.quote.shipping.as_ref().map_or(0, |shipping| {
            weight(shipping.total.minor, on_top.and_then(|tax| tax.shipping.as_ref()).map(|tax| tax.tax.minor))
        });
        let weights: Vec<u64> = lines.chain(std::iter::once(shipping)).collect();
        let mut parts = self.paid().allocate(&weights);
        let shipping = parts.pop().unwrap_or(Money::zero(self.quote.total.currency));
        Shares { lines: parts, shipping }
    }
}

/// What the first `pieces` of `of` cost together, when all of them cost `whole`: the odd units are the first pieces'.
pub(super) fn first_pieces(whole: Money, pieces: u32, of: u32) -> Money {
    let of = i64::from(of.max(1));
    let pieces = i64::from(pieces).min(of);
    // At most `whole`, so nothing overflows.
    Money { minor: whole.minor / of * pieces + pieces.min(whole.minor % of), ..whole }
}
