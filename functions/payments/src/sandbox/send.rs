//! Sends the sandbox's callbacks to the shop's public address, through the same front door as any provider's.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(8);

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// An HTTP client that is made when the first callback is sent: loading the system's certificates is not a cold
/// start's business.
#[derive(Clone, Default)]
pub struct Sender {
    client: Arc<OnceLock<Http>>,
}

/// Why the shop did not take a callback.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the callback's request could not be made: {0}")]
    Request(#[from] axum::http::Error),
    #[error("the system's certificates could not be loaded: {0}")]
    Certificates(#[from] std::io::Error),
    #[error("the shop could not be reached: {0}")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("the shop did not answer within {} s", DEADLINE.as_secs())]
    Late,
    #[error("the shop answered {0}")]
    Refused(axum::http::StatusCode),
}

impl Sender {
    /// Posts a signed body; Ok once the shop answered 2xx.
    pub(super) async fn send(&self, url: &str, signature: &str, body: Vec<u8>) -> Result<(), SendError> {
        let request = axum::http::Request::post(url)
            .header("content-type", "application/json")
            .header(super::SIGNATURE_HEADER, signature)
            .body(Full::new(Bytes::from(body)))?;
        let answer = tokio::time::timeout(DEADLINE, self.client()?.request(request)).await;
        let status = answer.map_err(|_| SendError::Late)??.status();
        if status.is_success() { Ok(()) } else { Err(SendError::Refused(status)) }
    }

    fn client(&self) -> Result<&Http, std::io::Error> {
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
