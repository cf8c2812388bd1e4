//! A shop with one placed order, on embedded servers, with the payments router behind a real socket.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Address, Order, OrderLine, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::quote::Quote;
use stoa_domain::shop::Shop;
use stoa_domain::{CartId, Currency, Locale, Localized, Money, OrderId, PaymentId, ProductId, Sku};
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_payments::{Config, State, router};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Expected, IdempotencyKey, Keys, PlaceOrder, Store};
use tower::ServiceExt;

pub struct TestShop {
    pub store: Store,
    pub order: Order,
    pub payment: Payment,
    router: Router,
    _dynamo: DynamoServer,
    _objects: ObjectServer,
    _folder: tempfile::TempDir,
}

/// Two mugs for ¥25.00, waiting for payment. The shop's public address is the router's own.
pub async fn shop() -> TestShop {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys { access_key: "test".into(), secret_key: "test-secret".into() };
    let local = "127.0.0.1:0".parse().unwrap();
    let dynamo = DynamoServer::start(None, local).await.unwrap();
    let objects = ObjectServer::start(folder.path(), local, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&stoa_storage::Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    store.shop().put_settings(&settings(), Expected::Any).await.unwrap();
    let (order, payment) = placed(&store).await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public_url = PublicUrl::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let router = router(State::new(store.clone(), Config::for_testing(public_url)));
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    TestShop { store, order, payment, router, _dynamo: dynamo, _objects: objects, _folder: folder }
}

impl TestShop {
    /// The hosted page's path with its token.
    pub fn page(&self) -> String {
        LinkKey::new(&[1; 32]).payment_path("sandbox", &self.payment.id)
    }
    async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (StatusCode, serde_json::Value) {
        let request = headers.iter().fold(Request::post(path), |r, (name, value)| r.header(*name, *value));
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        let status = response.status();
        (status, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
    }
    /// Posts a callback; without a signature when that is empty.
    pub async fn callback(&self, signature: &str, body: Vec<u8>) -> (StatusCode, serde_json::Value) {
        let headers = [(stoa_payments::sandbox::SIGNATURE_HEADER, signature)];
        let headers = if signature.is_empty() { &headers[..0] } else { &headers[..] };
        self.post("/payments/callbacks/sandbox", headers, body).await
    }
    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
    /// Presses one of the page's buttons; the status and where it leads.
    pub async fn press(&self, page: &str, action: &str) -> (StatusCode, String) {
        let request = Request::post(page)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("action={action}")))
            .unwrap();
        let response = self.send(request).await;
        let to = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        (response.status(), to.unwrap_or_default())
    }
}

async fn placed(store: &Store) -> (Order, Payment) {
    let now = Timestamp::now();
    let en = Locale::new("en").unwrap();
    let total = Money::new(2_500, Currency::new("CNY").unwrap());
    let cart = Cart::new(CartId::new("0".repeat(32)).unwrap(), en.clone(), now);
    let revision = store.carts().put(&cart, Expected::Absent).await.unwrap();
    let zero = Money::zero(total.currency);
    let quote = Quote {
        lines: vec![],
        subtotal: total,
        discount: zero,
        shipping: None,
        total,
        messages: vec![],
        refused: vec![],
        gifts: vec![],
        codes: vec![],
        tax: None,
    };
    let order = Order {
        id: OrderId::new("ord_1").unwrap(),
        number: "S-TEST-0001".into(),
        state: OrderState::PaymentPending,
        locale: en,
        email: "wang.li@example.com".into(),
        shipping_address: Address {
            name: "Wang Li".into(),
            phone: String::new(),
            country: "CN".into(),
            region: "江苏省".into(),
            city: "苏州市".into(),
            district: "姑苏区".into(),
            street: "平江路 12 号".into(),
            postal_code: String::new(),
        },
        lines: vec![OrderLine {
            sku: Sku::new("mug").unwrap(),
            product: ProductId::new("prod_mug").unwrap(),
            handle: "mug".into(),
            title: "The mug".into(),
            variant_title: String::new(),
            quantity: 2,
            unit_price: Money::new(1_250, total.currency),
            total,
        }],
        quote,
        cart: cart.id.clone(),
        payment: PaymentId::new("pay_1").unwrap(),
        placed_at: now,
        timeline: vec![],
    };
    let payment = Payment {
        id: order.payment.clone(),
        order: order.id.clone(),
        provider: "sandbox".into(),
        amount: total,
        state: PaymentState::Pending,
        provider_reference: None,
        created_at: now,
        updated_at: now,
    };
    let place = PlaceOrder {
        order: order.clone(),
        payment: payment.clone(),
        reservations: vec![],
        cart: (cart.id, revision),
        idempotency: IdempotencyKey::new("orders", "key").unwrap(),
        request_hash: "hash".into(),
        response: "{}".into(),
    };
    store.orders().place(place).await.unwrap();
    (order, payment)
}

fn settings() -> Shop {
    let text = |t: &str| Localized::new(Locale::new("en").unwrap(), t);
    Shop {
        name: text("Stoa"),
        tagline: text(""),
        announcement: text(""),
        description: text(""),
        email: "shop@example.com".into(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: Locale::new("en").unwrap(),
        locales: vec![Locale::new("en").unwrap(), Locale::new("zh-CN").unwrap()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![],
        notices: vec![],
        facets: vec![],
    }
}
