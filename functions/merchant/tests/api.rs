//! The API through its router, over a real table.
#![allow(clippy::unwrap_used)]

mod shop;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use shop::{Shop, shop};
use stoa_merchant::{Config, State, router, tokens};
use tower::ServiceExt;

struct Caller {
    shop: Shop,
    router: Router,
    token: String,
}

struct Answer {
    status: StatusCode,
    etag: Option<String>,
    replayed: bool,
    body: Value,
    text: String,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

async fn caller(scopes: &[&str]) -> Caller {
    let shop = shop().await;
    let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
    let made = tokens::create(&shop.store, "tests", &scopes, 1, jiff::Timestamp::now()).await.unwrap();
    let (signing_key, _) = stoa_plugin_runtime::generate_keys().unwrap();
    let config = Config { plugin_signing_key: Some(signing_key) };
    let router = router(State::new(shop.store.clone(), config));
    Caller { router, token: made.token.reveal().to_owned(), shop }
}

impl Caller {
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/admin/api{path}"));
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap()).await
    }
    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Body::empty()).await
    }
    async fn json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(method, path, &headers, body.to_string()).await
    }
}

async fn answer(response: Response<Body>) -> Answer {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    let (etag, replayed) = (header("etag"), header("idempotency-replayed").is_some());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status, etag, replayed, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

fn mug() -> Value {
    json!({ "handle": "mug", "title": "Mug", "variants": [{ "sku": "MUG", "price": "12.50", "stock": 4 }] })
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_that_is_good_for_it() {
    let caller = caller(&["catalog:read"]).await;
    for token in ["", "Bearer x", &format!("Bearer stoa_{}", "0".repeat(64)), "Basic eDp5"] {
        let answer = caller.send("GET", "/catalog/products", &[("authorization", token)], Body::empty()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "unauthorized"), "{token}");
    }
    assert_eq!(caller.get("/catalog/products").await.status, StatusCode::OK);
    let answer = caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"));
    for path in ["/orders", "/shop", "/stock/x", "/plugins"] {
        assert_eq!(caller.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_expired_or_revoked_token_is_no_token() {
    let caller = caller(&["all"]).await;
    let two_days_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(48);
    let old = tokens::create(&caller.shop.store, "old", &["all".to_owned()], 1, two_days_ago).await.unwrap();
    let revoked =
        tokens::create(&caller.shop.store, "gone", &["all".to_owned()], 1, jiff::Timestamp::now()).await.unwrap();
    let mut record = revoked.record.clone();
    record.revoked_at = Some(jiff::Timestamp::now());
    caller.shop.store.tokens().put(&record, stoa_storage::Expected::Any).await.unwrap();
    for token in [old.token.reveal(), revoked.token.reveal()] {
        let header = format!("Bearer {token}");
        let answer = caller.send("GET", "/shop", &[("authorization", &header)], Body::empty()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_product_is_made_read_changed_and_removed() {
    let caller = caller(&["catalog:read", "catalog:write"]).await;
    let made = caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = made.body["product"]["id"].as_str().unwrap().to_owned();
    let path = format!("/catalog/products/{id}");
    let read = caller.get(&path).await;
    assert_eq!(read.body["product"]["title"]["en"], "Mug");
    let patched =
        caller.json("PATCH", &path, &[("if-match", read.etag.as_deref().unwrap())], json!({ "brand": "Clay" })).await;
    assert_eq!((patched.status, &patched.body["product"]["brand"]), (StatusCode::OK, &json!("Clay")));
    assert_eq!(patched.body["product"]["variants"][0]["price"], "12.50");
    let stale =
        caller.json("PATCH", &path, &[("if-match", read.etag.as_deref().unwrap())], json!({ "brand": "x" })).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let put = caller.json("PUT", &path, &[], mug()).await;
    assert_eq!(put.body["product"]["brand"], "");
    let whole = caller.json("PUT", &path, &[], put.body["product"].clone()).await;
    assert_eq!(whole.body["product"], put.body["product"]);
    assert_eq!(caller.send("DELETE", &path, &[], Body::empty()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(caller.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_bad_product_is_refused_with_every_field() {
    let caller = caller(&["catalog:write"]).await;
    let body = json!({ "title": "", "handle": "Not A Handle", "variants": [{ "price": "x" }] });
    let answer = caller.json("POST", "/catalog/products", &[], body).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"));
    let fields = answer.body["error"]["details"]["fields"].as_array().unwrap();
    let fields: Vec<_> = fields.iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"title") && fields.contains(&"handle"), "{fields:?}");
    caller.json("POST", "/catalog/products", &[], mug()).await;
    let twin = caller
        .json(
            "POST",
            "/catalog/products",
            &[],
            json!({ "title": "Mug", "handle": "mug", "variants": [{ "sku": "B", "price": 1 }] }),
        )
        .await;
    assert_eq!((twin.status, twin.code()), (StatusCode::CONFLICT, "handle_taken"));
}

#[tokio::test]
async fn a_retried_write_happens_once() {
    let caller = caller(&["catalog:read", "catalog:write", "stock:read", "stock:write"]).await;
    caller.json("POST", "/catalog/products", &[], mug()).await;
    let key = [("idempotency-key", "k-1")];
    let adjust = json!({ "delta": 3, "reason": "counted" });
    let first = caller.json("POST", "/stock/MUG/adjustments", &key, adjust.clone()).await;
    let again = caller.json("POST", "/stock/MUG/adjustments", &key, adjust).await;
    assert_eq!((first.body["on_hand"].as_u64(), &again.body), (Some(7), &first.body));
    assert!(again.replayed && !first.replayed);
    assert_eq!(caller.get("/stock/MUG").await.body["on_hand"], 7);
    let other = caller.json("POST", "/stock/MUG/adjustments", &key, json!({ "delta": 9, "reason": "x" })).await;
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "idempotency_key_reused"));
}

#[tokio::test]
async fn stock_is_set_adjusted_and_never_below_zero() {
    let caller = caller(&["catalog:write", "stock:read", "stock:write"]).await;
    caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!(caller.get("/stock/MUG").await.body["available"], 4);
    assert_eq!(caller.json("PUT", "/stock/MUG", &[], json!({ "on_hand": 9 })).await.body["on_hand"], 9);
    let below = caller.json("POST", "/stock/MUG/adjustments", &[], json!({ "delta": -10, "reason": "lost" })).await;
    assert_eq!(below.status, StatusCode::CONFLICT);
    let silent = caller.json("POST", "/stock/MUG/adjustments", &[], json!({ "delta": -1, "reason": " " })).await;
    assert_eq!(silent.code(), "validation_failed");
    assert_eq!(caller.json("PUT", "/stock/NONE", &[], json!({ "on_hand": 9 })).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_imported_and_exported_through_the_api() {
    let caller = caller(&["catalog:read", "catalog:write"]).await;
    let csv = "URL handle,Title,Price\na,A,1\nb,B,x\n";
    let dry = caller.send("POST", "/catalog/imports?dry_run=true", &[], csv).await;
    assert_eq!(
        (dry.body["summary"]["created"].as_u64(), dry.body["errors"][0]["code"].as_str()),
        (Some(1), Some("not_an_amount"))
    );
    assert_eq!(caller.get("/catalog/products").await.body["items"], json!([]));
    caller.send("POST", "/catalog/imports", &[], csv).await;
    let exported = caller.get("/catalog/export").await;
    assert!(exported.text.starts_with("Title,URL handle,Description"), "{}", exported.text);
    let again = caller.send("POST", "/catalog/imports", &[], exported.text).await;
    assert_eq!(
        (again.body["summary"]["unchanged"].as_u64(), again.body["changes"].as_array().unwrap().len()),
        (Some(1), 0)
    );
    let bad = caller.send("POST", "/catalog/imports", &[], "a,b\n1,2\n").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::UNPROCESSABLE_ENTITY, "missing_columns"));
    let big = caller.send("POST", "/catalog/imports", &[], vec![b'x'; 6 << 20]).await;
    assert_eq!((big.status, big.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
}

#[tokio::test]
async fn categories_collections_pages_and_settings_are_saved_by_their_rules() {
    let caller = caller(&["all"]).await;
    let category =
        |parent: Option<&str>, handle: &str| json!({ "parent": parent, "handle": handle, "name": { "en": handle } });
    assert_eq!(caller.json("PUT", "/categories/home", &[], category(None, "home")).await.status, StatusCode::OK);
    assert_eq!(
        caller.json("PUT", "/categories/table", &[], category(Some("home"), "table")).await.status,
        StatusCode::OK
    );
    let looped = caller.json("PUT", "/categories/home", &[], category(Some("table"), "home")).await;
    assert_eq!(looped.code(), "validation_failed");
    assert_eq!(caller.send("DELETE", "/categories/home", &[], Body::empty()).await.code(), "category_has_children");
    let collection = json!({ "handle": "home", "title": { "en": "Home" }, "members": { "manual": [] } });
    assert_eq!(caller.json("PUT", "/collections/c1", &[], collection).await.code(), "handle_taken");
    let page = json!({ "title": { "en": "About" }, "body_html": { "en": "<p>Hi<script>x</script></p>" } });
    assert_eq!(caller.json("PUT", "/pages/page/about", &[], page).await.status, StatusCode::OK);
    assert_eq!(caller.get("/pages").await.body[0]["value"]["body_html"]["en"], "<p>Hi</p>");
    let mut shop = caller.get("/shop").await.body["value"].clone();
    caller.json("POST", "/catalog/products", &[], mug()).await;
    shop["currency"] = json!("EUR");
    assert_eq!(caller.json("PUT", "/shop", &[], shop).await.code(), "validation_failed");
}

#[tokio::test]
async fn a_picture_is_stored_in_several_widths_and_rubbish_is_not() {
    let caller = caller(&["catalog:write"]).await;
    let mut png = Vec::new();
    image::DynamicImage::new_rgb8(700, 350)
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let stored = caller.send("PUT", "/media", &[], png).await;
    assert_eq!(stored.body["widths"], json!([320, 640, 700]), "{}", stored.text);
    let key = format!("media/{}-320.webp", stored.body["digest"].as_str().unwrap());
    assert!(caller.shop.store.objects().exists(&key).await.unwrap());
    assert_eq!(caller.send("PUT", "/media", &[], "<svg/>").await.code(), "not_a_picture");
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_and_an_unknown_order_is_not_found() {
    let caller = caller(&["all"]).await;
    let bad = caller.send("PUT", "/plugins/p1?title=Spend&version=1.0.0", &[], "not wasm").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::UNPROCESSABLE_ENTITY, "not_a_component"), "{}", bad.text);
    assert_eq!(caller.get("/plugins").await.body, json!([]));
    assert_eq!(caller.get("/orders").await.body["items"], json!([]));
    let moved = caller.json("POST", "/orders/ord_x/transitions", &[], json!({ "to": "shipped" })).await;
    assert_eq!(moved.status, StatusCode::NOT_FOUND);
    let paid = caller.json("POST", "/orders/ord_x/transitions", &[], json!({ "to": "paid" })).await;
    assert_eq!(paid.code(), "validation_failed");
}

#[tokio::test]
async fn the_reference_and_the_openapi_document_cover_every_operation() {
    let caller = caller(&["all"]).await;
    let document = caller.get("/openapi.json").await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 18, "{}", paths.len());
    for (language, words) in [("en", "Merchant API"), ("zh", "商家接口")] {
        let request = Request::get("/admin").header("accept-language", language).body(Body::empty()).unwrap();
        let page = answer(caller.router.clone().oneshot(request).await.unwrap()).await;
        assert!(page.text.contains(words) && paths.keys().all(|path| page.text.contains(path)));
        assert!(!page.text.contains("http://") && !page.text.contains("https://"), "a page asks no third party");
    }
}
