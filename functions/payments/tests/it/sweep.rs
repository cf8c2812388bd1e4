//! Orders that nobody paid in time, against the providers' simulators over real sockets.

use crate::shop::{TestShop, open, shop, shop_of};
use jiff::{SignedDuration, Timestamp};
use stoa_domain::Sku;
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_payments::simulators::{Tamper, Trigger, TriggerEvent};
use stoa_payments::{Outcome, ProviderEvent, Receiving, Swept, reconcile, settle, sweep_unpaid};
use stoa_storage::testing::ORDER_HOLD;
use stoa_storage::{Reservation, UpdateOrder};

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";
const SIMULATED: [&str; 3] = ["wechat", "alipay", "stripe"];

/// After the time of every order that these tests place.
fn later() -> Timestamp {
    Timestamp::now() + ORDER_HOLD + SignedDuration::from_secs(1)
}

async fn states(shop: &TestShop, order: &Order) -> (PaymentState, OrderState) {
    let payment = shop.store.payments().get(&order.payment).await.unwrap().unwrap().value;
    (payment.state, shop.store.orders().get(&order.id).await.unwrap().unwrap().value.state)
}

async fn sweep(shop: &TestShop, now: Timestamp) -> Swept {
    sweep_unpaid(&shop.store, &shop.providers, now).await.unwrap()
}

/// Opens the payment's page, and where that leads to Alipay its page too.
async fn go_to_the_till(shop: &TestShop, payment: &Payment) {
    let (_, _, to) = shop.visit(&shop.page_of(payment), DESKTOP).await;
    if payment.provider == "alipay" {
        let client: hyper_util::client::legacy::Client<_, axum::body::Body> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = axum::http::Request::get(to).body(axum::body::Body::empty()).unwrap();
        client.request(request).await.unwrap();
    }
}

fn paid(payment: &Payment) -> Trigger {
    Trigger {
        provider: payment.provider.clone(),
        payment: Some(payment.id.to_string()),
        event: TriggerEvent::Succeeded,
        duplicate: 0,
        delay_seconds: 0,
        tamper: None,
        silent: true,
    }
}

#[tokio::test]
async fn an_order_is_cancelled_after_its_time_and_not_before() {
    for provider in SIMULATED {
        let shop = shop_of(provider).await;
        go_to_the_till(&shop, &shop.payment).await;
        assert_eq!(sweep(&shop, Timestamp::now()).await, Swept::default(), "{provider}");
        let done = sweep(&shop, later()).await;
        assert_eq!(done, Swept { overdue: 1, cancelled: 1, ..Swept::default() }, "{provider}");
        assert_eq!(states(&shop, &shop.order).await.1, OrderState::Cancelled, "{provider}");
        let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
        let last = order.timeline.last().unwrap();
        assert_eq!((last.by.as_str(), last.why.as_str()), ("system", "not paid in time"));
        assert_eq!(sweep(&shop, later()).await, Swept::default(), "{provider}: once");
        // Whoever comes to the till now is led back to the order.
        let (_, _, to) = shop.visit(&shop.page_of(&shop.payment), DESKTOP).await;
        assert!(to.starts_with(&shop.status_path(&shop.order)), "{provider}: {to}");
    }
}

#[tokio::test]
async fn the_trade_is_closed_at_the_provider() {
    for provider in SIMULATED {
        let shop = shop_of(provider).await;
        go_to_the_till(&shop, &shop.payment).await;
        sweep(&shop, later()).await;
        let at = shop.providers.get(provider).unwrap();
        let payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value;
        let said = at.read(&payment, Timestamp::now()).await.unwrap();
        assert!(said.is_none_or(|event| event.outcome == Outcome::Failed), "{provider}");
        // Asked again it changes nothing.
        at.close(&payment, Timestamp::now()).await.unwrap();
    }
}

#[tokio::test]
async fn an_order_that_was_paid_without_a_word_is_settled_and_not_cancelled() {
    for provider in SIMULATED {
        let shop = shop_of(provider).await;
        go_to_the_till(&shop, &shop.payment).await;
        shop.simulators().trigger(&paid(&shop.payment)).await.unwrap();
        let done = sweep(&shop, later()).await;
        assert_eq!(done, Swept { overdue: 1, settled: 1, ..Swept::default() }, "{provider}");
        assert_eq!(states(&shop, &shop.order).await, (PaymentState::Succeeded, OrderState::Paid), "{provider}");
    }
}

#[tokio::test]
async fn what_the_sweep_closed_is_asked_about_for_an_hour_more() {
    let shop = shop_of("wechat").await;
    go_to_the_till(&shop, &shop.payment).await;
    sweep(&shop, later()).await;
    let asked = async |after: SignedDuration| {
        reconcile(&shop.store, &shop.providers, Timestamp::now() + after).await.unwrap().asked
    };
    assert_eq!(asked(SignedDuration::from_mins(4)).await, 1);
    assert_eq!(asked(SignedDuration::from_hours(2)).await, 0);
}

