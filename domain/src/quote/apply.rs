//! From what promotions propose to what they take off. Whatever is refused is said once, with its code.

use super::{Allocation, PromotionMessage, Quote, QuoteError, QuoteLine, RefusedOperation};
use crate::promotion::{DiscountValue, MAX_OPERATIONS, MAX_REASON_CHARS, Operation, Proposal};
use crate::{Money, PromotionId, Sku};

/// The operations whose form is in order, by promotion id, then as their promotion gave them.
pub(super) struct Promotions<'a> {
    operations: Vec<(&'a Proposal, &'a Operation)>,
}

/// One discount, whatever it applies to.
#[derive(Clone, Copy)]
struct Discount<'a> {
    by: &'a Proposal,
    value: DiscountValue,
    reason: &'a str,
}

impl<'a> Promotions<'a> {
    pub(super) fn check(proposals: &'a [Proposal], refused: &mut Vec<RefusedOperation>) -> Self {
        let mut sorted: Vec<&Proposal> = proposals.iter().collect();
        sorted.sort_by(|a, b| a.promotion.cmp(&b.promotion));
        let mut operations = Vec::new();
        let mut last: Option<&PromotionId> = None;
        for proposal in sorted {
            let promotion = &proposal.promotion;
            if last.replace(promotion) == Some(promotion) {
                let message = "a promotion answers once".to_owned();
                refused.push(refusal(promotion, "repeated_promotion", message));
                continue;
            }
            let count = proposal.operations.len();
            if count > MAX_OPERATIONS {
                let message = format!("a promotion may propose at most {MAX_OPERATIONS} operations, got {count}");
                refused.push(refusal(promotion, "too_many_operations", message));
                continue;
            }
            for operation in &proposal.operations {
                match malformed(operation) {
                    Some((code, message)) => refused.push(refusal(promotion, code, message)),
                    None => operations.push((proposal, operation)),
                }
            }
        }
        Self { operations }
    }

    pub(super) fn discount_lines(&self, quote: &mut Quote) -> Result<(), QuoteError> {
        for (by, operation) in &self.operations {
            let Operation::DiscountLine { sku, value, reason } = operation else { continue };
            match quote.lines.iter_mut().find(|line| &line.sku == sku) {
                None => quote.refused.push(unknown_sku(&by.promotion, sku)),
                Some(line) => {
                    let discount = Discount { by, value: *value, reason };
                    let amount = discount.of(line.total);
                    if amount.is_zero() {
                        quote.refused.push(nothing_to_discount(&by.promotion, sku.as_str()));
                    }
                    take(line, discount, amount)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn discount_order(&self, quote: &mut Quote) -> Result<(), QuoteError> {
        for (by, operation) in &self.operations {
            let Operation::DiscountOrder { value, reason } = operation else { continue };
            let discount = Discount { by, value: *value, reason };
            let mut left = Money::zero(quote.subtotal.currency);
            for line in &quote.lines {
                left = left.add(line.total)?;
            }
            let amount = discount.of(left);
            if amount.is_zero() {
                quote.refused.push(nothing_to_discount(&by.promotion, "the order"));
                continue;
            }
            // Every weight is a total between 0 and i64::MAX, and the amount is at most their sum: no part exceeds its
            // line.
            let weights: Vec<u64> = quote.lines.iter().map(|line| line.total.minor.unsigned_abs()).collect();
            for (line, part) in quote.lines.iter_mut().zip(amount.allocate(&weights)) {
                take(line, discount, part)?;
            }
        }
        Ok(())
    }

    pub(super) fn discount_shipping(&self, quote: &mut Quote) -> Result<(), QuoteError> {
        for (by, operation) in &self.operations {
            let Operation::DiscountShipping { value, reason } = operation else { continue };
            let Some(shipping) = &mut quote.shipping else {
                let message = "there is no shipping to discount yet".to_owned();
                quote.refused.push(refusal(&by.promotion, "no_shipping", message));
                continue;
            };
            let discount = Discount { by, value: *value, reason };
            let amount = discount.of(shipping.total);
            if amount.is_zero() {
                quote.refused.push(nothing_to_discount(&by.promotion, "shipping"));
            } else {
                shipping.total = shipping.total.sub(amount)?;
                shipping.allocations.push(discount.allocation(amount));
            }
        }
        Ok(())
    }

    pub(super) fn messages(self) -> Vec<PromotionMessage> {
        let said = self.operations.into_iter().filter_map(|(by, operation)| match operation {
            Operation::Message { text } => {
                Some(PromotionMessage { promotion: by.promotion.clone(), text: text.clone() })
            }
            _ => None,
        });
        said.collect()
    }
}

impl Discount<'_> {
    /// What it takes off a target, at most all of it. `target` is not negative.
    fn of(&self, target: Money) -> Money {
        match self.value {
            DiscountValue::BasisPoints(points) => target.basis_points(points),
            DiscountValue::Amount(minor) => Money::new(minor.min(target.minor), target.currency),
        }
    }

    fn allocation(&self, amount: Money) -> Allocation {
        Allocation {
            promotion: self.by.promotion.clone(),
            title: self.by.title.clone(),
            reason: self.reason.to_owned(),
            amount,
        }
    }
}

fn take(line: &mut QuoteLine, discount: Discount<'_>, amount: Money) -> Result<(), QuoteError> {
    if !amount.is_zero() {
        line.total = line.total.sub(amount)?;
        line.allocations.push(discount.allocation(amount));
    }
    Ok(())
}

/// What is wrong with an operation whatever the cart holds.
fn malformed(operation: &Operation) -> Option<(&'static str, String)> {
    let (value, text) = match operation {
        Operation::DiscountLine { value, reason, .. }
        | Operation::DiscountOrder { value, reason }
        | Operation::DiscountShipping { value, reason } => (Some(*value), reason),
        Operation::Message { text } => (None, text),
    };
    match value {
        Some(DiscountValue::BasisPoints(0)) => {
            return Some(("percent_not_positive", "a percentage must be above zero".to_owned()));
        }
        Some(DiscountValue::BasisPoints(points)) if points > 10_000 => {
            let message = format!("a percentage must be at most 10000 basis points, got {points}");
            return Some(("percent_above_100", message));
        }
        Some(DiscountValue::Amount(minor)) if minor <= 0 => {
            return Some(("amount_not_positive", format!("an amount must be above zero, got {minor}")));
        }
        _ => {}
    }
    if text.trim().is_empty() {
        return Some(("text_missing", "a discount needs a reason and a message a text".to_owned()));
    }
    if text.chars().nth(MAX_REASON_CHARS).is_some() {
        return Some(("text_too_long", format!("a reason or message has at most {MAX_REASON_CHARS} characters")));
    }
    None
}

fn refusal(promotion: &PromotionId, code: &str, message: String) -> RefusedOperation {
    RefusedOperation { promotion: promotion.clone(), code: code.to_owned(), message }
}

fn unknown_sku(promotion: &PromotionId, sku: &Sku) -> RefusedOperation {
    refusal(promotion, "unknown_sku", format!("{sku} is not in the cart"))
}

fn nothing_to_discount(promotion: &PromotionId, target: &str) -> RefusedOperation {
    refusal(promotion, "nothing_to_discount", format!("the discount of {target} comes to nothing"))
}
