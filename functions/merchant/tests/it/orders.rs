//! What staff do to an order: through the API, and on the console's pages.

use crate::caller::{Answer, Caller, caller};
use crate::console::{get, post, signed_in};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use stoa_domain::order::{
    Act, Decision, InvoiceKind, InvoiceRequest, LinePieces, Order, OrderState, RefundId, ReturnReason, ReturnRequest,
    ReturnWish,
};
use stoa_domain::payment::PaymentState;
use stoa_domain::{OrderId, Sku};
use stoa_storage::testing::order;
use stoa_storage::{Reservation, StockEffect, UpdateOrder};

/// Two mugs for ¥25.00 that hold two of the five in the house; paid.
async fn paid(scopes: &[&str]) -> Caller {
    let caller = caller(scopes).await;
    let store = &caller.shop.store;
    let mug = Sku::new("mug").unwrap();
    store.stock().set(&mug, 5).await.unwrap();
    let mut place = order(store, "4F7K2M9Q").await;
    place.order.number = "S-4F7K-2M9Q".to_owned();
    place.reservations = vec![Reservation { sku: mug, quantity: 2, beyond_stock: false }];
    store.orders().place(place).await.unwrap();
    change(&caller, |order| {
        order.transition(OrderState::Paid, Timestamp::now(), "provider:sandbox", "payment succeeded").unwrap();
    })
    .await;
    let mut payment = store.payments().get(&stored(&caller).await.payment).await.unwrap().unwrap();
    payment.value.state = PaymentState::Succeeded;
    store.payments().update(&payment).await.unwrap();
    caller
}

fn id() -> OrderId {
    OrderId::new("ord_4F7K2M9Q").unwrap()
}

async fn stored(caller: &Caller) -> Order {
    caller.shop.store.orders().get(&id()).await.unwrap().unwrap().value
}

async fn change(caller: &Caller, change: impl FnOnce(&mut Order)) {
    let read = caller.shop.store.orders().get(&id()).await.unwrap().unwrap();
    let mut order = read.value;
    change(&mut order);
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Keep };
    caller.shop.store.orders().update(update).await.unwrap();
}

async fn stock(caller: &Caller) -> (u32, u32) {
    let level = caller.shop.store.stock().get(&Sku::new("mug").unwrap()).await.unwrap().unwrap();
    (level.on_hand, level.reserved)
}

async fn send(caller: &Caller, method: &str, path: &str, body: Value) -> Answer {
    caller.json(method, &format!("/orders/ord_4F7K2M9Q{path}"), &[], body).await
}

const ALL: [&str; 2] = ["orders:read", "orders:write"];

