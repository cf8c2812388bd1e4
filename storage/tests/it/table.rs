//! The aggregates against DynamoDB's API, spoken to by the real SDK.

use crate::shop::{now, order, product, product_id, shop, sku};
use stoa_domain::collection::{Collection, Members};
use stoa_domain::order::OrderState;
use stoa_domain::payment::PaymentState;
use stoa_domain::{CollectionId, Handle, Localized};
use stoa_storage::{
    Begun, CallbackOutcome, Cursor, Expected, IdempotencyKey, Placed, PutProduct, RecordCallback, StockEffect,
    StoreError, UpdateOrder,
};

#[tokio::test]
async fn a_product_is_found_by_id_handle_and_sku() {
    let shop = shop().await;
    let mug = product("mug", &["MUG-S", "MUG-L"]);
    let revision = shop.store.products().put(&mug, Expected::Absent).await.unwrap();
    let read = shop.store.products().get(&mug.id).await.unwrap().unwrap();
    assert_eq!((read.value, read.revision), (mug.clone(), revision));
    assert_eq!(shop.store.products().by_handle(&mug.handle).await.unwrap().unwrap().value, mug);
    let found = shop.store.products().by_sku(&sku("MUG-L")).await.unwrap().unwrap();
    assert_eq!(found.variant().unwrap().sku, sku("MUG-L"));
    assert!(shop.store.products().by_sku(&sku("CUP")).await.unwrap().is_none());
}

