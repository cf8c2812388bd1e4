//! Buying with promotions and codes, through the router, over the real DynamoDB API.

use crate::shop::{Shopper, TestShop, order, product, shop};
use axum::http::Method;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use stoa_domain::collection::{Collection, Members};
use stoa_domain::{CollectionId, Handle, Localized, OrderId, PromotionId, Sku};
use stoa_storage::testing::{promotion, promotion_code};
use stoa_storage::{Expected, PromotionCode, StockEffect, UpdateOrder, customer_key};

impl Shopper {
    async fn enter(&self, code: &str) -> (u16, Value) {
        self.send(Method::POST, "/api/cart/codes?locale=en", Some(json!({ "code": code })), None).await
    }
    async fn buy(&self, total: i64, email: &str, key: &str) -> (u16, Value) {
        let mut body = order(total);
        body["email"] = json!(email);
        self.send(Method::POST, "/api/orders", Some(body), Some(key)).await
    }
}

impl TestShop {
    async fn promote(&self, id: &str, more: &str) {
        self.store.promotions().put(&promotion(id, more), Expected::Any).await.unwrap();
    }
    async fn give_out(&self, code: PromotionCode) {
        self.store.promotions().add_codes(&[code]).await.unwrap();
    }
    async fn uses(&self, id: &str) -> u32 {
        let id = PromotionId::new(id).unwrap();
        self.store.promotions().standing(std::slice::from_ref(&id), &[], None).await.unwrap().usage(&id).uses
    }
    async fn on_hand(&self, sku: &str, count: u32) {
        self.store.stock().set(&Sku::new(sku).unwrap(), count).await.unwrap();
    }
}

fn why(cart: &Value, at: usize) -> &str {
    cart["codes"][at]["why_not"]["text_key"].as_str().unwrap_or("applied")
}

