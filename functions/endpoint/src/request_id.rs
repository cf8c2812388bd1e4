//! The request id: the caller's, when it is harmless to log, else one of ours. Known everywhere in the request's task.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// 8 to 64 characters of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id of the request this task serves; `-` outside of one.
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_else(|_| Self("-".into()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let given = headers.get(&HEADER).and_then(|v| v.to_str().ok()).filter(|text| {
            (8..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        });
        Self(given.map_or_else(|| ulid::Ulid::generate().to_string(), str::to_owned))
    }
    pub(crate) fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
