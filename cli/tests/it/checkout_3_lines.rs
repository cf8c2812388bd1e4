//! What one checkout of three lines costs in DynamoDB's own accounting, through the routers of checkout and payments: from the
//! quote to the paid order. The bounds hold for a realistic order, and the exact figures are those of
//! docs/access-patterns.md.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use stoa_domain::product::Product;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, OrderId, PaymentId, ProductId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_payments::sandbox::{Callback, CallbackData, CallbackKind, SIGNATURE_HEADER, Sandbox};
use stoa_storage::meter::{Meter, Units};
use stoa_storage::testing::{LocalStore, cny, en, product, promotion, settings, zh};
use stoa_storage::{Expected, Store};
use tower::ServiceExt;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access-patterns.md");
const GOODS: [(&str, &str, &str, i64); 3] = [
    ("MUG-STONEWARE-INDIGO", "Stoneware mug, indigo glaze", "靛蓝釉炻器马克杯", 12_800),
    ("TOWEL-LINEN-NATURAL-70X140", "Linen bath towel, natural, 70 × 140 cm", "天然亚麻浴巾 70 × 140 厘米", 26_800),
    ("LAMP-OAK-ARC", "Arc lamp in oiled oak", "油蜡橡木弧形灯", 89_900),
];

/// A shop with a promotion for everybody, and three products with a description of a screenful in two languages.
async fn furnish(store: &Store) {
    let shipping = ShippingMethod {
        id: "standard".into(),
        name: Localized::new(en(), "Standard delivery").with(zh(), "标准快递"),
        price: cny(1_000),
        free_from: None,
        promise: Localized::new(en(), "2 to 4 days").with(zh(), "2 至 4 天"),
    };
    let settings = Shop { shipping_methods: vec![shipping], ..settings() };
    store.shop().put_settings(&settings, Expected::Absent).await.unwrap();
    let reason = r#""reason": { "en": "for every order of the opening week", "zh-CN": "开业周每单皆享" }"#;
    store.promotions().put(&promotion("opening-week", reason), Expected::Absent).await.unwrap();
    for (at, (sku, english, chinese, minor)) in GOODS.into_iter().enumerate() {
        let plain = product(&sku.to_lowercase(), minor);
        let mut variants = plain.variants.clone();
        variants[0].sku = Sku::new(sku).unwrap();
        let text = format!("<p>{english}. Made by hand in small series; no two are alike.</p>").repeat(8);
        let product = Product {
            id: ProductId::new(format!("prod_01JD8Z7XK4N6Q0VYB3RT5WM9{at}")).unwrap(),
            title: Localized::new(en(), english).with(zh(), chinese),
            description_html: Localized::new(en(), text).with(zh(), format!("<p>{chinese}，手工制作。</p>").repeat(8)),
            variants,
            ..plain
        };
        store.products().put(&product, Expected::Absent).await.unwrap();
        store.stock().set(&Sku::new(sku).unwrap(), 40).await.unwrap();
    }
}

struct Shopper {
    checkout: Router,
    payments: Router,
    meter: Meter,
    cookie: String,
}

impl Shopper {
    async fn send(&mut self, method: &str, path: &str, key: Option<&str>, body: Value) -> Value {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookie);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()));
        let response = self.checkout.clone().oneshot(request.unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        assert!(head.status.is_success(), "{method} {path}: {}", String::from_utf8_lossy(&body));
        if let Some(cookie) = head.headers.get(header::SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        serde_json::from_slice(&body).unwrap()
    }

    /// As the provider calls, when somebody paid.
    async fn told(&self, callback: &Callback) -> Value {
        let body = serde_json::to_vec(callback).unwrap();
        let signature = Sandbox::new(&[2; 32]).sign(&body, Timestamp::now());
        let request = Request::post("/payments/callbacks/sandbox").header(SIGNATURE_HEADER, signature);
        let response = self.payments.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
    }

    async fn buy(&mut self, key: &str) -> [Units; 3] {
        for (sku, ..) in GOODS {
            self.send("POST", "/api/cart/lines", None, json!({ "sku": sku, "quantity": 2 })).await;
        }
        self.meter.take();
        let cart = self.send("GET", "/api/cart?locale=zh-CN&shipping=standard&country=CN", None, Value::Null).await;
        let quote = self.meter.take();
        let order = json!({
            "email": "wang.xiaoli@example.com",
            "address": {
                "name": "王晓莉", "phone": "+86 139 1234 5678", "country": "CN", "region": "江苏省", "city": "苏州市",
                "district": "姑苏区", "street": "平江路 128 号 3 幢 1204 室", "postal_code": "215005"
            },
            "shipping_method": "standard", "locale": "zh-CN", "marketing_consent": true,
            "expected_total": cart["total"],
        });
        let placed = self.send("POST", "/api/orders", Some(key), order).await;
        let place = self.meter.take();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let callback = Callback {
            id: format!("evt_{key}"),
            kind: CallbackKind::Succeeded,
            data: CallbackData {
                payment: PaymentId::new(text(&placed["payment"]["id"])).unwrap(),
                order: OrderId::new(text(&placed["order_id"])).unwrap(),
                amount: cart["total"]["minor"].as_i64().unwrap(),
                currency: cny(0).currency,
                reference: format!("sbx_{key}"),
            },
        };
        assert_eq!(self.told(&callback).await["result"], "recorded");
        let paid = self.meter.take();
        // The shopper's page says so.
        let path = placed["status_url"].as_str().unwrap().split_once("/orders/").unwrap().1;
        let view = self.send("GET", &format!("/api/orders/{path}"), None, Value::Null).await;
        assert_eq!((&view["state"], view["lines"].as_array().unwrap().len()), (&json!("paid"), 3));
        assert!(view["discount"]["minor"].as_i64().unwrap() > 0, "the promotion counts: {view}");
        [quote, place, paid]
    }
}

#[tokio::test]
async fn checkout_3_lines() {
    let local = LocalStore::start().await;
    furnish(&local.store).await;
    let (store, meter) = Store::metered(local.store.config()).await;
    let url = PublicUrl::new("https://shop.example").unwrap();
    let checkout = stoa_checkout::State::new(store.clone(), stoa_checkout::Config::for_testing(url.clone()));
    let payments = stoa_payments::State::new(store, stoa_payments::Config::for_testing(url));
    let mut shopper = Shopper {
        checkout: stoa_checkout::router(checkout),
        payments: stoa_payments::router(payments),
        meter,
        cookie: String::new(),
    };
    let first = shopper.buy("one").await;
    let second = shopper.buy("two").await;
    assert_eq!(first, second, "what a checkout costs does not depend on those before");
    let row = |name: &str, units: &[Units]| {
        let (read, write) = units.iter().fold((0.0, 0.0), |(r, w), units| (r + units.read, w + units.write));
        (format!("| {name} | {read} | {write} |"), read, write)
    };
    let (all, read, write) = row("**`checkout_3_lines`**: all three", &first);
    let names = ["the quote", "placing the order", "the payment's callback"];
    let steps = names.iter().zip(&first).map(|(name, units)| row(name, std::slice::from_ref(units)).0);
    let rows: Vec<String> = steps.chain([all]).collect();
    assert!(read <= 8.0 && write <= 20.0, "{rows:#?}");
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    for row in rows {
        assert!(document.contains(&row), "docs/access-patterns.md does not have the measured {row}");
    }
}
