//! What an order's parcels and refunds do to the stock, and how open refunds are found.

use crate::shop::{now, order, shop, sku};
use stoa_domain::order::{
    Act, Decision, LinePieces, Order, OrderState, Parcel, RefundId, RefundRequest, RefundState, Requested,
};
use stoa_storage::{StockEffect, Store, StoreError, UpdateOrder};

fn act() -> Act<'static> {
    Act { at: now(), by: "staff:1", why: "" }
}

fn id(text: &str) -> RefundId {
    RefundId::new(text).unwrap()
}

fn pieces(line: u32, quantity: u32) -> Vec<LinePieces> {
    vec![LinePieces { line, quantity }]
}

/// Reads the order, changes it and writes it.
async fn change(
    store: &Store,
    name: &str,
    change: impl FnOnce(&mut Order) -> StockEffect,
) -> Result<Order, StoreError> {
    let read = store.orders().get(&stoa_domain::OrderId::new(format!("ord_{name}")).unwrap()).await.unwrap().unwrap();
    let mut order = read.value;
    let stock = change(&mut order);
    let update = UpdateOrder { order: order.clone(), revision: read.revision, payment: None, stock };
    store.orders().update(update).await.map(|_| order)
}

/// A paid order of these SKUs, `quantity` each, of which five are in the house.
async fn paid(store: &Store, name: &str, skus: &[&str], quantity: u32) {
    for text in skus {
        store.stock().set(&sku(text), 5).await.unwrap();
    }
    store.orders().place(order(store, name, skus, quantity).await).await.unwrap();
    let pay = |order: &mut Order| {
        order.transition(OrderState::Paid, now(), "tests", "paid").unwrap();
        StockEffect::Keep
    };
    change(store, name, pay).await.unwrap();
}

async fn levels(store: &Store, text: &str) -> (u32, u32) {
    let level = store.stock().get(&sku(text)).await.unwrap().unwrap();
    (level.on_hand, level.reserved)
}

fn ship(order: &mut Order, lines: Option<Vec<LinePieces>>) -> StockEffect {
    StockEffect::Pieces(order.ship(&Parcel { lines, ..Parcel::default() }, act()).unwrap())
}

fn refund(order: &mut Order, name: &str, lines: Vec<LinePieces>, restock: bool) -> StockEffect {
    let asked = RefundRequest { lines, restock, ..RefundRequest::default() };
    match order.refund(&id(name), &asked, act()).unwrap() {
        Requested::New(moves) => StockEffect::Pieces(moves),
        Requested::Known => StockEffect::Keep,
    }
}

async fn open(store: &Store, state: RefundState) -> Vec<String> {
    let page = store.orders().open_refunds(state, None, 100).await.unwrap();
    let mut open: Vec<_> = page.items.iter().map(|open| format!("{} of {}", open.id, open.order)).collect();
    open.sort();
    open
}

#[tokio::test]
async fn what_leaves_the_stock_is_what_was_shipped_and_the_rest_goes_back() {
    let shop = shop().await;
    let store = &shop.store;
    paid(store, "parts", &["MUG", "CUP"], 3).await;
    change(store, "parts", |order| ship(order, Some(pieces(0, 2)))).await.unwrap();
    assert_eq!((levels(store, "MUG").await, levels(store, "CUP").await), ((3, 1), (5, 3)));
    // One mug is still here and goes back to the shelf; one of those that left comes back, too.
    change(store, "parts", |order| refund(order, "r1", pieces(0, 2), true)).await.unwrap();
    assert_eq!(levels(store, "MUG").await, (4, 0));
    // Two cups broke before they left.
    change(store, "parts", |order| refund(order, "r2", pieces(1, 2), false)).await.unwrap();
    assert_eq!(levels(store, "CUP").await, (3, 1));
    let order = change(store, "parts", |order| ship(order, None)).await.unwrap();
    assert_eq!((order.state, levels(store, "CUP").await), (OrderState::Shipped, (2, 0)));
    assert_eq!(open(store, RefundState::Pending).await, ["r1 of ord_parts", "r2 of ord_parts"]);
}

#[tokio::test]
async fn a_cancelled_order_gives_back_what_it_still_holds() {
    let shop = shop().await;
    let store = &shop.store;
    paid(store, "cancel", &["MUG"], 3).await;
    change(store, "cancel", |order| refund(order, "r1", pieces(0, 1), true)).await.unwrap();
    assert_eq!(levels(store, "MUG").await, (5, 2));
    let cancel = |order: &mut Order| {
        order.cancel(&id("r2"), act()).unwrap();
        StockEffect::Release
    };
    change(store, "cancel", cancel).await.unwrap();
    assert_eq!(levels(store, "MUG").await, (5, 0));
}

#[tokio::test]
async fn what_is_not_in_the_house_does_not_leave_it() {
    let shop = shop().await;
    let store = &shop.store;
    paid(store, "backorder", &["MUG"], 3).await;
    store.stock().set(&sku("MUG"), 2).await.unwrap();
    let refused = change(store, "backorder", |order| ship(order, None)).await;
    assert!(matches!(refused, Err(StoreError::StockNotThere { sku }) if sku.as_str() == "MUG"));
    change(store, "backorder", |order| ship(order, Some(pieces(0, 2)))).await.unwrap();
    assert_eq!(levels(store, "MUG").await, (0, 1));
}

#[tokio::test]
async fn open_refunds_are_found_until_they_are_over() {
    let shop = shop().await;
    let store = &shop.store;
    paid(store, "open", &["MUG"], 3).await;
    change(store, "open", |order| refund(order, "r1", pieces(0, 1), true)).await.unwrap();
    let decide = |decision: Decision| {
        move |order: &mut Order| {
            assert!(order.decide_refund(&id("r1"), &decision, act()).unwrap());
            StockEffect::Keep
        }
    };
    change(store, "open", decide(Decision::Failed { problem: "NOT_ENOUGH".into() })).await.unwrap();
    assert_eq!(open(store, RefundState::Pending).await, [""; 0]);
    assert_eq!(open(store, RefundState::Failed).await, ["r1 of ord_open"]);
    change(store, "open", decide(Decision::Retry)).await.unwrap();
    assert_eq!(open(store, RefundState::Pending).await, ["r1 of ord_open"]);
    change(store, "open", decide(Decision::Succeeded { reference: "re_1".into() })).await.unwrap();
    for state in RefundState::ALL {
        assert_eq!(open(store, state).await, [""; 0], "{state}");
    }
    // The id stays taken, in the whole shop.
    paid(store, "second", &["CUP"], 1).await;
    let taken = change(store, "second", |order| refund(order, "r1", pieces(0, 1), true)).await;
    assert!(matches!(taken, Err(StoreError::RefundIdTaken { id }) if id == "r1"));
    assert_eq!(levels(store, "CUP").await, (5, 1), "nothing of it was written");
}
