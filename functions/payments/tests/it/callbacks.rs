//! Callbacks and the hosted page, over the real DynamoDB API and a real socket.

use crate::shop::{TestShop, shop};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use stoa_domain::order::OrderState;
use stoa_domain::payment::PaymentState;
use stoa_payments::sandbox::{Callback, CallbackKind, Sandbox};

async fn states(shop: &TestShop) -> (PaymentState, OrderState) {
    let payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value;
    let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
    (payment.state, order.state)
}

/// Sends `callback`, signed with the shop's secret now.
async fn deliver(shop: &TestShop, callback: &Callback) -> (StatusCode, serde_json::Value) {
    let body = serde_json::to_vec(callback).unwrap();
    let signature = Sandbox::new(&[2; 32]).sign(&body, Timestamp::now());
    shop.callback(&signature, body).await
}

#[tokio::test]
async fn a_signed_callback_pays_the_order_once() {
    let shop = shop().await;
    let callback = Callback::about(&shop.payment, CallbackKind::Succeeded);
    let (status, receipt) = deliver(&shop, &callback).await;
    assert_eq!((status, &receipt["result"]), (StatusCode::OK, &"recorded".into()), "{receipt}");
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
    let (status, receipt) = deliver(&shop, &callback).await;
    assert_eq!((status, &receipt["result"]), (StatusCode::OK, &"ignored".into()));
    let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
    assert_eq!(order.timeline.iter().filter(|e| e.to == OrderState::Paid).count(), 1);
}

#[tokio::test]
async fn deliveries_at_the_same_time_pay_the_order_once() {
    let shop = shop().await;
    let callback = Callback::about(&shop.payment, CallbackKind::Succeeded);
    let (a, b, c) = tokio::join!(deliver(&shop, &callback), deliver(&shop, &callback), deliver(&shop, &callback));
    for (status, receipt) in [a, b, c] {
        assert_eq!(status, StatusCode::OK, "{receipt}");
    }
    let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
    assert_eq!(order.timeline.iter().filter(|e| e.to == OrderState::Paid).count(), 1);
}

#[tokio::test]
async fn a_forged_late_or_unsigned_callback_changes_nothing() {
    let shop = shop().await;
    let body = serde_json::to_vec(&Callback::about(&shop.payment, CallbackKind::Succeeded)).unwrap();
    let now = Timestamp::now();
    let table = [
        (Sandbox::new(&[9; 32]).sign(&body, now), "signature_invalid"),
        (Sandbox::new(&[2; 32]).sign(b"{}", now), "signature_invalid"),
        (Sandbox::new(&[2; 32]).sign(&body, now - SignedDuration::from_secs(400)), "signature_expired"),
        (Sandbox::new(&[2; 32]).sign(&body, now + SignedDuration::from_secs(400)), "signature_expired"),
        (String::new(), "signature_missing"),
    ];
    for (signature, code) in table {
        let (status, answer) = shop.callback(&signature, body.clone()).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &code.into()));
    }
    let nonsense = b"not json".to_vec();
    let signature = Sandbox::new(&[2; 32]).sign(&nonsense, now);
    assert_eq!(shop.callback(&signature, nonsense).await.1["error"]["code"], "malformed_callback");
    assert_eq!(states(&shop).await, (PaymentState::Pending, OrderState::PaymentPending));
}

#[tokio::test]
async fn a_wrong_amount_currency_or_order_holds_the_payment() {
    let wrong: [fn(&mut Callback); 3] = [
        |c| c.data.amount -= 1,
        |c| c.data.currency = stoa_domain::Currency::new("USD").unwrap(),
        |c| c.data.order = stoa_domain::OrderId::new("ord_other").unwrap(),
    ];
    for change in wrong {
        let shop = shop().await;
        let mut callback = Callback::about(&shop.payment, CallbackKind::Succeeded);
        change(&mut callback);
        let (status, receipt) = deliver(&shop, &callback).await;
        assert_eq!((status, &receipt["result"]), (StatusCode::OK, &"held".into()), "{receipt}");
        assert_eq!(states(&shop).await, (PaymentState::Held, OrderState::PaymentPending));
    }
}

#[tokio::test]
async fn a_failure_that_arrives_after_the_success_is_ignored() {
    let shop = shop().await;
    deliver(&shop, &Callback::about(&shop.payment, CallbackKind::Succeeded)).await;
    let (_, receipt) = deliver(&shop, &Callback::about(&shop.payment, CallbackKind::Failed)).await;
    assert_eq!(receipt["result"], "ignored");
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[tokio::test]
async fn a_declined_payment_can_still_succeed() {
    let shop = shop().await;
    deliver(&shop, &Callback::about(&shop.payment, CallbackKind::Failed)).await;
    assert_eq!(states(&shop).await, (PaymentState::Failed, OrderState::PaymentPending));
    deliver(&shop, &Callback::about(&shop.payment, CallbackKind::Succeeded)).await;
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[tokio::test]
async fn an_unknown_payment_or_provider_is_refused() {
    let shop = shop().await;
    let mut callback = Callback::about(&shop.payment, CallbackKind::Succeeded);
    callback.data.payment = stoa_domain::PaymentId::new("pay_none").unwrap();
    assert_eq!(deliver(&shop, &callback).await.1["error"]["code"], "unknown_payment");
    let answer = shop.post("/payments/callbacks/nobody", &[], b"{}".to_vec()).await;
    assert_eq!(answer.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_shows_the_order_to_its_link_only() {
    let shop = shop().await;
    let (status, page) = shop.get(&shop.page()).await;
    assert_eq!(status, StatusCode::OK);
    for part in ["S-TEST-0001", "¥25.00", "The mug", "<h1>", "value=\"pay\"", "value=\"decline\""] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    let forged = format!("/payments/sandbox/{}?token={}", shop.payment.id, "0".repeat(64));
    assert_eq!(shop.get(&forged).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn paying_on_the_page_pays_the_order_and_leads_back_to_it() {
    let shop = shop().await;
    let (status, back) = shop.press(&shop.page(), "pay").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(back.starts_with(&format!("/orders/{}?token=", shop.order.id)), "{back}");
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
    assert_eq!(shop.press(&shop.page(), "pay").await.0, StatusCode::SEE_OTHER);
    assert!(shop.get(&shop.page()).await.1.contains("already paid"));
}

#[tokio::test]
async fn declining_on_the_page_leaves_the_order_waiting() {
    let shop = shop().await;
    assert_eq!(shop.press(&shop.page(), "decline").await.0, StatusCode::SEE_OTHER);
    assert_eq!(states(&shop).await, (PaymentState::Failed, OrderState::PaymentPending));
    assert!(shop.get(&shop.page()).await.1.contains("You can try again"));
    assert_eq!(shop.press(&shop.page(), "steal").await.0, StatusCode::BAD_REQUEST);
}
