//! Buying, through the router, over the real DynamoDB API.

use crate::shop::{Shopper, TestShop, order, product, shop};
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stoa_checkout::{Config, LoadPromotion, RunPromotion};
use stoa_domain::plugin::{Build, ErrorBudget, Version, World};
use stoa_domain::promotion::{DiscountValue, Operation, Proposal};
use stoa_domain::{PluginId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_plugin_runtime::{Promotion, PromotionInput, Run, artefact_key};
use stoa_storage::testing::cny;
use stoa_storage::{Expected, PluginRecord};

#[tokio::test]
async fn an_empty_cart_has_no_cookie_and_no_price() {
    let shop = shop().await;
    let shopper = shop.shopper();
    let cart = shopper.cart().await;
    assert_eq!((&cart["id"], &cart["item_count"], &cart["total"]["minor"]), (&Value::Null, &json!(0), &json!(0)));
    assert_eq!(shopper.cookie(), None);
}

#[tokio::test]
async fn two_mugs_cost_twice_the_mug_and_shipping() {
    let shop = shop().await;
    let shopper = shop.shopper();
    assert_eq!(shopper.add("mug", 1).await.0, 200);
    assert_eq!(shopper.add("mug", 1).await.0, 200);
    let cart = shopper.cart().await;
    assert_eq!(cart["lines"].as_array().unwrap().len(), 1);
    assert_eq!(cart["lines"][0]["title"], "The mug");
    assert_eq!((&cart["subtotal"]["minor"], &cart["total"]["minor"]), (&json!(2_500), &json!(3_500)));
    let cookie = shopper.cookie().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_line_is_changed_and_removed() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let change =
        |quantity| shopper.send(Method::PUT, "/api/cart/lines/mug", Some(json!({ "quantity": quantity })), None);
    assert_eq!(change(3).await.1["item_count"], 3);
    assert_eq!(change(6).await.1["error"]["code"], "out_of_stock");
    assert_eq!(change(100).await.0, 409);
    let (status, cart) = shopper.send(Method::DELETE, "/api/cart/lines/mug", None, None).await;
    assert_eq!((status, &cart["item_count"]), (200, &json!(0)));
    assert_eq!(shopper.send(Method::DELETE, "/api/cart/lines/mug", None, None).await.1["error"]["code"], "not_in_cart");
}

#[tokio::test]
async fn what_cannot_be_added_says_why() {
    let shop = shop().await;
    let shopper = shop.shopper();
    for (sku, quantity, status, code) in [
        ("nothing", 1, 404, "unknown_sku"),
        ("mug", 0, 400, "invalid_quantity"),
        ("mug", 100, 400, "invalid_quantity"),
        ("mug", 6, 409, "out_of_stock"),
    ] {
        let (got, body) = shopper.add(sku, quantity).await;
        assert_eq!((got, &body["error"]["code"]), (status, &json!(code)), "{sku} × {quantity}");
    }
    assert_eq!(shopper.add("mug", 6).await.1["error"]["details"]["available"], 5);
}

#[tokio::test]
async fn an_order_takes_stock_and_empties_the_cart() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let (status, placed) = shopper.place(3_500, "key-1").await;
    assert_eq!(status, 201, "{placed}");
    assert_eq!(shopper.cart().await["item_count"], 0);
    let stock = shop.store.stock().get(&Sku::new("mug").unwrap()).await.unwrap().unwrap();
    assert_eq!((stock.on_hand, stock.reserved), (5, 2));

    let status_url = placed["status_url"].as_str().unwrap();
    let (status, view) = shopper.send(Method::GET, &format!("/api{status_url}"), None, None).await;
    assert_eq!((status, &view["state"], &view["total"]["minor"]), (200, &json!("payment_pending"), &json!(3_500)));
    assert_eq!(view["payment"]["redirect_url"], placed["payment"]["redirect_url"]);
}

#[tokio::test]
async fn an_order_is_only_shown_to_who_holds_its_link() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let placed = shopper.place(2_250, "key-1").await.1;
    let id = placed["order_id"].as_str().unwrap();
    let unknown = shopper.send(Method::GET, "/api/orders/ord_none?token=00", None, None).await;
    for path in [format!("/api/orders/{id}"), format!("/api/orders/{id}?token={}", "0".repeat(64))] {
        let (status, body) = shopper.send(Method::GET, &path, None, None).await;
        assert_eq!((status, &body["error"]), (404, &unknown.1["error"]));
    }
}

