//! What shoppers get of a plugin's life: the version that was released for them, and a cart whatever the plugin does.

use crate::shop::{Shopper, TestShop, shop};
use axum::http::Method;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stoa_checkout::{LoadPromotion, RunPromotion, State};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Action, Build, ErrorBudget, Status, Version};
use stoa_domain::promotion::{DiscountValue, Operation, Proposal};
use stoa_plugin_runtime::{Promotion, PromotionInput, Run, RunError, artefact_key};
use stoa_storage::{Expected, PluginRecord, RunOutcome};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Takes as many percent off the goods as its artefact says, or traps.
struct Percent(Option<u32>);

impl RunPromotion for Percent {
    fn propose(&self, promotion: Promotion<'_>, _: &PromotionInput) -> Result<Run, Failure> {
        let percent = self.0.ok_or_else(|| RunError::Trapped("unreachable".to_owned()))?;
        let reason = format!("{percent} % off");
        let operation = Operation::DiscountOrder { value: DiscountValue::BasisPoints(percent * 100), reason };
        let (promotion, title) = (promotion.id.clone(), promotion.title.to_owned());
        let proposal = Proposal { promotion, title, operations: vec![operation] };
        Ok(Run { proposal, fuel_used: 1_000, memory_bytes: 65_536 })
    }
}

struct Loader;

impl LoadPromotion for Loader {
    fn load(&self, artefact: &[u8], _digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        Ok(Arc::new(Percent(String::from_utf8_lossy(artefact).parse().ok())))
    }
}

fn id() -> PluginId {
    PluginId::new("percent").unwrap()
}

/// A version whose artefact is what it does.
async fn build(shop: &TestShop, version: &str, does: &str) -> Build {
    let digest = format!("digest-of-{does}");
    shop.store.objects().private_put(&artefact_key(&digest), does.to_owned().into(), "application/wasm").await.unwrap();
    Build { version: Version::new(version).unwrap(), digest, target: None }
}

/// Version 1 takes 5 % off for everybody; version 2 does `does` for some.
async fn released(shop: &TestShop, does: &str, percent: u8) -> PluginRecord {
    let now = jiff::Timestamp::now();
    let mut plugin = PluginRecord::new(id(), "Percent".into(), "{}".into(), 0, now);
    plugin.life.release(build(shop, "1", "5").await, 100).unwrap();
    plugin.life.release(build(shop, "2", does).await, percent).unwrap();
    shop.store.plugins().put(&plugin, Expected::Any).await.unwrap();
    plugin
}

fn state(shop: &TestShop) -> State {
    shop.state().with_promotions(Arc::new(Loader))
}

/// What the shopper is told of the discount.
fn reason(cart: &Value) -> String {
    cart["lines"][0]["discounts"][0]["reason"].as_str().unwrap_or("none").to_owned()
}

