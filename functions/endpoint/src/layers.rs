//! The layers around every router: request id, log line, time limit, body limit, panics, and the fixed headers.

use crate::ApiError;
use crate::request_id::{HEADER, RequestId};
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// How much one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub body_bytes: usize,
    pub time: Duration,
}

impl Default for Limits {
    /// 64 KiB and 15 s: enough for every JSON request of a shopper.
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, time: Duration::from_secs(15) }
    }
}

/// Wraps a function's routes. Answers for unknown paths and methods, limits, panics and time-outs are [`ApiError`]s too.
pub fn finish(routes: Router, limits: Limits) -> Router {
    routes
        .fallback(async || ApiError::not_found("page"))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take that method")
        })
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(limits, around))
}

async fn around(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let id = RequestId::from_headers(request.headers());
    // The matched path, not the URI: a query may carry an order's token.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), route);
    let started = Instant::now();
    let serve = async {
        let mut response = match tokio::time::timeout(limits.time, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "this took too long; please try again")
                .into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(HEADER, id.header_value());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
        let elapsed_us = started.elapsed().as_micros() as u64;
        tracing::info!(status = response.status().as_u16(), elapsed_us, "served");
        response
    };
    id.clone().scope(serve.instrument(span)).await
}

fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panic");
    ApiError::internal(text.to_owned()).into_response()
}
