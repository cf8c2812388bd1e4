//! Sends the sandbox's callbacks to the shop's public address, through the same front door as any provider's.

use crate::http::{DEADLINE, Http, HttpError};
use axum::http::{Request, StatusCode};
use bytes::Bytes;

/// Why the shop did not take a callback.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the shop answered {0}")]
    Refused(StatusCode),
}

/// Posts a signed body; Ok once the shop answered 2xx.
pub(super) async fn send(http: &Http, url: &str, signature: &str, body: Vec<u8>) -> Result<(), SendError> {
    let request = Request::post(url)
        .header("content-type", "application/json")
        .header(super::SIGNATURE_HEADER, signature)
        .body(Bytes::from(body))
        .map_err(HttpError::from)?;
    let status = http.send(request, DEADLINE).await?.status;
    if status.is_success() { Ok(()) } else { Err(SendError::Refused(status)) }
}
