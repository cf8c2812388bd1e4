//! The cookie that names a shopper's cart. Knowing the id is owning the cart: 128 random bits, out of scripts' reach, and
//! signed, so that no id but those given out here is ever looked up.

use crate::{Config, State};
use axum::extract::FromRequestParts;
use axum::http::{HeaderValue, header, request::Parts};
use std::convert::Infallible;
use stoa_domain::CartId;
use stoa_endpoint::{ApiError, LinkKey, random};

const NAME: &str = "stoa_cart";
const MAX_AGE_SECONDS: u32 = 30 * 24 * 3600;

/// The cart the request names, if it names one. Whether it still exists only the table knows.
#[derive(Debug, Clone)]
pub(crate) struct CartCookie(pub(crate) Option<CartId>);

impl FromRequestParts<State> for CartCookie {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
        let named = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == NAME)
            .find_map(|(_, value)| signed(value, &state.config.link_key));
        Ok(Self(named))
    }
}

/// `{id}.{token}`: the id, if both are of our making.
fn signed(value: &str, key: &LinkKey) -> Option<CartId> {
    let (id, token) = value.split_once('.')?;
    let well_formed = id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = CartId::new(id).ok().filter(|_| well_formed)?;
    key.verify_cart(&id, token).then_some(id)
}

pub(crate) fn new_cart_id() -> Result<CartId, ApiError> {
    CartId::new(random::hex::<16>()?).map_err(ApiError::internal)
}

/// `Set-Cookie` for the cart, `Secure` where the shop is.
pub(crate) fn set_cookie(cart: &CartId, config: &Config) -> [(header::HeaderName, HeaderValue); 1] {
    let secure = if config.public_url.is_https() { "; Secure" } else { "" };
    let token = config.link_key.cart_token(cart);
    let text = format!("{NAME}={cart}.{token}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{secure}");
    [(header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))]
}
