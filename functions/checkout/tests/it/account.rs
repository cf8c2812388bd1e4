//! Accounts: codes, sessions, carts that become one, groups. Through the router, over the real DynamoDB API; the codes are read as
//! the mail function makes them.

use crate::shop::{TestShop, order, shop};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use stoa_checkout::{Config, State, router};
use stoa_domain::marketing::Customer;
use stoa_domain::order::{Act, InvoiceKind, InvoiceRequest, OrderState};
use stoa_domain::promotion::Promotion;
use stoa_domain::review::{Review, ReviewState, ReviewText, Stars};
use stoa_domain::{CustomerId, OrderId, Sku};
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_storage::testing::en;
use stoa_storage::{
    Counted, Expected, MailStatus, MessageContent, MessageState, StockEffect, UpdateOrder, customer_key,
};
use tower::ServiceExt;

const LI: &str = "wang.li@example.com";

/// With a jar for all cookies.
struct Browser {
    router: Router,
    jar: Mutex<BTreeMap<String, String>>,
    headers: Vec<(&'static str, String)>,
}

impl Browser {
    fn at(shop: &TestShop) -> Self {
        let state =
            State::new(shop.store.clone(), Config::for_testing(PublicUrl::new("https://shop.example").unwrap()));
        Self { router: router(state), jar: Mutex::default(), headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| *name == "idempotency-key") {
            request = request.header("idempotency-key", "a-key");
        }
        let jar: Vec<String> = self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header(header::COOKIE, jar.join("; "));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            assert!(cookie.contains("; Path=/; ") && cookie.contains("HttpOnly; SameSite=Lax; Secure"), "{cookie}");
            match cookie.contains("Max-Age=0") {
                true => self.jar.lock().unwrap().remove(name),
                false => self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned()),
            };
        }
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn add(&self, sku: &str, quantity: u32) -> Value {
        // Each is a request of its own.
        let body = json!({ "sku": sku, "quantity": quantity });
        let mut request = Request::builder().method(Method::POST).uri("/api/cart/lines");
        let jar: Vec<String> = self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header(header::COOKIE, jar.join("; ")).header(header::CONTENT_TYPE, "application/json");
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(response.status().as_u16(), 200);
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap()
    }

    async fn ask(&self, email: &str) -> (u16, Value) {
        self.send(Method::POST, "/api/account/codes", Some(json!({ "email": email, "locale": "en" }))).await
    }

    async fn show(&self, sign_in: &Value, code: &str) -> (u16, Value) {
        self.send(Method::POST, "/api/account/sessions", Some(json!({ "sign_in": sign_in, "code": code }))).await
    }

    async fn sign_in(&self, email: &str) {
        let (status, asked) = self.ask(email).await;
        assert_eq!(status, 202, "{asked}");
        let (status, answer) = self.show(&asked["sign_in"], &code(&asked["sign_in"], email)).await;
        assert_eq!((status, &answer["email"]), (201, &json!(email)), "{answer}");
    }

    async fn account(&self) -> Value {
        self.send(Method::GET, "/api/account", None).await.1
    }

    async fn lines(&self) -> Vec<(String, u64)> {
        let cart = self.send(Method::GET, "/api/cart", None).await.1;
        let line = |line: &Value| (line["sku"].as_str().unwrap().to_owned(), line["quantity"].as_u64().unwrap());
        cart["lines"].as_array().unwrap().iter().map(line).collect()
    }

    fn has(&self, name: &str) -> bool {
        self.jar.lock().unwrap().contains_key(name)
    }
}

impl TestShop {
    async fn turn(&self, id: &OrderId, states: &[OrderState]) {
        for to in states {
            let read = self.store.orders().get(id).await.unwrap().unwrap();
            let mut order = read.value;
            order.transition(*to, Timestamp::now(), "tests", "because").unwrap();
            let update = UpdateOrder { order, revision: read.revision, stock: StockEffect::Keep, payment: None };
            self.store.orders().update(update).await.unwrap();
        }
    }
}

/// As it stands in the mail.
fn code(sign_in: &Value, email: &str) -> String {
    LinkKey::new(&[1; 32]).sign_in_code(sign_in.as_str().unwrap(), &customer_key(email).unwrap())
}

fn li() -> CustomerId {
    customer_key(LI).unwrap()
}

