//! Why an order is not changed as somebody wants it.

use super::{IllegalTransition, RefundId, RefundState, ReturnState};
use crate::{Money, MoneyError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
    #[error("a refund that is {from} cannot become {to}")]
    Refund { from: RefundState, to: RefundState },
    #[error("a return that is {from} cannot become {to}")]
    Return { from: ReturnState, to: ReturnState },
    #[error("this order cannot be sent back, or its time for that is over")]
    NotReturnable,
    #[error("the order has {lines} lines, counted from 0; there is no line {line}")]
    UnknownLine { line: u32, lines: usize },
    #[error("line {line} is named more than once")]
    RepeatedLine { line: u32 },
    #[error("of line {line} at most {left} pieces are left, got {asked}")]
    TooManyPieces { line: u32, asked: u32, left: u32 },
    #[error("say at least one piece or amount")]
    Nothing,
    #[error("everything that is to be shipped was shipped")]
    NothingToShip,
    #[error("the order was not paid, so there is nothing to give back")]
    NotPaid,
    #[error("at most {} {} can be given back, got {}", left.to_decimal(), left.currency, asked.to_decimal())]
    AbovePaid { asked: Money, left: Money },
    #[error("an amount to give back must not be below zero")]
    NegativeAmount,
    #[error("the refund {id} is for something else already; take another id")]
    RefundIdReused { id: RefundId },
    #[error("the order has no such {what}")]
    Unknown { what: &'static str },
    #[error("an invoice can be asked for once the order is paid, and changed until it is issued")]
    NoInvoice,
    #[error("an order has at most {max} {what}")]
    TooMany { what: &'static str, max: usize },
    #[error("{field} must be {rule}")]
    Field { field: &'static str, rule: &'static str },
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl OrderRefusal {
    /// Stable, snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transition(_) | Self::Refund { .. } | Self::Return { .. } => "illegal_transition",
            Self::NotReturnable => "not_returnable",
            Self::UnknownLine { .. } => "unknown_line",
            Self::RepeatedLine { .. } => "repeated_line",
            Self::TooManyPieces { .. } => "more_than_is_left",
            Self::Nothing => "nothing_chosen",
            Self::NoInvoice => "invoice_not_possible",
            Self::NothingToShip => "nothing_to_ship",
            Self::NotPaid => "not_paid",
            Self::AbovePaid { .. } => "refund_above_paid",
            Self::NegativeAmount => "amount_negative",
            Self::RefundIdReused { .. } => "refund_id_reused",
            Self::Unknown { .. } => "not_found",
            Self::TooMany { .. } => "too_many",
            Self::Field { .. } => "validation_failed",
            Self::Money(_) => "amount_unsuitable",
        }
    }
}

/// A text that people wrote: at most `max` characters, none of them a control character.
pub(super) fn text(field: &'static str, text: &str, max: usize, rule: &'static str) -> Result<(), OrderRefusal> {
    if text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(OrderRefusal::Field { field, rule });
    }
    Ok(())
}
