//! WeChat Pay, Alipay and Stripe from the shopper's click to the paid order, against their simulators over real sockets.

use crate::shop::{TestShop, open, shop_of};
use axum::http::StatusCode;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use stoa_domain::order::OrderState;
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::{Currency, Money};
use stoa_payments::simulators::{Delivery, Tamper, Trigger, TriggerEvent, WechatMode};
use stoa_payments::{
    AlipayMode, BankAccount, ProviderSettings, Providers, Reconciled, Refund, RefundState, Secret, reconcile,
};

/// Of settings that are right, to settings that are wrong.
type Change = fn(&mut ProviderSettings);

const SIMULATED: [&str; 3] = ["wechat", "alipay", "stripe"];
const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36";

async fn states(shop: &TestShop) -> (PaymentState, OrderState) {
    let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
    (payment(shop).await.state, order.state)
}

async fn payment(shop: &TestShop) -> Payment {
    shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value
}

/// A shop whose shopper stands at the provider's till.
pub async fn at_the_till(provider: &'static str) -> TestShop {
    let shop = shop_of(provider).await;
    let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
    assert!(status == StatusCode::OK || status == StatusCode::SEE_OTHER, "{provider}: {status} {page}");
    if provider == "alipay" {
        let (_, _, to) = shop.visit(&shop.page(), DESKTOP).await;
        open_url(&to).await;
    }
    shop
}

/// A shopper's browser at a provider's address.
async fn open_url(url: &str) {
    let status = request(axum::http::Request::get(url)).await;
    assert!(status.is_success() || status.is_redirection(), "{status} at {url}");
}

async fn request(request: axum::http::request::Builder) -> StatusCode {
    let client: Client<_, axum::body::Body> = Client::builder(TokioExecutor::new()).build_http();
    client.request(request.body(axum::body::Body::empty()).unwrap()).await.unwrap().status()
}

pub fn trigger(shop: &TestShop) -> Trigger {
    Trigger {
        provider: shop.payment.provider.clone(),
        payment: Some(shop.payment.id.to_string()),
        event: TriggerEvent::Succeeded,
        duplicate: 0,
        delay_seconds: 0,
        tamper: None,
        silent: false,
    }
}

pub async fn send(shop: &TestShop, trigger: Trigger) -> Vec<Delivery> {
    shop.simulators().trigger(&trigger).await.unwrap()
}

#[tokio::test]
async fn a_callback_pays_the_order_once_however_often_it_comes() {
    for provider in SIMULATED {
        let shop = at_the_till(provider).await;
        let deliveries = send(&shop, Trigger { duplicate: 2, ..trigger(&shop) }).await;
        assert_eq!(deliveries.len(), 3);
        for delivery in &deliveries {
            assert_eq!(delivery.status, Some(200), "{provider}: {}", delivery.answer);
        }
        assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid), "{provider}");
        let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
        assert_eq!(order.timeline.iter().filter(|e| e.to == OrderState::Paid).count(), 1, "{provider}");
        // Whoever comes back to the page of a paid payment is led to the order, not to the till.
        let (status, _, to) = shop.visit(&shop.page(), DESKTOP).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(to.starts_with(&format!("/orders/{}", shop.order.id)), "{to}");
    }
}

#[tokio::test]
async fn alipay_reads_success_and_nothing_else() {
    let shop = at_the_till("alipay").await;
    let deliveries = send(&shop, Trigger { duplicate: 1, ..trigger(&shop) }).await;
    assert!(deliveries.iter().all(|delivery| delivery.answer == "success"), "{deliveries:?}");
    let forged = send(&shop, Trigger { tamper: Some(Tamper::Signature), ..trigger(&shop) }).await;
    assert_ne!(forged[0].answer, "success");
}

#[tokio::test]
async fn a_forged_callback_changes_nothing() {
    for provider in SIMULATED {
        let shop = at_the_till(provider).await;
        let deliveries = send(&shop, Trigger { tamper: Some(Tamper::Signature), ..trigger(&shop) }).await;
        assert_eq!(deliveries[0].status, Some(400), "{provider}");
        assert!(deliveries[0].answer.contains("\"signature_invalid\""), "{provider}: {}", deliveries[0].answer);
        assert_eq!(states(&shop).await, (PaymentState::Pending, OrderState::PaymentPending), "{provider}");
    }
}

