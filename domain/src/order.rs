//! An order: what was bought at which price, where it goes, and the states it passes through.

use crate::quote::Quote;
use crate::{CartId, Locale, Money, OrderId, PaymentId, ProductId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    /// What people read out loud: `S-4F7K-2M9Q`.
    pub number: String,
    pub state: OrderState,
    pub locale: Locale,
    pub email: String,
    pub shipping_address: Address,
    pub lines: Vec<OrderLine>,
    /// As it was accepted; nothing is priced again.
    pub quote: Quote,
    pub cart: CartId,
    pub payment: PaymentId,
    pub placed_at: Timestamp,
    /// Oldest first.
    pub timeline: Vec<OrderEvent>,
}

/// What the shopper saw when buying: later edits of the product do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: Sku,
    pub product: ProductId,
    pub handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub name: String,
    pub phone: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Province or state.
    pub region: String,
    pub city: String,
    pub district: String,
    pub street: String,
    pub postal_code: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    PaymentPending,
    Paid,
    Shipped,
    Delivered,
    Completed,
    Cancelled,
    Refunded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    pub at: Timestamp,
    pub to: OrderState,
    /// `shopper`, `staff:{token}`, `provider:{name}`, `system`.
    pub by: String,
    pub why: String,
}
