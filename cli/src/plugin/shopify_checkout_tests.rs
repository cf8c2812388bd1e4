//! A Shopify Function from its file to the price that a shopper sees, through the parts that sell.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use stoa_checkout::{Config, State, router};
use stoa_domain::product::Product;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, PluginId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_merchant::plugins::{Upload, install};
use stoa_plugin_runtime::generate_keys;
use stoa_plugin_runtime::shopify::Targeting;
use stoa_storage::testing::{LocalStore, cny, en, product, settings};
use stoa_storage::{Expected, Revision, Store};
use tower::ServiceExt;

const FUNCTION: &[u8] = include_bytes!("../../../plugins/runtime/tests/guests/discount.wasm");
const LINES: &str = include_str!("../../../plugins/runtime/tests/guests/discount/src/lines.graphql");
const DELIVERY: &str = include_str!("../../../plugins/runtime/tests/guests/discount/src/delivery.graphql");

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
    let targeting = |target: &str, export: &str, query: &str| Targeting {
        target: target.to_owned(),
        export: export.to_owned(),
        input_query: query.to_owned(),
    };
    let upload = Upload {
        id: PluginId::new("tableware").unwrap(),
        title: "Tableware".to_owned(),
        version: "1.0.0".to_owned(),
        wasm: FUNCTION.to_vec(),
        targeting: Some(vec![
            targeting("cart.lines.discounts.generate.run", "cart_lines_discounts_generate_run", LINES),
            targeting(
                "cart.delivery-options.discounts.generate.run",
                "cart_delivery_options_discounts_generate_run",
                DELIVERY,
            ),
        ]),
        settings: Some(r#"{"percentOff":20}"#.to_owned()),
    };
    let new = |revision: Option<Revision>| revision.map_or(Expected::Absent, Expected::Revision);
    install(&local.store, sign, upload, new, Timestamp::now()).await.unwrap();

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
