//! `GET /api/cart?locale=en&shipping=standard&country=CN`: the cart, priced now.

use crate::cart_cookie::CartCookie;
use crate::cart_view::CartView;
use crate::price_cart::{Asked, price_cart};
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
    /// Where the goods would go, ISO 3166-1 alpha-2, for promotions that ask. None: not known yet.
    pub country: Option<String>,
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
    let country = query.country.as_deref();
    if country.is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_alphabetic())) {
        return Err(ApiError::bad_request("invalid_country", "a country is two letters such as CN"));
    }
    let asked = Asked {
        cart: cart.map(|c| &c.id),
        lines: cart.map(|c| c.lines.as_slice()).unwrap_or_default(),
        codes: cart.map(|c| c.codes.as_slice()).unwrap_or_default(),
        customer: cart.and_then(|c| c.customer.as_ref()),
        locale: query.locale.as_ref(),
        country,
        shipping: query.shipping.as_deref(),
        ordering: false,
    };
    // What is shown is asked about again when it is ordered.
    let priced = price_cart(&state.eventual(), &asked).await?;
    Ok(CartView::new(cart.map(|c| &c.id), &priced, &state.config.payment_methods))
}
