//! `GET /api/cart?locale=en&shipping=standard`: the cart, priced now.

use crate::cart_cookie::CartCookie;
use crate::cart_view::CartView;
use crate::price_cart::price_cart;
use crate::{State, store_error};
use axum::extract::State as Shared;
use serde::Deserialize;
use stoa_domain::Locale;
use stoa_domain::cart::Cart;
use stoa_endpoint::{ApiError, Json, Query};

/// How the shopper wants to read the cart. Every route that answers a [`CartView`] takes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ViewQuery {
    /// A BCP 47 tag; texts fall back to the shop's default. None: the default.
    pub locale: Option<Locale>,
    /// A shipping method's id; None leaves shipping out of the total.
    pub shipping: Option<String>,
}

pub(crate) async fn get_cart(
    Shared(state): Shared<State>,
    CartCookie(id): CartCookie,
    Query(query): Query<ViewQuery>,
) -> Result<Json<CartView>, ApiError> {
    let cart = match &id {
        Some(id) => state.store.carts().get(id).await.map_err(store_error)?,
        None => None,
    };
    view(&state, cart.as_ref().map(|c| &c.value), &query).await.map(Json)
}

/// The view of a cart, or of none yet.
pub(crate) async fn view(state: &State, cart: Option<&Cart>, query: &ViewQuery) -> Result<CartView, ApiError> {
    let lines = cart.map(|c| c.lines.as_slice()).unwrap_or_default();
    let id = cart.map(|c| &c.id);
    let priced = price_cart(state, id, lines, query.locale.as_ref(), query.shipping.as_deref()).await?;
    Ok(CartView::new(id, &priced, &state.config.payment_methods))
}