fn pairs(lines: &[(&str, u64)]) -> Vec<(String, u64)> {
    lines.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect()
}

#[tokio::test]
async fn whoever_shows_the_code_is_signed_in_and_nobody_else() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    assert_eq!(browser.send(Method::GET, "/api/account", None).await.1["error"]["code"], "not_signed_in");
    let (status, asked) = browser.ask("  Wang.Li@example.com ").await;
    assert_eq!((status, &asked["expires_in"]), (202, &json!(600)));
    let sign_in = &asked["sign_in"];
    let right = code(sign_in, LI);
    for wrong in ["", "0", "00000000", &right[1..], "' OR 1=1", "\u{0}"] {
        if wrong != right {
            let (status, refused) = browser.show(sign_in, wrong).await;
            assert_eq!((status, &refused["error"]["code"]), (422, &json!("code_wrong")), "{wrong}");
            break;
        }
    }
    // As people type it.
    let typed = format!(" {} - {} ", &right[..4], &right[4..]);
    assert_eq!(browser.show(sign_in, &typed).await.0, 201);
    assert!(browser.has("__Host-stoa_session"));
    assert_eq!(browser.account().await["email"], "Wang.Li@example.com");
    assert_eq!(browser.show(sign_in, &right).await.0, 422, "a code is good once");

    // What the table has gives nobody a session or a code.
    let sessions = shop.store.accounts().sessions(&li(), Timestamp::now()).await.unwrap();
    let jar = browser.jar.lock().unwrap()["__Host-stoa_session"].clone();
    let token = jar.split_once('.').unwrap().1;
    assert!(sessions.len() == 1 && sessions[0].hash != token && sessions[0].hash.len() == 64);
    let forged = Browser::at(&shop);
    for value in
        [format!("{}.{}", li(), sessions[0].hash), format!("{}.{}", li(), "0".repeat(64)), jar.replace('.', "")]
    {
        forged.jar.lock().unwrap().insert("__Host-stoa_session".into(), value);
        assert_eq!(forged.send(Method::GET, "/api/account", None).await.0, 401);
    }
    let messages = shop.store.messages().list(MessageState::Waiting, None, 10).await.unwrap().items;
    assert!(matches!(messages[0].content, MessageContent::SignIn { .. }));
    let stored = format!("{messages:?}");
    assert!(!stored.contains(&right) && !stored.to_lowercase().contains("wang.li"), "{stored}");
}

#[tokio::test]
async fn the_answer_says_nothing_of_whether_an_address_is_known() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    browser.sign_in(LI).await;
    let (known, unknown) = (browser.ask(LI).await, Browser::at(&shop).ask("nobody@example.com").await);
    let shape =
        |(status, body): &(u16, Value)| (*status, body.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(browser.ask("a@b\r\nBcc: x@example.com").await.0, 422);

    let status = MailStatus { configured: false, problem: None, since: Timestamp::now() };
    shop.store.crm().put_mail_status(&status).await.unwrap();
    let (status, refused) = browser.ask(LI).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("no_mail_server")), "nobody waits in vain");
}

#[tokio::test]
async fn five_tries_are_the_most_however_many_come_at_once() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    let asked = browser.ask(LI).await.1;
    let right = code(&asked["sign_in"], LI);
    let wrong = if right == "00000000" { "00000001" } else { "00000000" };
    let tries = futures::future::join_all((0..12).map(|_| browser.show(&asked["sign_in"], wrong)));
    assert!(tries.await.iter().all(|(status, _)| *status == 422));
    assert_eq!(browser.show(&asked["sign_in"], &right).await.0, 422, "the right one comes too late");
    for id in ["", "x", &"0".repeat(32), &"g".repeat(32)] {
        assert_eq!(browser.show(&json!(id), &right).await.0, 422, "{id}");
    }
}

#[tokio::test]
async fn a_code_is_good_once_though_it_is_shown_twice_at_the_same_time() {
    let shop = shop().await;
    let (one, other) = (Browser::at(&shop), Browser::at(&shop));
    let asked = one.ask(LI).await.1;
    let right = code(&asked["sign_in"], LI);
    let (first, second) = tokio::join!(one.show(&asked["sign_in"], &right), other.show(&asked["sign_in"], &right));
    let mut statuses = [first.0, second.0];
    statuses.sort();
    assert_eq!(statuses, [201, 422]);
}

