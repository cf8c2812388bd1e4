//! What a shopper sees of an order on its way, and asks to send back, through the order's link.

use crate::shop::{TestShop, shop};
use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use stoa_domain::OrderId;
use stoa_domain::order::{Act, Order, OrderSettings, OrderState, Parcel, RefundId, RefundRequest, Requested};
use stoa_domain::review::ReviewState;
use stoa_storage::{StockEffect, UpdateOrder};

/// The address of an order of two mugs, which are shipped.
async fn shipped(shop: &TestShop) -> (OrderId, String) {
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let (status, placed) = shopper.place(3_500, "the-first-key-of-them").await;
    assert_eq!(status, 201, "{placed}");
    let token = placed["status_url"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let id = OrderId::new(placed["order_id"].as_str().unwrap()).unwrap();
    let number = placed["number"].as_str().unwrap();
    assert_eq!(stoa_domain::order::order_id(number), Some(id.clone()), "an order is found by its number");
    change(shop, &id, |order, act| {
        order.transition(OrderState::Paid, act.at, act.by, act.why).unwrap();
        let (carrier, tracking_number) = ("dhl".to_owned(), "JD1".to_owned());
        StockEffect::Pieces(order.ship(&Parcel { lines: None, carrier, tracking_number }, act).unwrap())
    })
    .await;
    (id, token)
}

async fn change(shop: &TestShop, id: &OrderId, change: impl FnOnce(&mut Order, Act<'_>) -> StockEffect) {
    let read = shop.store.orders().get(id).await.unwrap().unwrap();
    let mut order = read.value;
    let stock = change(&mut order, Act { at: Timestamp::now(), by: "staff:1", why: "a reason" });
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock };
    shop.store.orders().update(update).await.unwrap();
}

#[tokio::test]
async fn a_shopper_sees_parcels_and_refunds_but_not_who_did_it() {
    let shop = shop().await;
    let (id, token) = shipped(&shop).await;
    change(&shop, &id, |order, act| {
        let asked = RefundRequest {
            lines: vec![],
            goodwill: Some(stoa_storage::testing::cny(500)),
            ..RefundRequest::default()
        };
        assert!(matches!(order.refund(&RefundId::new("r1").unwrap(), &asked, act), Ok(Requested::New(_))));
        StockEffect::Keep
    })
    .await;
    let (status, seen) = shop.shopper().send(Method::GET, &format!("/api/orders/{id}?token={token}"), None, None).await;
    assert_eq!((status, &seen["state"], &seen["refund_status"]), (200, &json!("shipped"), &json!("refund_pending")));
    assert!(seen["shipments"][0]["tracking_url"].as_str().unwrap().ends_with("JD1"), "{seen}");
    assert_eq!(seen["refunds"][0]["amount"]["minor"], 500);
    let steps: Vec<_> = seen["timeline"].as_array().unwrap().iter().map(|event| event["what"].clone()).collect();
    assert_eq!(steps, ["state", "state", "shipment_sent", "refund_requested"]);
    assert!(!seen.to_string().contains("staff:"), "{seen}");
}

#[tokio::test]
async fn a_return_is_asked_for_once_with_the_orders_link_and_in_time() {
    let shop = shop().await;
    let (id, token) = shipped(&shop).await;
    let shopper = shop.shopper();
    let ask = async |token: &str, body: Value| {
        shopper.send(Method::POST, &format!("/api/orders/{id}/returns?token={token}"), Some(body), None).await
    };
    let one =
        json!({ "lines": [{ "line": 0, "quantity": 1 }], "reason": "does_not_fit", "note": "small", "wish": "refund" });
    assert_eq!(ask(&"0".repeat(64), one.clone()).await.0, 404);
    for _ in 0..2 {
        let (status, seen) = ask(&token, one.clone()).await;
        assert_eq!((status, seen["returns"].as_array().unwrap().len()), (200, 1), "{seen}");
        assert_eq!((&seen["returns"][0]["state"], &seen["lines"][0]["returnable"]), (&json!("requested"), &json!(1)));
    }
    let (status, refused) =
        ask(&token, json!({ "lines": [{ "line": 0, "quantity": 2 }], "reason": "other", "wish": "refund" })).await;
    assert_eq!((status, &refused["error"]["code"]), (422, &json!("more_than_is_left")));
    let (status, _) = ask(&token, json!({ "lines": [], "reason": "other", "wish": "refund" })).await;
    assert_eq!(status, 422);
    let (status, _) = ask(&token, json!({ "lines": [], "reason": "whatever", "wish": "refund" })).await;
    assert!((400..=422).contains(&status));
    shop.store.orders().put_settings(&OrderSettings { return_days: 0 }).await.unwrap();
    let late = json!({ "lines": [{ "line": 0, "quantity": 1 }], "reason": "damaged", "wish": "replacement" });
    let (status, refused) = ask(&token, late).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("not_returnable")));
    let (_, seen) = shopper.send(Method::GET, &format!("/api/orders/{id}?token={token}"), None, None).await;
    assert_eq!((&seen["returnable_until"], &seen["lines"][0]["returnable"]), (&Value::Null, &json!(0)));
}

