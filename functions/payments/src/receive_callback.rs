//! `POST /payments/callbacks/{provider}`: a provider says what became of a payment. Callbacks come twice, late, out of
//! order and forged; the raw body is verified before anything of it is read.

use crate::settle::{Receiving, settle};
use crate::{CallbackRefusal, State, store_error};
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_endpoint::{ApiError, Json, Path};
use stoa_storage::StoreError;

/// The answer to a callback that was believed. Providers look at its status, 200, unless [`crate::Provider::receipt`]
/// says otherwise; people read the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub result: Receiving,
}

pub(crate) async fn receive_callback(
    Shared(state): Shared<State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body =
        body.map_err(|e| ApiError::new(e.status(), "body_unreadable", "the body could not be read").caused_by(e))?;
    let provider = state.provider(&name)?;
    let verified = provider.verify_callback(&headers, &body, Timestamp::now()).await;
    let event = verified.map_err(|refusal| {
        tracing::warn!(provider = name, code = refusal.code(), "a callback was not believed");
        refuse(&refusal)
    })?;
    let result = match event {
        None => Receiving::Ignored,
        Some(event) => settle(&state.store, &name, &event).await.map_err(|error| match error {
            StoreError::NotFound { .. } => unknown_payment(),
            other => store_error(other),
        })?,
    };
    tracing::info!(provider = name, ?result, "a callback was taken");
    Ok(match provider.receipt() {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        None => Json(Receipt { result }).into_response(),
    })
}

fn refuse(refusal: &CallbackRefusal) -> ApiError {
    let status = match refusal {
        // The provider sends it again, and then we may know the key.
        CallbackRefusal::KeyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        CallbackRefusal::NotExpected => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, refusal.code(), refusal.to_string())
}

fn unknown_payment() -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_payment", "the shop has no such payment")
}
