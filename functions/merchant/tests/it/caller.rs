//! A merchant's program that calls the API through its router.

use crate::shop::{Shop, shop};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use serde_json::Value;
use stoa_merchant::{Config, State, router, tokens};
use tower::ServiceExt;

pub struct Caller {
    pub shop: Shop,
    pub router: Router,
    pub token: String,
    pub signing_key: Vec<u8>,
    /// Its public half.
    pub verify_key: Vec<u8>,
}

pub struct Answer {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub replayed: bool,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

pub async fn caller(scopes: &[&str]) -> Caller {
    let shop = shop().await;
    let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
    let made = tokens::create(&shop.store, "tests", &scopes, 1, jiff::Timestamp::now()).await.unwrap();
    let (signing_key, verify_key) = stoa_plugin_runtime::generate_keys().unwrap();
    stoa_plugin_runtime::compiler_process::use_program(env!("CARGO_BIN_EXE_stoa-merchant").into());
    let config = Config { plugin_signing_key: Some(signing_key.clone()) };
    let router = router(State::new(shop.store.clone(), config));
    Caller { router, token: made.token.reveal().to_owned(), shop, signing_key, verify_key }
}

impl Caller {
    pub fn without_signing_key(self) -> Self {
        let router = router(State::new(self.shop.store.clone(), Config::for_testing()));
        Self { router, ..self }
    }
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/admin/api{path}"));
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap()).await
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Body::empty()).await
    }
    pub async fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(method, path, &headers, body.to_string()).await
    }
}

pub async fn answer(response: Response<Body>) -> Answer {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    let (etag, replayed) = (header("etag"), header("idempotency-replayed").is_some());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status, etag, replayed, body: serde_json::from_str(&text).unwrap_or(Value::Null), text, bytes }
}