#[tokio::test]
async fn two_products_cannot_share_a_sku_or_a_handle() {
    let shop = shop().await;
    let products = shop.store.products();
    products.put(&product("mug", &["MUG"]), Expected::Absent).await.unwrap();
    let thief = products.put(&product("cup", &["MUG"]), Expected::Absent).await;
    assert!(matches!(thief, Err(StoreError::SkuTaken { product, .. }) if product == product_id("mug")));
    let mut twin = product("twin", &["TWIN"]);
    twin.handle = Handle::new("mug").unwrap();
    assert!(matches!(products.put(&twin, Expected::Absent).await, Err(StoreError::HandleTaken { .. })));
    assert!(products.get(&product_id("cup")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_dropped_sku_and_an_old_handle_are_free_again() {
    let shop = shop().await;
    let products = shop.store.products();
    let revision = products.put(&product("mug", &["A", "B"]), Expected::Absent).await.unwrap();
    let mut renamed = product("mug", &["A"]);
    renamed.handle = Handle::new("cup").unwrap();
    products.put(&renamed, Expected::Revision(revision)).await.unwrap();
    let mut heir = product("heir", &["B"]);
    heir.handle = Handle::new("mug").unwrap();
    products.put(&heir, Expected::Absent).await.unwrap();
    assert_eq!(products.by_sku(&sku("B")).await.unwrap().unwrap().product.id, product_id("heir"));
    products.delete(&product_id("heir"), Expected::Any).await.unwrap();
    assert!(products.by_sku(&sku("B")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_product_of_2048_variants_is_stored_and_read() {
    let shop = shop().await;
    let skus: Vec<String> = (0..2_048).map(|n| format!("HUGE-{n}")).collect();
    let huge = product("huge", &skus.iter().map(String::as_str).collect::<Vec<_>>());
    shop.store.products().put(&huge, Expected::Absent).await.unwrap();
    let found = shop.store.products().by_sku(&sku("HUGE-2047")).await.unwrap().unwrap();
    assert_eq!((found.variant, &*found.product), (2_047, &huge));
}

#[tokio::test]
async fn an_edit_over_an_unread_change_is_refused() {
    let shop = shop().await;
    let products = shop.store.products();
    let first = products.put(&product("mug", &["MUG"]), Expected::Absent).await.unwrap();
    products.put(&product("mug", &["MUG"]), Expected::Revision(first)).await.unwrap();
    let late = products.put(&product("mug", &["MUG"]), Expected::Revision(first)).await;
    assert!(matches!(late, Err(StoreError::RevisionConflict { .. })));
    let again = products.put(&product("mug", &["MUG"]), Expected::Absent).await;
    assert!(matches!(again, Err(StoreError::RevisionConflict { .. })));
}

#[tokio::test]
async fn many_products_land_in_order_and_a_bad_one_alone_is_refused() {
    let shop = shop().await;
    let products = shop.store.products();
    products.put(&product("taken", &["SKU-77"]), Expected::Absent).await.unwrap();
    let put = |n: usize| PutProduct {
        product: product(&format!("p{n}"), &[&format!("SKU-{n}")]),
        expected: Expected::Absent,
    };
    let answers = products.put_many((0..250).map(put).collect()).await;
    let refused: Vec<usize> = answers.iter().enumerate().filter(|(_, a)| a.is_err()).map(|(n, _)| n).collect();
    assert_eq!(refused, [77]);
    assert!(matches!(answers[77], Err(StoreError::SkuTaken { .. })));
    let ids: Vec<_> = (0..250).map(|n| product_id(&format!("p{n}"))).collect();
    assert_eq!(products.get_many(&ids).await.unwrap().len(), 249);
}

#[tokio::test]
async fn pages_show_each_product_once() {
    let shop = shop().await;
    let products = shop.store.products();
    let put = |n: usize| PutProduct {
        product: product(&format!("p{n}"), &[&format!("SKU-{n}")]),
        expected: Expected::Absent,
    };
    assert!(products.put_many((0..130).map(put).collect()).await.iter().all(Result::is_ok));
    let (mut seen, mut cursor) = (std::collections::HashSet::new(), None);
    loop {
        let page = products.page(cursor.as_ref(), 17).await.unwrap();
        assert!(page.items.len() <= 17);
        assert!(page.items.into_iter().all(|p| seen.insert(p.value.id)));
        let Some(next) = page.next else { break };
        cursor = Some(Cursor::new(next.to_string()).unwrap());
    }
    assert_eq!(seen.len(), 130);
    assert!(matches!(products.page(None, 0).await, Err(StoreError::PageSize { .. })));
    let wild = Cursor::new("zz.top").unwrap();
    assert!(matches!(products.page(Some(&wild), 1).await, Err(StoreError::InvalidCursor)));
}

#[tokio::test]
async fn shoppers_at_once_cannot_oversell() {
    let shop = shop().await;
    shop.store.stock().set(&sku("MUG"), 5).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12 {
        let store = shop.store.clone();
        tasks.spawn(async move {
            let place = order(&store, &format!("race{n}"), &["MUG"], 1).await;
            store.orders().place(place).await
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|a| matches!(a, Ok(Placed::New))).count(), 5);
    assert_eq!(answers.iter().filter(|a| matches!(a, Err(StoreError::OutOfStock { available: 0, .. }))).count(), 7);
    let level = shop.store.stock().get(&sku("MUG")).await.unwrap().unwrap();
    assert_eq!((level.on_hand, level.reserved), (5, 5));
}

#[tokio::test]
async fn one_line_out_of_stock_places_nothing() {
    let shop = shop().await;
    shop.store.stock().set_many(&[(sku("MUG"), 9), (sku("CUP"), 1)]).await.unwrap();
    let place = order(&shop.store, "short", &["MUG", "CUP"], 2).await;
    let refused = shop.store.orders().place(place.clone()).await;
    assert!(matches!(refused, Err(StoreError::OutOfStock { sku: s, available: 1 }) if s == sku("CUP")));
    assert!(shop.store.orders().get(&place.order.id).await.unwrap().is_none());
    assert!(shop.store.carts().get(&place.cart.0).await.unwrap().is_some());
    assert_eq!(shop.store.stock().get(&sku("MUG")).await.unwrap().unwrap().reserved, 0);
}

#[tokio::test]
async fn placing_again_answers_the_same_and_takes_nothing() {
    let shop = shop().await;
    shop.store.stock().set(&sku("MUG"), 5).await.unwrap();
    let place = order(&shop.store, "twice", &["MUG"], 2).await;
    let orders = shop.store.orders();
    assert_eq!(orders.place(place.clone()).await.unwrap(), Placed::New);
    let (order, payment) = (place.order.clone(), place.payment.clone());
    let before = Box::new(stoa_storage::PlacedBefore { order, payment, shop_locale: place.shop_locale.clone() });
    // Made again, an order has another number and another time: what was answered first is answered again.
    let mut again = place.clone();
    again.order.number = "S-TEST-again".to_owned();
    assert_eq!(orders.place(again).await.unwrap(), Placed::Same(before.clone()));
    assert_eq!(orders.placed(&place.order.id, &place.key, &place.request_hash).await.unwrap(), Some(before));
    let mut other = place.clone();
    other.request_hash = "body-2".to_owned();
    assert!(matches!(orders.place(other).await, Err(StoreError::IdempotencyKeyReused)));
    assert!(matches!(
        orders.placed(&place.order.id, &place.key, "body-2").await,
        Err(StoreError::IdempotencyKeyReused)
    ));
    // Another key whose number is the same.
    let mut stranger = place.clone();
    stranger.key = "another key".to_owned();
    assert!(matches!(orders.place(stranger).await, Err(StoreError::OrderNumberTaken)));
    let asked = orders.placed(&place.order.id, "another key", &place.request_hash).await;
    assert!(matches!(asked, Err(StoreError::OrderNumberTaken)));
    assert_eq!(shop.store.stock().get(&sku("MUG")).await.unwrap().unwrap().reserved, 2);
    assert!(shop.store.carts().get(&place.cart.0).await.unwrap().is_none());
}

#[tokio::test]
async fn a_backorder_sells_beyond_the_stock() {
    let shop = shop().await;
    let mut place = order(&shop.store, "back", &["RARE"], 3).await;
    place.reservations[0].beyond_stock = true;
    assert_eq!(shop.store.orders().place(place).await.unwrap(), Placed::New);
    let level = shop.store.stock().set(&sku("RARE"), 2).await.unwrap();
    assert_eq!((level.on_hand, level.reserved, level.available()), (2, 3, 0));
}

#[tokio::test]
async fn a_changed_cart_is_not_ordered() {
    let shop = shop().await;
    let place = order(&shop.store, "stale", &[], 1).await;
    let cart = shop.store.carts().get(&place.cart.0).await.unwrap().unwrap();
    shop.store.carts().put(&cart.value, cart.unchanged()).await.unwrap();
    let refused = shop.store.orders().place(place).await;
    assert!(matches!(refused, Err(StoreError::RevisionConflict { what: "cart" })));
}

#[tokio::test]
async fn a_callback_that_comes_twice_counts_once() {
    let shop = shop().await;
    shop.store.stock().set(&sku("MUG"), 5).await.unwrap();
    let place = order(&shop.store, "paid", &["MUG"], 2).await;
    shop.store.orders().place(place.clone()).await.unwrap();
    let payments = shop.store.payments();
    let mut changed = payments.with_order(&place.payment.id).await.unwrap().unwrap();
    changed.payment.state = PaymentState::Succeeded;
    changed.order.state = OrderState::Paid;
    let callback = RecordCallback { event_id: "evt_1".to_owned(), changed };
    assert_eq!(payments.record_callback(callback.clone()).await.unwrap(), CallbackOutcome::Recorded);
    // Whoever read before it was recorded has to read again, and then knows the event.
    assert!(matches!(payments.record_callback(callback.clone()).await, Err(StoreError::RevisionConflict { .. })));
    let changed = payments.with_order(&place.payment.id).await.unwrap().unwrap();
    let again = RecordCallback { changed, ..callback };
    assert_eq!(payments.record_callback(again.clone()).await.unwrap(), CallbackOutcome::AlreadySeen);
    for n in 2..40 {
        let changed = payments.with_order(&place.payment.id).await.unwrap().unwrap();
        let next = RecordCallback { event_id: format!("evt_{n}"), changed };
        assert_eq!(payments.record_callback(next).await.unwrap(), CallbackOutcome::Recorded, "{n}");
    }
    let read = payments.with_order(&place.payment.id).await.unwrap().unwrap();
    assert!(read.has_seen("evt_39") && read.has_seen("evt_24") && !read.has_seen("evt_1"), "the list is bounded");
    let paid = shop.store.orders().get(&place.order.id).await.unwrap().unwrap();
    assert_eq!(paid.value.state, OrderState::Paid);
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back_once() {
    let shop = shop().await;
    shop.store.stock().set(&sku("MUG"), 5).await.unwrap();
    let place = order(&shop.store, "cancel", &["MUG"], 2).await;
    shop.store.orders().place(place.clone()).await.unwrap();
    for _ in 0..2 {
        let read = shop.store.orders().get(&place.order.id).await.unwrap().unwrap();
        let mut order = read.value;
        order.state = OrderState::Cancelled;
        let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Release };
        shop.store.orders().update(update).await.unwrap();
    }
    let level = shop.store.stock().get(&sku("MUG")).await.unwrap().unwrap();
    assert_eq!((level.on_hand, level.reserved), (5, 0));
}

#[tokio::test]
async fn a_shipped_order_leaves_the_house() {
    let shop = shop().await;
    shop.store.stock().set(&sku("MUG"), 5).await.unwrap();
    let place = order(&shop.store, "ship", &["MUG"], 2).await;
    shop.store.orders().place(place.clone()).await.unwrap();
    let read = shop.store.orders().get(&place.order.id).await.unwrap().unwrap();
    let update = UpdateOrder { order: read.value, revision: read.revision, payment: None, stock: StockEffect::Consume };
    shop.store.orders().update(update).await.unwrap();
    let level = shop.store.stock().get(&sku("MUG")).await.unwrap().unwrap();
    assert_eq!((level.on_hand, level.reserved), (3, 0));
}

#[tokio::test]
async fn orders_are_listed_newest_first_by_state_and_over_all() {
    let shop = shop().await;
    for n in 0..5_i64 {
        let mut place = order(&shop.store, &format!("list{n}"), &[], 1).await;
        place.order.placed_at = now() + jiff::SignedDuration::from_secs(n);
        place.order.state = if n % 2 == 0 { OrderState::Paid } else { OrderState::PaymentPending };
        shop.store.orders().place(place).await.unwrap();
    }
    let numbers = |page: &stoa_storage::Page<stoa_storage::Versioned<stoa_domain::order::Order>>| {
        page.items.iter().map(|o| o.value.number.clone()).collect::<Vec<_>>()
    };
    let paid = shop.store.orders().list(Some(OrderState::Paid), None, 10).await.unwrap();
    assert_eq!(numbers(&paid), ["S-TEST-list4", "S-TEST-list2", "S-TEST-list0"]);
    let first = shop.store.orders().list(None, None, 3).await.unwrap();
    assert_eq!(numbers(&first), ["S-TEST-list4", "S-TEST-list3", "S-TEST-list2"]);
    let rest = shop.store.orders().list(None, first.next.as_ref(), 3).await.unwrap();
    assert_eq!((numbers(&rest), rest.next), (vec!["S-TEST-list1".to_owned(), "S-TEST-list0".to_owned()], None));
}

#[tokio::test]
async fn orders_past_their_time_are_found_oldest_first_from_where_the_last_sweep_stopped() {
    let shop = shop().await;
    let minutes = jiff::SignedDuration::from_mins;
    for (n, hold) in [Some(30), Some(10_080), Some(30), None, Some(30)].into_iter().enumerate() {
        let mut place = order(&shop.store, &format!("due{n}"), &[], 1).await;
        place.order.placed_at = now() + minutes(n as i64);
        // None: placed before orders had an end.
        place.order.held_until = hold.map(|hold| place.order.placed_at + minutes(hold));
        shop.store.orders().place(place).await.unwrap();
    }
    let orders = shop.store.orders();
    let found = async |at: i64, after: Option<&stoa_storage::Cursor>, limit: u32| {
        let page = orders.overdue(now() + minutes(at), after, limit).await.unwrap();
        (page.items.iter().map(ToString::to_string).collect::<Vec<_>>(), page.next)
    };
    // The one without an end is there to be looked at.
    assert_eq!(found(29, None, 100).await, (vec!["ord_due3".to_owned()], None));
    assert_eq!(found(32, None, 100).await.0, ["ord_due0", "ord_due2", "ord_due3"]);
    let (first, next) = found(34, None, 2).await;
    assert_eq!(first, ["ord_due0", "ord_due2"]);
    orders.note_sweep(next).await.unwrap();
    let stopped = orders.sweep_stopped_at().await.unwrap();
    assert_eq!(found(34, stopped.as_ref(), 100).await, (vec!["ord_due3".to_owned(), "ord_due4".to_owned()], None));
    // Listed as ever, newest first.
    let listed = orders.list(Some(OrderState::PaymentPending), None, 2).await.unwrap();
    assert_eq!(listed.items.iter().map(|o| o.value.id.as_str()).collect::<Vec<_>>(), ["ord_due4", "ord_due3"]);
}

#[tokio::test]
async fn stock_is_counted_and_never_below_zero() {
    let shop = shop().await;
    let stock = shop.store.stock();
    assert_eq!(stock.adjust(&sku("MUG"), 3).await.unwrap().on_hand, 3);
    assert_eq!(stock.adjust(&sku("MUG"), -2).await.unwrap().on_hand, 1);
    for delta in [-2, i64::from(u32::MAX), i64::MAX, i64::MIN] {
        assert!(matches!(stock.adjust(&sku("MUG"), delta).await, Err(StoreError::StockOutOfRange { .. })), "{delta}");
    }
    let many: Vec<_> = (0..230).map(|n| (sku(&format!("S{n}")), n)).collect();
    stock.set_many(&many).await.unwrap();
    let levels = stock.get_many(&many.iter().map(|(s, _)| s.clone()).collect::<Vec<_>>()).await.unwrap();
    assert!(many.iter().all(|(s, n)| levels[s].on_hand == *n));
}

#[tokio::test]
async fn a_count_under_a_key_is_made_once() {
    let shop = shop().await;
    let stock = shop.store.stock();
    let key = |name: &str| IdempotencyKey::new("merchant", name).unwrap();
    for _ in 0..3 {
        assert_eq!(stock.adjust_once(&sku("MUG"), 3, Some(&key("k-1"))).await.unwrap().on_hand, 3);
    }
    assert_eq!(stock.adjust_once(&sku("MUG"), 3, Some(&key("k-2"))).await.unwrap().on_hand, 6);
    let refused = stock.adjust_once(&sku("MUG"), -7, Some(&key("k-3"))).await;
    assert!(matches!(refused, Err(StoreError::StockOutOfRange { .. })), "{refused:?}");
    // What was refused was not done: it may be asked for again.
    assert_eq!(stock.adjust_once(&sku("MUG"), -6, Some(&key("k-3"))).await.unwrap().on_hand, 0);
}

#[tokio::test]
async fn categories_and_collections_share_one_namespace_of_handles() {
    let shop = shop().await;
    let collection = |id: &str, handle: &str| Collection {
        id: CollectionId::new(id).unwrap(),
        handle: Handle::new(handle).unwrap(),
        title: Localized::default(),
        description_html: Localized::default(),
        members: Members::Manual(vec![]),
        position: 0,
    };
    let category = stoa_domain::category::Category {
        id: stoa_domain::CategoryId::new("cat").unwrap(),
        parent: None,
        handle: Handle::new("table").unwrap(),
        name: Localized::default(),
        description_html: Localized::default(),
        position: 0,
    };
    let shops = shop.store.shop();
    shops.put_category(&category, Expected::Absent).await.unwrap();
    let refused = shops.put_collection(&collection("col", "table"), Expected::Absent).await;
    assert!(matches!(refused, Err(StoreError::HandleTaken { .. })));
    shops.delete_category(&category.id, Expected::Any).await.unwrap();
    shops.put_collection(&collection("col", "table"), Expected::Absent).await.unwrap();
    let data = shops.all().await.unwrap();
    assert_eq!((data.categories.len(), data.collections.len()), (0, 1));
}

#[tokio::test]
async fn an_idempotency_key_is_taken_finished_and_remembered() {
    let shop = shop().await;
    let records = shop.store.idempotency();
    let key = IdempotencyKey::new("imports", "abc").unwrap();
    assert_eq!(records.begin(&key, "h1").await.unwrap(), Begun::New);
    assert_eq!(records.begin(&key, "h1").await.unwrap(), Begun::InFlight);
    assert_eq!(records.begin(&key, "h2").await.unwrap(), Begun::Different);
    records.finish(&key, "h1", "done").await.unwrap();
    assert_eq!(records.begin(&key, "h1").await.unwrap(), Begun::Same("done".to_owned()));
    assert_eq!(records.find(&key, "h2").await.unwrap(), Begun::Different);
    assert!(IdempotencyKey::new("imports", "with space").is_err());
}

#[tokio::test]
async fn creating_the_store_twice_changes_nothing() {
    let shop = shop().await;
    shop.store.products().put(&product("mug", &["MUG"]), Expected::Absent).await.unwrap();
    shop.store.create().await.unwrap();
    assert_eq!(shop.store.products().page(None, 10).await.unwrap().items.len(), 1);
}
