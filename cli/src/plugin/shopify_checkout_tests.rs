//! A Shopify Function from its file to the price that a shopper sees, through the parts that sell.

use super::upload_shopify::{UploadFunctionArgs, upload};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use clap::Parser;
use serde_json::{Value, json};
use std::path::Path;
use stoa_checkout::{Config, State, router};
use stoa_domain::product::Product;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_plugin_runtime::generate_keys;
use stoa_storage::testing::{LocalStore, cny, en, product, settings};
use stoa_storage::{Expected, Store};
use tower::ServiceExt;

/// A function made with Shopify's own crate, and its extension file.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/runtime/tests/guests");

#[derive(clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    upload: UploadFunctionArgs,
}

/// As a merchant types them, with settings of 20 % in `folder`.
fn arguments(folder: &Path) -> UploadFunctionArgs {
    let settings = folder.join("settings.json");
    std::fs::write(&settings, r#"{"percentOff":20}"#).unwrap();
    let (file, extension) = (format!("{GUESTS}/discount.wasm"), format!("{GUESTS}/discount/shopify.extension.toml"));
    let settings = settings.to_str().unwrap();
    let typed = ["upload-function", &file, "--extension", &extension, "--id", "tableware", "--title", "Tableware"];
    CommandLine::parse_from(typed.into_iter().chain(["--settings", settings])).upload
}

async fn send(router: &Router, method: &str, path: &str, cookie: &str, body: Option<Value>) -> (String, Value) {
    let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let set = response.headers().get(header::SET_COOKIE).map(|v| v.to_str().unwrap().to_owned());
    let cookie = set.map_or(cookie.to_owned(), |set| set.split(';').next().unwrap().to_owned());
    (cookie, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
}

/// Mugs of the tag tableware at 150 yuan, delivered for 12.
async fn furnish(store: &Store) {
    let post = ShippingMethod {
        id: "post".to_owned(),
        name: Localized::new(en(), "Post"),
        price: cny(1_200),
        free_from: None,
        promise: Localized::default(),
    };
    let shop = Shop { shipping_methods: vec![post], ..settings() };
    store.shop().put_settings(&shop, Expected::Absent).await.unwrap();
    let mug = Product { tags: vec!["tableware".to_owned()], ..product("mug", 15_000) };
    store.products().put(&mug, Expected::Absent).await.unwrap();
    store.stock().set(&Sku::new("mug").unwrap(), 9).await.unwrap();
}

#[tokio::test]
async fn a_shopper_pays_what_an_uploaded_function_says() {
    let local = LocalStore::start().await;
    furnish(&local.store).await;
    let (sign, verify) = generate_keys().unwrap();
    upload(&local.store, &sign, &arguments(local.folder())).await.unwrap();

    let config = Config {
        plugin_verify_key: Some(verify),
        ..Config::for_testing(PublicUrl::new("https://shop.example").unwrap())
    };
    let checkout = router(State::new(local.store.clone(), config));
    let line = json!({ "sku": "mug", "quantity": 2 });
    let (cookie, _) = send(&checkout, "POST", "/api/cart/lines", "", Some(line)).await;
    let (_, cart) = send(&checkout, "GET", "/api/cart?locale=en&shipping=post", &cookie, None).await;
    // 300 less 20 %, less 12.50 of the order, delivered for nothing from 300 on.
    assert_eq!(cart["total"]["minor"], json!(30_000 - 6_000 - 1_250), "{cart}");
    assert_eq!(cart["shipping"]["total"]["minor"], json!(0), "{cart}");
    let reasons: Vec<&str> =
        cart["lines"][0]["discounts"].as_array().unwrap().iter().map(|d| d["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["Tableware", "12.5 off"], "{cart}");
}
