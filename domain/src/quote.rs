//! The price of a cart, explained: every amount says where it comes from, and every sum reconciles.

use crate::{Money, PromotionId, Sku};
use serde::{Deserialize, Serialize};

/// What pricing needs to know of one cart line, read from the catalogue when the quote is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    /// Sum of the lines before discounts.
    pub subtotal: Money,
    /// Sum of the lines' allocations; never above `subtotal`.
    pub discount: Money,
    pub shipping: Option<ShippingQuote>,
    /// `subtotal - discount + shipping`: what is paid. Taxes are included.
    pub total: Money,
    pub messages: Vec<PromotionMessage>,
    /// Operations that were refused, with the rule: for the merchant, never shown to a shopper.
    pub refused: Vec<RefusedOperation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
    /// `unit_price × quantity`.
    pub subtotal: Money,
    pub allocations: Vec<Allocation>,
    /// `subtotal - allocations`, never below zero.
    pub total: Money,
}

/// How much one promotion takes off one line (or off shipping), and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub promotion: PromotionId,
    pub title: String,
    pub reason: String,
    /// Above zero.
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingQuote {
    pub method: String,
    pub price: Money,
    pub allocations: Vec<Allocation>,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionMessage {
    pub promotion: PromotionId,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedOperation {
    pub promotion: PromotionId,
    /// Snake case, stable: `unknown_sku`, `percent_above_100`, `amount_not_positive`, `reason_too_long`, `too_many_operations`.
    pub code: String,
    pub message: String,
}
