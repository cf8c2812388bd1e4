//! The HTTP client of this function: every provider is asked through it, and the sandbox sends its callbacks with it.

use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Longest any provider may take to answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(8);
/// Answers are JSON of a few kilobytes; a list of certificates has some ten.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

type Inner = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Made when the first request is sent: loading the system's certificates is not a cold start's business. Clones share
/// connections.
#[derive(Clone, Default)]
pub(crate) struct Http {
    client: Arc<OnceLock<Inner>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer. Whether the request had its effect is not known.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the request could not be made: {0}")]
    Request(#[from] axum::http::Error),
    #[error("the system's certificates could not be loaded: {0}")]
    Certificates(#[from] std::io::Error),
    #[error("no connection: {0}")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    #[error("the answer broke off or is longer than {MAX_ANSWER_BYTES} bytes: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

impl Http {
    /// Sends one request and reads the whole answer within `deadline`.
    pub(crate) async fn send(&self, request: Request<Bytes>, deadline: Duration) -> Result<Answer, HttpError> {
        let exchange = async {
            let response = self.client()?.request(request.map(Full::new)).await?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(HttpError::Body)?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        tokio::time::timeout(deadline, exchange).await.map_err(|_| HttpError::Late(deadline))?
    }

    fn client(&self) -> Result<&Inner, std::io::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(self.client.get_or_init(|| Client::builder(TokioExecutor::new()).build(connector)))
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}
