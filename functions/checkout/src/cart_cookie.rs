//! The cookie that names a shopper's cart. Knowing the id is owning the cart: 128 random bits, out of scripts' reach.

use crate::Config;
use axum::extract::FromRequestParts;
use axum::http::{HeaderValue, header, request::Parts};
use std::convert::Infallible;
use stoa_domain::CartId;
use stoa_endpoint::{ApiError, random};

const NAME: &str = "stoa_cart";
const MAX_AGE_SECONDS: u32 = 30 * 24 * 3600;

/// The cart the request names, if it names one. Whether it still exists only the table knows.
#[derive(Debug, Clone)]
pub(crate) struct CartCookie(pub(crate) Option<CartId>);

impl<S: Send + Sync> FromRequestParts<S> for CartCookie {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
        let named = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == NAME && well_formed(value));
        Ok(Self(named.and_then(|(_, value)| CartId::new(value).ok())))
    }
}

/// Only ids of our making reach the table.
fn well_formed(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn new_cart_id() -> Result<CartId, ApiError> {
    CartId::new(random::hex::<16>()?).map_err(ApiError::internal)
}

/// `Set-Cookie` for the cart, `Secure` where the shop is.
pub(crate) fn set_cookie(cart: &CartId, config: &Config) -> [(header::HeaderName, HeaderValue); 1] {
    let secure = if config.public_url.is_https() { "; Secure" } else { "" };
    let text = format!("{NAME}={cart}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{secure}");
    [(header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))]
}
