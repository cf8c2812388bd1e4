//! `DELETE /api/account/sessions/{id}`: ends a session of the account, on whatever device; `current` is this one.

use crate::visitor::{Member, end_cookie};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use stoa_endpoint::{ApiError, Path};

/// Digits of a session's hash that name it within its account.
pub(crate) const ID_DIGITS: usize = 16;

pub(crate) async fn end_session(
    Shared(state): Shared<State>,
    member: Member,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (accounts, customer) = (state.store.accounts(), &member.account.value.id);
    let hash = match id.as_str() {
        "current" => member.session.hash.clone(),
        id => {
            let sessions = accounts.sessions(customer, Timestamp::now()).await.map_err(store_error)?;
            let named = sessions.into_iter().find(|session| session.hash.get(..ID_DIGITS) == Some(id));
            named.ok_or_else(|| ApiError::not_found("session"))?.hash
        }
    };
    accounts.end_session(customer, &hash).await.map_err(store_error)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if hash == member.session.hash {
        response.headers_mut().append(header::SET_COOKIE, end_cookie(&state.config));
    }
    Ok(response)
}
