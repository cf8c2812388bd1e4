//! `POST /api/account/sessions {sign_in, code}`: who shows the code that was sent to an address is signed in as its owner. The code
//! is good once, for ten minutes and five tries; a wrong one, an old one and one that was used read alike.
//!
//! The account is there from then on, with the orders that were placed with the address before; the cart that the browser had
//! becomes the account's.

use super::own_cart;
use crate::cart_cookie::{self, forget_cookie};
use crate::visitor::{Visitor, begin_cookie, hash};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::account::{Account, MAX_ADDRESSES};
use stoa_domain::order::OrderState;
use stoa_endpoint::{ApiError, Json, random};
use stoa_storage::{Expected, MAX_SESSIONS, SESSION_TIME, Session, SignIn, StoreError, Versioned};

/// Most characters of what a browser says it is.
const MAX_BROWSER_CHARS: usize = 120;
/// Orders that are looked through for addresses, once.
const ORDERS: u32 = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowCode {
    sign_in: String,
    /// As people type it: spaces and hyphens do not count.
    code: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct SignedIn {
    email: String,
}

pub(crate) async fn sign_in(
    Shared(state): Shared<State>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(ShowCode { sign_in, code }): Json<ShowCode>,
) -> Result<Response, ApiError> {
    let now = Timestamp::now();
    let shown = shown(&state, &sign_in, &code, now).await?;
    let account = open(&state, &shown, now).await?;
    // Before there is a session: from then on the browser's own cart is not looked at any more.
    let cart = cart_cookie::named(&headers, &state.config);
    own_cart::bring(&state, account, cart).await?;
    let token = random::hex::<32>()?;
    let session = Session {
        customer: shown.customer.clone(),
        hash: hash(&token),
        browser: browser(&headers),
        created_at: now,
        seen_at: now,
        expires_at: now.saturating_add(SESSION_TIME).map_err(ApiError::internal)?,
    };
    let accounts = state.store.accounts();
    let before = accounts.sessions(&shown.customer, now).await.map_err(store_error)?;
    for surplus in before.iter().skip(MAX_SESSIONS.saturating_sub(1)) {
        accounts.end_session(&shown.customer, &surplus.hash).await.map_err(store_error)?;
    }
    accounts.put_session(&session, Expected::Absent).await.map_err(store_error)?;
    if let Some(before) = visitor.member {
        accounts.end_session(&before.session.customer, &before.session.hash).await.map_err(store_error)?;
    }
    tracing::info!(customer = %shown.customer, "signed in");
    let mut response = (StatusCode::CREATED, Json(SignedIn { email: shown.email })).into_response();
    let cookies = response.headers_mut();
    cookies.append(header::SET_COOKIE, begin_cookie(&shown.customer, &token, &state.config));
    cookies.append(header::SET_COOKIE, forget_cookie(&state.config));
    Ok(response)
}

/// The sign-in whose code this is, taken away.
async fn shown(state: &State, id: &str, code: &str, now: Timestamp) -> Result<SignIn, ApiError> {
    let wrong = || {
        let rule = "the code is wrong, was used, or its time is over; look again, or ask for another";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "code_wrong", rule)
    };
    let well_formed = id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !well_formed || code.len() > 64 {
        return Err(wrong());
    }
    let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let accounts = state.store.accounts();
    let sign_in = accounts.try_code(id, now).await.map_err(store_error)?.ok_or_else(wrong)?;
    if !state.config.link_key.verify_sign_in_code(&sign_in.id, &sign_in.customer, &code) {
        return Err(wrong());
    }
    if accounts.finish(id).await.map_err(store_error)? { Ok(sign_in) } else { Err(wrong()) }
}

/// The account of the address; a new one knows where earlier orders of it went.
async fn open(state: &State, shown: &SignIn, now: Timestamp) -> Result<Versioned<Account>, ApiError> {
    let accounts = state.store.accounts();
    if let Some(known) = accounts.get(&shown.customer).await.map_err(store_error)? {
        return Ok(known);
    }
    let mut account = Account::new(shown.customer.clone(), shown.email.clone(), shown.locale.clone(), now);
    let mut orders = state.store.orders().of_customer(&shown.customer, ORDERS).await.map_err(store_error)?;
    // Anybody can place an order with any address; who paid for one most likely is who they say.
    orders.retain(|order| order.changes_of_state().any(|event| event.to == OrderState::Paid));
    orders.sort_by_key(|order| order.placed_at);
    orders.iter().rev().take(MAX_ADDRESSES).rev().for_each(|order| account.keep_address(&order.shipping_address));
    match accounts.put(&account, Expected::Absent).await {
        Ok(revision) => Ok(Versioned { value: account, revision }),
        // The same person with another code at the same time.
        Err(StoreError::RevisionConflict { .. }) => {
            let known = accounts.get(&shown.customer).await.map_err(store_error)?;
            known.ok_or_else(|| ApiError::unavailable("an account came and went"))
        }
        Err(error) => Err(store_error(error)),
    }
}

fn browser(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.chars().filter(|c| !c.is_control()).take(MAX_BROWSER_CHARS).collect()
}
