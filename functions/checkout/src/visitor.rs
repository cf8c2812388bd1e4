//! Who sends a request: the cart that it is about, and the account where a browser is signed in. A signed-in shopper's cart is
//! their account's, on every device; anybody else's is the one that their cookie names.
//!
//! The session's cookie is `{customer}.{token}`: 256 random bits, of which the table has the SHA-256. It is out of scripts' reach,
//! no other site sends it along, and a name with `__Host-` can be set by no neighbour of the shop's host.

use crate::{Config, State, cart_cookie, store_error};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use stoa_domain::account::Account;
use stoa_domain::{CartId, CustomerId};
use stoa_endpoint::ApiError;
use stoa_storage::{SESSION_TIME, Session, StoreError, Versioned};

/// Browsers keep a cookie this long at most; when a session ends the table says.
const MAX_AGE_SECONDS: u32 = 400 * 24 * 3600;
/// How exactly it is known when a session was last used: each time would be a write.
const SEEN_EVERY: SignedDuration = SignedDuration::from_hours(24);
const TOKEN_DIGITS: usize = 64;

/// Anybody.
pub(crate) struct Visitor {
    /// None: nothing was ever added.
    pub(crate) cart: Option<CartId>,
    pub(crate) member: Option<Member>,
}

impl Visitor {
    /// Who they proved to be.
    pub(crate) fn customer(&self) -> Option<&CustomerId> {
        self.member.as_ref().map(|member| &member.account.value.id)
    }
}

/// Somebody who is signed in.
pub(crate) struct Member {
    pub(crate) account: Versioned<Account>,
    pub(crate) session: Session,
}

impl FromRequestParts<State> for Visitor {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let member = member(parts, state).await?;
        let cart = match &member {
            Some(member) => member.account.value.cart.clone(),
            None => cart_cookie::named(&parts.headers, &state.config),
        };
        Ok(Self { cart, member })
    }
}

impl FromRequestParts<State> for Member {
    type Rejection = ApiError;
    /// 401 for who is not signed in.
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        member(parts, state).await?.ok_or_else(not_signed_in)
    }
}

async fn member(parts: &Parts, state: &State) -> Result<Option<Member>, ApiError> {
    let Some((customer, token)) = named(&parts.headers, &state.config) else { return Ok(None) };
    // Browsers say where a request comes from. The cookie does not come along from elsewhere; a page of another site on the shop's
    // own host would be one.
    let foreign = parts.headers.get("sec-fetch-site").is_some_and(|from| from != "same-origin" && from != "none");
    if foreign && parts.method != Method::GET {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "foreign_request",
            "this was not sent from the shop's own pages",
        ));
    }
    let (accounts, now) = (state.store.accounts(), Timestamp::now());
    let found = accounts.of_session(&customer, &hash(&token), now).await.map_err(store_error)?;
    let Some((read, account)) = found else { return Ok(None) };
    let mut session = read.value.clone();
    if now.duration_since(session.seen_at) >= SEEN_EVERY {
        session.seen_at = now;
        session.expires_at = now.saturating_add(SESSION_TIME).unwrap_or(Timestamp::MAX);
        match accounts.put_session(&session, read.unchanged()).await {
            // Another request of the same browser did it.
            Ok(_) | Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(store_error(error)),
        }
    }
    Ok(Some(Member { account, session }))
}

/// What the cookie says, if it could be one.
fn named(headers: &HeaderMap, config: &Config) -> Option<(CustomerId, String)> {
    let name = cookie_name(config);
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    let (customer, token) = value.split_once('.')?;
    let well_formed = token.len() == TOKEN_DIGITS && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let customer = CustomerId::new(customer).ok().filter(|id| well_formed && id.as_str().starts_with("cus_"))?;
    Some((customer, token.to_owned()))
}

/// Lower-case hex SHA-256: what is stored and looked up.
pub(crate) fn hash(token: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()))
}

fn not_signed_in() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "not_signed_in", "sign in first")
}

/// Browsers take `__Host-` only over TLS, which a shop on one's own machine has not.
fn cookie_name(config: &Config) -> &'static str {
    if config.public_url.is_https() { "__Host-stoa_session" } else { "stoa_session" }
}

/// `Set-Cookie` for a session that begins.
pub(crate) fn begin_cookie(customer: &CustomerId, token: &str, config: &Config) -> HeaderValue {
    session_cookie(&format!("{customer}.{token}"), MAX_AGE_SECONDS, config)
}

/// `Set-Cookie` for one that ended.
pub(crate) fn end_cookie(config: &Config) -> HeaderValue {
    session_cookie("", 0, config)
}

fn session_cookie(value: &str, max_age: u32, config: &Config) -> HeaderValue {
    let (name, secure) = (cookie_name(config), if config.public_url.is_https() { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
