//! Carts. They vanish 30 days after the last change.

use crate::keys::{self, EXPIRES_AT};
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned, body};
use jiff::ToSpan;
use stoa_domain::CartId;
use stoa_domain::cart::Cart;

pub(crate) const KIND: &str = "cart";
/// Days a cart is kept after its last change.
pub const CART_DAYS: i64 = 30;

/// The carts of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Carts<'a> {
    pub(crate) table: &'a Table,
}

impl Carts<'_> {
    /// The cart, unless it expired, was ordered or never was.
    pub async fn get(&self, id: &CartId) -> Result<Option<Versioned<Cart>>> {
        self.table.get(KIND, keys::cart(id)).await
    }

    /// Writes the cart, if what is stored is as expected.
    pub async fn put(&self, cart: &Cart, expected: Expected) -> Result<Revision> {
        let expires_at = cart.updated_at.saturating_add((CART_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second());
        self.table.put(KIND, keys::cart(&cart.id), cart, expected, [(EXPIRES_AT, body::number(expires_at))]).await
    }

    pub async fn delete(&self, id: &CartId, expected: Expected) -> Result<()> {
        self.table.delete(KIND, keys::cart(id), expected).await
    }
}
