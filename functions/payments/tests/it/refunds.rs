//! The job that gives money back: once for each refund, whatever is lost, however often and however many at once it runs.

use crate::providers::{at_the_till, send, trigger};
use crate::shop::{TestShop, shop};
use jiff::Timestamp;
use stoa_domain::order::{
    Act, Decision, Order, OrderState, RefundId, RefundRequest, RefundState, RefundStatus, Requested,
};
use stoa_domain::payment::PaymentState;
use stoa_domain::{Currency, Money};
use stoa_payments::{Refunding, refund};
use stoa_storage::{StockEffect, UpdateOrder};

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

fn act() -> Act<'static> {
    Act { at: Timestamp::now(), by: "staff:1", why: "too small" }
}

async fn order(shop: &TestShop) -> Order {
    shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value
}

/// Changes order and payment as somebody else would have.
async fn change(shop: &TestShop, change: impl FnOnce(&mut Order)) {
    let read = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap();
    let mut order = read.value;
    change(&mut order);
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Keep };
    shop.store.orders().update(update).await.unwrap();
}

/// Paid through the provider's simulator.
async fn paid(provider: &'static str) -> TestShop {
    let shop = at_the_till(provider).await;
    send(&shop, trigger(&shop)).await;
    assert_eq!(order(&shop).await.state, OrderState::Paid, "{provider}");
    shop
}

/// Paid without any provider having said so.
async fn paid_by_hand(shop: &TestShop) {
    let mut payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap();
    payment.value.state = PaymentState::Succeeded;
    shop.store.payments().update(&payment).await.unwrap();
    change(shop, |order| {
        order.transition(OrderState::Paid, Timestamp::now(), "tests", "paid").unwrap();
    })
    .await;
}

async fn ask(shop: &TestShop, id: &str, minor: i64) {
    let asked = RefundRequest { goodwill: Some(cny(minor)), ..RefundRequest::default() };
    let id = RefundId::new(id).unwrap();
    change(shop, |order| {
        assert!(matches!(order.refund(&id, &asked, act()), Ok(Requested::New(_))));
    })
    .await;
}

async fn run(shop: &TestShop) -> Refunding {
    refund(&shop.state, Timestamp::now()).await.unwrap()
}

#[tokio::test]
async fn a_refund_in_parts_reaches_every_provider_once() {
    for provider in ["wechat", "alipay", "stripe"] {
        let shop = paid(provider).await;
        ask(&shop, "r1", 1_000).await;
        assert_eq!(run(&shop).await, Refunding { asked: 1, succeeded: 1, ..Refunding::default() }, "{provider}");
        assert_eq!(run(&shop).await, Refunding::default(), "{provider}: nothing is left to do");
        let after = order(&shop).await;
        assert_eq!(
            (after.state, after.refund_status()),
            (OrderState::Paid, RefundStatus::PartlyRefunded),
            "{provider}"
        );
        ask(&shop, "r2", 1_500).await;
        assert_eq!(order(&shop).await.state, OrderState::RefundPending, "{provider}");
        run(&shop).await;
        let after = order(&shop).await;
        assert_eq!((after.state, after.refund_status()), (OrderState::Refunded, RefundStatus::Refunded), "{provider}");
        assert_eq!(shop.simulators().given_back(shop.payment.id.as_str()), 2_500, "{provider}");
        assert!(after.refunds.iter().all(|refund| refund.reference.is_some()), "{provider}");
    }
}

#[tokio::test]
async fn a_lost_answer_and_many_runs_at_once_give_back_once() {
    for provider in ["wechat", "alipay", "stripe"] {
        let shop = paid(provider).await;
        ask(&shop, "r1", 1_000).await;
        // The provider gave it back, and the run that asked ended before it could write that down.
        let payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value;
        let lost = stoa_payments::Refund { payment: &payment, id: "r1", amount: cny(1_000), reason: "too small" };
        shop.providers.get(provider).unwrap().refund(&lost, Timestamp::now()).await.unwrap();
        let runs = futures::future::join_all((0..5).map(|_| run(&shop))).await;
        assert!(runs.iter().all(|run| run.failed == 0), "{provider}: {runs:?}");
        let after = order(&shop).await;
        let told =
            after.timeline.iter().filter(|event| serde_json::to_string(&event.what).unwrap().contains("succeeded"));
        assert_eq!((after.refunds[0].state, told.count()), (RefundState::Succeeded, 1), "{provider}");
        assert_eq!(shop.simulators().given_back(shop.payment.id.as_str()), 1_000, "{provider}");
    }
}

