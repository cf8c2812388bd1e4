//! A shop on embedded servers, and a shopper who talks to the checkout's router.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Mutex;
use stoa_checkout::{Config, State, router};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Currency, Handle, Locale, Localized, Money, ProductId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Expected, Keys, Store};
use tower::ServiceExt;

pub struct TestShop {
    pub store: Store,
    _dynamo: DynamoServer,
    _objects: ObjectServer,
    _folder: tempfile::TempDir,
}

pub fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}
pub fn en() -> Locale {
    Locale::new("en").unwrap()
}

/// A mug at ¥12.50 with 5 in stock, and a bowl at ¥80.00 with 1. Shipping is ¥10.00, free from ¥200.00.
pub async fn shop() -> TestShop {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { access_key: "test".into(), secret_key: "test-secret".into() };
    let local = "127.0.0.1:0".parse().unwrap();
    let dynamo = DynamoServer::start(None, local).await.unwrap();
    let objects = ObjectServer::start(folder.path(), local, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&stoa_storage::Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    store.shop().put_settings(&settings(), Expected::Any).await.unwrap();
    for (sku, minor, on_hand) in [("mug", 1_250, 5), ("bowl", 8_000, 1)] {
        store.products().put(&product(sku, minor), Expected::Any).await.unwrap();
        store.stock().set(&Sku::new(sku).unwrap(), on_hand).await.unwrap();
    }
    TestShop { store, _dynamo: dynamo, _objects: objects, _folder: folder }
}

impl TestShop {
    pub fn state(&self) -> State {
        State::new(self.store.clone(), Config::for_testing(PublicUrl::new("https://shop.example").unwrap()))
    }
    pub fn shopper(&self) -> Shopper {
        Shopper::of(self.state())
    }
}

fn settings() -> Shop {
    let text = |t: &str| Localized::new(en(), t);
    Shop {
        name: text("Stoa"),
        tagline: text(""),
        announcement: text(""),
        description: text(""),
        email: "shop@example.com".into(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: en(),
        locales: vec![en(), Locale::new("zh-CN").unwrap()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![ShippingMethod {
            id: "standard".into(),
            name: text("Standard"),
            price: yuan(1_000),
            free_from: Some(yuan(20_000)),
            promise: text("2 to 4 days"),
        }],
        notices: vec![],
        facets: vec![],
    }
}

pub fn product(sku: &str, minor: i64) -> Product {
    let now = Timestamp::UNIX_EPOCH;
    Product {
        id: ProductId::new(format!("prod_{sku}")).unwrap(),
        handle: Handle::new(sku).unwrap(),
        status: ProductStatus::Active,
        title: Localized::new(en(), format!("The {sku}")).with(Locale::new("zh-CN").unwrap(), format!("{sku}（中文）")),
        description_html: Localized::default(),
        brand: None,
        product_type: None,
        category: None,
        tags: vec![],
        attributes: vec![],
        options: vec![],
        variants: vec![Variant {
            sku: Sku::new(sku).unwrap(),
            option_values: vec![],
            price: yuan(minor),
            compare_at: None,
            cost: None,
            barcode: None,
            weight_grams: None,
            image: None,
            requires_shipping: true,
            taxable: true,
            track_stock: true,
            backorder: false,
        }],
        images: vec![],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: now,
        updated_at: now,
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
        (status, serde_json::from_slice(&bytes).unwrap())
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