#[tokio::test]
async fn codes_are_asked_for_so_often_and_no_more() {
    let shop = shop().await;
    let one = Browser::at(&shop).with("x-forwarded-for", "203.0.113.7");
    for _ in 0..5 {
        assert_eq!(one.ask(LI).await.0, 202);
    }
    let (status, refused) = one.ask("WANG.li@example.com").await;
    assert_eq!((status, &refused["error"]["code"]), (429, &json!("too_many_codes_asked")));
    for n in 0..14 {
        assert_eq!(one.ask(&format!("n{n}@example.com")).await.0, 202, "{n}");
    }
    assert_eq!(one.ask("another@example.com").await.0, 429, "a client has its bound, too");
    let other = Browser::at(&shop).with("x-forwarded-for", "203.0.113.8");
    assert_eq!(other.ask("another@example.com").await.0, 202);
}

#[tokio::test]
async fn a_sessions_end_is_the_tables_to_say() {
    let shop = shop().await;
    let (phone, desk) = (Browser::at(&shop).with("user-agent", "Phone"), Browser::at(&shop).with("user-agent", "Desk"));
    phone.sign_in(LI).await;
    desk.sign_in(LI).await;
    let sessions = desk.account().await["sessions"].clone();
    let other = sessions.as_array().unwrap().iter().find(|session| session["browser"] == "Phone").unwrap();
    assert_eq!((sessions.as_array().unwrap().len(), &other["current"]), (2, &json!(false)));
    let path = format!("/api/account/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(desk.send(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(phone.send(Method::GET, "/api/account", None).await.0, 401);
    assert_eq!(desk.send(Method::DELETE, "/api/account/sessions/0000000000000000", None).await.0, 404);

    // Rolling: what is used stays, what is not ends.
    let accounts = shop.store.accounts();
    let read = accounts.sessions(&li(), Timestamp::now()).await.unwrap().remove(0);
    let old = Timestamp::now() - SignedDuration::from_hours(24 * 20);
    let (expires_at, soon) = (Timestamp::now() + SignedDuration::from_hours(24 * 10), read.clone());
    accounts.put_session(&stoa_storage::Session { seen_at: old, expires_at, ..soon }, Expected::Any).await.unwrap();
    assert_eq!(desk.send(Method::GET, "/api/account", None).await.0, 200);
    let rolled = accounts.sessions(&li(), Timestamp::now()).await.unwrap().remove(0);
    assert!(rolled.expires_at > Timestamp::now() + SignedDuration::from_hours(24 * 29));
    let over = stoa_storage::Session { expires_at: Timestamp::now() - SignedDuration::from_secs(1), ..rolled };
    accounts.put_session(&over, Expected::Any).await.unwrap();
    assert_eq!(desk.send(Method::GET, "/api/account", None).await.0, 401);

    desk.sign_in(LI).await;
    desk.sign_in("somebody@example.com").await;
    assert!(accounts.sessions(&li(), Timestamp::now()).await.unwrap().is_empty(), "one browser, one session");
    assert_eq!(desk.send(Method::DELETE, "/api/account/sessions/current", None).await.0, 204);
    assert!(!desk.has("__Host-stoa_session"));
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    browser.sign_in(LI).await;
    let foreign = Browser {
        jar: Mutex::new(browser.jar.lock().unwrap().clone()),
        ..Browser::at(&shop).with("sec-fetch-site", "same-site")
    };
    let (status, refused) = foreign.send(Method::PATCH, "/api/account", Some(json!({ "offers": true }))).await;
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("foreign_request")));
    assert_eq!(browser.account().await["offers"], false);
}

