//! A shopper fills a cart, orders, and pays: once, twice, with another amount, after a declined card, or never. They try
//! again with the same Idempotency-Key as long as the shop does not answer.

use super::Stage;
use crate::bank::Due;
use crate::schedule::Gone;
use crate::shop::{Answer, CODE, GOODS};
use axum::body::Body;
use axum::http::{Method, Request, header};
use fastrand::Rng;
use serde_json::{Value, json};
use stoa_checkout::place_order::PlacedOrder;
use stoa_domain::Money;
use stoa_storage::testing::cny;

/// How often they try again.
const PATIENCE: usize = 6;
/// How often they agree to another total.
const TOTALS: usize = 3;

struct Shopper {
    stage: Stage,
    name: &'static str,
    rng: Rng,
    cookie: Option<String>,
    /// Orders asked for so far, each under a key of its own.
    keys: usize,
}

pub(super) async fn shops(stage: Stage, name: &'static str, mut rng: Rng) {
    let purchases = rng.usize(1..=2);
    let mut shopper = Shopper { stage, name, rng, cookie: None, keys: 0 };
    for _ in 0..purchases {
        shopper.buys().await;
    }
}

impl Shopper {
    async fn buys(&mut self) {
        for _ in 0..self.rng.usize(1..=2) {
            let (sku, ..) = GOODS[self.rng.usize(..GOODS.len())];
            let line = json!({ "sku": sku, "quantity": self.rng.u32(1..=2) });
            if self.sends(Method::POST, "add to cart", "/api/cart/lines", Some(line)).await.is_none() {
                return;
            }
        }
        if self.rng.u8(..100) < 60 {
            self.sends(Method::POST, "give a code", "/api/cart/codes", Some(json!({ "code": CODE }))).await;
        }
        let cart = self.sends(Method::GET, "look at cart", "/api/cart?locale=en&shipping=standard", None).await;
        let Some(mut total) = cart.and_then(|cart| cart.json()["total"]["minor"].as_i64()) else { return };
        for _ in 0..TOTALS {
            let Some(answer) = self.orders(total).await else { return };
            if let Ok(placed) = serde_json::from_str::<PlacedOrder>(&answer.body) {
                self.stage.witness.happened("order placed");
                self.pays(placed, cny(total)).await;
                return;
            }
            let refused = answer.json();
            match refused["error"]["code"].as_str() {
                Some("out_of_stock") => self.stage.witness.happened("out of stock"),
                Some("promotion_used_up") => self.stage.witness.happened("promotion used up"),
                _ => {}
            }
            match refused["error"]["details"]["total"]["minor"].as_i64() {
                Some(other) => total = other,
                None => return,
            }
        }
    }

    /// Asks for the order until there is an answer; sometimes by a double click, sometimes in two windows.
    async fn orders(&mut self, total: i64) -> Option<Answer> {
        let cookie = self.cookie.clone()?;
        let body = order(self.name, total).to_string();
        let key = self.next_key();
        let twice = self.rng.u8(..100);
        let other = match twice {
            0..15 => Some(key.clone()),
            15..30 => Some(self.next_key()),
            _ => None,
        };
        let first = order_until_answered(&self.stage, &key, &cookie, &body);
        let Some(other) = other else { return first.await };
        let second = order_until_answered(&self.stage, &other, &cookie, &body);
        let (first, second) = futures::join!(first, second);
        let won = |answer: &Option<Answer>| answer.as_ref().is_some_and(|answer| answer.status == 201);
        if won(&first) || !won(&second) { first } else { second }
    }

    fn next_key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.name, self.keys)
    }

    async fn pays(&mut self, placed: PlacedOrder, total: Money) {
        let due = Due { payment: placed.payment.id, order: placed.order_id, amount: total };
        let (stage, lost) = (self.stage.clone(), self.rng.u8(..100) < 15);
        let bank = stage.shop.bank.clone();
        stage.shop.schedule.pause("goes to pay").await;
        match self.rng.u8(..100) {
            0..50 => bank.charge(&due, total, lost),
            50..64 => {
                bank.charge(&due, total, lost);
                stage.shop.schedule.pause("pays again in another window").await;
                bank.charge(&due, total, lost);
            }
            64..74 => bank.charge(&due, Money { minor: total.minor - 1, ..total }, lost),
            74..84 => {
                bank.decline(&due);
                stage.shop.schedule.pause("takes another card").await;
                bank.charge(&due, total, lost);
            }
            84..90 => bank.decline(&due),
            _ => stage.witness.happened("never paid"),
        }
    }

    /// None: the shop did not answer, or refused.
    async fn sends(&mut self, method: Method, what: &str, path: &str, body: Option<Value>) -> Option<Answer> {
        for _ in 0..PATIENCE {
            let mut request = Request::builder().method(method.clone()).uri(path);
            if let Some(cookie) = &self.cookie {
                request = request.header(header::COOKIE, cookie);
            }
            let body = body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
            let request = request.header(header::CONTENT_TYPE, "application/json").body(body).ok()?;
            let answer = self.stage.shop.ask(what, request).await;
            if let Some(answer) = looked_at(&self.stage, answer) {
                if let Some(cookie) = &answer.cookie {
                    self.cookie = Some(cookie.clone());
                }
                return (answer.status < 300).then_some(answer);
            }
            self.stage.shop.schedule.pause("tries again").await;
        }
        None
    }
}

/// One request for an order.
pub(crate) fn order_request(key: &str, cookie: &str, body: &str) -> Option<Request<Body>> {
    let request = Request::post("/api/orders")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key);
    request.body(Body::from(body.to_owned())).ok()
}

async fn order_until_answered(stage: &Stage, key: &str, cookie: &str, body: &str) -> Option<Answer> {
    stage.witness.asks(key, cookie, body);
    for _ in 0..PATIENCE {
        let answer = stage.shop.ask("place order", order_request(key, cookie, body)?).await;
        if let Some(answer) = looked_at(stage, answer) {
            stage.witness.answered(key, answer.status, &answer.body);
            return Some(answer);
        }
        stage.shop.schedule.pause("tries again").await;
    }
    None
}

/// An answer that is one: not that the shop is down.
fn looked_at(stage: &Stage, answer: Result<Answer, Gone>) -> Option<Answer> {
    match answer {
        Ok(answer) if answer.status == 500 => {
            stage.witness.violation("the shop has no answer but an internal error");
            None
        }
        Ok(answer) if answer.status < 500 => Some(answer),
        Ok(_) => {
            stage.witness.happened("unavailable");
            None
        }
        Err(Gone::Crashed) => {
            stage.witness.happened("crashed");
            None
        }
        Err(Gone::Left) => None,
    }
}

fn order(name: &str, total: i64) -> Value {
    json!({
        "email": format!("{name}@example.com"),
        "address": {
            "name": "王莉", "phone": "+86 139 0000 0000", "country": "CN", "region": "江苏省", "city": "苏州市",
            "district": "姑苏区", "street": "平江路 12 号", "postal_code": "215000"
        },
        "shipping_method": "standard",
        "locale": "en",
        "expected_total": { "minor": total, "currency": "CNY" }
    })
}