#[tokio::test]
async fn another_amount_currency_or_order_holds_the_payment_for_good() {
    for provider in SIMULATED {
        for tamper in [Tamper::Amount, Tamper::Currency, Tamper::Order] {
            let shop = at_the_till(provider).await;
            let deliveries = send(&shop, Trigger { tamper: Some(tamper), ..trigger(&shop) }).await;
            assert_eq!(deliveries[0].status, Some(200), "{provider} {tamper:?}: {}", deliveries[0].answer);
            let held = (PaymentState::Held, OrderState::PaymentPending);
            assert_eq!(states(&shop).await, held, "{provider} {tamper:?}");
            // What comes later, however right, is for the person who looks.
            send(&shop, trigger(&shop)).await;
            assert_eq!(states(&shop).await, held, "{provider} {tamper:?}");
        }
    }
}

#[tokio::test]
async fn a_failure_before_and_after_the_success_does_not_matter() {
    for provider in ["alipay", "stripe"] {
        let shop = at_the_till(provider).await;
        let failed = Trigger { event: TriggerEvent::Failed, ..trigger(&shop) };
        send(&shop, failed.clone()).await;
        assert_eq!(states(&shop).await, (PaymentState::Failed, OrderState::PaymentPending), "{provider}");
        send(&shop, trigger(&shop)).await;
        assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid), "{provider}");
        send(&shop, failed).await;
        assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid), "{provider}");
    }
}

#[tokio::test]
async fn a_callback_for_a_cancelled_order_is_held() {
    for provider in SIMULATED {
        let shop = at_the_till(provider).await;
        let mut order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap();
        order.value.transition(OrderState::Cancelled, Timestamp::now(), "system", "not paid in time").unwrap();
        let update = stoa_storage::UpdateOrder {
            order: order.value,
            revision: order.revision,
            payment: None,
            stock: stoa_storage::StockEffect::Release,
        };
        shop.store.orders().update(update).await.unwrap();
        send(&shop, trigger(&shop)).await;
        assert_eq!(states(&shop).await, (PaymentState::Held, OrderState::Cancelled), "{provider}");
    }
}

#[tokio::test]
async fn a_callback_that_never_came_is_found_by_asking() {
    for provider in SIMULATED {
        let shop = at_the_till(provider).await;
        let later = Timestamp::now() + SignedDuration::from_mins(3);
        let open = reconcile(&shop.store, &shop.providers, later).await.unwrap();
        assert_eq!(open, Reconciled { asked: 1, open: 1, ..Reconciled::default() }, "{provider}");
        assert_eq!(send(&shop, Trigger { silent: true, ..trigger(&shop) }).await, []);
        assert_eq!(states(&shop).await, (PaymentState::Pending, OrderState::PaymentPending), "{provider}");
        let repaired = reconcile(&shop.store, &shop.providers, later).await.unwrap();
        assert_eq!(repaired, Reconciled { asked: 1, repaired: 1, ..Reconciled::default() }, "{provider}");
        assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid), "{provider}");
        // The callback that comes after all finds everything done.
        let late = send(&shop, trigger(&shop)).await;
        assert_eq!(late[0].status, Some(200), "{provider}");
        let again = reconcile(&shop.store, &shop.providers, later).await.unwrap();
        assert_eq!(again, Reconciled::default(), "{provider}");
    }
}

#[tokio::test]
async fn what_the_provider_knows_of_another_amount_is_held() {
    let shop = at_the_till("wechat").await;
    // The order's amount changes behind the provider's back.
    let mut changed = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap();
    changed.value.amount.minor += 1;
    shop.store.payments().update(&changed).await.unwrap();
    send(&shop, Trigger { silent: true, ..trigger(&shop) }).await;
    let later = Timestamp::now() + SignedDuration::from_mins(3);
    let found = reconcile(&shop.store, &shop.providers, later).await.unwrap();
    assert_eq!(found, Reconciled { asked: 1, held: 1, ..Reconciled::default() });
    assert_eq!(states(&shop).await.0, PaymentState::Held);
}