#[tokio::test]
async fn what_the_provider_refuses_waits_for_a_person_who_tries_again() {
    for provider in ["wechat", "alipay", "stripe"] {
        let shop = paid(provider).await;
        ask(&shop, "r1", 1_000).await;
        // Somebody gave the money back in the provider's own console.
        let payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value;
        let beside = stoa_payments::Refund { payment: &payment, id: "beside", amount: cny(2_000), reason: "mistake" };
        shop.providers.get(provider).unwrap().refund(&beside, Timestamp::now()).await.unwrap();
        assert_eq!(run(&shop).await, Refunding { asked: 1, failed: 1, ..Refunding::default() }, "{provider}");
        let after = order(&shop).await;
        assert_eq!(after.refund_status(), RefundStatus::RefundFailed, "{provider}");
        assert!(after.refunds[0].problem.as_ref().is_some_and(|code| !code.is_empty()), "{provider}");
        assert_eq!(run(&shop).await, Refunding::default(), "{provider}: it is not asked for by itself");
        change(&shop, |order| {
            order.decide_refund(&RefundId::new("r1").unwrap(), &Decision::Retry, act()).unwrap();
        })
        .await;
        assert_eq!(run(&shop).await.failed, 1, "{provider}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_asked_again() {
    let shop = crate::shop::open("stripe", None, |settings| {
        // Nobody listens there.
        settings.stripe = Some(stoa_payments::StripeSettings {
            secret_key: stoa_payments::Secret::new("sk_test_nobody000000000000000000"),
            webhook_secrets: vec![stoa_payments::Secret::new("whsec_nobody0000000000000000000000000")],
            base_url: "http://127.0.0.1:9".to_owned(),
        });
    })
    .await;
    paid_by_hand(&shop).await;
    let mut payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap();
    payment.value.provider_reference = Some("cs_1".to_owned());
    shop.store.payments().update(&payment).await.unwrap();
    ask(&shop, "r1", 1_000).await;
    for _ in 0..2 {
        assert_eq!(run(&shop).await, Refunding { asked: 1, pending: 1, ..Refunding::default() });
    }
    assert_eq!(order(&shop).await.refunds[0].state, RefundState::Pending);
}

#[tokio::test]
async fn the_sandbox_gives_back_and_a_bank_transfer_waits_for_a_person() {
    let shop = shop().await;
    paid_by_hand(&shop).await;
    ask(&shop, "r1", 2_500).await;
    assert_eq!(run(&shop).await.succeeded, 1);
    assert_eq!(order(&shop).await.state, OrderState::Refunded);

    let account = stoa_payments::BankAccount {
        holder: "Stoa".to_owned(),
        account: "1".to_owned(),
        bank: "A bank".to_owned(),
        bank_code: String::new(),
    };
    let shop = crate::shop::open("bank_transfer", None, |settings| settings.bank_transfer = Some(account)).await;
    paid_by_hand(&shop).await;
    ask(&shop, "r1", 2_500).await;
    assert_eq!(run(&shop).await, Refunding { asked: 1, by_hand: 1, ..Refunding::default() });
    assert_eq!(order(&shop).await.refunds[0].state, RefundState::Pending);
}

#[tokio::test]
async fn nothing_is_given_back_of_a_payment_that_did_not_succeed() {
    let shop = shop().await;
    change(&shop, |order| {
        order.transition(OrderState::Paid, Timestamp::now(), "tests", "paid").unwrap();
    })
    .await;
    ask(&shop, "r1", 1_000).await;
    assert_eq!(run(&shop).await, Refunding { pending: 1, ..Refunding::default() });
}
