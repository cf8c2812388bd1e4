//! Promotions, their codes, and limits that hold however many order at once.

use crate::shop::{order, shop, sku};
use stoa_domain::PromotionId;
use stoa_domain::order::OrderState;
use stoa_storage::testing::{cny, promotion, promotion_code};
use stoa_storage::*;

fn id(text: &str) -> PromotionId {
    PromotionId::new(text).unwrap()
}

/// One order's use of the promotion and the code `tenth`, by `email`, of a budget of ¥100.00.
fn uses(email: &str, most: u32, amount: i64) -> Uses {
    let spent = Some(Spent { amount: cny(amount), budget_minor: 10_000 });
    Uses {
        promotions: vec![PromotionUse { promotion: id("tenth"), max_uses: Some(most), spent }],
        codes: vec![CodeUse { code: "TENTH".to_owned(), max_uses: most }],
        customer: Some(CustomerUse {
            customer: customer_key(email).unwrap(),
            orders: None,
            promotions: vec![(id("tenth"), 1)],
        }),
    }
}

async fn place(store: &Store, name: &str, uses: Uses) -> Result<Placed> {
    let place = order(store, name, &[], 1).await;
    store.orders().place(PlaceOrder { uses, ..place }).await
}

#[tokio::test]
async fn promotions_are_listed_by_id_and_written_under_their_revision() {
    let shop = shop().await;
    let promotions = shop.store.promotions();
    assert!(promotions.readable().await.unwrap().0.is_empty());
    let (second, first) = (promotion("b", ""), promotion("a", r#""priority": 3"#));
    let revision = promotions.put(&second, Expected::Absent).await.unwrap();
    promotions.put(&first, Expected::Absent).await.unwrap();
    let twice = promotions.put(&first, Expected::Absent).await;
    assert!(matches!(twice, Err(StoreError::RevisionConflict { .. })));
    assert_eq!(promotions.readable().await.unwrap().0, [first.clone(), second]);
    assert_eq!(promotions.get(&id("a")).await.unwrap().unwrap().value, first);
    promotions.delete(&id("b"), Expected::Revision(revision)).await.unwrap();
    assert_eq!(promotions.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_is_found_in_any_case_and_given_out_once() {
    let shop = shop().await;
    let promotions = shop.store.promotions();
    let code = PromotionCode { max_uses: Some(3), ..promotion_code("Hello-10", "tenth") };
    promotions.add_codes(std::slice::from_ref(&code)).await.unwrap();
    let read = promotions.code(" hELLO-10 ").await.unwrap().unwrap();
    assert_eq!(read.value, code);
    let twin = promotions.add_codes(&[promotion_code("new", "tenth"), promotion_code("HELLO-10", "other")]).await;
    assert!(matches!(twin, Err(StoreError::CodeTaken { code }) if code == "HELLO-10"));
    assert!(promotions.code("new").await.unwrap().is_none(), "a hundred lands whole or not at all");
    let off = PromotionCode { enabled: false, ..code };
    promotions.change_code(&off, read.unchanged()).await.unwrap();
    assert!(!promotions.code("hello-10").await.unwrap().unwrap().value.enabled);
}

#[tokio::test]
async fn the_codes_of_a_promotion_are_listed_page_by_page() {
    let shop = shop().await;
    let promotions = shop.store.promotions();
    let batch: Vec<_> = (0..230).map(|n| promotion_code(&format!("C{n:03}"), "tenth")).collect();
    promotions.add_codes(&batch).await.unwrap();
    promotions.add_codes(&[promotion_code("elsewhere", "other")]).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = promotions.codes(&id("tenth"), cursor.as_ref(), 100).await.unwrap();
        assert!(page.items.len() <= 100);
        seen.extend(page.items.into_iter().map(|read| read.value.code));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, batch.iter().map(|code| code.code.clone()).collect::<Vec<_>>());
    assert!(promotions.codes(&id("tenth"), None, 101).await.is_err());
    let many = vec![promotion_code("x", "tenth"); MAX_CODES_AT_ONCE + 1];
    assert!(matches!(promotions.add_codes(&many).await, Err(StoreError::TooMany { .. })));
}

#[tokio::test]
async fn of_twenty_orders_at_once_five_get_the_promotion_that_five_may_have() {
    let shop = shop().await;
    let orders = (0..20).map(|n| {
        let store = shop.store.clone();
        async move { place(&store, &format!("n{n}"), uses(&format!("n{n}@example.com"), 5, 100)).await }
    });
    let placed = futures::future::join_all(orders).await;
    let won = placed.iter().filter(|placed| matches!(placed, Ok(Placed::New))).count();
    let lost = placed.iter().filter(|placed| matches!(placed, Err(StoreError::PromotionUsedUp))).count();
    assert_eq!((won, lost), (5, 15));
    let standing = shop.store.promotions().standing(&[id("tenth")], &["tenth".to_owned()], None).await.unwrap();
    let used = standing.usage(&id("tenth"));
    assert_eq!((used.uses, used.spent.get(cny(0).currency), standing.uses_of_code("tenth")), (5, Some(cny(500)), 5));
}

#[tokio::test]
async fn a_budget_is_never_overspent_and_a_customer_uses_a_promotion_as_often_as_they_may() {
    let shop = shop().await;
    let store = &shop.store;
    place(store, "a", uses("a@example.com", 9, 6_000)).await.unwrap();
    let over = place(store, "b", uses("b@example.com", 9, 4_001)).await;
    assert!(matches!(over, Err(StoreError::PromotionUsedUp)));
    let again = place(store, "c", uses(" A@Example.com", 9, 1)).await;
    assert!(matches!(again, Err(StoreError::PromotionUsedUp)), "the same address in another spelling");
    place(store, "d", uses("d@example.com", 9, 4_000)).await.unwrap();
}

#[tokio::test]
async fn an_order_that_depends_on_being_the_first_is_refused_when_it_is_not() {
    let shop = shop().await;
    let customer = customer_key("wang.li@example.com").unwrap();
    let first = || Uses {
        customer: Some(CustomerUse { customer: customer.clone(), orders: Some(0), promotions: vec![] }),
        ..Uses::default()
    };
    place(&shop.store, "one", first()).await.unwrap();
    assert!(matches!(place(&shop.store, "two", first()).await, Err(StoreError::PromotionUsedUp)));
    let standing = shop.store.promotions().standing(&[], &[], Some(&customer)).await.unwrap();
    assert_eq!(standing.customer_orders, 1);
}

#[tokio::test]
async fn a_cancelled_order_gives_back_what_it_used_once() {
    let shop = shop().await;
    let (store, email) = (&shop.store, "wang.li@example.com");
    place(store, "cancel", uses(email, 1, 6_000)).await.unwrap();
    assert!(place(store, "late", uses("other@example.com", 1, 100)).await.is_err());
    for _ in 0..2 {
        let read = store.orders().get(&stoa_domain::OrderId::new("ord_cancel").unwrap()).await.unwrap().unwrap();
        let mut order = read.value;
        order.state = OrderState::Cancelled;
        let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Release };
        store.orders().update(update).await.unwrap();
    }
    let customer = customer_key(email).unwrap();
    let promotions = store.promotions();
    let standing = promotions.standing(&[id("tenth")], &["TENTH".to_owned()], Some(&customer)).await.unwrap();
    let used = standing.usage(&id("tenth"));
    assert_eq!((used.uses, used.spent.get(cny(0).currency), standing.uses_of_code("tenth")), (0, Some(cny(0)), 0));
    assert_eq!((standing.customer_orders, used.by_customer), (0, 0));
    place(store, "after", uses(email, 1, 10_000)).await.unwrap();
}

#[tokio::test]
async fn the_fullest_order_still_fits_one_transaction() {
    let shop = shop().await;
    let skus: Vec<String> = (0..stoa_domain::cart::MAX_LINES).map(|n| format!("S{n}")).collect();
    let levels: Vec<_> = skus.iter().map(|text| (sku(text), 9)).collect();
    shop.store.stock().set_many(&levels).await.unwrap();
    let many = |count: usize| Uses {
        promotions: (0..count)
            .map(|n| PromotionUse { promotion: id(&format!("p{n}")), max_uses: Some(1), spent: None })
            .collect(),
        ..uses("wang.li@example.com", 1, 1)
    };
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let full = order(&shop.store, "full", &skus, 1).await;
    shop.store.orders().place(PlaceOrder { uses: many(MAX_USES - 1), ..full }).await.unwrap();
    let over = order(&shop.store, "over", &skus, 1).await;
    let refused = shop.store.orders().place(PlaceOrder { uses: many(MAX_USES), ..over }).await;
    assert!(matches!(refused, Err(StoreError::TooMany { .. })), "{refused:?}");
}