#[tokio::test]
async fn who_never_came_to_the_till_loses_the_order_too() {
    for provider in SIMULATED {
        let shop = shop_of(provider).await;
        let done = sweep(&shop, later()).await;
        assert_eq!(done, Swept { overdue: 1, cancelled: 1, ..Swept::default() }, "{provider}");
    }
}

#[tokio::test]
async fn while_the_provider_cannot_be_asked_the_order_stays() {
    for provider in SIMULATED {
        let shop = open(provider, Some(stoa_payments::simulators::WechatMode::PublicKey), |settings| {
            settings.wechat.as_mut().unwrap().base_url = "http://127.0.0.1:9".into();
            settings.stripe.as_mut().unwrap().base_url = "http://127.0.0.1:9".into();
            settings.alipay.as_mut().unwrap().gateway_url = "http://127.0.0.1:9/gateway.do".into();
        })
        .await;
        if provider == "stripe" {
            // Without a session there would be nothing to ask about.
            let mut payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap();
            payment.value.provider_reference = Some("cs_test_1".into());
            shop.store.payments().update(&payment).await.unwrap();
        }
        let done = sweep(&shop, later()).await;
        assert_eq!(done, Swept { overdue: 1, failed: 1, ..Swept::default() }, "{provider}");
        assert_eq!(states(&shop, &shop.order).await.1, OrderState::PaymentPending, "{provider}");
    }
}

#[tokio::test]
async fn a_held_payment_is_left_to_a_person() {
    let shop = shop_of("stripe").await;
    go_to_the_till(&shop, &shop.payment).await;
    let wrong = Trigger { tamper: Some(Tamper::Amount), silent: false, ..paid(&shop.payment) };
    shop.simulators().trigger(&wrong).await.unwrap();
    let done = sweep(&shop, later()).await;
    assert_eq!(done, Swept { overdue: 1, waiting: 1, ..Swept::default() });
    assert_eq!(states(&shop, &shop.order).await, (PaymentState::Held, OrderState::PaymentPending));
}

#[tokio::test]
async fn money_that_comes_after_the_end_is_held() {
    let shop = shop().await;
    sweep(&shop, later()).await;
    let event = ProviderEvent {
        id: "evt_late".into(),
        payment: shop.payment.id.clone(),
        order: Some(shop.order.id.clone()),
        amount: Some(shop.payment.amount),
        outcome: Outcome::Succeeded,
        reference: "sbx_1".into(),
    };
    assert_eq!(settle(&shop.store, "sandbox", &event).await.unwrap(), Receiving::Held);
    assert_eq!(states(&shop, &shop.order).await, (PaymentState::Held, OrderState::Cancelled));
}

#[tokio::test]
async fn what_the_order_held_is_for_others_and_two_sweeps_at_once_give_it_back_once() {
    let shop = shop().await;
    let mug = Sku::new("MUG").unwrap();
    shop.store.stock().set(&mug, 40).await.unwrap();
    for number in 0..30 {
        let mut place = stoa_storage::testing::order(&shop.store, &format!("mug{number}")).await;
        place.reservations = vec![Reservation { sku: mug.clone(), quantity: 1, beyond_stock: false }];
        shop.store.orders().place(place).await.unwrap();
    }
    let level = async || shop.store.stock().get(&mug).await.unwrap().unwrap();
    assert_eq!(level().await.reserved, 30);
    let (now, none) = (later(), shop.providers.clone());
    let (a, b) = tokio::join!(sweep_unpaid(&shop.store, &none, now), sweep_unpaid(&shop.store, &none, now));
    let (a, b) = (a.unwrap(), b.unwrap());
    // The shop's first order, and thirty more than one page holds.
    assert_eq!(a.cancelled + b.cancelled, 31, "{a:?} {b:?}");
    assert_eq!((a.failed + b.failed, a.waiting + b.waiting), (0, 0));
    assert_eq!((level().await.reserved, level().await.on_hand), (0, 40));
}

#[tokio::test]
async fn an_order_that_was_paid_between_is_not_cancelled() {
    let shop = shop().await;
    let read = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap();
    let mut order = read.value;
    order.transition(OrderState::Paid, Timestamp::now(), "provider:sandbox", "payment succeeded").unwrap();
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock: stoa_storage::StockEffect::Keep };
    shop.store.orders().update(update).await.unwrap();
    assert_eq!(sweep(&shop, later()).await, Swept::default());
    assert_eq!(states(&shop, &shop.order).await.1, OrderState::Paid);
}