#[tokio::test]
async fn the_same_key_places_one_order_however_often_it_is_sent() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let (first, second) = tokio::join!(shopper.place(2_250, "key-1"), shopper.place(2_250, "key-1"));
    let third = shopper.place(2_250, "key-1").await;
    assert_eq!(third.0, 201);
    assert_eq!((&first, &second), (&third, &third));
    let stock = shop.store.stock().get(&Sku::new("mug").unwrap()).await.unwrap().unwrap();
    assert_eq!(stock.reserved, 1);
    assert_eq!(shopper.place(2_251, "key-1").await.1["error"]["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn a_line_that_is_added_twice_under_one_key_is_there_once() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let add = async |quantity: u32, key: &str| {
        let body = json!({ "sku": "mug", "quantity": quantity });
        shopper.send(Method::POST, "/api/cart/lines", Some(body), Some(key)).await
    };
    let (first, twin) = tokio::join!(add(2, "key-1"), add(2, "key-1"));
    assert_eq!((first.0, first.1["item_count"].as_u64(), &first), (200, Some(3), &twin));
    assert_eq!(add(2, "key-1").await.1["item_count"], 3);
    let (status, refused) = add(1, "key-1").await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("idempotency_key_reused")));
    assert_eq!(add(1, "key-2").await.1["item_count"], 4);
    assert_eq!(add(1, "no key").await.1["error"]["code"], "idempotency_key_invalid");
}

#[tokio::test]
async fn the_same_order_request_is_answered_the_same_after_the_order_went_on() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let first = shopper.place(2_250, "key-1").await;
    let id = stoa_domain::OrderId::new(first.1["order_id"].as_str().unwrap()).unwrap();
    let read = shop.store.orders().get(&id).await.unwrap().unwrap();
    let mut order = read.value;
    let now = jiff::Timestamp::now();
    order.transition(stoa_domain::order::OrderState::Cancelled, now, "system", "not paid in time").unwrap();
    let stock = stoa_storage::StockEffect::Release;
    let update = stoa_storage::UpdateOrder { order, revision: read.revision, payment: None, stock };
    shop.store.orders().update(update).await.unwrap();
    // The shop speaks another language first by now.
    let settings = shop.store.shop().settings().await.unwrap().unwrap();
    let chinese = stoa_domain::shop::Shop { default_locale: stoa_storage::testing::zh(), ..settings.value };
    shop.store.shop().put_settings(&chinese, Expected::Any).await.unwrap();
    assert_eq!(shopper.place(2_250, "key-1").await, first);
    // The page is not where one pays any more.
    let path = first.1["status_url"].as_str().unwrap().replace("/orders/", "/api/orders/");
    let (_, view) = shopper.send(Method::GET, &path, None, None).await;
    assert_eq!((&view["state"], &view["payment"]["until"]), (&json!("cancelled"), &Value::Null));
}

#[tokio::test]
async fn an_order_says_until_when_it_is_held() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let (_, placed) = shopper.place(2_250, "key-1").await;
    let path = placed["status_url"].as_str().unwrap().replace("/orders/", "/api/orders/");
    let (_, view) = shopper.send(Method::GET, &path, None, None).await;
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (until, placed_at) = (time(&view["payment"]["until"]), time(&view["placed_at"]));
    assert_eq!(until.duration_since(placed_at), jiff::SignedDuration::from_mins(30));
    assert!(view["payment"]["redirect_url"].is_string());
}

#[tokio::test]
async fn a_price_that_changed_meanwhile_is_asked_about() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    shop.store.products().put(&product("mug", 1_300), Expected::Any).await.unwrap();
    let (status, body) = shopper.place(2_250, "key-1").await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("total_changed")));
    assert_eq!(body["error"]["details"]["total"]["minor"], 2_300);
    assert_eq!(shopper.place(2_300, "key-2").await.0, 201);
}

#[tokio::test]
async fn the_last_bowl_is_sold_once() {
    let shop = shop().await;
    let (one, other) = (shop.shopper(), shop.shopper());
    one.add("bowl", 1).await;
    other.add("bowl", 1).await;
    let (a, b) = tokio::join!(one.place(9_000, "a"), other.place(9_000, "b"));
    let mut answers = [a, b];
    answers.sort_by_key(|(status, _)| *status);
    assert_eq!(answers[0].0, 201, "{answers:?}");
    assert_eq!((answers[1].0, &answers[1].1["error"]["code"]), (409, &json!("out_of_stock")));
    let late = shop.shopper();
    assert_eq!(late.add("bowl", 1).await.1["error"]["details"]["available"], 0);
}