#[tokio::test]
async fn a_rule_of_the_shop_takes_its_discount_and_says_why() {
    let shop = shop().await;
    shop.promote("tenth", r#""reason": { "en": "Ten off everything" }"#).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let cart = shopper.cart().await;
    assert_eq!(cart["total"]["minor"], 2_500 - 250 + 1_000, "{cart}");
    let discount = &cart["lines"][0]["discounts"][0];
    assert_eq!((&discount["title"], &discount["reason"]), (&json!("The tenth"), &json!("Ten off everything")));
    assert_eq!((&discount["source"], &discount["action"]), (&json!("rule"), &json!("discount_order")));
    let (status, placed) = shopper.place(3_250, "key-1").await;
    assert_eq!(status, 201, "{placed}");
    let view =
        shopper.send(Method::GET, &format!("/api{}", placed["status_url"].as_str().unwrap()), None, None).await.1;
    assert_eq!(view["lines"][0]["discounts"][0]["reason"], "Ten off everything", "the order keeps the trail");
}

#[tokio::test]
async fn a_code_is_typed_in_any_case_applies_and_goes_away_again() {
    let shop = shop().await;
    shop.promote("welcome", r#""code_required": true"#).await;
    shop.give_out(promotion_code("Hello-10", "welcome")).await;
    let shopper = shop.shopper();
    assert_eq!(shopper.enter("hello-10").await.1["error"]["code"], "cart_empty");
    shopper.add("mug", 2).await;
    assert_eq!(shopper.cart().await["discount"]["minor"], 0);
    let (status, cart) = shopper.enter("  hello-10 ").await;
    assert_eq!((status, why(&cart, 0), &cart["discount"]["minor"]), (200, "applied", &json!(250)), "{cart}");
    assert_eq!((&cart["codes"][0]["code"], &cart["codes"][0]["title"]), (&json!("hello-10"), &json!("The welcome")));
    assert_eq!(cart["lines"][0]["discounts"][0]["code"], "hello-10");
    assert_eq!(shopper.enter("HELLO-10").await.1["codes"].as_array().unwrap().len(), 1);
    let (status, cart) = shopper.send(Method::DELETE, "/api/cart/codes/HELLO-10", None, None).await;
    assert_eq!((status, &cart["codes"], &cart["discount"]["minor"]), (200, &json!([]), &json!(0)));
    let gone = shopper.send(Method::DELETE, "/api/cart/codes/HELLO-10", None, None).await;
    assert_eq!((gone.0, &gone.1["error"]["code"]), (404, &json!("no_such_code")));
}

#[tokio::test]
async fn every_code_that_does_not_apply_says_why() {
    let shop = shop().await;
    let from = |minor: i64| {
        format!(r#""code_required": true, "conditions": {{ "amount": {{ "from": {{ "CNY": {minor} }} }} }}"#)
    };
    shop.promote("rich", &from(10_000)).await;
    shop.promote("over", r#""code_required": true, "schedule": { "ends_at": "2020-01-01T00:00:00Z" }"#).await;
    shop.promote("abroad", r#""code_required": true, "conditions": { "country": ["FR"] }"#).await;
    shop.promote("group", r#""code_required": true, "conditions": { "customer_group": ["gold"] }"#).await;
    for (code, id) in [("RICH", "rich"), ("OVER", "over"), ("ABROAD", "abroad"), ("GROUP", "group"), ("LOST", "none")] {
        shop.give_out(promotion_code(code, id)).await;
    }
    shop.give_out(PromotionCode { enabled: false, ..promotion_code("OFF", "rich") }).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    for code in ["RICH", "OVER", "ABROAD", "GROUP", "LOST", "OFF", "NOTHING"] {
        assert_eq!(shopper.enter(code).await.0, 200, "{code}");
    }
    let cart = shopper.cart().await;
    let reasons: Vec<&str> = (0..7).map(|at| why(&cart, at)).collect();
    assert_eq!(
        reasons,
        [
            "promotion.amount_too_low",
            "promotion.code_ended",
            "promotion.not_here",
            "promotion.customer_not_eligible",
            "promotion.code_ended",
            "promotion.code_ended",
            "promotion.code_unknown",
        ]
    );
    assert_eq!(cart["codes"][0]["why_not"]["missing_amount"]["minor"], 7_500);
    let abroad = shopper.send(Method::GET, "/api/cart?country=fr", None, None).await.1;
    assert_eq!(why(&abroad, 2), "applied");
    assert_eq!(
        shopper.send(Method::GET, "/api/cart?country=France", None, None).await.1["error"]["code"],
        "invalid_country"
    );
}

#[tokio::test]
async fn a_cart_takes_ten_codes_and_none_that_is_not_one() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    for n in 0..10 {
        assert_eq!(shopper.enter(&format!("code-{n}")).await.0, 200);
    }
    assert_eq!(shopper.enter("one-more").await.1["error"]["code"], "too_many_codes");
    for wrong in ["", " ", "a\u{7}b", &"x".repeat(65)] {
        assert_eq!(shopper.enter(wrong).await.1["error"]["code"], "invalid_code", "{wrong:?}");
    }
}

#[tokio::test]
async fn of_twenty_buyers_at_once_exactly_five_get_the_code_that_five_may_use() {
    let shop = shop().await;
    shop.on_hand("mug", 40).await;
    shop.promote("welcome", r#""code_required": true, "limits": { "uses": 5 }"#).await;
    shop.give_out(promotion_code("FIRST5", "welcome")).await;
    let mut shoppers = Vec::new();
    for _ in 0..20 {
        let shopper = shop.shopper();
        shopper.add("mug", 2).await;
        assert_eq!(shopper.enter("FIRST5").await.1["discount"]["minor"], 250);
        shoppers.push(shopper);
    }
    let mut buying = tokio::task::JoinSet::new();
    for (n, shopper) in shoppers.into_iter().enumerate() {
        buying.spawn(async move {
            let email = format!("buyer{n}@example.com");
            let (status, answer) = shopper.buy(3_250, &email, &format!("key-{n}")).await;
            if status == 201 {
                return "with";
            }
            let (code, total) = (&answer["error"]["code"], &answer["error"]["details"]["total"]["minor"]);
            assert!(code == "promotion_used_up" || code == "total_changed", "{answer}");
            assert_eq!(total, 3_500, "{answer}");
            let cart = shopper.cart().await;
            assert_eq!((why(&cart, 0), &cart["total"]["minor"]), ("promotion.used_up", &json!(3_500)));
            let (status, answer) = shopper.buy(3_500, &email, &format!("again-{n}")).await;
            assert_eq!(status, 201, "{answer}");
            "without"
        });
    }
    let bought = buying.join_all().await;
    assert_eq!(bought.iter().filter(|how| **how == "with").count(), 5);
    assert_eq!(shop.uses("welcome").await, 5);
    let orders = shop.store.orders().list(None, None, 100).await.unwrap().items;
    let discounted = orders.iter().filter(|order| !order.value.quote.discount.is_zero()).count();
    assert_eq!((orders.len(), discounted), (20, 5));
}

#[tokio::test]
async fn a_code_for_one_use_is_used_once_and_comes_back_when_the_order_is_cancelled() {
    let shop = shop().await;
    shop.promote("welcome", r#""code_required": true"#).await;
    shop.give_out(PromotionCode { max_uses: Some(1), ..promotion_code("ONCE", "welcome") }).await;
    let (one, other) = (shop.shopper(), shop.shopper());
    for shopper in [&one, &other] {
        shopper.add("mug", 2).await;
        shopper.enter("once").await;
    }
    let (_, placed) = one.buy(3_250, "one@example.com", "key-1").await;
    assert_eq!(why(&other.cart().await, 0), "promotion.code_used_up");
    assert_eq!(other.buy(3_250, "other@example.com", "key-1").await.1["error"]["code"], "total_changed");

    let id = OrderId::new(placed["order_id"].as_str().unwrap()).unwrap();
    let read = shop.store.orders().get(&id).await.unwrap().unwrap();
    let update = UpdateOrder { order: read.value, revision: read.revision, payment: None, stock: StockEffect::Release };
    shop.store.orders().update(update).await.unwrap();
    assert_eq!(why(&other.cart().await, 0), "applied");
    assert_eq!(other.buy(3_250, "other@example.com", "key-2").await.0, 201);
}

#[tokio::test]
async fn once_a_customer_holds_for_any_spelling_of_their_address_and_the_cart_says_so_afterwards() {
    let shop = shop().await;
    shop.promote("welcome", r#""limits": { "uses_per_customer": 1 }, "conditions": { "nth_order": { "to": 1 } }"#)
        .await;
    shop.promote("coded", r#""code_required": true, "limits": { "uses_per_customer": 1 }"#).await;
    shop.give_out(promotion_code("CODED", "coded")).await;
    let first = shop.shopper();
    first.add("mug", 2).await;
    first.enter("CODED").await;
    assert_eq!(first.cart().await["total"]["minor"], 2_500 - 250 - 225 + 1_000);
    assert_eq!(first.buy(3_025, "wang.li@example.com", "key-1").await.0, 201);

    let second = shop.shopper();
    second.add("mug", 2).await;
    second.enter("coded").await;
    assert_eq!(second.cart().await["total"]["minor"], 3_025, "nobody knows yet who it is");
    let (status, refused) = second.buy(3_025, "Wang.Li@Example.com", "key-1").await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("total_changed")));
    assert_eq!(refused["error"]["details"]["total"]["minor"], 3_500);
    let cart = second.cart().await;
    assert_eq!((why(&cart, 0), &cart["total"]["minor"]), ("promotion.used_by_customer", &json!(3_500)));
    assert_eq!(second.buy(3_500, "wang.li@example.com", "key-2").await.0, 201);
}

#[tokio::test]
async fn a_code_that_is_somebodys_works_for_them_and_is_unknown_to_others() {
    let shop = shop().await;
    shop.promote("birthday", r#""code_required": true"#).await;
    let owner = Some(customer_key("owner@example.com").unwrap());
    shop.give_out(PromotionCode { customer: owner, ..promotion_code("FOR-YOU", "birthday") }).await;
    let thief = shop.shopper();
    thief.add("mug", 2).await;
    thief.enter("for-you").await;
    assert_eq!(thief.buy(3_250, "thief@example.com", "key-1").await.1["error"]["code"], "total_changed");
    let cart = thief.cart().await;
    assert_eq!(why(&cart, 0), "promotion.code_unknown");
    assert!(!cart.to_string().contains("another"), "that it is somebody's is nobody's business: {cart}");
    let owner = shop.shopper();
    owner.add("mug", 2).await;
    owner.enter("for-you").await;
    assert_eq!(owner.buy(3_250, "owner@example.com", "key-1").await.0, 201);
}

#[tokio::test]
async fn a_budget_is_spent_to_the_last_fen_and_not_beyond() {
    let shop = shop().await;
    shop.on_hand("mug", 20).await;
    shop.promote("campaign", r#""limits": { "budget": { "CNY": 400 } }"#).await;
    for (total, email) in [(3_250, "a@example.com"), (3_350, "b@example.com"), (3_500, "c@example.com")] {
        let shopper = shop.shopper();
        shopper.add("mug", 2).await;
        let cart = shopper.cart().await;
        assert_eq!(cart["total"]["minor"], total);
        assert_eq!(shopper.buy(total, email, "key-1").await.0, 201);
    }
}

#[tokio::test]
async fn a_gift_costs_nothing_takes_stock_and_stands_on_the_order() {
    let shop = shop().await;
    let gift = r#"{ "id": "a-bowl", "title": { "en": "A bowl from ¥20" }, "reason": { "en": "You bought for ¥20" },
        "actions": [{ "gift": { "any_of": ["bowl"], "quantity": 1, "buy": { "amount": { "CNY": 2000 } } } }] }"#;
    shop.store.promotions().put(&serde_json::from_str(gift).unwrap(), Expected::Absent).await.unwrap();
    let (one, other) = (shop.shopper(), shop.shopper());
    for shopper in [&one, &other] {
        shopper.add("mug", 2).await;
    }
    let cart = one.cart().await;
    let given = &cart["gifts"][0];
    assert_eq!((&given["sku"], &given["title"], &given["quantity"]), (&json!("bowl"), &json!("The bowl"), &json!(1)));
    assert_eq!((&given["value"]["minor"], &cart["total"]["minor"]), (&json!(8_000), &json!(3_500)), "{cart}");
    let (_, placed) = one.buy(3_500, "one@example.com", "key-1").await;
    let path = format!("/api{}", placed["status_url"].as_str().unwrap());
    let view = one.send(Method::GET, &path, None, None).await.1;
    let line = &view["lines"][1];
    assert_eq!((&line["title"], &line["gift"], &line["total"]["minor"]), (&json!("The bowl"), &json!(true), &json!(0)));
    let stock = shop.store.stock().get(&Sku::new("bowl").unwrap()).await.unwrap().unwrap();
    assert_eq!((stock.on_hand, stock.reserved), (1, 1));
    let cart = other.cart().await;
    assert_eq!((&cart["gifts"], &cart["total"]["minor"]), (&json!([]), &json!(3_500)), "the only bowl is given away");
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_as_it_is_placed() {
    let shop = shop().await;
    let free = r#"{ "id": "on-us", "title": { "en": "On us" }, "code_required": true, "actions": [
        { "discount_order": { "value": { "basis_points": 10000 } } }, { "discount_shipping": { "value": { "basis_points": 10000 } } }] }"#;
    shop.store.promotions().put(&serde_json::from_str(free).unwrap(), Expected::Absent).await.unwrap();
    shop.give_out(promotion_code("ON-US", "on-us")).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    shopper.enter("ON-US").await;
    let (status, placed) = shopper.place(0, "key-1").await;
    assert_eq!((status, &placed["payment"]["redirect_url"]), (201, &placed["status_url"]), "{placed}");
    let path = format!("/api{}", placed["status_url"].as_str().unwrap());
    let view = shopper.send(Method::GET, &path, None, None).await.1;
    assert_eq!((&view["state"], &view["payment"]["state"]), (&json!("paid"), &json!("succeeded")));
    assert_eq!(view["payment"]["redirect_url"], Value::Null);
}

#[tokio::test]
async fn a_promotion_on_a_collection_is_for_what_the_collection_holds() {
    let shop = shop().await;
    let collection = Collection {
        id: CollectionId::new("table").unwrap(),
        handle: Handle::new("table").unwrap(),
        title: Localized::default(),
        description_html: Localized::default(),
        members: Members::Manual(vec![product("bowl", 8_000).id]),
        position: 0,
    };
    shop.store.shop().put_collection(&collection, Expected::Absent).await.unwrap();
    let on = r#"{ "id": "table", "title": { "en": "Half" }, "actions": [
        { "discount_lines": { "select": { "collection": ["table"] }, "value": { "basis_points": 5000 } } }] }"#;
    shop.store.promotions().put(&serde_json::from_str(on).unwrap(), Expected::Absent).await.unwrap();
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    shopper.add("bowl", 1).await;
    let cart = shopper.cart().await;
    let totals: Vec<_> = cart["lines"].as_array().unwrap().iter().map(|line| &line["total"]["minor"]).collect();
    assert_eq!(totals, [&json!(1_250), &json!(4_000)]);
}

#[tokio::test]
async fn windows_open_by_the_clocks_of_their_zone() {
    let shop = shop().await;
    let day = |offset: i64| {
        let there = jiff::Timestamp::now().to_zoned(TimeZone::get("Asia/Shanghai").unwrap());
        let day = there.saturating_add(jiff::Span::new().days(offset)).weekday();
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][usize::try_from(day.to_monday_zero_offset()).unwrap()]
    };
    let weekly =
        |day: &str| format!(r#""schedule": {{ "time_zone": "Asia/Shanghai", "weekly": [{{ "days": ["{day}"] }}] }}"#);
    shop.promote("today", &weekly(day(0))).await;
    shop.promote("another-day", &weekly(day(3))).await;
    shop.promote("nowhere", r#""schedule": { "time_zone": "Europe/Atlantis", "weekly": [{}] }"#).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let cart = shopper.cart().await;
    let titles: Vec<_> = cart["lines"][0]["discounts"].as_array().unwrap().iter().map(|d| &d["title"]).collect();
    assert_eq!(titles, ["The today"]);
}