#[tokio::test]
async fn the_cart_of_the_browser_becomes_the_accounts_and_is_there_on_other_devices() {
    let shop = shop().await;
    let phone = Browser::at(&shop);
    phone.add("mug", 2).await;
    let before = phone.jar.lock().unwrap()["stoa_cart"].clone();
    phone.sign_in(LI).await;
    assert!(!phone.has("stoa_cart"), "only the session opens it from now on");
    assert_eq!(phone.lines().await, pairs(&[("mug", 2)]));

    let desk = Browser::at(&shop);
    desk.add("bowl", 1).await;
    desk.add("mug", 1).await;
    desk.sign_in(LI).await;
    assert_eq!(desk.lines().await, pairs(&[("mug", 3), ("bowl", 1)]));
    assert_eq!(phone.lines().await, desk.lines().await);
    phone.add("mug", 1).await;
    assert_eq!(desk.lines().await, pairs(&[("mug", 4), ("bowl", 1)]));

    // The old cookie opens nothing any more, and brings nothing twice.
    let old = Browser::at(&shop);
    old.jar.lock().unwrap().insert("stoa_cart".into(), before);
    assert!(old.lines().await.is_empty());
    old.sign_in(LI).await;
    assert_eq!(desk.lines().await, pairs(&[("mug", 4), ("bowl", 1)]));

    // After the order both begin anew, with one cart.
    let total = desk.send(Method::GET, "/api/cart?shipping=standard", None).await.1["total"]["minor"].as_i64().unwrap();
    let (status, placed) = desk.send(Method::POST, "/api/orders", Some(order(total))).await;
    assert_eq!(status, 201, "{placed}");
    let (status, again) = desk.send(Method::POST, "/api/orders", Some(order(total))).await;
    assert_eq!((status, &again), (201, &placed), "a retry finds the order");
    assert!(phone.lines().await.is_empty());
    let (one, other) = tokio::join!(phone.add("mug", 1), desk.send(Method::GET, "/api/cart", None));
    assert_eq!((one["item_count"].as_u64(), other.0), (Some(1), 200));
    assert_eq!(desk.lines().await, pairs(&[("mug", 1)]));
    assert_eq!(desk.account().await["addresses"][0]["street"], "平江路 12 号");

    desk.send(Method::DELETE, "/api/account/sessions/current", None).await;
    assert!(desk.lines().await.is_empty(), "who signs out leaves no cart behind");
}

#[tokio::test]
async fn two_devices_that_sign_in_or_fill_a_new_cart_at_the_same_time_lose_nothing() {
    let shop = shop().await;
    shop.store.stock().set(&Sku::new("mug").unwrap(), 90).await.unwrap();
    let browsers: Vec<Browser> = (0..4).map(|_| Browser::at(&shop)).collect();
    for browser in &browsers {
        browser.add("mug", 3).await;
    }
    futures::future::join_all(browsers.iter().map(|browser| browser.sign_in(LI))).await;
    assert_eq!(browsers[0].lines().await, pairs(&[("mug", 12)]));
    let account = shop.store.accounts().get(&li()).await.unwrap().unwrap();
    let cart = shop.store.carts().get(account.value.cart.as_ref().unwrap()).await.unwrap().unwrap();
    shop.store.carts().delete(&cart.value.id, cart.unchanged()).await.unwrap();
    futures::future::join_all(browsers.iter().map(|browser| browser.add("mug", 1))).await;
    assert_eq!(browsers[0].lines().await, pairs(&[("mug", 4)]));
}

#[tokio::test]
async fn what_changed_since_the_cart_was_filled_is_said_on_every_device() {
    let shop = shop().await;
    let phone = Browser::at(&shop);
    phone.add("mug", 4).await;
    phone.sign_in(LI).await;
    let mug = crate::shop::product("mug", 1_500);
    shop.store.products().put(&mug, Expected::Any).await.unwrap();
    shop.store.stock().set(&Sku::new("mug").unwrap(), 3).await.unwrap();
    let desk = Browser::at(&shop);
    desk.sign_in(LI).await;
    let line = desk.send(Method::GET, "/api/cart", None).await.1["lines"][0].clone();
    assert_eq!((&line["price_before"]["minor"], &line["unit_price"]["minor"]), (&json!(1_250), &json!(1_500)));
    assert_eq!((&line["problem"], &line["available"]), (&json!("low_stock"), &json!(3)));
    desk.send(Method::POST, "/api/cart/seen", None).await;
    assert_eq!(phone.send(Method::GET, "/api/cart", None).await.1["lines"][0]["price_before"], Value::Null);
}

