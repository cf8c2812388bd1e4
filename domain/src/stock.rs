//! Stock of one SKU. `on_hand` is what is in the house, `reserved` what placed orders hold of it.

use crate::Sku;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    pub sku: Sku,
    pub on_hand: u32,
    pub reserved: u32,
}

impl StockLevel {
    /// What can still be sold.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }
}
