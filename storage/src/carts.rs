//! Carts. They vanish 30 days after the last change. An account names its own, which is written together with that name.

use crate::accounts;
use crate::body::Item;
use crate::keys::{self, EXPIRES_AT};
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned, body};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::ToSpan;
use stoa_domain::CartId;
use stoa_domain::account::Account;
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
        self.table.put(KIND, keys::cart(&cart.id), cart, expected, [(EXPIRES_AT, body::number(expires_at(cart)))]).await
    }

    pub async fn delete(&self, id: &CartId, expected: Expected) -> Result<()> {
        self.table.delete(KIND, keys::cart(id), expected).await
    }

    /// Makes an account's cart: the cart, and the account that names it as it shall be, both or neither.
    /// [`crate::StoreError::RevisionConflict`] when the account was changed meanwhile.
    pub async fn begin(&self, cart: &Cart, account: &(Account, Expected)) -> Result<()> {
        let writes = vec![self.writing(cart, Expected::Absent)?, self.pointing(account)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))
    }

    /// Writes a cart that took in another, which goes; and the account that names it, where it is new. All or nothing.
    pub async fn absorb(
        &self,
        cart: &Cart,
        expected: Expected,
        (other, read): (&CartId, Expected),
        account: Option<&(Account, Expected)>,
    ) -> Result<()> {
        let mut writes = vec![self.writing(cart, expected)?, self.table.deleting(keys::cart(other), read)?];
        if let Some(account) = account {
            writes.push(self.pointing(account)?);
        }
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))
    }

    fn writing(&self, cart: &Cart, expected: Expected) -> Result<TransactWriteItem> {
        let mut item: Item = body::encode(keys::cart(&cart.id), KIND, expected.next(), cart)?;
        item.insert(EXPIRES_AT.to_owned(), body::number(expires_at(cart)));
        self.table.putting(item, expected)
    }

    fn pointing(&self, (account, expected): &(Account, Expected)) -> Result<TransactWriteItem> {
        self.table.putting(accounts::encoded(account, expected.next())?, *expected)
    }
}

fn expires_at(cart: &Cart) -> i64 {
    cart.updated_at.saturating_add((CART_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second())
}