#[tokio::test]
async fn refunds_whole_and_partial_happen_once_for_each_id() {
    for provider in SIMULATED {
        let shop = at_the_till(provider).await;
        send(&shop, trigger(&shop)).await;
        let (payment, now) = (payment(&shop).await, Timestamp::now());
        let at = shop.providers.get(provider).unwrap();
        let cny = |minor| Money::new(minor, Currency::new("CNY").unwrap());
        let refund =
            |id: &'static str, minor| Refund { payment: &payment, id, amount: cny(minor), reason: "too small" };
        let first = at.refund(&refund("ref_1", 1_000), now).await.unwrap();
        assert_eq!(first.state, RefundState::Succeeded, "{provider}");
        let again = at.refund(&refund("ref_1", 1_000), now).await.unwrap();
        assert_eq!(again, first, "{provider}");
        let rest = at.refund(&refund("ref_2", 1_500), now).await.unwrap();
        assert_eq!(rest.state, RefundState::Succeeded, "{provider}");
        assert!(at.refund(&refund("ref_3", 1), now).await.is_err(), "{provider}: more than was paid");
        assert!(at.refund(&refund("ref_2", 1_400), now).await.is_err(), "{provider}: another amount under one id");
    }
}

#[tokio::test]
async fn a_code_is_shown_to_a_screen_and_the_app_opened_on_a_phone() {
    let shop = shop_of("wechat").await;
    let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for part in ["<svg", "WeChat Pay", "¥25.00", "S-TEST-0001", "I have paid"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    // A number belongs to the screen it was begun on: another number could be paid too.
    let (status, page, _) = shop.visit(&shop.page(), PHONE).await;
    assert!(status == StatusCode::OK && page.contains("<svg"), "{page}");

    let shop = shop_of("wechat").await;
    let (status, _, to) = shop.visit(&shop.page(), PHONE).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let back = url::form_urlencoded::byte_serialize(shop.url.as_bytes()).collect::<String>();
    assert!(to.contains("/pay/wechat/") && to.contains(&format!("redirect_url={back}")), "{to}");

    let shop =
        open("alipay", Some(WechatMode::Certificates), |s| s.alipay.as_mut().unwrap().mode = AlipayMode::Qr).await;
    let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
    assert!(status == StatusCode::OK && page.contains("<svg") && page.contains("Alipay"), "{page}");
    send(&shop, trigger(&shop)).await;
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[tokio::test]
async fn a_payment_just_paid_is_not_taken_again() {
    let shop = at_the_till("wechat").await;
    send(&shop, Trigger { silent: true, ..trigger(&shop) }).await;
    let (status, _, to) = shop.visit(&shop.page(), DESKTOP).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(to.starts_with(&format!("{}/orders/", shop.url)), "{to}");
}

#[tokio::test]
async fn stripe_has_one_open_session_for_a_payment() {
    let shop = at_the_till("stripe").await;
    let first = payment(&shop).await.provider_reference.unwrap();
    let (_, _, to) = shop.visit(&shop.page(), DESKTOP).await;
    assert_eq!(payment(&shop).await.provider_reference.as_ref(), Some(&first));
    assert!(to.contains("/pay/stripe/"), "{to}");
    expire(&shop, &first).await;
    shop.visit(&shop.page(), DESKTOP).await;
    assert_ne!(payment(&shop).await.provider_reference, Some(first));
}

async fn expire(shop: &TestShop, session: &str) {
    let sides = shop.simulators().both_sides();
    let (url, key) = (sides["url"].as_str().unwrap(), sides["stripe"]["secret_key"].as_str().unwrap());
    let post = axum::http::Request::post(format!("{url}/v1/checkout/sessions/{session}/expire"));
    assert_eq!(request(post.header("authorization", format!("Bearer {key}"))).await, StatusCode::OK);
}

#[tokio::test]
async fn a_second_payment_of_a_paid_order_is_told_and_changes_nothing() {
    let shop = at_the_till("stripe").await;
    send(&shop, trigger(&shop)).await;
    let mut event = stoa_payments::ProviderEvent {
        id: "evt_other".into(),
        payment: shop.payment.id.clone(),
        order: Some(shop.order.id.clone()),
        amount: Some(shop.payment.amount),
        outcome: stoa_payments::Outcome::Succeeded,
        reference: "cs_test_another".into(),
    };
    let twice = stoa_payments::settle(&shop.store, "stripe", &event).await.unwrap();
    assert_eq!(twice, stoa_payments::Receiving::PaidTwice);
    event.id = "evt_third".into();
    event.reference = payment(&shop).await.provider_reference.unwrap();
    let same = stoa_payments::settle(&shop.store, "stripe", &event).await.unwrap();
    assert_eq!(same, stoa_payments::Receiving::Ignored);
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[tokio::test]
async fn a_provider_that_is_down_costs_the_shopper_a_sentence() {
    for provider in SIMULATED {
        let shop = open(provider, Some(WechatMode::Certificates), |settings| {
            // Nothing listens on the discard port.
            settings.wechat.as_mut().unwrap().base_url = "http://127.0.0.1:9".into();
            settings.stripe.as_mut().unwrap().base_url = "http://127.0.0.1:9".into();
            let alipay = settings.alipay.as_mut().unwrap();
            alipay.gateway_url = "http://127.0.0.1:9/gateway.do".into();
            alipay.mode = AlipayMode::Qr;
        })
        .await;
        let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{provider}");
        assert!(page.contains("Nothing was charged") && page.contains("/orders/ord_"), "{page}");
    }
}

#[tokio::test]
async fn wechat_pays_in_public_key_mode_without_asking_for_certificates() {
    let shop = open("wechat", Some(WechatMode::PublicKey), |_| {}).await;
    shop.visit(&shop.page(), DESKTOP).await;
    send(&shop, trigger(&shop)).await;
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[tokio::test]
async fn a_renewed_certificate_is_fetched_and_a_made_up_one_is_not_believed() {
    let shop = at_the_till("wechat").await;
    let at = shop.providers.get("wechat").unwrap();
    shop.simulators().renew_wechat_certificate().unwrap();
    let (name, id) = ("wechat", shop.payment.id.as_str());
    let (headers, body) = shop.simulators().callback_for(name, id, TriggerEvent::Succeeded, None).unwrap();
    let renewed = header_map(&headers);
    let now = Timestamp::now();
    // Asked within the last minute, for the answer to the prepayment: nobody can make us ask without end.
    let refused = at.verify_callback(&renewed, &body, now).await.unwrap_err();
    assert_eq!(refused.code(), "signing_key_unknown");
    let later = now + SignedDuration::from_secs(61);
    let event = at.verify_callback(&renewed, &body, later).await.unwrap().unwrap();
    assert_eq!(event.payment, shop.payment.id);
    for serial in ["5157F09EFDC096DE15EBE81A47057A7232F1B8E1", "PUB_KEY_ID_1", "not hex", "0"] {
        let mut headers = renewed.clone();
        headers.insert("wechatpay-serial", serial.parse().unwrap());
        let refused = at.verify_callback(&headers, &body, later + SignedDuration::from_secs(61)).await.unwrap_err();
        assert_eq!(refused.code(), "signing_key_unknown", "{serial}");
    }
}

#[tokio::test]
async fn certificates_that_do_not_decrypt_under_the_merchants_key_are_not_believed() {
    let shop = open("wechat", Some(WechatMode::Certificates), |settings| {
        settings.wechat.as_mut().unwrap().api_v3_key = Secret::new("another-api-v3-key-of-32-bytes-x");
    })
    .await;
    let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{page}");
    let deliveries = send(&shop, trigger(&shop)).await;
    assert!(deliveries[0].status != Some(200), "{deliveries:?}");
    assert_eq!(states(&shop).await, (PaymentState::Pending, OrderState::PaymentPending));
}

#[tokio::test]
async fn a_recorded_callback_is_too_old_after_its_time() {
    for (provider, hours) in [("wechat", 0), ("alipay", 26), ("stripe", 0)] {
        let shop = at_the_till(provider).await;
        let id = shop.payment.id.as_str();
        let (headers, body) = shop.simulators().callback_for(provider, id, TriggerEvent::Succeeded, None).unwrap();
        let (at, headers) = (shop.providers.get(provider).unwrap(), header_map(&headers));
        let edge = Timestamp::now() + SignedDuration::from_hours(hours);
        let minutes = SignedDuration::from_mins;
        let early = if hours == 0 { minutes(4) } else { minutes(-1) };
        assert!(at.verify_callback(&headers, &body, edge + early).await.is_ok(), "{provider}");
        let refused = at.verify_callback(&headers, &body, edge + minutes(6)).await.unwrap_err();
        assert_eq!(refused.code(), "signature_expired", "{provider}");
    }
}

#[tokio::test]
async fn a_genuine_callback_for_another_merchant_is_refused() {
    let changes: [(&str, Change); 5] = [
        ("wechat", |s| s.wechat.as_mut().unwrap().merchant_id = "1900000002".into()),
        ("wechat", |s| s.wechat.as_mut().unwrap().app_id = "wx00000000000000bb".into()),
        ("alipay", |s| s.alipay.as_mut().unwrap().app_id = "2021000000000002".into()),
        ("alipay", |s| s.alipay.as_mut().unwrap().seller_id = "2088000000000002".into()),
        ("stripe", |s| s.stripe.as_mut().unwrap().secret_key = Secret::new("sk_live_another")),
    ];
    for (i, (provider, change)) in changes.into_iter().enumerate() {
        let shop = open(provider, Some(WechatMode::PublicKey), |_| {}).await;
        let (_, _, to) = shop.visit(&shop.page(), DESKTOP).await;
        if provider == "alipay" {
            open_url(&to).await;
        }
        let id = shop.payment.id.as_str();
        let (headers, body) = shop.simulators().callback_for(provider, id, TriggerEvent::Succeeded, None).unwrap();
        let mut settings = shop.simulators().settings();
        change(&mut settings);
        let url = stoa_endpoint::config::PublicUrl::new(&shop.url).unwrap();
        let others = Providers::new(&settings, &url).unwrap();
        let at = others.get(provider).unwrap();
        let refused = at.verify_callback(&header_map(&headers), &body, Timestamp::now()).await.unwrap_err();
        assert_eq!(refused.code(), "not_ours", "change {i}");
    }
}

fn header_map(headers: &[(&'static str, String)]) -> axum::http::HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect::<axum::http::HeaderMap>()
}

#[tokio::test]
async fn a_bank_transfer_is_explained_and_confirmed_by_a_person() {
    let shop = open("bank_transfer", None, |settings| {
        settings.bank_transfer = Some(BankAccount {
            holder: "Stoa Ltd".into(),
            account: "6222 0000 0000 0000".into(),
            bank: "Example Bank".into(),
            bank_code: "EXAMCNBJ".into(),
        });
    })
    .await;
    let (status, page, _) = shop.visit(&shop.page(), DESKTOP).await;
    assert_eq!(status, StatusCode::OK);
    for part in ["Stoa Ltd", "6222 0000 0000 0000", "Example Bank", "EXAMCNBJ", "S-TEST-0001", "¥25.00"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let (status, answer) = shop.post("/payments/callbacks/bank_transfer", &[], b"{}".to_vec()).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::NOT_FOUND, &"not_expected".into()));
    let event = stoa_payments::received_by_hand(&shop.payment.id, shop.payment.amount, "KB-2026-11-23/17").unwrap();
    stoa_payments::settle(&shop.store, "bank_transfer", &event).await.unwrap();
    assert_eq!(states(&shop).await, (PaymentState::Succeeded, OrderState::Paid));
}

#[test]
fn wrong_settings_stop_the_start_with_their_name_and_are_never_quoted() {
    let url = stoa_endpoint::config::PublicUrl::new("https://shop.example").unwrap();
    let simulators =
        stoa_payments::simulators::Simulators::new("http://127.0.0.1:9", &url, WechatMode::PublicKey).unwrap();
    let good = simulators.settings();
    assert!(Providers::new(&good, &url).is_ok());
    let changes: [(&str, Change); 9] = [
        ("wechat.merchant_private_key", |s| s.wechat.as_mut().unwrap().merchant_private_key = Secret::new("hunter2")),
        ("wechat.api_v3_key", |s| s.wechat.as_mut().unwrap().api_v3_key = Secret::new("hunter2")),
        ("wechat.public_key.key", |s| s.wechat.as_mut().unwrap().public_key.as_mut().unwrap().key = "hunter2".into()),
        ("wechat.public_key.id", |s| s.wechat.as_mut().unwrap().public_key.as_mut().unwrap().id = "hunter2".into()),
        ("wechat.base_url", |s| s.wechat.as_mut().unwrap().base_url = "http://hunter2.example".into()),
        ("alipay.app_private_key", |s| s.alipay.as_mut().unwrap().app_private_key = Secret::new("hunter2")),
        ("alipay.seller_id", |s| s.alipay.as_mut().unwrap().seller_id = "hunter2".into()),
        ("stripe.secret_key", |s| s.stripe.as_mut().unwrap().secret_key = Secret::new("hunter2")),
        ("stripe.webhook_secrets", |s| s.stripe.as_mut().unwrap().webhook_secrets = vec![Secret::new("hunter2")]),
    ];
    for (field, change) in changes {
        let mut settings = good.clone();
        change(&mut settings);
        let error = Providers::new(&settings, &url).unwrap_err().to_string();
        assert!(error.contains(field) && error.contains("STOA_PAYMENT_PROVIDERS"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let shown = format!("{good:?}");
    for secret in ["PRIVATE KEY", "sk_test_", "whsec_", "simulated-api-v3-key"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