#[tokio::test]
async fn a_sold_out_line_says_so_on_the_cart() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    shop.store.stock().set(&Sku::new("mug").unwrap(), 1).await.unwrap();
    assert_eq!(shopper.cart().await["lines"][0]["problem"], "low_stock");
    shop.store.stock().set(&Sku::new("mug").unwrap(), 0).await.unwrap();
    assert_eq!(shopper.cart().await["lines"][0]["problem"], "sold_out");
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let mut body = order(2_250);
    body["email"] = json!("nobody");
    body["address"]["street"] = json!(" ");
    let (status, answer) = shopper.send(Method::POST, "/api/orders", Some(body), Some("key-1")).await;
    let fields: Vec<&Value> =
        answer["error"]["details"]["fields"].as_array().unwrap().iter().map(|f| &f["field"]).collect();
    assert_eq!((status, fields), (422, vec![&json!("email"), &json!("address.street")]));
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Takes a tenth off the goods, or fails in the way its artefact says.
struct Tenth(String);

impl RunPromotion for Tenth {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        match self.0.as_str() {
            "traps" => Err("wasm trap: out of fuel".into()),
            "panics" => panic!("the host broke"),
            _ => {
                assert_eq!((input.lines.len(), input.subtotal), (1, cny(2_500)));
                let reason = "a tenth off".to_owned();
                let operation = Operation::DiscountOrder { value: DiscountValue::BasisPoints(1_000), reason };
                let (promotion, title) = (promotion.id.clone(), promotion.title.to_owned());
                let proposal = Proposal { promotion, title, operations: vec![operation] };
                Ok(Run { proposal, fuel_used: 1_000, memory_bytes: 65_536 })
            }
        }
    }
}

struct Loader;

impl LoadPromotion for Loader {
    fn load(&self, artefact: &[u8], _digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        match artefact {
            b"forged" => Err("the signature does not hold".into()),
            kind => Ok(Arc::new(Tenth(String::from_utf8_lossy(kind).into_owned()))),
        }
    }
}

#[tokio::test]
async fn a_promotion_shows_on_the_cart_with_its_reason_and_a_broken_one_costs_nothing() {
    let shop = shop().await;
    for kind in ["works", "traps", "panics", "forged", "missing"] {
        install(&shop, kind).await;
    }
    let shopper = Shopper::of(shop.state().with_promotions(Arc::new(Loader)));
    shopper.add("mug", 2).await;
    let cart = shopper.cart().await;
    let discounts = cart["lines"][0]["discounts"].as_array().unwrap();
    assert_eq!(discounts.len(), 1, "{cart}");
    assert_eq!((&discounts[0]["title"], &discounts[0]["reason"]), (&json!("It works"), &json!("a tenth off")));
    assert_eq!(cart["total"]["minor"], cny(2_500 - 250 + 1_000).minor);
    assert_eq!(shopper.place(3_250, "key-1").await.0, 201);
}

/// Fails in every second quote, wherever it is asked.
#[derive(Default)]
struct EverySecond(AtomicUsize);

impl RunPromotion for EverySecond {
    fn propose(&self, promotion: Promotion<'_>, _: &PromotionInput) -> Result<Run, Failure> {
        if self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            return Err("wasm trap: out of fuel".into());
        }
        let operations = vec![Operation::Message { text: "Well chosen".to_owned() }];
        let proposal = Proposal { promotion: promotion.id.clone(), title: promotion.title.to_owned(), operations };
        Ok(Run { proposal, fuel_used: 1_000, memory_bytes: 65_536 })
    }
}

struct Moody(Arc<EverySecond>);

impl LoadPromotion for Moody {
    fn load(&self, artefact: &[u8], _digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        match artefact {
            b"moody" => Ok(self.0.clone()),
            kind => Ok(Arc::new(Tenth(String::from_utf8_lossy(kind).into_owned()))),
        }
    }
}

