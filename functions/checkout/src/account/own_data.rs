//! `GET /api/account/data`: everything the shop has of the account's owner, as one JSON document. `DELETE /api/account`: forgets
//! them, but for what the law wants kept. docs/privacy.md.

use crate::visitor::{Member, end_cookie};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use stoa_endpoint::{ApiError, Json};
use stoa_storage::PersonalData;

pub(crate) async fn data(Shared(state): Shared<State>, member: Member) -> Result<Json<PersonalData>, ApiError> {
    let data = state.store.privacy().data(&member.account.value.id, Timestamp::now()).await.map_err(store_error)?;
    data.map(Json).ok_or_else(|| ApiError::not_found("account"))
}

pub(crate) async fn delete(Shared(state): Shared<State>, member: Member) -> Result<Response, ApiError> {
    let id = &member.account.value.id;
    let forgotten = state.store.privacy().forget(id, Timestamp::now()).await.map_err(store_error)?;
    tracing::info!(customer = %id, ?forgotten, "an account was deleted");
    let mut response = Json(forgotten).into_response();
    response.headers_mut().append(header::SET_COOKIE, end_cookie(&state.config));
    Ok(response)
}
