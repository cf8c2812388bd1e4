//! A rush for the last pieces, over sockets: the real routers served as they are in dev, real HTTP, the sandbox's page and
//! its callbacks.

use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use stoa_checkout::PaymentMethods;
use stoa_domain::order::OrderState;
use stoa_domain::payment::PaymentState;
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::{Localized, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_storage::Expected;
use stoa_storage::testing::{LocalStore, cny, en, product, settings};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

const BUYERS: usize = 200;
const PIECES: u32 = 20;
/// Tries of one order while the shop says that it is busy.
const PATIENCE: usize = 20;

async fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}

#[derive(Clone)]
struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    checkout: String,
    payments: String,
}

impl Browser {
    async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: String) -> (StatusCode, Reply) {
        let request =
            headers.iter().fold(Request::builder().method(method).uri(url), |r, (name, value)| r.header(*name, *value));
        let response = self.client.request(request.body(Full::from(body)).unwrap()).await.unwrap();
        let (status, cookie) = (response.status(), response.headers().get(header::SET_COOKIE).cloned());
        let cookie = cookie.map(|text| text.to_str().unwrap().split(';').next().unwrap().to_owned());
        let location = response.headers().get(header::LOCATION).map(|text| text.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, Reply { json: serde_json::from_slice(&body).unwrap_or_default(), cookie, location })
    }

    /// Fills a cart, waits for the others, orders and pays. The order's id, or the code it was refused with.
    async fn buys(&self, number: usize, together: &Barrier) -> Result<String, String> {
        let json_type = ("content-type", "application/json");
        let line = json!({ "sku": "mug", "quantity": 1 }).to_string();
        let (status, cart) =
            self.send(Method::POST, &format!("{}/api/cart/lines", self.checkout), &[json_type], line).await;
        assert_eq!(status, StatusCode::OK, "{:?}", cart.json);
        let cookie = cart.cookie.unwrap();
        together.wait().await;
        let key = format!("rush-{number}");
        let headers = [json_type, ("cookie", cookie.as_str()), ("idempotency-key", key.as_str())];
        for _ in 0..PATIENCE {
            let url = format!("{}/api/orders", self.checkout);
            let (status, answer) = self.send(Method::POST, &url, &headers, order(number)).await;
            match status.as_u16() {
                201 => {
                    let page = format!("{}{}", self.payments, answer.json["payment"]["redirect_url"].as_str().unwrap());
                    let form = [("content-type", "application/x-www-form-urlencoded")];
                    let (status, paid) = self.send(Method::POST, &page, &form, "action=pay".to_owned()).await;
                    assert_eq!(status, StatusCode::SEE_OTHER);
                    assert!(paid.location.unwrap().contains("/orders/"), "the payment went through");
                    return Ok(answer.json["order_id"].as_str().unwrap().to_owned());
                }
                503 => {}
                _ => return Err(answer.json["error"]["code"].as_str().unwrap().to_owned()),
            }
        }
        Err("busy".to_owned())
    }
}

struct Reply {
    json: Value,
    cookie: Option<String>,
    location: Option<String>,
}

fn order(number: usize) -> String {
    json!({
        "email": format!("buyer-{number}@example.com"),
        "address": {
            "name": "王莉", "phone": "+86 139 0000 0000", "country": "CN", "region": "江苏省", "city": "苏州市",
            "district": "姑苏区", "street": "平江路 12 号", "postal_code": "215000"
        },
        "shipping_method": "standard",
        "locale": "en",
        "expected_total": { "minor": 2_250, "currency": "CNY" }
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_buyers_twenty_pay_for_twenty_pieces() {
    let local = LocalStore::start().await;
    let store = local.store.clone();
    let shipping = ShippingMethod {
        id: "standard".into(),
        name: Localized::new(en(), "Standard"),
        price: cny(1_000),
        free_from: None,
        promise: Localized::default(),
    };
    store
        .shop()
        .put_settings(&Shop { shipping_methods: vec![shipping], ..settings() }, Expected::Absent)
        .await
        .unwrap();
    store.products().put(&product("mug", 1_250), Expected::Absent).await.unwrap();
    let sku = Sku::new("mug").unwrap();
    store.stock().set(&sku, PIECES).await.unwrap();

    let (at_checkout, at_payments) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let checkout = format!("http://{}", at_checkout.local_addr().unwrap());
    let payments = format!("http://{}", at_payments.local_addr().unwrap());
    let url = PublicUrl::new(&payments).unwrap();
    let config = stoa_checkout::Config {
        payment_methods: PaymentMethods::sandbox(),
        ..stoa_checkout::Config::for_testing(url.clone())
    };
    serve(at_checkout, stoa_checkout::router(stoa_checkout::State::new(store.clone(), config))).await;
    let config = stoa_payments::Config::for_testing(url);
    serve(at_payments, stoa_payments::router(stoa_payments::State::new(store.clone(), config))).await;

    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let browser = Browser { client, checkout, payments };
    let together = Arc::new(Barrier::new(BUYERS));
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (browser, together) = (browser.clone(), together.clone());
            tokio::spawn(async move { browser.buys(number, &together).await })
        })
        .collect();
    let (mut bought, mut refused) = (BTreeSet::new(), Vec::new());
    for buyer in buyers {
        match buyer.await.unwrap() {
            Ok(order) => assert!(bought.insert(order), "every buyer has an order of their own"),
            Err(code) => refused.push(code),
        }
    }
    assert_eq!(bought.len(), PIECES as usize);
    assert_eq!(refused, vec!["out_of_stock".to_owned(); BUYERS - PIECES as usize]);

    let level = store.stock().get(&sku).await.unwrap().unwrap();
    assert_eq!((level.on_hand, level.reserved), (PIECES, PIECES));
    let orders = store.orders().list(None, None, 100).await.unwrap();
    assert_eq!((orders.items.len(), orders.next), (PIECES as usize, None));
    for order in orders.items {
        assert_eq!(order.value.state, OrderState::Paid);
        let payment = store.payments().get(&order.value.payment).await.unwrap().unwrap().value;
        assert_eq!((payment.state, payment.amount), (PaymentState::Succeeded, order.value.quote.total));
        assert!(bought.contains(order.value.id.as_str()));
    }
}
