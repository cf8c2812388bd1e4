//! The cookie that names a shopper's cart. Knowing the id is owning the cart: 128 random bits, out of scripts' reach, and
//! signed, so that no id but those given out here is ever looked up.

use crate::Config;
use axum::http::{HeaderMap, HeaderValue, header};
use stoa_domain::CartId;
use stoa_endpoint::{ApiError, LinkKey, random};

const NAME: &str = "stoa_cart";
const MAX_AGE_SECONDS: u32 = 30 * 24 * 3600;

/// The cart the request's cookie names, if it names one. Whether it still exists only the table knows.
pub(crate) fn named(headers: &HeaderMap, config: &Config) -> Option<CartId> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME)
        .find_map(|(_, value)| signed(value, &config.link_key))
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
pub(crate) fn set_cookie(cart: &CartId, config: &Config) -> HeaderValue {
    cookie(&format!("{cart}.{}", config.link_key.cart_token(cart)), MAX_AGE_SECONDS, config)
}

/// `Set-Cookie` for a browser whose cart is an account's from now on.
pub(crate) fn forget_cookie(config: &Config) -> HeaderValue {
    cookie("", 0, config)
}

fn cookie(value: &str, max_age: u32, config: &Config) -> HeaderValue {
    let secure = if config.public_url.is_https() { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
