//! `stoa crm`, from an order to a message that waits: on the shop of this machine, and by its API elsewhere.

use crate::plugin_guide::{Here, Opened};
use jiff::Timestamp;
use serde_json::Value;
use stoa_domain::order::OrderState;
use stoa_storage::testing::order;
use stoa_storage::{StockEffect, UpdateOrder};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/samples");
const WHO: &str = "wang.li@example.com";

/// Somebody ordered, asked for messages, and paid, before the shop had a CRM.
async fn an_order(here: &Here) {
    here.run("./stoa crm customers");
    let shop = Opened::open(&here.data()).await;
    shop.stock_up().await;
    let mut placing = order(&shop.store, "1").await;
    placing.order.marketing_consent = true;
    let id = placing.order.id.clone();
    shop.store.orders().place(placing).await.unwrap();
    let read = shop.store.orders().get(&id).await.unwrap().unwrap();
    let mut paid = read.value;
    paid.transition(OrderState::Paid, Timestamp::now(), "tests", "paid").unwrap();
    let update = UpdateOrder { order: paid, revision: read.revision, stock: StockEffect::Keep, payment: None };
    shop.store.orders().update(update).await.unwrap();
    shop.close().await;
}

#[tokio::test]
async fn a_merchant_sees_customers_and_what_waits_to_be_sent() {
    let here = Here::new();
    assert!(here.run("./stoa crm customers").contains("no customers yet"));
    an_order(&here).await;
    assert_eq!(here.json("./stoa crm catch-up --json")["orders"], 1);
    let customers = here.json("./stoa crm customers --json");
    assert_eq!((&customers["items"][0]["email"], &customers["items"][0]["orders"]), (&WHO.into(), &1.into()));
    assert!(here.run("./stoa crm sweep").contains("no marketing plugin runs in this shop"));

    here.run(&format!("./stoa plugin publish {SAMPLES}/birthday-greeting --percent 100"));
    let today = Timestamp::now().strftime("%m-%d").to_string();
    let known = here.run(&format!("./stoa crm customer {WHO} --birthday {today}"));
    assert!(known.contains(&format!("birthday  {today}")), "{known}");
    let swept = here.json("./stoa crm sweep --json");
    assert_eq!((&swept["customers"], &swept["done"]), (&1.into(), &true.into()));
    assert!(here.run("./stoa crm sweep").contains("today's sweep is done"));

    let details = here.run(&format!("./stoa crm customer {WHO}"));
    for told in ["points    100", "done     grant_points", "done     send_message", "birthday-greeting 0.1.0  day#"] {
        assert!(details.contains(told), "{told:?} is not in\n{details}");
    }
    let outbox = here.json("./stoa crm outbox --json");
    let message = &outbox["items"][0];
    assert_eq!((&message["to"], &message["subject"]), (&WHO.into(), &"Happy birthday".into()), "{outbox}");
    assert!(message["body"].as_str().unwrap().starts_with("Dear Wang Li,"));
    let id = message["id"].as_str().unwrap();
    assert!(here.run(&format!("./stoa crm sent {id}")).contains("is sent"));
    let outbox = here.run("./stoa crm outbox");
    assert!(!outbox.contains("Happy birthday") && outbox.contains("order_confirmed ord_"), "{outbox}");
    assert!(here.run("./stoa crm outbox --sent").contains("Happy birthday"));

    let data = here.json(&format!("./stoa crm customer {WHO} --export"));
    assert_eq!((&data["orders"][0]["email"], &data["customer"]["name"]), (&WHO.into(), &"Wang Li".into()), "{data}");
    let forgotten = here.run(&format!("./stoa crm customer {WHO} --forget"));
    assert!(forgotten.contains("1 under way"), "{forgotten}");
    assert!(here.run("./stoa crm customers").contains("no customers yet"));
}

#[tokio::test]
async fn settings_and_consent_are_the_merchants_to_change() {
    let here = Here::new();
    an_order(&here).await;
    here.run("./stoa crm catch-up");
    let settings: Value = here.json("./stoa crm settings --time-zone Asia/Shanghai --messages-per-week 1 --json");
    assert_eq!((&settings["time_zone"], &settings["hour"]), (&"Asia/Shanghai".into(), &9.into()));
    let refused = here.run("! ./stoa crm settings --time-zone Europe/Atlantis");
    assert!(refused.contains("time_zone: a time zone is an IANA name"), "{refused}");
    assert!(here.run(&format!("./stoa crm customer {WHO} --messages false")).contains("messages  no"));
    assert!(here.run("! ./stoa crm customer nobody@example.com").contains("(not_found)"));
    let elsewhere = here.run("! ./stoa crm sweep --shop https://shop.example");
    assert!(elsewhere.contains("the shop's own table is needed"), "{elsewhere}");
}