#[tokio::test]
async fn orders_placed_before_there_was_an_account_are_in_it_and_nobody_elses() {
    let shop = shop().await;
    let guest = Browser::at(&shop);
    guest.add("mug", 1).await;
    let placed = guest.send(Method::POST, "/api/orders", Some(order(2_250))).await.1;
    let id = OrderId::new(placed["order_id"].as_str().unwrap()).unwrap();
    // As the CRM does with what the stream tells.
    let read = shop.store.orders().get(&id).await.unwrap().unwrap();
    let customer = Customer::new(li(), &read.value);
    let counted = Counted { counts: false };
    shop.store.customers().count(&customer, Expected::Absent, &id, counted, Expected::Absent).await.unwrap();
    // A stranger's order with the address, which nobody paid for, says nothing of where its owner lives.
    let mut strange = order(2_250);
    strange["address"]["street"] = json!("别处 1 号");
    let stranger = Browser { headers: vec![("idempotency-key", "strange".to_owned())], ..Browser::at(&shop) };
    stranger.add("mug", 1).await;
    let other = stranger.send(Method::POST, "/api/orders", Some(strange)).await.1;
    let other = OrderId::new(other["order_id"].as_str().unwrap_or_else(|| panic!("{other}"))).unwrap();
    let read = shop.store.customers().get(&li()).await.unwrap().unwrap();
    let (customers, again) = (shop.store.customers(), Counted { counts: false });
    customers.count(&read.value, read.unchanged(), &other, again, Expected::Absent).await.unwrap();
    shop.turn(&id, &[OrderState::Paid]).await;

    let browser = Browser::at(&shop);
    browser.sign_in(LI).await;
    let account = browser.account().await;
    let mine = account["orders"].as_array().unwrap().iter().find(|shown| shown["number"] == placed["number"]).unwrap();
    assert_eq!(mine["url"], placed["status_url"]);
    assert_eq!(account["addresses"][0]["city"], "苏州市", "the checkout is filled in with it");
    let brief = browser.send(Method::GET, "/api/account?brief=true", None).await.1;
    assert_eq!((&brief["orders"], brief["addresses"].as_array().unwrap().len()), (&json!([]), 1));
    assert_eq!(browser.send(Method::DELETE, "/api/account/addresses/0", None).await.0, 204);
    assert_eq!(browser.send(Method::DELETE, "/api/account/addresses/0", None).await.0, 404);
    let stranger = Browser::at(&shop);
    stranger.sign_in("somebody@example.com").await;
    assert_eq!(stranger.account().await["orders"], json!([]));
}

#[tokio::test]
async fn offers_are_asked_for_and_ended_in_the_account_and_by_the_link_of_any_offer() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    browser.sign_in(LI).await;
    assert_eq!(browser.send(Method::PATCH, "/api/account", Some(json!({ "offers": true }))).await.0, 204);
    let consent = shop.store.customers().get(&li()).await.unwrap().unwrap().value.consent.unwrap();
    assert_eq!((consent.by.as_str(), &browser.account().await["offers"]), ("account", &json!(true)));
    let link = LinkKey::new(&[1; 32]).unsubscribe_path(&li(), &en(), &en());
    let token = link.rsplit_once("token=").unwrap().1;
    let nobody = Browser::at(&shop);
    let end = |customer: String, token: String| {
        nobody.send(Method::POST, "/api/unsubscribe", Some(json!({ "customer": customer, "token": token })))
    };
    assert_eq!(end("cus_1".into(), token.into()).await.0, 404);
    assert_eq!(end(li().to_string(), "0".repeat(64)).await.0, 404);
    assert_eq!(browser.account().await["offers"], true);
    for _ in 0..2 {
        assert_eq!(end(li().to_string(), token.into()).await.0, 204);
    }
    assert_eq!(browser.account().await["offers"], false);
}

