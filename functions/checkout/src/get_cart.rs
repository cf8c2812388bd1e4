//! `GET /api/cart?locale=en&shipping=standard&country=CN&region=浙江省&postal_code=310000`: the cart, priced now for as much
//! of the address as is known.

use crate::cart_view::CartView;
use crate::price_cart::{Asked, price_cart};
use crate::visitor::Visitor;
use crate::{State, store_error};
use axum::extract::State as Shared;
use serde::Deserialize;
use stoa_domain::Locale;
use stoa_domain::address::MAX_FIELD_CHARS;
use stoa_domain::cart::Cart;
use stoa_domain::place::Destination;
use stoa_endpoint::{ApiError, Json, Query};

/// How the shopper wants to read the cart. Every route that answers a [`CartView`] takes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ViewQuery {
    /// A BCP 47 tag; texts fall back to the shop's default. None: the default.
    pub locale: Option<Locale>,
    /// A shipping method's id; None leaves shipping out of the total.
    pub shipping: Option<String>,
    /// Where the goods would go, ISO 3166-1 alpha-2. None: not known yet; taxes and shipping are those of the shop's own
    /// country, and the view says so.
    pub country: Option<String>,
    /// State or province, for taxes and shipping.
    pub region: Option<String>,
    pub postal_code: Option<String>,
}

impl ViewQuery {
    fn destination(&self) -> Result<Option<Destination>, ApiError> {
        let Some(country) = &self.country else { return Ok(None) };
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(ApiError::bad_request("invalid_country", "a country is two letters such as CN"));
        }
        let text = |text: &Option<String>, name: &str| {
            let text = text.clone().unwrap_or_default();
            if text.chars().nth(MAX_FIELD_CHARS).is_some() {
                let rule = format!("{name} must have at most {MAX_FIELD_CHARS} characters");
                return Err(ApiError::bad_request("too_long", rule));
            }
            Ok(text)
        };
        let (region, postal_code) = (text(&self.region, "region")?, text(&self.postal_code, "postal_code")?);
        Ok(Some(Destination { country: country.to_ascii_uppercase(), region, postal_code }))
    }
}

pub(crate) async fn get_cart(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(query): Query<ViewQuery>,
) -> Result<Json<CartView>, ApiError> {
    let cart = match &visitor.cart {
        Some(id) => state.store.carts().get(id).await.map_err(store_error)?,
        None => None,
    };
    view(&state, cart.as_ref().map(|c| &c.value), &visitor, &query).await.map(Json)
}

/// The view of a cart, or of none yet.
pub(crate) async fn view(
    state: &State,
    cart: Option<&Cart>,
    visitor: &Visitor,
    query: &ViewQuery,
) -> Result<CartView, ApiError> {
    let to = query.destination()?;
    // Who is signed in may order for somebody else: from the first try on the cart knows.
    let customer = cart.and_then(|c| c.customer.as_ref()).or(visitor.customer());
    let asked = Asked {
        cart: cart.map(|c| &c.id),
        lines: cart.map(|c| c.lines.as_slice()).unwrap_or_default(),
        codes: cart.map(|c| c.codes.as_slice()).unwrap_or_default(),
        customer,
        is_member: customer.is_some() && customer == visitor.customer(),
        locale: query.locale.as_ref(),
        to: to.as_ref(),
        shipping: query.shipping.as_deref(),
        ordering: false,
    };
    // What is shown is asked about again when it is ordered.
    let priced = price_cart(&state.eventual(), &asked).await?;
    CartView::new(cart.map(|c| &c.id), &priced, &state.config)
}
