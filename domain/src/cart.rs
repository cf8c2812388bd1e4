//! A cart: which SKUs, how many. Prices are not in it; the quote asks the catalogue for them each time.

use crate::{CartId, Locale, ProductId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An order takes its stock in one DynamoDB transaction of at most 100 writes, four of which are not stock.
pub const MAX_LINES: usize = 96;
pub const MAX_QUANTITY: u32 = 99;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    pub id: CartId,
    pub locale: Locale,
    /// In the order they were first added; one line a SKU.
    pub lines: Vec<CartLine>,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    pub sku: Sku,
    pub product: ProductId,
    pub quantity: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    #[error("quantity must be between 1 and {MAX_QUANTITY}, got {got}")]
    Quantity { got: i64 },
    #[error("a cart holds at most {MAX_LINES} different items")]
    TooManyLines,
    #[error("{sku} is not in the cart")]
    NotInCart { sku: Sku },
}

impl Cart {
    pub fn new(id: CartId, locale: Locale, now: Timestamp) -> Self {
        Self { id, locale, lines: Vec::new(), updated_at: now }
    }

    /// Adds to the line of `sku`, or appends one. More than [`MAX_QUANTITY`] in one line is refused.
    pub fn add(&mut self, sku: Sku, product: ProductId, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        let have = self.lines.iter().find(|l| l.sku == sku).map_or(0, |l| l.quantity);
        let wanted = have.saturating_add(quantity);
        if quantity == 0 || wanted > MAX_QUANTITY {
            return Err(CartError::Quantity { got: i64::from(if quantity == 0 { 0 } else { wanted }) });
        }
        if let Some(line) = self.lines.iter_mut().find(|l| l.sku == sku) {
            line.quantity = wanted;
        } else if self.lines.len() >= MAX_LINES {
            return Err(CartError::TooManyLines);
        } else {
            self.lines.push(CartLine { sku, product, quantity });
        }
        self.updated_at = now;
        Ok(())
    }

    /// Sets the quantity of a line that is there; 0 removes it.
    pub fn set_quantity(&mut self, sku: &Sku, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        if quantity > MAX_QUANTITY {
            return Err(CartError::Quantity { got: i64::from(quantity) });
        }
        let Some(at) = self.lines.iter().position(|l| &l.sku == sku) else {
            return Err(CartError::NotInCart { sku: sku.clone() });
        };
        if quantity == 0 {
            self.lines.remove(at);
        } else {
            self.lines[at].quantity = quantity;
        }
        self.updated_at = now;
        Ok(())
    }
}