#[tokio::test]
async fn an_order_is_shipped_in_two_parcels_and_delivered() {
    let caller = paid(&ALL).await;
    let first = json!({ "lines": [{ "line": 0, "quantity": 1 }], "carrier": "dhl", "tracking_number": "JD01" });
    let key = [("idempotency-key", "a-key-of-the-warehouse"), ("if-match", "\"3\"")];
    let sent = caller.json("POST", "/orders/ord_4F7K2M9Q/shipments", &key, first.clone()).await;
    assert_eq!(
        (sent.status, &sent.body["value"]["state"]),
        (StatusCode::OK, &json!("partly_shipped")),
        "{}",
        sent.text
    );
    let again = caller.json("POST", "/orders/ord_4F7K2M9Q/shipments", &key, first.clone()).await;
    assert!(again.replayed && again.body == sent.body, "a retry is the same parcel");
    let stale = caller.json("POST", "/orders/ord_4F7K2M9Q/shipments", &[("if-match", "\"3\"")], first).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    assert_eq!(stock(&caller).await, (4, 1));
    let early = send(&caller, "POST", "/transitions", json!({ "to": "delivered" })).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "illegal_transition"));
    let rest = send(&caller, "POST", "/transitions", json!({ "to": "shipped", "why": "the rest" })).await;
    assert_eq!(rest.body["value"]["state"], "shipped", "{}", rest.text);
    assert_eq!(stock(&caller).await, (3, 0));
    for number in [1, 2, 2] {
        let arrived = send(&caller, "POST", &format!("/shipments/{number}/delivered"), json!(null)).await;
        assert_eq!(arrived.status, StatusCode::OK, "{}", arrived.text);
    }
    let order = stored(&caller).await;
    assert_eq!((order.state, order.timeline.len()), (OrderState::Delivered, 5));
    assert!(order.timeline.iter().skip(1).all(|event| event.by.starts_with("staff:")));
    let none = send(&caller, "POST", "/shipments/9/delivered", json!(null)).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_refund_is_previewed_and_asked_for_once() {
    let caller = paid(&ALL).await;
    let one = json!({ "lines": [{ "line": 0, "quantity": 1 }], "restock": true, "reason": "chipped" });
    let plan = send(&caller, "POST", "/refunds/preview", one.clone()).await;
    assert_eq!((plan.status, &plan.body["amount"]["minor"]), (StatusCode::OK, &json!(1_250)), "{}", plan.text);
    assert!(stored(&caller).await.refunds.is_empty());
    for _ in 0..2 {
        let asked = send(&caller, "PUT", "/refunds/till-1", one.clone()).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    }
    assert_eq!((stored(&caller).await.refunds.len(), stock(&caller).await), (1, (5, 1)));
    let more = json!({ "goodwill": { "minor": 1_251, "currency": "CNY" } });
    let more = send(&caller, "PUT", "/refunds/till-2", more).await;
    assert_eq!((more.status, more.code()), (StatusCode::CONFLICT, "refund_above_paid"));
    let other = send(&caller, "PUT", "/refunds/till-1", json!({ "everything": true })).await;
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "refund_id_reused"));
    for wrong in ["/refunds/a%20b", "/refunds/%2e%2e", &format!("/refunds/{}", "x".repeat(65))] {
        let refused = send(&caller, "PUT", wrong, json!({ "everything": true })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong} {}", refused.text);
    }
    let open = caller.get("/refunds?state=pending").await;
    assert_eq!(open.body["items"], json!([{ "refund": "till-1", "order": "ord_4F7K2M9Q" }]));
    let early = send(&caller, "POST", "/refunds/till-1/by-hand", json!({ "reference": "transfer 42" })).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "refund_in_progress"));
    let reader = self::paid(&["orders:read"]).await;
    assert_eq!(send(&reader, "PUT", "/refunds/r", json!({ "everything": true })).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_cancelled_order_is_given_back_and_a_failed_refund_made_good_by_hand() {
    let caller = paid(&ALL).await;
    let cancelled = send(&caller, "POST", "/transitions", json!({ "to": "cancelled", "why": "asked by phone" })).await;
    assert_eq!(cancelled.body["value"]["state"], "refund_pending", "{}", cancelled.text);
    assert_eq!(stock(&caller).await, (5, 0));
    let refund = stored(&caller).await.refunds[0].clone();
    assert_eq!((refund.amount.minor, refund.reason.as_str()), (2_500, "asked by phone"));
    fail(&caller, &refund.id).await;
    let failed = caller.get("/refunds?state=failed").await;
    assert_eq!(failed.body["items"][0]["refund"], json!(refund.id));
    let path = format!("/refunds/{}", refund.id);
    let retried = send(&caller, "POST", &format!("{path}/retry"), json!(null)).await;
    assert_eq!(retried.body["value"]["refunds"][0]["state"], "pending");
    fail(&caller, &refund.id).await;
    let nameless = send(&caller, "POST", &format!("{path}/by-hand"), json!({ "reference": " " })).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let by_hand = send(&caller, "POST", &format!("{path}/by-hand"), json!({ "reference": "transfer 42" })).await;
    assert_eq!(by_hand.body["value"]["state"], "refunded", "{}", by_hand.text);
    assert_eq!(by_hand.body["value"]["refunds"][0]["reference"], "transfer 42");
}

async fn fail(caller: &Caller, refund: &RefundId) {
    let failed = Decision::Failed { problem: "NOT_ENOUGH".to_owned() };
    change(caller, |order| {
        let act = Act { at: Timestamp::now(), by: "provider:sandbox", why: "" };
        assert!(order.decide_refund(refund, &failed, act).unwrap());
    })
    .await;
}

/// The value of a hidden field in the form whose button does `what`.
fn hidden(html: &str, what: &str, name: &str) -> String {
    let end = html.find(&format!("value=\"{what}\"")).unwrap();
    let form = &html[html[..end].rfind("<form").unwrap()..end];
    let field = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn staff_find_an_order_and_ship_it_on_its_page() {
    let caller = paid(&ALL).await;
    change(&caller, |order| order.shipping_address.subdistrict = "平江街道".to_owned()).await;
    let cookie = signed_in(&caller).await;
    let list = get(&caller, "/admin/orders", &cookie).await;
    assert!(list.html.contains("S-4F7K-2M9Q") && list.html.contains("25.00"), "{}", list.html);
    let paid_only = get(&caller, "/admin/orders?state=paid", &cookie).await;
    assert!(paid_only.html.contains("S-4F7K-2M9Q"));
    let shipped = get(&caller, "/admin/orders?state=shipped", &cookie).await;
    assert!(!shipped.html.contains("S-4F7K-2M9Q") && shipped.html.contains("No order is in this state"));
    let heard = get(&caller, "/admin/orders?q=s4f7k2m9q", &cookie).await;
    assert_eq!(heard.location.as_deref(), Some("/admin/orders/ord_4F7K2M9Q"));
    let nobody = get(&caller, "/admin/orders?q=%3Cb%3Enobody%40example.com", &cookie).await;
    assert!(nobody.html.contains("No order was found") && !nobody.html.contains("<b>"));

    let path = "/admin/orders/ord_4F7K2M9Q";
    let page = get(&caller, path, &cookie).await;
    assert!(page.html.contains("The mug") && page.html.contains("payment succeeded"), "{}", page.html);
    assert!(page.html.contains("平江街道"), "all of the address is there: {}", page.html);
    let revision = hidden(&page.html, "ship", "revision");
    let ship = |revision: &'static str, number: &'static str| {
        [("revision", revision), ("do", "ship"), ("ship-0", "1"), ("carrier", "dhl"), ("tracking_number", number)]
    };
    let revision: &'static str = Box::leak(revision.into_boxed_str());
    let wrong = post(&caller, path, &cookie, &ship(revision, "<script>")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.html.contains("&lt;script&gt;") && !wrong.html.contains("<script>"), "what was typed is kept");
    let sent = post(&caller, path, &cookie, &ship(revision, "JD01")).await;
    assert_eq!((sent.status, sent.location.as_deref()), (StatusCode::SEE_OTHER, Some(path)));
    let twice = post(&caller, path, &cookie, &ship(revision, "JD01")).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.html.contains("changed meanwhile") && twice.html.contains("tracking-id=JD01"), "{}", twice.html);
    let chinese = get(&caller, &format!("{path}?lang=zh-CN"), &cookie).await;
    assert!(chinese.html.contains("部分发货") && chinese.html.contains("查看物流"));
}

#[tokio::test]
async fn a_refund_on_the_page_is_confirmed_with_its_amount_and_pressed_twice_is_one() {
    let caller = paid(&ALL).await;
    let cookie = signed_in(&caller).await;
    let path = "/admin/orders/ord_4F7K2M9Q";
    let asked = [("do", "preview"), ("refund-0", "1"), ("goodwill", "2.50"), ("restock", "yes"), ("reason", "chipped")];
    let preview = post(&caller, path, &cookie, &asked).await;
    assert!(preview.html.contains("Goes back to the shopper") && preview.html.contains("15.00"), "{}", preview.html);
    assert!(stored(&caller).await.refunds.is_empty(), "a preview does nothing");
    let (refund, revision) = (hidden(&preview.html, "refund", "refund"), hidden(&preview.html, "refund", "revision"));
    let confirm = [
        ("refund", refund.as_str()),
        ("revision", revision.as_str()),
        ("do", "refund"),
        ("refund-0", "1"),
        ("goodwill", "2.50"),
        ("restock", "yes"),
        ("reason", "chipped"),
    ];
    for _ in 0..2 {
        let done = post(&caller, path, &cookie, &confirm).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    }
    let order = stored(&caller).await;
    assert_eq!((order.refunds.len(), order.refunds[0].amount.minor), (1, 1_500));
    fail(&caller, &order.refunds[0].id).await;
    let page = get(&caller, path, &cookie).await;
    assert!(page.html.contains("NOT_ENOUGH") && page.html.contains("Refund failed"), "a person is told");
    let too_much = post(&caller, path, &cookie, &[("do", "preview"), ("goodwill", "10.01")]).await;
    assert_eq!(too_much.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(too_much.html.contains("at most 10.00"), "{}", too_much.html);
    let cents = post(&caller, path, &cookie, &[("do", "preview"), ("goodwill", "1.001")]).await;
    assert_eq!(cents.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// One of the two mugs, shipped, is to come back.
async fn sent_back(scopes: &[&str]) -> Caller {
    let caller = paid(scopes).await;
    send(&caller, "POST", "/transitions", json!({ "to": "shipped" })).await;
    change(&caller, |order| {
        let lines = vec![LinePieces { line: 0, quantity: 1 }];
        let (reason, wish) = (ReturnReason::Damaged, ReturnWish::Replacement);
        let asked = ReturnRequest { lines, reason, note: "a crack".to_owned(), wish };
        let act = Act { at: Timestamp::now(), by: "shopper", why: "" };
        assert!(order.request_return(&asked, 14, act).unwrap());
    })
    .await;
    caller
}

#[tokio::test]
async fn a_return_is_approved_received_inspected_and_paid_back() {
    let caller = sent_back(&ALL).await;
    let step = async |body: Value| send(&caller, "POST", "/returns/1/steps", body).await;
    let early = step(json!({ "step": "refund" })).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "illegal_transition"));
    for name in ["approve", "receive"] {
        assert_eq!(step(json!({ "step": name })).await.status, StatusCode::OK, "{name}");
    }
    assert_eq!(step(json!({ "step": "inspect" })).await.code(), "result_missing");
    let seen = step(json!({ "step": "inspect", "result": "as_new", "why": "never opened" })).await;
    assert_eq!(seen.body["value"]["returns"][0]["inspection"]["note"], "never opened", "{}", seen.text);
    assert_eq!(stock(&caller).await, (3, 0));
    let back = step(json!({ "step": "refund" })).await;
    assert_eq!(back.body["value"]["refunds"][0]["amount"]["minor"], 1_250, "{}", back.text);
    assert_eq!(stock(&caller).await, (4, 0));
    let none = send(&caller, "POST", "/returns/9/steps", json!({ "step": "approve" })).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let too_long = caller.json("PUT", "/order-settings", &[], json!({ "return_days": 366 })).await;
    assert_eq!(too_long.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", too_long.text);
}

#[tokio::test]
async fn staff_send_the_same_again_on_the_orders_page() {
    let caller = sent_back(&ALL).await;
    let cookie = signed_in(&caller).await;
    let path = "/admin/orders/ord_4F7K2M9Q";
    let steps: [&[(&str, &str)]; 4] = [
        &[("step", "approve")],
        &[("step", "receive")],
        &[("step", "inspect"), ("result", "damaged"), ("reason", "a crack indeed")],
        &[("step", "replace"), ("carrier", "dhl"), ("tracking_number", "JD2")],
    ];
    for step in steps {
        let page = get(&caller, path, &cookie).await;
        let revision = hidden(&page.html, "return", "revision");
        let shared = [("do", "return"), ("return", "1"), ("revision", revision.as_str())];
        let fields: Vec<_> = shared.into_iter().chain(step.iter().copied()).collect();
        let done = post(&caller, path, &cookie, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{step:?} {}", done.html);
    }
    let page = get(&caller, path, &cookie).await;
    for said in ["a crack indeed", "instead of what came back", "tracking-id=JD2", "Replaced"] {
        assert!(page.html.contains(said), "{said}: {}", page.html);
    }
    assert_eq!(stock(&caller).await, (2, 0));
    let saved = post(&caller, "/admin/orders", &cookie, &[("return_days", "30")]).await;
    assert_eq!(saved.location.as_deref(), Some("/admin/orders"));
    assert!(get(&caller, "/admin/orders", &cookie).await.html.contains("value=\"30\""));
}

/// Its buyer asked for an invoice.
pub async fn with_invoice(caller: &Caller, id: &str) {
    let id = OrderId::new(id).unwrap();
    let read = caller.shop.store.orders().get(&id).await.unwrap().unwrap();
    let mut order = read.value;
    let asked = InvoiceRequest {
        kind: InvoiceKind::Company,
        title: "<b>Huawei</b>".to_owned(),
        tax_number: "914403001922038216".to_owned(),
        email: "tax@example.com".to_owned(),
    };
    order.ask_for_invoice(&asked, Act { at: Timestamp::now(), by: "shopper", why: "" }).unwrap();
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Keep };
    caller.shop.store.orders().update(update).await.unwrap();
}

#[tokio::test]
async fn an_invoice_that_was_asked_for_is_found_made_and_made_anew() {
    let caller = paid(&ALL).await;
    with_invoice(&caller, "ord_4F7K2M9Q").await;
    let cookie = signed_in(&caller).await;
    let list = get(&caller, "/admin/orders?invoice=requested", &cookie).await;
    assert!(list.html.contains("Invoice asked for") && list.html.contains("S-4F7K-2M9Q"), "{}", list.html);
    let page = get(&caller, "/admin/orders/ord_4F7K2M9Q", &cookie).await;
    assert!(
        page.html.contains("&lt;b&gt;Huawei&lt;/b&gt;") && page.html.contains("914403001922038216"),
        "{}",
        page.html
    );
    let form = [("do", "invoice"), ("invoice_number", "2444 4"), ("invoice_link", "")];
    let wrong = post(&caller, "/admin/orders/ord_4F7K2M9Q", &cookie, &form).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.html.contains("value=\"2444 4\""),
        "{}",
        wrong.html
    );
    let form = [("do", "invoice"), ("invoice_number", "24444"), ("invoice_link", "https://tax.example/24444.pdf")];
    assert_eq!(post(&caller, "/admin/orders/ord_4F7K2M9Q", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    assert!(caller.get("/invoices").await.body["items"].as_array().unwrap().is_empty());
    let refund = json!({ "goodwill": { "minor": 100, "currency": "CNY" } });
    assert_eq!(send(&caller, "PUT", "/refunds/r1", refund).await.status, StatusCode::OK);
    let waiting = caller.get("/invoices?state=to_be_corrected").await;
    assert_eq!(waiting.body["items"][0]["value"]["invoice"]["state"], "to_be_corrected", "{}", waiting.text);
    let anew = send(&caller, "POST", "/invoice", json!({ "number": "24445" })).await;
    assert_eq!(anew.body["value"]["invoice"]["issued"]["number"], "24445", "{}", anew.text);
    let list = get(&caller, "/admin/orders?lang=zh", &cookie).await;
    assert!(!list.html.contains("待冲红"), "nothing waits any more: {}", list.html);
}
