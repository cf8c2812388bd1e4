//! A Shopify Function from its file to the price that a shopper sees: through the program, a shop's merchant API, and the
//! checkout.

use crate::plugin_guide::Here;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use stoa_checkout::{Config, State, router};
use stoa_domain::product::Product;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, PluginId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_merchant::tokens;
use stoa_plugin_runtime::compiler_process::use_program;
use stoa_plugin_runtime::generate_keys;
use stoa_storage::testing::{LocalStore, cny, en, product, settings};
use stoa_storage::{Expected, Store};
use tower::ServiceExt;

/// A function made with Shopify's own crate, and its extension file.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/runtime/tests/guests");

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

/// Until a run of the function is on record: records are written behind the answer.
async fn recorded(store: &Store) {
    let id = PluginId::new("tableware").unwrap();
    for _ in 0..100 {
        if !store.plugins().runs(&id, jiff::Timestamp::now()).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no run was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_pays_what_a_published_function_says() {
    let local = LocalStore::start().await;
    furnish(&local.store).await;
    let (sign, verify) = generate_keys().unwrap();
    use_program(env!("CARGO_BIN_EXE_stoa").into());
    let scopes = ["plugins:read", "plugins:write"].map(str::to_owned);
    let token = tokens::create(&local.store, "ci", &scopes, 1, jiff::Timestamp::now()).await.unwrap();
    let merchant = stoa_merchant::Config { plugin_signing_key: Some(sign) };
    let api = stoa_merchant::router(stoa_merchant::State::new(local.store.clone(), merchant));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shop = format!("--shop http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, api).await });

    let here = Here::new();
    let with = |command: &str| format!("STOA_TOKEN={} ./stoa plugin {command} {shop}", token.token.reveal());
    here.run(r#"echo '{"percentOff":20}' > settings.json"#);
    let publish = |version: &str| {
        with(&format!(
            "publish-function {GUESTS}/discount.wasm --extension {GUESTS}/discount/shopify.extension.toml \
            --title Tableware --settings settings.json --version {version}"
        ))
    };
    let unnamed = publish("1.0.0").replace("--title Tableware", "");
    assert!(here.run(&format!("! {unnamed}")).contains("--title"));
    let made = here.json(&format!("{} --json", publish("1.0.0")));
    let version = &made["version"];
    assert_eq!((&version["abi"], &version["percent"]), (&json!("shopify"), &json!(0)), "{made}");
    let names = version["report"]["imports"].as_array().unwrap();
    assert!(names.iter().all(|name| name.as_str().unwrap().starts_with("shopify_function_v")), "{made}");
    here.run(&with("release tableware 1.0.0"));
    here.run(&with("set tableware --sample 100"));

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

    // It lives as every plugin does: its runs are recorded and replayed, its versions tried and taken back.
    recorded(&local.store).await;
    assert_eq!(here.json(&with("replay --plugin tableware --json"))["same"], json!(true));
    here.run(&format!("{} --percent 10", publish("1.1.0")));
    let tried = here.json(&with("dry-run tableware --version 1.1.0 --json"));
    assert_eq!((&tried["changed"], &tried["failed"]), (&json!(0), &json!(0)), "{tried}");
    assert!(here.run(&with("list")).contains("1.1.0 for 10 %"));
    here.run(&with("rollback tableware"));
    assert!(here.run(&format!("! {}", publish("1.1.0").replace("Tableware", "Other"))).contains("(version_exists)"));
    server.abort();
}