#[tokio::test]
async fn what_arrived_is_reviewed_once_changed_while_it_waits_and_taken_back() {
    let shop = shop().await;
    let (id, token) = shipped(&shop).await;
    let shopper = shop.shopper();
    let send = async |method: Method, line: &str, token: &str, body: Option<Value>| {
        shopper.send(method, &format!("/api/orders/{id}/reviews/{line}?token={token}"), body, None).await
    };
    let four = json!({ "stars": 4, "title": "Good", "text": "A good mug.\nReally.", "name": "Lin" });
    let (status, refused) = send(Method::PUT, "0", &token, Some(four.clone())).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("review_not_possible")), "it is on its way");
    change(&shop, &id, |order, act| {
        order.deliver(act).unwrap();
        StockEffect::Keep
    })
    .await;
    assert_eq!(send(Method::PUT, "0", &"0".repeat(64), Some(four.clone())).await.0, 404);
    for _ in 0..2 {
        let (status, seen) = send(Method::PUT, "0", &token, Some(four.clone())).await;
        assert_eq!((status, seen["reviews"].as_array().unwrap().len()), (200, 1), "{seen}");
        let written = &seen["reviews"][0]["written"];
        assert_eq!((&written["state"], &written["text"]), (&json!("waiting"), &json!("A good mug.\nReally.")));
    }
    let (_, seen) = send(Method::PUT, "0", &token, Some(json!({ "stars": 5, "name": "Lin" }))).await;
    assert_eq!(seen["reviews"][0]["written"]["stars"], 5);
    for (line, body, code) in [
        ("0", json!({ "stars": 6, "name": "Lin" }), "invalid_body"),
        ("0", json!({ "stars": null, "name": "Lin" }), "invalid_body"),
        ("0", json!({ "stars": 5, "name": "" }), "validation_failed"),
        ("1", json!({ "stars": 5, "name": "Lin" }), "review_not_possible"),
        ("-1", json!({ "stars": 5, "name": "Lin" }), "invalid_path"),
    ] {
        let (_, refused) = send(Method::PUT, line, &token, Some(body)).await;
        assert_eq!(refused["error"]["code"], code, "{refused}");
    }
    // Staff publish it: from then on it can only be taken back, and then it counts no more.
    let reviews = shop.store.reviews();
    let read = reviews.list(ReviewState::Waiting, None, 9).await.unwrap().items.pop().unwrap();
    let mut review = read.value.clone();
    review.decide(ReviewState::Published, Act { at: Timestamp::now(), by: "staff:1", why: "" }).unwrap();
    reviews.update(&read, &review).await.unwrap();
    let (status, refused) = send(Method::PUT, "0", &token, Some(json!({ "stars": 1, "name": "Lin" }))).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("review_decided")));
    assert_eq!(reviews.of_all().await.unwrap().len(), 1);
    for _ in 0..2 {
        let (status, seen) = send(Method::DELETE, "0", &token, None).await;
        assert_eq!((status, &seen["reviews"][0]["written"]), (200, &Value::Null));
    }
    assert!(reviews.of_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_invoice_is_asked_for_with_the_orders_link_and_changed_until_it_is_made() {
    let shop = shop().await;
    let (id, token) = shipped(&shop).await;
    let shopper = shop.shopper();
    let ask = async |token: &str, body: Value| {
        shopper.send(Method::PUT, &format!("/api/orders/{id}/invoice?token={token}"), Some(body), None).await
    };
    let person = json!({ "kind": "personal", "title": "王莉", "email": "wang.li@example.com" });
    assert_eq!(ask(&"0".repeat(64), person.clone()).await.0, 404);
    for _ in 0..2 {
        let (status, seen) = ask(&token, person.clone()).await;
        assert_eq!(
            (status, &seen["invoice"]["state"], &seen["invoice_open"]),
            (200, &json!("requested"), &json!(true))
        );
    }
    let company =
        |number: &str| json!({ "kind": "company", "title": "A", "tax_number": number, "email": "a@b.example" });
    let (status, refused) = ask(&token, company("914403001922038217")).await;
    assert_eq!((status, &refused["error"]["details"]["fields"][0]["field"]), (422, &json!("tax_number")));
    let (status, seen) = ask(&token, company("914403001922038216")).await;
    assert_eq!((status, &seen["invoice"]["asked"]["title"]), (200, &json!("A")), "{seen}");
    assert!(!seen["timeline"].to_string().contains("invoice"), "it is shown by itself");
    change(&shop, &id, |order, act| {
        order.issue_invoice("2444", "https://tax.example/1.pdf", act).unwrap();
        StockEffect::Keep
    })
    .await;
    let (status, refused) = ask(&token, person).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("invoice_not_possible")));
}
