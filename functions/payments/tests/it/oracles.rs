//! The providers' own libraries (npm `stripe` and `alipay-sdk`, PyPI `wechatpayv3`) on the other side of the wire: they
//! check what we and the simulators sign, and make callbacks that the shop must accept. `./stoa test payments` installs
//! them; where they are not installed these tests say so and are left out.

use crate::shop::{TestShop, open};
use serde_json::json;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use stoa_domain::payment::PaymentState;
use stoa_payments::simulators::{Tamper, TriggerEvent, WechatMode};

/// The last payment is the one that callbacks of the simulator are about; the oracle settles the first two.
const PAYMENTS: u32 = 4;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/payments")
}

/// A shop with its payments at the till, and all that an oracle has to know of it.
async fn prepare(provider: &'static str) -> (TestShop, serde_json::Value) {
    let shop = open(provider, Some(WechatMode::Certificates), |_| {}).await;
    let mut payments = vec![(shop.order.clone(), shop.payment.clone())];
    for number in 2..=PAYMENTS {
        payments.push(shop.place(number).await);
    }
    let mut told = Vec::new();
    for (order, payment) in &payments {
        let (_, _, to) = shop.visit(&shop.page_of(payment), "").await;
        told.push(json!({
            "payment": payment.id, "order": order.id, "number": order.number, "redirect": to,
            "status_url": format!("{}{}", shop.url, shop.status_path(order)),
        }));
    }
    if provider == "alipay" {
        let client: hyper_util::client::legacy::Client<_, axum::body::Body> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        for payment in &told {
            client.get(payment["redirect"].as_str().unwrap().parse().unwrap()).await.unwrap();
        }
    }
    let last = payments.last().unwrap().1.id.as_str();
    let callback = |tamper| {
        let (headers, body) = shop.simulators().callback_for(provider, last, TriggerEvent::Succeeded, tamper).unwrap();
        let headers: serde_json::Map<_, _> = headers.into_iter().map(|(n, v)| (n.to_owned(), v.into())).collect();
        json!({ "headers": headers, "body": String::from_utf8(body).unwrap() })
    };
    let world = json!({
        "shop": shop.url,
        "sides": shop.simulators().both_sides(),
        "payments": told,
        "callback": callback(None),
        "forged": callback(Some(Tamper::Signature)),
    });
    (shop, world)
}

async fn states(shop: &TestShop) -> Vec<PaymentState> {
    let mut states = Vec::new();
    for number in 1..=PAYMENTS {
        let id = format!("pay_{}_{number}", shop.payment.provider);
        let id = stoa_domain::PaymentId::new(id).unwrap();
        states.push(shop.store.payments().get(&id).await.unwrap().unwrap().value.state);
    }
    states
}

/// The oracle's closing lines are ours when it fails.
async fn ask(mut oracle: Command, world: &serde_json::Value) {
    oracle.current_dir(folder()).env("STOA_ORACLE", world.to_string()).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || oracle.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

/// None, and a word about it, where `./stoa test` did not install the oracles.
fn node(file: &str) -> Option<Command> {
    if !folder().join("node_modules").exists() {
        eprintln!("left out: ./stoa test payments installs the oracles");
        return None;
    }
    let mut node = Command::new("node");
    node.args(["--test", file]);
    Some(node)
}

fn python(file: &str) -> Option<Command> {
    let Some(program) = std::env::var_os("STOA_PAYMENTS_PYTHON") else {
        eprintln!("left out: ./stoa test payments installs the oracles");
        return None;
    };
    let mut python = Command::new(program);
    python.args(["-m", "unittest", "--verbose", file]);
    Some(python)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripe_and_the_shop_understand_each_other() {
    let Some(oracle) = node("stripe.test.mjs") else { return };
    let (shop, world) = prepare("stripe").await;
    ask(oracle, &world).await;
    use PaymentState::{Held, Pending, Succeeded};
    assert_eq!(states(&shop).await, [Succeeded, Held, Pending, Pending]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alipay_and_the_shop_understand_each_other() {
    let Some(oracle) = node("alipay.test.mjs") else { return };
    let (shop, world) = prepare("alipay").await;
    ask(oracle, &world).await;
    use PaymentState::{Held, Pending, Succeeded};
    assert_eq!(states(&shop).await, [Succeeded, Held, Pending, Pending]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wechat_pay_and_the_shop_understand_each_other() {
    let Some(oracle) = python("wechat_test.py") else { return };
    let (shop, world) = prepare("wechat").await;
    ask(oracle, &world).await;
    use PaymentState::{Held, Pending, Succeeded};
    assert_eq!(states(&shop).await, [Succeeded, Held, Pending, Pending]);
}
