//! Callbacks as an attacker sends them: cut off, with flipped bits, repeated headers, strange sizes. Whatever comes, the
//! answer is the genuine event or a refusal with a stable code, and nothing is processed.

use crate::shop::{TestShop, open};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};
use stoa_domain::order::OrderState;
use stoa_domain::payment::PaymentState;
use stoa_payments::simulators::{TriggerEvent, WechatMode};
use stoa_payments::{Provider, ProviderEvent};

const CODES: [&str; 9] = [
    "signature_missing",
    "signature_invalid",
    "signature_expired",
    "repeated",
    "signing_key_unknown",
    "signing_key_unavailable",
    "not_ours",
    "not_expected",
    "malformed_callback",
];

/// A provider with a callback that it believes.
struct Genuine {
    provider: Arc<dyn Provider>,
    headers: HeaderMap,
    body: Vec<u8>,
    at: Timestamp,
    event: ProviderEvent,
}

struct World {
    runtime: tokio::runtime::Runtime,
    genuine: Vec<Genuine>,
}

/// One for all cases: keys take long to make.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let genuine = runtime.block_on(async {
        let mut all = Vec::new();
        for name in ["wechat", "alipay", "stripe"] {
            let shop = open(name, Some(WechatMode::PublicKey), |_| {}).await;
            till(&shop).await;
            let provider = Arc::clone(shop.providers.get(name).unwrap());
            let id = shop.payment.id.as_str();
            let callback = shop.simulators().callback_for(name, id, TriggerEvent::Succeeded, None).unwrap();
            let (headers, body) = (header_map(&callback.0), callback.1);
            let at = Timestamp::now();
            let event = provider.verify_callback(&headers, &body, at).await.unwrap().unwrap();
            all.push(Genuine { provider, headers, body, at, event });
        }
        all
    });
    World { runtime, genuine }
});

fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse::<HeaderValue>().unwrap())).collect()
}

/// The provider hears of the payment.
async fn till(shop: &TestShop) {
    let (_, _, to) = shop.visit(&shop.page(), "").await;
    if to.contains("/gateway.do") {
        let client: hyper_util::client::legacy::Client<_, axum::body::Body> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        client.get(to.parse().unwrap()).await.unwrap();
    }
}