/// What a write behind the answers came to.
async fn eventually<T>(mut read: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = read().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not come to that in ten seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_share_of_the_shoppers_has_the_new_version_and_keeps_it_when_the_share_grows() {
    let shop = shop().await;
    let mut plugin = released(&shop, "20", 30).await;
    let mut shoppers = Vec::new();
    for _ in 0..60 {
        let shopper = Shopper::of(state(&shop));
        shopper.add("mug", 1).await;
        shoppers.push(shopper);
    }
    let mut first = Vec::new();
    for shopper in &shoppers {
        let told = reason(&shopper.cart().await);
        assert!(["5 % off", "20 % off"].contains(&told.as_str()), "{told}");
        assert_eq!(reason(&shopper.cart().await), told, "the same at every request");
        first.push(told == "20 % off");
    }
    let new = first.iter().filter(|is_new| **is_new).count();
    assert!((5..35).contains(&new), "{new} of 60 have the version that 30 % should have");
    let version = plugin.life.release.as_ref().unwrap().build.clone();
    plugin.life.release(version, 60).unwrap();
    shop.store.plugins().put(&plugin, Expected::Any).await.unwrap();
    let mut grown = 0;
    for (shopper, was_new) in shoppers.iter().zip(first) {
        let is_new = reason(&shopper.cart().await) == "20 % off";
        assert!(is_new || !was_new, "who had the new version lost it");
        grown += usize::from(is_new);
    }
    assert!(grown > new, "{new} of 60, then {grown}");
}

#[tokio::test]
async fn a_version_that_fails_too_much_is_stopped_and_the_one_before_takes_over() {
    let shop = shop().await;
    let mut plugin = released(&shop, "traps", 50).await;
    plugin.error_budget = ErrorBudget { runs: 10, ..ErrorBudget::default() };
    shop.store.plugins().put(&plugin, Expected::Any).await.unwrap();
    // Each in a process of its own, as Lambda's: none has seen more than one failure.
    for _ in 0..40 {
        let shopper = Shopper::of(state(&shop));
        let (status, _) = shopper.add("mug", 1).await;
        assert_eq!(status, 200, "no shopper notices");
    }
    let stopped = eventually(async || {
        let read = shop.store.plugins().get(&id()).await.unwrap()?.value;
        read.life.stop.is_some().then_some(read)
    })
    .await;
    let release = stopped.life.release.as_ref().unwrap();
    assert_eq!((release.build.version.as_str(), release.percent, &release.rest), ("1", 100, &None));
    let stop = stopped.life.stop.as_ref().unwrap();
    assert_eq!((stopped.life.status, stop.version.as_ref().unwrap().as_str()), (Status::Active, "2"));
    assert!(stop.reason.contains("runs of 2 failed in 10 minutes; its budget is 5 %"), "{}", stop.reason);
    let history = shop.store.plugins().events(&id()).await.unwrap();
    assert_eq!((history.len(), history[0].action, history[0].by.as_str()), (1, Action::PauseByErrors, "error budget"));
    for _ in 0..10 {
        let shopper = Shopper::of(state(&shop));
        shopper.add("mug", 1).await;
        assert_eq!(reason(&shopper.cart().await), "5 % off");
    }
}

#[tokio::test]
async fn a_version_for_everybody_that_fails_too_much_pauses_and_carts_go_on_without_it() {
    let shop = shop().await;
    released(&shop, "traps", 100).await;
    let shopper = Shopper::of(state(&shop));
    shopper.add("mug", 2).await;
    for _ in 0..60 {
        assert_eq!(shopper.cart().await["total"]["minor"], 3_500);
    }
    let paused = eventually(async || {
        let read = shop.store.plugins().get(&id()).await.unwrap()?.value;
        (read.life.status == Status::PausedByErrors).then_some(read)
    })
    .await;
    assert_eq!(paused.life.release.unwrap().build.version.as_str(), "2", "it can be resumed or rolled back");
    assert_eq!(shopper.place(3_500, "key-1").await.0, 201);
}

#[tokio::test]
async fn a_few_failures_among_many_runs_stop_nothing() {
    let shop = shop().await;
    let mut plugin = released(&shop, "traps", 1).await;
    plugin.error_budget = ErrorBudget { percent: 100, runs: 10, minutes: 1 };
    shop.store.plugins().put(&plugin, Expected::Any).await.unwrap();
    let shopper = Shopper::of(state(&shop));
    shopper.add("mug", 1).await;
    for _ in 0..30 {
        shopper.cart().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let read = shop.store.plugins().get(&id()).await.unwrap().unwrap().value;
    assert_eq!((read.life.status, read.life.stop, read.life.changes), (Status::Active, None, 2));
}

#[tokio::test]
async fn what_is_recorded_of_a_run_names_no_shopper() {
    let shop = shop().await;
    for (does, name) in [("20", "works"), ("traps", "traps")] {
        let now = jiff::Timestamp::now();
        let mut plugin = PluginRecord::new(PluginId::new(name).unwrap(), name.into(), "{}".into(), 0, now);
        plugin.sample_percent = 100;
        plugin.life.release(build(&shop, "1", does).await, 100).unwrap();
        shop.store.plugins().put(&plugin, Expected::Absent).await.unwrap();
    }
    // People type all kinds of things where a code is asked for.
    let other = Shopper::of(state(&shop));
    other.add("mug", 1).await;
    let typed = serde_json::json!({ "code": "li.si@example.com" });
    assert_eq!(other.send(Method::POST, "/api/cart/codes", Some(typed), None).await.0, 200);
    let shopper = Shopper::of(state(&shop));
    shopper.add("mug", 2).await;
    let cookie = shopper.cookie().unwrap();
    let cart = cookie.split(';').next().unwrap().split('=').nth(1).unwrap().to_owned();
    let total = shopper.cart().await["total"]["minor"].as_i64().unwrap();
    // Its address is full of what must not be found again.
    assert_eq!(shopper.place(total, "key-1").await.0, 201);
    for (name, failed) in [("works", false), ("traps", true)] {
        let id = PluginId::new(name).unwrap();
        let now = jiff::Timestamp::now();
        let runs = eventually(async || {
            let runs = shop.store.plugins().runs(&id, now).await.unwrap();
            (runs.len() >= 3).then_some(runs)
        })
        .await;
        let record = serde_json::to_string(&runs).unwrap();
        for canary in [
            "wang.li",
            "li.si",
            "王莉",
            "139 0000",
            "苏州",
            "江苏",
            "姑苏",
            "平江路",
            "\"215000\"",
            "key-1",
            cart.as_str(),
        ] {
            assert!(!record.contains(canary), "{canary} is in {record}");
        }
        let input: PromotionInput = serde_json::from_str(&runs[0].input).unwrap();
        assert_eq!((input.lines[0].sku.as_str(), input.lines[0].quantity), ("mug", 2));
        assert_eq!(matches!(&runs[0].outcome, RunOutcome::Failed { code, .. } if code == "trapped"), failed);
        assert_eq!((runs[0].fuel, runs[0].version.as_str()), ((!failed).then_some(1_000), "1"));
    }
}
