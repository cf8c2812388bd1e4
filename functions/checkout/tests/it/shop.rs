//! A shop on embedded servers, and a shopper who talks to the checkout's router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use std::sync::Mutex;
use stoa_checkout::{Config, State, router};
use stoa_domain::product::Product;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_storage::testing::{LocalStore, cny, en, settings, zh};
use stoa_storage::{Expected, Store};
use tower::ServiceExt;

pub struct TestShop {
    pub store: Store,
    _local: LocalStore,
}

/// A mug at ¥12.50 with 5 in stock, and a bowl at ¥80.00 with 1. Shipping is ¥10.00, free from ¥200.00.
pub async fn shop() -> TestShop {
    let local = LocalStore::start().await;
    let store = local.store.clone();
    let shipping = ShippingMethod {
        id: "standard".into(),
        name: Localized::new(en(), "Standard"),
        price: cny(1_000),
        free_from: Some(cny(20_000)),
        promise: Localized::new(en(), "2 to 4 days"),
    };
    let settings = Shop { shipping_methods: vec![shipping], ..settings() };
    store.shop().put_settings(&settings, Expected::Absent).await.unwrap();
    for (sku, minor, on_hand) in [("mug", 1_250, 5), ("bowl", 8_000, 1)] {
        store.products().put(&product(sku, minor), Expected::Absent).await.unwrap();
        store.stock().set(&Sku::new(sku).unwrap(), on_hand).await.unwrap();
    }
    TestShop { store, _local: local }
}

/// [`stoa_storage::testing::product`] with a Chinese title.
pub fn product(sku: &str, minor: i64) -> Product {
    let product = stoa_storage::testing::product(sku, minor);
    Product { title: product.title.clone().with(zh(), format!("{sku}（中文）")), ..product }
}

impl TestShop {
    pub fn state(&self) -> State {
        State::new(self.store.clone(), Config::for_testing(PublicUrl::new("https://shop.example").unwrap()))
    }
    pub fn shopper(&self) -> Shopper {
        Shopper::of(self.state())
    }
    /// One whose browser sends this cookie.
    pub fn shopper_with(&self, cookie: &str) -> Shopper {
        Shopper { cookie: Mutex::new(Some(cookie.to_owned())), ..self.shopper() }
    }
}

/// A browser with a cookie jar of one.
pub struct Shopper {
    router: Router,
    cookie: Mutex<Option<String>>,
}

impl Shopper {
    pub fn of(state: State) -> Self {
        Self { router: router(state), cookie: Mutex::default() }
    }
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie.split(';').next().unwrap().to_owned());
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
            *self.cookie.lock().unwrap() = Some(cookie.to_str().unwrap().to_owned());
        }
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        (status, body)
    }
    pub async fn add(&self, sku: &str, quantity: u32) -> (u16, Value) {
        self.send(Method::POST, "/api/cart/lines", Some(json!({ "sku": sku, "quantity": quantity })), None).await
    }
    pub async fn cart(&self) -> Value {
        self.send(Method::GET, "/api/cart?locale=en&shipping=standard", None, None).await.1
    }
    pub async fn place(&self, total: i64, key: &str) -> (u16, Value) {
        self.send(Method::POST, "/api/orders", Some(order(total)), Some(key)).await
    }
}

pub fn order(total: i64) -> Value {
    json!({
        "email": "wang.li@example.com",
        "address": {
            "name": "王莉", "phone": "+86 139 0000 0000", "country": "CN", "region": "江苏省", "city": "苏州市",
            "district": "姑苏区", "street": "平江路 12 号", "postal_code": "215000"
        },
        "shipping_method": "standard",
        "locale": "en",
        "expected_total": { "minor": total, "currency": "CNY" }
    })
}