#[tokio::test]
async fn groups_and_order_numbers_count_for_who_is_signed_in_and_not_for_a_typed_address() {
    let shop = shop().await;
    let gold = json!({ "id": "gold", "title": { "en": "Gold" }, "conditions": { "customer_group": ["gold"] },
        "actions": [{ "discount_order": { "value": { "basis_points": 1000 } } }] });
    let gold: Promotion = serde_json::from_value(gold).unwrap();
    shop.store.promotions().put(&gold, Expected::Absent).await.unwrap();
    let mut customer = Customer::of_address(li(), LI.to_owned(), en());
    customer.segments.insert("gold".into());
    shop.store.customers().put(&customer, Expected::Absent).await.unwrap();

    let guest = Browser::at(&shop);
    guest.add("mug", 2).await;
    let (status, refused) = guest.send(Method::POST, "/api/orders", Some(order(3_250))).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("total_changed")), "an address is no proof");

    let browser = Browser::at(&shop);
    browser.add("mug", 2).await;
    browser.sign_in(LI).await;
    let cart = browser.send(Method::GET, "/api/cart?shipping=standard", None).await.1;
    assert_eq!((&cart["discount"]["minor"], &cart["total"]["minor"]), (&json!(250), &json!(3_250)));
    // For another address they are not that customer; the next view says so.
    let mut other = order(3_250);
    other["email"] = json!("a.friend@example.com");
    assert_eq!(browser.send(Method::POST, "/api/orders", Some(other.clone())).await.0, 409);
    assert_eq!(browser.send(Method::GET, "/api/cart?shipping=standard", None).await.1["total"]["minor"], 3_500);
    assert_eq!(browser.send(Method::POST, "/api/orders", Some(order(3_250))).await.0, 201);
}

#[tokio::test]
async fn a_person_takes_their_data_along_and_is_forgotten_but_for_what_must_be_kept() {
    let shop = shop().await;
    let browser = Browser::at(&shop);
    browser.sign_in(LI).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        browser.add("mug", 1).await;
        let guest = Browser { headers: vec![("idempotency-key", format!("key-{n}"))], ..Browser::at(&shop) };
        guest.add("mug", 1).await;
        let mut body = order(2_250);
        body["marketing_consent"] = json!(true);
        let placed = guest.send(Method::POST, "/api/orders", Some(body)).await.1;
        ids.push(OrderId::new(placed["order_id"].as_str().unwrap_or_else(|| panic!("{placed}"))).unwrap());
        let read = shop.store.orders().get(&ids[n]).await.unwrap().unwrap();
        let customers = shop.store.customers();
        let known = customers.get(&li()).await.unwrap();
        let expected = Expected::from(&known);
        let mut customer = known.map_or_else(|| Customer::new(li(), &read.value), |known| known.value);
        customer.learn(&read.value);
        let counted = Counted { counts: false };
        customers.count(&customer, expected, &ids[n], counted, Expected::Absent).await.unwrap();
    }
    // The first was never paid, the second was delivered, the third is being paid.
    shop.turn(&ids[0], &[OrderState::Cancelled]).await;
    shop.turn(&ids[1], &[OrderState::Paid, OrderState::Shipped, OrderState::Delivered]).await;
    let bought = shop.store.orders().get(&ids[1]).await.unwrap().unwrap();
    let text =
        ReviewText { stars: Stars::new(4).unwrap(), title: String::new(), text: "Well.".into(), name: "Li".into() };
    let mut review = Review::write(&bought.value, 0, None, &text, Timestamp::now()).unwrap().unwrap();
    review.decide(ReviewState::Published, Act { at: Timestamp::now(), by: "staff:test", why: "" }).unwrap();
    shop.store.reviews().add(&review).await.unwrap();
    let asked = InvoiceRequest {
        kind: InvoiceKind::Personal,
        title: "王莉".into(),
        tax_number: String::new(),
        email: "books.of.li@example.com".into(),
    };
    let mut invoiced = bought.value.clone();
    invoiced.ask_for_invoice(&asked, Act { at: Timestamp::now(), by: "shopper", why: "" }).unwrap();
    assert!(invoiced.is_under_way(), "somebody waits for an invoice");
    invoiced.issue_invoice("24442000", "", Act { at: Timestamp::now(), by: "staff:test", why: "" }).unwrap();
    let update = UpdateOrder { order: invoiced, revision: bought.revision, payment: None, stock: StockEffect::Keep };
    shop.store.orders().update(update).await.unwrap();
    let rated = async || shop.store.reviews().of_products(&[review.product.clone()]).await.unwrap().len();
    assert_eq!(rated().await, 1);

    let (status, data) = browser.send(Method::GET, "/api/account/data", None).await;
    assert_eq!(status, 200);
    assert_eq!(data["account"]["email"], LI);
    assert_eq!(data["orders"].as_array().unwrap().len(), 3);
    assert_eq!((&data["reviews"][0]["text"], data["reviews"].as_array().unwrap().len()), (&json!("Well."), 1));
    assert_eq!((&data["customer"]["email"], data["cart"]["lines"][0]["quantity"].as_u64()), (&json!(LI), Some(3)));
    let token = browser.jar.lock().unwrap()["__Host-stoa_session"].clone();
    let hash = shop.store.accounts().sessions(&li(), Timestamp::now()).await.unwrap()[0].hash.clone();
    let text = data.to_string();
    assert!(!text.contains(token.split_once('.').unwrap().1) && !text.contains(&hash), "no key to anything is in it");

    let (status, forgotten) = browser.send(Method::DELETE, "/api/account", None).await;
    assert_eq!((status, &forgotten), (200, &json!({ "orders": 2, "under_way": 1 })));
    assert!(!browser.has("__Host-stoa_session"));
    assert_eq!(browser.send(Method::GET, "/api/account", None).await.0, 401);
    let read = async |at: usize| shop.store.orders().get(&ids[at]).await.unwrap().unwrap().value;
    let (cancelled, delivered, open) = (read(0).await, read(1).await, read(2).await);
    let nobody = format!("{cancelled:?}");
    assert!(["wang.li", "王莉", "139 0000", "平江路", "苏州"].iter().all(|text| !nobody.contains(text)), "{nobody}");
    assert_eq!((delivered.email.as_str(), delivered.shipping_address.phone.as_str()), ("", ""));
    assert_eq!(delivered.shipping_address.name, "王莉", "an invoice names its buyer");
    let invoice = delivered.invoice.unwrap().asked;
    assert_eq!((invoice.title.as_str(), invoice.email.as_str()), ("王莉", ""));
    assert!(shop.store.reviews().get(&review.id).await.unwrap().is_none());
    assert_eq!(rated().await, 0, "what was published of it is gone with it");
    assert_eq!((open.email.as_str(), open.marketing_consent), (LI, false), "it must still reach them");
    assert!(shop.store.customers().get(&li()).await.unwrap().is_none());
    assert!(shop.store.accounts().get(&li()).await.unwrap().is_none());
    assert_eq!(shop.store.orders().of_customer(&li(), 10).await.unwrap().len(), 1);

    // Done again, by staff or by a call that died before: the same.
    let again = shop.store.privacy().forget(&li(), Timestamp::now()).await.unwrap();
    assert_eq!((again.orders, again.under_way), (0, 1));
    shop.turn(&ids[2], &[OrderState::Cancelled]).await;
    assert_eq!(shop.store.privacy().forget(&li(), Timestamp::now()).await.unwrap().orders, 1);
    assert!(shop.store.privacy().data(&li(), Timestamp::now()).await.unwrap().is_none());
}

