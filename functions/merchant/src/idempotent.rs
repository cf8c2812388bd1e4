//! Who may come in, and retried writes: a request with an `Idempotency-Key` changes something once, and its answer comes
//! again on every retry for a day.

use crate::{MAX_BODY_BYTES, State, store_error};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State as Shared};
use axum::http::{HeaderValue, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, BodyHash, IdempotencyKey};
use stoa_storage::Begun;

/// Answers up to this size are kept for retries.
const MAX_KEPT_BYTES: usize = 48_000;

/// The key of a request that is to change something once, for handlers whose change has to carry it.
#[derive(Debug, Clone)]
pub(crate) struct Once(pub(crate) stoa_storage::IdempotencyKey);

#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    etag: Option<String>,
    body: String,
}

/// Refuses who has no valid token; then once per key.
pub(crate) async fn replay(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    match once(&state, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn once(state: &State, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let Bearer(grant) = Bearer::from_request_parts(&mut parts, state).await?;
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if reads || !parts.headers.contains_key("idempotency-key") {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let key = <IdempotencyKey as FromRequestParts<State>>::from_request_parts(&mut parts, state).await?;
    let too_large = |_| {
        let rule = format!("a body must be at most {MAX_BODY_BYTES} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", rule)
    };
    let body = to_bytes(body, MAX_BODY_BYTES).await.map_err(too_large)?;
    let key = stoa_storage::IdempotencyKey::new("merchant", &key.within(&grant.id)).map_err(ApiError::internal)?;
    let hash = request_hash(&parts, &body);
    let records = state.store.idempotency();
    match records.begin(&key, &hash).await.map_err(store_error)? {
        Begun::Same(kept) => return answer(&kept),
        Begun::Different => {
            let rule = "this Idempotency-Key belongs to another request";
            return Err(ApiError::conflict("idempotency_key_reused", rule));
        }
        Begun::InFlight => {
            let rule = "the request with this Idempotency-Key is still being worked on";
            return Err(ApiError::conflict("request_in_flight", rule));
        }
        Begun::New => {}
    }
    // Whoever would do a thing twice, were this request cut off here and sent again, writes the key with what it does.
    parts.extensions.insert(Once(key.clone()));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(ApiError::internal)?;
    let text = std::str::from_utf8(&body).ok().filter(|text| head.status.is_success() && text.len() <= MAX_KEPT_BYTES);
    match text {
        Some(text) => {
            let etag = head.headers.get(header::ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let kept = Kept { status: head.status.as_u16(), etag, body: text.to_owned() };
            let kept = serde_json::to_string(&kept).map_err(ApiError::internal)?;
            records.finish(&key, &hash, &kept).await.map_err(store_error)?;
        }
        // Refused, so nothing changed (or too long to keep, and every such write is safe to repeat).
        None => records.abandon(&key).await.map_err(store_error)?,
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

fn request_hash(parts: &Parts, body: &Bytes) -> String {
    let if_match = parts.headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok());
    BodyHash::of(&(parts.method.as_str(), parts.uri.to_string(), if_match, body.as_ref())).0
}

fn answer(kept: &str) -> Result<Response, ApiError> {
    let kept: Kept = serde_json::from_str(kept).map_err(ApiError::internal)?;
    let status = StatusCode::from_u16(kept.status).map_err(ApiError::internal)?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    if let Some(etag) = kept.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}