#[tokio::test]
async fn quotes_under_a_plugin_that_fails_every_second_time_all_succeed() {
    let shop = shop().await;
    for kind in ["moody", "works"] {
        install(&shop, kind).await;
    }
    let moody = Arc::new(EverySecond::default());
    let state = shop.state().with_promotions(Arc::new(Moody(moody.clone())));
    let mut shoppers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let shopper = Shopper::of(state.clone());
        shoppers.spawn(async move {
            assert_eq!(shopper.add("mug", 2).await.0, 200);
            for _ in 0..10 {
                let cart = shopper.cart().await;
                // The other plugin's tenth is there each time.
                assert_eq!(cart["total"]["minor"], cny(2_500 - 250 + 1_000).minor, "{cart}");
            }
        });
    }
    shoppers.join_all().await;
    assert!(moody.0.load(Ordering::Relaxed) >= 200);
}

#[tokio::test]
async fn the_merchant_is_told_which_plugin_fails_and_why() {
    let shop = shop().await;
    for kind in ["works", "traps", "forged"] {
        install(&shop, kind).await;
    }
    let shopper = Shopper::of(shop.state().with_promotions(Arc::new(Loader)));
    shopper.add("mug", 2).await;
    for _ in 0..5 {
        shopper.cart().await;
    }
    // Written beside the answers, not before them.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let mut failures = shop.store.plugins().failures().await.unwrap();
    while failures.len() < 2 && std::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        failures = shop.store.plugins().failures().await.unwrap();
    }
    let told: Vec<_> =
        failures.iter().map(|f| (f.plugin.as_str(), f.stage.as_str(), f.count, f.error.as_str())).collect();
    // Six quotes, one write a minute: the first failure is told at once, the others go with the next write.
    assert_eq!(
        told,
        [("forged", "load", 1, "the signature does not hold"), ("traps", "run", 1, "wasm trap: out of fuel")]
    );
    let again = stoa_storage::PluginFailures { count: 5, ..failures[1].clone() };
    shop.store.plugins().note_failures(&again).await.unwrap();
    assert_eq!(shop.store.plugins().failures().await.unwrap()[1].count, 6);
    let release = stoa_storage::PluginFailures { digest: "another".into(), version: "1.0.1".into(), ..again };
    shop.store.plugins().note_failures(&release).await.unwrap();
    let counted = shop.store.plugins().failures().await.unwrap();
    assert_eq!((counted.len(), counted[1].count, counted[1].version.as_str()), (2, 5, "1.0.1"));
}

/// An active plugin whose artefact is its own name, or is not there.
async fn install(shop: &TestShop, kind: &str) {
    if kind != "missing" {
        let key = artefact_key(kind);
        shop.store.objects().private_put(&key, kind.to_owned().into(), "application/wasm").await.unwrap();
    }
    let (id, now) = (PluginId::new(kind).unwrap(), jiff::Timestamp::now());
    let mut record = PluginRecord::new(id, format!("It {kind}"), "{}".into(), 0, now);
    // None is stopped here for what it fails: each is to be asked in every quote.
    record.error_budget = ErrorBudget { percent: 100, ..ErrorBudget::default() };
    let version = Version::new("1.0.0").unwrap();
    record.life.release(Build { version, digest: kind.into(), target: None }, 100).unwrap();
    shop.store.plugins().put(&record, Expected::Absent).await.unwrap();
}

#[tokio::test]
async fn a_marketing_plugin_is_never_asked_about_a_cart() {
    let shop = shop().await;
    install(&shop, "works").await;
    let plugins = shop.store.plugins();
    let read = plugins.get(&PluginId::new("works").unwrap()).await.unwrap().unwrap();
    let marketing = PluginRecord { world: World::Marketing, ..read.value.clone() };
    plugins.put(&marketing, read.unchanged()).await.unwrap();
    let shopper = Shopper::of(shop.state().with_promotions(Arc::new(Loader)));
    assert_eq!(shopper.add("mug", 1).await.1["discount"]["minor"], json!(0));
}

#[tokio::test]
async fn an_artefact_that_stoa_did_not_sign_is_not_run() {
    let shop = shop().await;
    install(&shop, "unsigned").await;
    let url = PublicUrl::new("http://127.0.0.1:8787").unwrap();
    let config = Config { plugin_verify_key: Some(vec![3; 32]), ..Config::for_testing(url) };
    let shopper = Shopper::of(stoa_checkout::State::new(shop.store.clone(), config));
    let (status, cart) = shopper.add("mug", 1).await;
    assert_eq!((status, &cart["total"]["minor"]), (200, &json!(1_250)));
    assert!(!shopper.cookie().unwrap().contains("Secure"));
}
