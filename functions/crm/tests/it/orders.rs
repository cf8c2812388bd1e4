//! What the stream tells of orders: customers, their figures, and events.

use crate::shop::{shop, wang_li};
use jiff::Timestamp;
use serde_json::json;
use stoa_domain::Currency;
use stoa_domain::marketing::Action;
use stoa_domain::order::OrderState;
use stoa_domain::plugin::World;

#[tokio::test]
async fn an_order_makes_a_customer_and_counts_once_when_it_is_paid() {
    let shop = shop().await;
    let order = shop.order("1", false).await;
    shop.hear(&[&order]).await;
    let customer = shop.wang_li().await;
    assert_eq!((customer.orders, customer.name.as_str(), &customer.consent), (0, "Wang Li", &None));
    shop.turn(&order, OrderState::Paid).await;
    for _ in 0..3 {
        shop.hear(&[&order, &order]).await;
    }
    let cny = Currency::new("CNY").unwrap();
    let customer = shop.wang_li().await;
    assert_eq!((customer.orders, customer.spent.minor(cny), customer.last_order_at.is_some()), (1, Some(2_500), true));

    let second = shop.order("2", true).await;
    shop.turn(&second, OrderState::Paid).await;
    shop.hear(&[&second]).await;
    let consent = shop.wang_li().await.consent.unwrap();
    assert_eq!(consent.by, "order S-TEST-2", "when and where they said so is kept");
    shop.turn(&order, OrderState::RefundPending).await;
    shop.turn(&order, OrderState::Refunded).await;
    shop.hear(&[&order]).await;
    shop.hear(&[&order]).await;
    let customer = shop.wang_li().await;
    assert_eq!((customer.orders, customer.spent.minor(cny)), (1, Some(2_500)));
    assert!(customer.consent.is_some());
}

#[tokio::test]
async fn orders_from_before_there_was_a_crm_are_caught_up_with() {
    let shop = shop().await;
    for name in ["1", "2", "3"] {
        let order = shop.order(name, false).await;
        shop.turn(&order, OrderState::Paid).await;
    }
    let now = Timestamp::now();
    assert_eq!(stoa_crm::catch_up(&shop.crm, None, now).await.unwrap(), 3);
    assert_eq!(stoa_crm::catch_up(&shop.crm, Some(now), now).await.unwrap(), 0);
    assert_eq!(stoa_crm::catch_up(&shop.crm, None, now).await.unwrap(), 3);
    assert_eq!(shop.wang_li().await.orders, 3);
}

#[tokio::test]
async fn an_order_ends_the_while_that_a_win_back_coupon_is_for() {
    let shop = shop().await;
    shop.install("win-back-coupon", World::Marketing, json!({ "promotion": "x", "after_days": 90, "valid_days": 14 }))
        .await;
    let customers = shop.store().customers();
    let mut customer = shop.customer(true).await;
    customer.segments.insert("win-back".to_owned());
    let read = customers.get(&wang_li()).await.unwrap().unwrap();
    customers.put(&customer, read.unchanged()).await.unwrap();
    let second = shop.order("second", false).await;
    shop.hear(&[&second]).await;
    assert_eq!(shop.wang_li().await.segments.len(), 1, "it is not paid");
    shop.turn(&second, OrderState::Paid).await;
    shop.hear(&[&second]).await;
    shop.hear(&[&second]).await;
    assert!(shop.wang_li().await.segments.is_empty());
    let answers = customers.answers(&wang_li()).await.unwrap();
    assert_eq!((answers.len(), answers[0].event.as_str()), (1, "ord_second#paid"));
    assert_eq!(answers[0].done, [Action::RemoveFromSegment { segment: "win-back".to_owned() }]);
}

#[tokio::test]
async fn who_is_forgotten_is_not_made_anew_of_an_order_that_was_under_way() {
    let shop = shop().await;
    let order = shop.order("1", true).await;
    shop.hear(&[&order]).await;
    let forgotten = shop.store().privacy().forget(&wang_li(), Timestamp::now()).await.unwrap();
    assert_eq!((forgotten.orders, forgotten.under_way), (0, 1));
    shop.turn(&order, OrderState::Paid).await;
    shop.hear(&[&order]).await;
    assert!(shop.store().customers().get(&wang_li()).await.unwrap().is_none());
    let read = shop.store().orders().get(&order).await.unwrap().unwrap().value;
    assert_eq!(read.email, "wang.li@example.com", "it is sent to them all the same");
    for state in [OrderState::Shipped, OrderState::Delivered] {
        shop.turn(&order, state).await;
    }
    shop.hear(&[&order]).await;
    shop.hear(&[&order]).await;
    let read = shop.store().orders().get(&order).await.unwrap().unwrap().value;
    assert_eq!((read.email.as_str(), read.shipping_address.name.as_str()), ("", "Wang Li"));
    assert!(shop.store().orders().of_customer(&wang_li(), 10).await.unwrap().is_empty());
    assert!(shop.store().customers().get(&wang_li()).await.unwrap().is_none());
}
