//! What a promotion (a plugin, later also a rule) may propose. The domain decides what becomes of it: see
//! [`crate::quote`].

use crate::{PromotionId, Sku};
use serde::{Deserialize, Serialize};

pub const MAX_OPERATIONS: usize = 200;
pub const MAX_REASON_CHARS: usize = 200;

/// One promotion's answer to a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub promotion: PromotionId,
    /// What the shopper reads as the promotion's name.
    pub title: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Operation {
    DiscountLine {
        sku: Sku,
        value: DiscountValue,
        reason: String,
    },
    /// Spread over all lines by their totals.
    DiscountOrder {
        value: DiscountValue,
        reason: String,
    },
    DiscountShipping {
        value: DiscountValue,
        reason: String,
    },
    /// Shown on the cart; changes no price.
    Message {
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountValue {
    /// Ten-thousandths: 1 500 is 15 %. At most 10 000.
    BasisPoints(u32),
    /// Minor units of the cart's currency, for the whole target. Above zero.
    Amount(i64),
}
