//! A small HTTP client for this machine's own servers.

use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http(Client<HttpConnector, Body>);

impl Http {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Sends one request and reads the whole answer within `timeout`.
    pub(crate) async fn send(&self, request: Request<Body>, timeout: Duration) -> Result<(StatusCode, Bytes)> {
        let (head, body) = self.exchange(request, timeout).await?.into_parts();
        Ok((head.status, body))
    }

    /// As [`Http::send`], with the headers.
    pub(crate) async fn exchange(&self, request: Request<Body>, timeout: Duration) -> Result<Response<Bytes>> {
        let uri = request.uri().clone();
        let exchange = async {
            let (head, body) = self.0.request(request).await?.into_parts();
            anyhow::Ok(Response::from_parts(head, axum::body::to_bytes(Body::new(body), MAX_ANSWER_BYTES).await?))
        };
        tokio::time::timeout(timeout, exchange).await.with_context(|| format!("{uri} did not answer in {timeout:?}"))?
    }

    pub(crate) async fn get(&self, url: &str, timeout: Duration) -> Result<(StatusCode, Bytes)> {
        self.send(Request::get(url).body(Body::empty())?, timeout).await
    }
}
