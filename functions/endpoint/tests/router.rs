//! A router with endpoint's layers, seen from outside.
#![allow(clippy::unwrap_used)]

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::{Router, routing::get, routing::post};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use stoa_domain::{Locale, OrderId, PaymentId};
use stoa_endpoint::access::{AccessToken, Bearer, Grant, Grants};
use stoa_endpoint::config::PublicUrl;
use stoa_endpoint::{ApiError, IdempotencyKey, Json, Limits, LinkKey, finish};
use tower::ServiceExt;

#[derive(Deserialize)]
struct Order {
    quantity: u32,
}

#[derive(Clone)]
struct OneToken {
    hash: String,
    expires_at: Timestamp,
}

impl Grants for OneToken {
    async fn find(&self, hash: &str) -> Result<Option<Grant>, ApiError> {
        let grant = Grant { id: "tok_1".into(), scopes: vec!["catalog:read".into()], expires_at: self.expires_at };
        Ok((hash == self.hash).then_some(grant))
    }
}

fn router() -> Router {
    let routes = Router::new()
        .route("/panic", get(async || -> String { panic!("the secret cause") }))
        .route("/fail", get(async || ApiError::internal("the secret cause")))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(60)).await))
        .route("/echo", post(async |Json(order): Json<Order>| order.quantity.to_string()))
        .route("/key", get(async |key: IdempotencyKey| key.as_str().to_owned()));
    finish(routes, Limits { body_bytes: 100, time: Duration::from_millis(50) })
}

async fn json(response: Response) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
}
fn echo(body: impl Into<Body>) -> Request<Body> {
    Request::post("/echo").header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}
fn read(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_failure_says_its_code_and_request_id_but_never_its_cause() {
    for path in ["/panic", "/fail"] {
        let request = Request::get(path).header("x-request-id", "checkout-42").body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-request-id"], "checkout-42");
        let body = json(response).await;
        assert_eq!((&body["error"]["code"], &body["request_id"]), (&"internal".into(), &"checkout-42".into()));
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn a_request_id_that_could_forge_a_log_line_is_replaced() {
    for id in ["short", "with spaces in it", "\"},{\"level\":\"x", &"x".repeat(65)] {
        let request = Request::get("/key").header("x-request-id", id).body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        assert_ne!(response.headers()["x-request-id"], id);
        assert_eq!(response.headers()["x-request-id"].len(), 26);
    }
}

#[tokio::test]
async fn every_refusal_has_a_stable_code() {
    let large = format!("{{\"quantity\":1{}}}", " ".repeat(200));
    let table = [
        (read("/nowhere"), 404, "not_found"),
        (read("/echo"), 405, "method_not_allowed"),
        (read("/slow"), 504, "timeout"),
        (echo("{"), 400, "invalid_json"),
        (echo("{\"quantity\":-1}"), 422, "invalid_body"),
        (echo(large), 413, "body_too_large"),
        (Request::post("/echo").body(Body::from("{}")).unwrap(), 415, "unsupported_media_type"),
        (read("/key"), 400, "idempotency_key_missing"),
        (
            Request::get("/key").header("idempotency-key", "a b").body(Body::empty()).unwrap(),
            400,
            "idempotency_key_invalid",
        ),
    ];
    for (request, status, code) in table {
        let response = router().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");
        assert_eq!(json(response).await["error"]["code"], code);
    }
}

#[tokio::test]
async fn a_token_opens_what_its_scope_says_until_it_expires() {
    let token = AccessToken::generate().unwrap();
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    let earlier = Timestamp::now() - SignedDuration::from_hours(1);
    let ask = async |expires_at: Timestamp, scope: &'static str, sent: String| {
        let state = OneToken { hash: token.hash(), expires_at };
        let handler = move |Bearer(grant): Bearer| async move { grant.require(scope).map(|()| "in") };
        let routes = Router::new().route("/", get(handler)).with_state(state);
        let request = Request::get("/").header(header::AUTHORIZATION, sent).body(Body::empty()).unwrap();
        finish(routes, Limits::default()).oneshot(request).await.unwrap().status().as_u16()
    };
    let good = format!("Bearer {}", token.reveal());
    assert_eq!(ask(later, "catalog:read", good.clone()).await, 200);
    assert_eq!(ask(later, "catalog:write", good.clone()).await, 403);
    assert_eq!(ask(earlier, "catalog:read", good.clone()).await, 401);
    assert_eq!(ask(later, "catalog:read", format!("Bearer stoa_{}", "0".repeat(64))).await, 401);
    assert_eq!(ask(later, "catalog:read", format!("Basic {}", token.reveal())).await, 401);
}

#[test]
fn a_link_opens_only_the_thing_it_was_made_for() {
    let key = LinkKey::new(&[7; 32]);
    let (order, other) = (OrderId::new("ord_1").unwrap(), OrderId::new("ord_2").unwrap());
    let token = key.order_token(&order);
    assert!(key.verify_order(&order, &token));
    assert!(!key.verify_order(&other, &token));
    assert!(!key.verify_payment(&PaymentId::new("ord_1").unwrap(), &token));
    assert!(!LinkKey::new(&[8; 32]).verify_order(&order, &token));
    for forged in ["", "zz", &token[..62], &token.replace(&token[..1], "g")] {
        assert!(!key.verify_order(&order, forged), "{forged}");
    }
}

#[test]
fn an_order_link_keeps_the_order_s_language() {
    let key = LinkKey::new(&[7; 32]);
    let (en, zh) = (Locale::new("en").unwrap(), Locale::new("zh-CN").unwrap());
    let order = OrderId::new("ord_1").unwrap();
    assert!(key.order_path(&order, &en, &en).starts_with("/orders/ord_1?token="));
    assert!(key.order_path(&order, &zh, &en).starts_with("/zh/orders/ord_1?token="));
}

#[test]
fn the_public_url_is_an_origin() {
    for bad in [
        "",
        "shop.example",
        "ftp://shop.example",
        "https://shop.example/de",
        "https://u@shop.example",
        "https://shop.example/?x",
    ] {
        assert!(PublicUrl::new(bad).is_err(), "{bad}");
    }
    let url = PublicUrl::new("http://127.0.0.1:8787").unwrap();
    assert_eq!((url.join("/cart").as_str(), url.is_https()), ("http://127.0.0.1:8787/cart", false));
}