/// What a subscriber would have written, at the level of a shop that is being looked into.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_line_of_the_log_names_anybody_or_opens_anything() {
    // For the whole program: what other tests do meanwhile is held against the same rule.
    let log = Log::default();
    let kept = log.clone();
    let filter = tracing_subscriber::EnvFilter::new("info,stoa_checkout=trace,stoa_endpoint=trace,stoa_storage=trace");
    let writing = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || kept.clone()).finish();
    tracing::subscriber::set_global_default(writing).unwrap();
    let shop = shop().await;
    let browser = Browser::at(&shop).with("x-forwarded-for", "203.0.113.7").with("user-agent", "A Phone");
    browser.add("mug", 1).await;
    let asked = browser.ask(LI).await.1;
    let right = code(&asked["sign_in"], LI);
    browser.show(&asked["sign_in"], "00000000").await;
    browser.ask("not an address of wang.li").await;
    browser.show(&asked["sign_in"], &right).await;
    browser.send(Method::PATCH, "/api/account", Some(json!({ "offers": true }))).await;
    let (status, _) = browser.send(Method::POST, "/api/orders", Some(order(1))).await;
    assert_eq!(status, 409);
    browser.send(Method::POST, "/api/orders", Some(order(2_250))).await;
    browser.send(Method::GET, "/api/account/data", None).await;
    let session = browser.jar.lock().unwrap()["__Host-stoa_session"].clone();
    browser.send(Method::DELETE, "/api/account", None).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("signed in") && log.contains("order placed") && log.contains("an account was deleted"),
        "{log}"
    );
    let token = session.split_once('.').unwrap().1;
    let sign_in = asked["sign_in"].as_str().unwrap();
    for secret in ["wang.li", "王莉", "139 0000", "平江路", "203.0.113.7", "A Phone", token, sign_in, &right] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
