//! A cart becomes the account's. The account's own cart has an id that no cookie ever names; what a browser had in another one is
//! put into it and that one removed in one transaction: sent twice, or dying half-way, it is done once, and nothing is lost. When
//! the account's cart was ordered it gets another.

use crate::cart_cookie::new_cart_id;
use crate::{State, store_error};
use jiff::Timestamp;
use stoa_domain::account::Account;
use stoa_domain::cart::Cart;
use stoa_domain::{CartId, CustomerId};
use stoa_endpoint::ApiError;
use stoa_storage::{Expected, StoreError, Versioned};

const ATTEMPTS: u32 = 6;

/// Puts the cart `from` into the account's.
pub(crate) async fn bring(state: &State, account: Versioned<Account>, from: Option<CartId>) -> Result<(), ApiError> {
    let Some(from) = from else { return Ok(()) };
    let (carts, mut account) = (state.store.carts(), account);
    for _ in 0..ATTEMPTS {
        // It is gone when this was done before.
        let Some(other) = carts.get(&from).await.map_err(store_error)? else { return Ok(()) };
        let own = own(state, &account.value).await?;
        let (mut cart, expected) = match &own {
            Some(read) => (read.value.clone(), read.unchanged()),
            None => (Cart::new(new_cart_id()?, other.value.locale.clone(), Timestamp::now()), Expected::Absent),
        };
        let left = cart.absorb(&other.value, Timestamp::now());
        if left > 0 {
            tracing::warn!(left, "a cart did not fit into the account's");
        }
        let pointed = own.is_none().then(|| pointing(&account, &cart.id));
        let written = carts.absorb(&cart, expected, (&from, other.unchanged()), pointed.as_ref()).await;
        match written {
            Ok(()) => return Ok(()),
            Err(StoreError::RevisionConflict { .. }) => account = again(state, &account.value.id).await?,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(ApiError::unavailable("others kept changing the account's cart"))
}

/// Makes the account a cart with something in it; None: it has one by now.
pub(crate) async fn begin(
    state: &State,
    account: &Versioned<Account>,
    mut cart: Cart,
    change: impl FnOnce(&mut Cart, Timestamp) -> Result<(), ApiError>,
) -> Result<Option<Cart>, ApiError> {
    change(&mut cart, Timestamp::now())?;
    match state.store.carts().begin(&cart, &pointing(account, &cart.id)).await {
        Ok(()) => Ok(Some(cart)),
        Err(StoreError::RevisionConflict { .. }) => Ok(None),
        Err(error) => Err(store_error(error)),
    }
}

/// The account's cart, unless it was ordered, expired or never was.
pub(crate) async fn own(state: &State, account: &Account) -> Result<Option<Versioned<Cart>>, ApiError> {
    match &account.cart {
        Some(id) => state.store.carts().get(id).await.map_err(store_error),
        None => Ok(None),
    }
}

pub(crate) async fn again(state: &State, id: &CustomerId) -> Result<Versioned<Account>, ApiError> {
    let read = state.store.accounts().get(id).await.map_err(store_error)?;
    read.ok_or_else(|| ApiError::not_found("account"))
}

fn pointing(account: &Versioned<Account>, cart: &CartId) -> (Account, Expected) {
    (Account { cart: Some(cart.clone()), ..account.value.clone() }, account.unchanged())
}
