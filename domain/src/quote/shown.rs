//! What a shopper was shown of a quote, and what is different when it is priced again: an order takes what was shown, or
//! is refused with these differences.

use super::Quote;
use crate::{Currency, Money, Sku};
use serde::{Deserialize, Serialize};

/// A quote in as few words as will do to compare it. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    currency: Currency,
    /// Quantity, unit price, total after discounts.
    lines: Vec<(Sku, u32, i64, i64)>,
    gifts: Vec<(Sku, u32)>,
    /// What shipping costs after discounts; none where no method was chosen.
    shipping: Option<i64>,
    /// None where the quote said nothing of taxes.
    tax: Option<i64>,
    total: i64,
}

/// One thing that is not as it was shown. Amounts and quantities are none where there was, or is, no such thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub what: What,
    /// Of lines and gifts.
    pub sku: Option<Sku>,
    pub before: Option<Money>,
    pub now: Option<Money>,
    pub quantity_before: Option<u32>,
    pub quantity_now: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    LineAdded,
    LineRemoved,
    Quantity,
    UnitPrice,
    /// The line costs another amount at the same price: its promotions changed.
    Discount,
    Gift,
    Shipping,
    Tax,
    Total,
}

impl Shown {
    pub fn of(quote: &Quote) -> Self {
        let line = |line: &super::QuoteLine| (line.sku.clone(), line.quantity, line.unit_price.minor, line.total.minor);
        Self {
            currency: quote.total.currency,
            lines: quote.lines.iter().map(line).collect(),
            gifts: quote.gifts.iter().map(|gift| (gift.sku.clone(), gift.quantity)).collect(),
            shipping: quote.shipping.as_ref().map(|shipping| shipping.total.minor),
            tax: quote.tax.as_ref().map(|tax| tax.total.minor),
            total: quote.total.minor,
        }
    }

    /// Everything that differs, lines first and the total last; empty where the quote is as it was shown.
    pub fn changes(&self, now: &Quote) -> Vec<Change> {
        let now = Self::of(now);
        let mut changes = Vec::new();
        let money = |shown: &Self, minor: i64| Money::new(minor, shown.currency);
        let plain = |what, sku: Option<&Sku>| Change {
            what,
            sku: sku.cloned(),
            before: None,
            now: None,
            quantity_before: None,
            quantity_now: None,
        };
        for (sku, quantity, unit, total) in &self.lines {
            let Some((_, quantity_now, unit_now, total_now)) = now.lines.iter().find(|line| line.0 == *sku) else {
                let (before, quantity_before) = (Some(money(self, *total)), Some(*quantity));
                changes.push(Change { before, quantity_before, ..plain(What::LineRemoved, Some(sku)) });
                continue;
            };
            let same_currency = self.currency == now.currency;
            let (what, before, after) = if quantity != quantity_now {
                (What::Quantity, total, total_now)
            } else if unit != unit_now || !same_currency {
                (What::UnitPrice, unit, unit_now)
            } else if total != total_now {
                (What::Discount, total, total_now)
            } else {
                continue;
            };
            changes.push(Change {
                before: Some(money(self, *before)),
                now: Some(money(&now, *after)),
                quantity_before: Some(*quantity),
                quantity_now: Some(*quantity_now),
                ..plain(what, Some(sku))
            });
        }
        for (sku, quantity, _, total) in &now.lines {
            if self.lines.iter().all(|line| line.0 != *sku) {
                let (now, quantity_now) = (Some(money(&now, *total)), Some(*quantity));
                changes.push(Change { now, quantity_now, ..plain(What::LineAdded, Some(sku)) });
            }
        }
        let pieces =
            |gifts: &[(Sku, u32)], sku: &Sku| gifts.iter().filter(|gift| gift.0 == *sku).map(|gift| gift.1).sum();
        let mut given: Vec<&Sku> = self.gifts.iter().chain(&now.gifts).map(|gift| &gift.0).collect();
        given.sort();
        given.dedup();
        for sku in given {
            let (before, after): (u32, u32) = (pieces(&self.gifts, sku), pieces(&now.gifts, sku));
            if before != after {
                let (quantity_before, quantity_now) = (Some(before), Some(after));
                changes.push(Change { quantity_before, quantity_now, ..plain(What::Gift, Some(sku)) });
            }
        }
        let mut amount = |what, before: Option<i64>, after: Option<i64>| {
            if before != after || before.is_some() && self.currency != now.currency {
                let (before, now) = (before.map(|minor| money(self, minor)), after.map(|minor| money(&now, minor)));
                changes.push(Change { before, now, ..plain(what, None) });
            }
        };
        amount(What::Shipping, self.shipping, now.shipping);
        amount(What::Tax, self.tax, now.tax);
        amount(What::Total, Some(self.total), Some(now.total));
        changes
    }
}
