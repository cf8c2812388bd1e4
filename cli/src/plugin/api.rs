//! The merchant API as commands use it: of the shop on this machine, called in this process with a token of the
//! command's own, or of the shop that `--shop` names, over the network.

use crate::shop::{Shop, Which};
use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, Uri, header};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use stoa_merchant::{Config, State, router, tokens};
use tower::ServiceExt;

const PATIENCE: Duration = Duration::from_secs(120);
const MAX_ANSWER_BYTES: usize = 16 << 20;
const SCOPES: [&str; 4] = ["plugins:read", "plugins:write", "customers:read", "customers:write"];

/// Which shop a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    #[command(flatten)]
    which: Which,
    /// A deployed shop, through its merchant API: https://shop.example. It needs STOA_TOKEN, a token of the scopes that the
    /// command uses: plugins:read and plugins:write, or customers:read and customers:write
    #[arg(long, global = true, value_name = "URL")]
    shop: Option<String>,
}

impl Target {
    /// Not by its API alone.
    pub(crate) fn is_here(&self) -> bool {
        self.shop.is_none()
    }
    pub(crate) fn which(&self) -> &Which {
        &self.which
    }
}

/// Call [`Api::close`] when done.
pub(crate) struct Api {
    way: Way,
    token: String,
}

enum Way {
    /// `hash` is of the token that was made for this command. `signs`: it may upload.
    Here {
        shop: Shop,
        router: Router,
        hash: String,
        signs: bool,
    },
    There {
        client: Client<HttpsConnector<HttpConnector>, Body>,
        origin: String,
    },
}

impl Api {
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        match &target.shop {
            Some(origin) => Self::there(origin),
            None => Self::here(&target.which).await,
        }
    }

    async fn here(which: &Which) -> Result<Self> {
        let shop = which.open().await?;
        let opened = async {
            // Reading a deployed shop needs no key.
            let config = Config { plugin_signing_key: which.signing_key().ok() };
            let scopes = SCOPES.map(str::to_owned);
            let made = tokens::create(&shop.store, "command line", &scopes, 1, Timestamp::now()).await?;
            anyhow::Ok((config, made))
        };
        match opened.await {
            Ok((config, made)) => {
                let signs = config.plugin_signing_key.is_some();
                let router = router(State::new(shop.store.clone(), config));
                let (token, hash) = (made.token.reveal().to_owned(), made.record.hash);
                Ok(Self { way: Way::Here { shop, router, hash, signs }, token })
            }
            Err(error) => {
                shop.close().await;
                Err(error)
            }
        }
    }

    fn there(origin: &str) -> Result<Self> {
        let token = std::env::var("STOA_TOKEN").context("STOA_TOKEN is not set: a token of the shop's merchant API")?;
        let uri: Uri = origin.parse().with_context(|| format!("--shop {origin}"))?;
        let host = uri.host().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        ensure!(
            uri.scheme_str() == Some("https") || (here && uri.scheme_str() == Some("http")),
            "--shop must be https://…: a token is not sent in clear"
        );
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
            .context("reading this system's certificates")?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { way: Way::There { client, origin: origin.trim_end_matches('/').to_owned() }, token })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(&self.send(Method::GET, path, None).await?)
    }
    pub(crate) async fn bytes(&self, path: &str) -> Result<Bytes> {
        self.send(Method::GET, path, None).await
    }
    pub(crate) async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: &Value) -> Result<T> {
        read(&self.send(method, path, Some(("application/json", body.to_string().into()))).await?)
    }
    pub(crate) async fn upload<T: DeserializeOwned>(&self, path: &str, wasm: Vec<u8>) -> Result<T> {
        if let Way::Here { signs: false, .. } = self.way {
            bail!("STOA_PLUGIN_SIGNING_KEY is not set: it signs what the shop's checkout may load");
        }
        read(&self.send(Method::PUT, path, Some(("application/wasm", wasm.into()))).await?)
    }

    /// `path` is below `/admin/api`. A refusal is told with its code and every fault.
    async fn send(&self, method: Method, path: &str, body: Option<(&str, Body)>) -> Result<Bytes> {
        let path = format!("/admin/api{path}");
        let uri = match &self.way {
            Way::Here { .. } => path,
            Way::There { origin, .. } => format!("{origin}{path}"),
        };
        let mut request = Request::builder().method(method).uri(&uri);
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let body = match body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                body
            }
            None => Body::empty(),
        };
        let request = request.body(body)?;
        let exchange = async {
            let (head, body) = match &self.way {
                Way::Here { router, .. } => router.clone().oneshot(request).await?.into_parts(),
                Way::There { client, .. } => {
                    let (head, body) = client.request(request).await?.into_parts();
                    (head, Body::new(body))
                }
            };
            anyhow::Ok((head.status, to_bytes(body, MAX_ANSWER_BYTES).await?))
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        let (status, bytes) = answer.with_context(|| format!("{uri} did not answer in {PATIENCE:?}"))??;
        if status.is_success() {
            return Ok(bytes);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&bytes) else { bail!("{uri} answered {status}") };
        let (error, mut told) = (&body["error"], String::new());
        for field in error["details"]["fields"].as_array().into_iter().flatten() {
            told += &format!("\n  {}: {}", text(&field["field"]), text(&field["message"]));
        }
        bail!("{} ({}){told}", text(&error["message"]), text(&error["code"]));
    }

    /// Takes the command's own token back and lets the shop's servers finish.
    pub(crate) async fn close(self) {
        if let Way::Here { shop, hash, .. } = self.way {
            // It opens nothing after a day, should this fail.
            let _ = shop.store.tokens().delete(&hash).await;
            shop.close().await;
        }
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).context("the shop's answer is not what this version of stoa expects")
}

/// A text of an answer, or nothing.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `/plugins/{id}`, with the id as one segment of the path.
pub(crate) fn path(id: &str) -> String {
    format!("/plugins/{}", segment(id))
}

/// As one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().fold(String::new(), |path, byte| match plain(byte) {
        true => path + &char::from(byte).to_string(),
        false => path + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn an_id_stays_one_segment_of_the_path() {
        assert_eq!(segment("spend-and-save"), "spend-and-save");
        assert_eq!(segment("a/b c?满"), "a%2Fb%20c%3F%E6%BB%A1");
    }
}