/// Believes exactly the genuine event, or refuses with a code that is documented.
fn judge(genuine: &Genuine, headers: &HeaderMap, body: &[u8]) -> Result<(), TestCaseError> {
    let verdict = WORLD.runtime.block_on(genuine.provider.verify_callback(headers, body, genuine.at));
    match verdict {
        Ok(Some(event)) => prop_assert_eq!(&event, &genuine.event),
        Ok(None) => prop_assert!(false, "a changed callback was taken for something harmless"),
        Err(refusal) => prop_assert!(CODES.contains(&refusal.code()), "{}", refusal.code()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_with_flipped_bits_is_the_genuine_one_or_refused(
        which in 0_usize..3, flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let genuine = &WORLD.genuine[which];
        let mut body = genuine.body.clone();
        for (at, bit) in flips {
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
        }
        judge(genuine, &genuine.headers, &body)?;
    }

    #[test]
    fn a_body_that_is_cut_off_or_goes_on_is_refused(
        which in 0_usize..3, at in any::<prop::sample::Index>(), more in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let genuine = &WORLD.genuine[which];
        let mut body = genuine.body[..at.index(genuine.body.len())].to_vec();
        body.extend(more);
        judge(genuine, &genuine.headers, &body)?;
    }

    #[test]
    fn any_header_changed_removed_or_repeated_is_refused_or_means_the_same(
        which in 0_usize..3, at in any::<prop::sample::Index>(), kind in 0..4,
        value in prop::collection::vec(prop_oneof![32_u8..127, 128_u8..=255], 0..2000),
    ) {
        let genuine = &WORLD.genuine[which];
        let names: Vec<_> = genuine.headers.keys().cloned().collect();
        let name = &names[at.index(names.len())];
        let mut headers = genuine.headers.clone();
        let value = HeaderValue::from_bytes(&value).unwrap();
        match kind {
            0 => { headers.remove(name); }
            1 => { headers.insert(name, value); }
            2 => { headers.append(name, value); }
            _ => { headers.append(name, genuine.headers[name].clone()); }
        }
        judge(genuine, &headers, &genuine.body)?;
    }

    #[test]
    fn bytes_that_no_provider_made_are_refused(which in 0_usize..3, body in prop::collection::vec(any::<u8>(), 0..4096)) {
        let genuine = &WORLD.genuine[which];
        judge(genuine, &genuine.headers, &body)?;
        judge(genuine, &HeaderMap::new(), &body)?;
    }
}

#[test]
fn a_second_signature_header_is_refused_whatever_it_says() {
    for genuine in &WORLD.genuine {
        for name in genuine.headers.keys().filter(|name| name.as_str() != "content-type") {
            let mut headers = genuine.headers.clone();
            headers.append(name, genuine.headers[name].clone());
            let verdict = WORLD.runtime.block_on(genuine.provider.verify_callback(&headers, &genuine.body, genuine.at));
            assert_eq!(verdict.unwrap_err().code(), "repeated", "{name}");
        }
    }
}

#[test]
fn a_form_that_names_a_field_twice_is_refused() {
    let genuine = &WORLD.genuine[1];
    for field in ["total_amount=0.01", "sign=AAAA", "sign_type=RSA2", "out_trade_no=pay_other"] {
        let body = [&genuine.body[..], b"&", field.as_bytes()].concat();
        let verdict = WORLD.runtime.block_on(genuine.provider.verify_callback(&genuine.headers, &body, genuine.at));
        assert_eq!(verdict.unwrap_err().code(), "repeated", "{field}");
    }
}

#[test]
fn the_weaker_signature_of_alipay_is_not_accepted() {
    let genuine = &WORLD.genuine[1];
    let body = String::from_utf8(genuine.body.clone()).unwrap().replace("sign_type=RSA2", "sign_type=RSA");
    let at = genuine.at;
    let verdict = WORLD.runtime.block_on(genuine.provider.verify_callback(&genuine.headers, body.as_bytes(), at));
    assert_eq!(verdict.unwrap_err().code(), "signature_invalid");
}

#[test]
fn huge_bodies_and_floods_of_headers_are_refused_by_the_door_and_nothing_is_processed() {
    WORLD.runtime.block_on(async {
        for name in ["wechat", "alipay", "stripe"] {
            let shop = open(name, Some(WechatMode::PublicKey), |_| {}).await;
            till(&shop).await;
            let path = format!("/payments/callbacks/{name}");
            let (status, answer) = shop.post(&path, &[], vec![b'a'; 70_000]).await;
            assert_eq!((status, &answer["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &"body_unreadable".into()));
            let id = shop.payment.id.as_str();
            let (headers, body) = shop.simulators().callback_for(name, id, TriggerEvent::Succeeded, None).unwrap();
            let mut many: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            many.extend(std::iter::repeat_n(("stripe-signature", "t=1,v1=00"), 200));
            many.extend(std::iter::repeat_n(("wechatpay-nonce", "n"), 200));
            if name != "alipay" {
                let (status, answer) = shop.post(&path, &many, body).await;
                assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &"repeated".into()));
            }
            let payment = shop.store.payments().get(&shop.payment.id).await.unwrap().unwrap().value;
            let order = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value;
            assert_eq!((payment.state, order.state), (PaymentState::Pending, OrderState::PaymentPending));
        }
    });
}

#[test]
fn another_providers_callback_opens_no_door() {
    let names = ["wechat", "alipay", "stripe"];
    for (i, genuine) in WORLD.genuine.iter().enumerate() {
        for (j, other) in WORLD.genuine.iter().enumerate().filter(|(j, _)| *j != i) {
            let verdict =
                WORLD.runtime.block_on(other.provider.verify_callback(&genuine.headers, &genuine.body, genuine.at));
            assert_eq!(verdict.unwrap_err().code(), "signature_missing", "{} at {}", names[i], names[j]);
        }
    }
}
