//! A plugin that fails costs nothing but itself, and the merchant is told why.

use crate::shop::{noon, shop};
use serde_json::json;
use std::time::Duration;
use stoa_crm::{Config, Crm, Swept};
use stoa_domain::CustomerId;
use stoa_domain::marketing::Customer;
use stoa_domain::plugin::{ErrorBudget, Status, World};
use stoa_storage::{Expected, PluginRecord, RunOutcome};

#[tokio::test]
async fn the_others_go_on_and_the_failure_is_on_record() {
    let shop = shop().await;
    // Settings that it cannot read.
    let broken = shop.install("win-back-coupon", World::Marketing, json!({ "promotion": 5 })).await;
    shop.install("birthday-greeting", World::Marketing, json!({ "points": 7 })).await;
    let customer = shop.customer(true).await;
    assert_eq!(customer.orders, 1, "the order counts all the same");
    let failures = shop.store().plugins().failures().await.unwrap();
    assert_eq!((failures.len(), failures[0].plugin.clone(), failures[0].stage.as_str()), (1, broken.clone(), "run"));
    assert!(failures[0].error.contains("settings"), "{}", failures[0].error);
    let runs = shop.store().plugins().runs(&broken, jiff::Timestamp::now()).await.unwrap();
    assert!(
        !runs.is_empty()
            && runs.iter().all(|run| matches!(&run.outcome, RunOutcome::Failed { code, .. } if code == "refused"))
    );
    assert!(
        runs.iter().all(|run| !run.input.contains("wang.li") && !run.input.contains("cus_")),
        "{:?}",
        runs[0].input
    );

    shop.born(&noon(1).to_zoned(jiff::tz::TimeZone::UTC).strftime("%m-%d").to_string()).await;
    assert_eq!(shop.sweep_in(1).await, Swept::Done { customers: 1 });
    assert_eq!(shop.wang_li().await.points, 7);
}

#[tokio::test]
async fn one_that_fails_more_than_its_budget_allows_is_paused() {
    let shop = shop().await;
    let id = shop.install("win-back-coupon", World::Marketing, json!({})).await;
    let plugins = shop.store().plugins();
    let read = plugins.get(&id).await.unwrap().unwrap();
    let budget = ErrorBudget { percent: 5, runs: 10, minutes: 60 };
    plugins.put(&PluginRecord { error_budget: budget, ..read.value.clone() }, read.unchanged()).await.unwrap();
    let one = shop.customer(true).await;
    for n in 0..30 {
        let other = Customer { id: CustomerId::new(format!("cus_{n:032x}")).unwrap(), ..one.clone() };
        shop.store().customers().put(&other, Expected::Absent).await.unwrap();
    }
    assert_eq!(shop.sweep_in(0).await, Swept::Done { customers: 31 });
    let life = plugins.get(&id).await.unwrap().unwrap().value.life;
    assert_eq!(life.status, Status::PausedByErrors);
    assert!(life.stop.unwrap().reason.contains("its budget is 5 %"));
    assert_eq!(plugins.events(&id).await.unwrap()[0].by, "error budget");
    assert_eq!(shop.sweep_in(1).await, Swept::NotDue, "nobody is asked");
}

#[tokio::test]
async fn a_promotion_is_never_asked_about_a_customer() {
    let shop = shop().await;
    shop.install("spend-and-save", World::Promotion, json!({})).await;
    shop.customer(true).await;
    assert_eq!(shop.sweep_in(0).await, Swept::NotDue);
    // One that the table takes for a marketing plugin.
    shop.install("birthday-greeting", World::Marketing, json!({})).await;
    let lying = shop.store().plugins();
    let read = lying.get(&stoa_domain::PluginId::new("spend-and-save").unwrap()).await.unwrap().unwrap();
    lying.put(&PluginRecord { world: World::Marketing, ..read.value.clone() }, read.unchanged()).await.unwrap();
    assert_eq!(shop.sweep_in(0).await, Swept::Done { customers: 1 });
    let failures = lying.failures().await.unwrap();
    assert_eq!((failures[0].stage.as_str(), failures[0].error.as_str()), ("load", "it is no marketing plugin"));
}

#[tokio::test]
async fn what_this_shop_did_not_sign_is_not_run() {
    let shop = shop().await;
    shop.install("birthday-greeting", World::Marketing, json!({})).await;
    shop.customer(true).await;
    for key in [Some(vec![3; 32]), None] {
        let stranger = Crm::new(shop.store().clone(), Config { plugin_verify_key: key, mail: None });
        let swept = stoa_crm::sweep(&stranger, noon(0), Duration::from_secs(60), true).await.unwrap();
        assert_eq!(swept, Swept::NotDue);
    }
    assert_eq!(shop.store().plugins().failures().await.unwrap()[0].count, 2);
}
