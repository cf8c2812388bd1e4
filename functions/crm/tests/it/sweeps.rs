//! Days that begin: coupons, greetings, follow-ups, each once.

use crate::shop::{noon, shop, wang_li};
use jiff::tz::TimeZone;
use serde_json::json;
use std::time::Duration;
use stoa_crm::Swept;
use stoa_domain::marketing::Settings;
use stoa_domain::order::OrderState;
use stoa_domain::plugin::World;
use stoa_domain::{PluginId, PromotionId};
use stoa_storage::{Expected, MessageContent, OutboxMessage};

fn subject_of(message: &OutboxMessage) -> &str {
    match &message.content {
        MessageContent::Offer { subject, .. } => subject,
        other => panic!("{other:?}"),
    }
}

fn win_back() -> serde_json::Value {
    json!({ "promotion": "win-back", "after_days": 90, "valid_days": 14, "remind_after_days": 10 })
}

#[tokio::test]
async fn who_is_gone_for_long_gets_a_code_of_their_own_and_a_message_that_waits() {
    let shop = shop().await;
    shop.promotion("win-back").await;
    shop.install("win-back-coupon", World::Marketing, win_back()).await;
    shop.customer(true).await;
    assert_eq!(shop.sweep_in(30).await, Swept::Done { customers: 1 });
    assert!(shop.store().customers().answers(&wang_li()).await.unwrap().is_empty(), "it is not yet time");

    assert_eq!(shop.sweep_in(100).await, Swept::Done { customers: 1 });
    let promotions = shop.store().promotions();
    let codes = promotions.codes(&PromotionId::new("win-back").unwrap(), None, 10).await.unwrap().items;
    let code = &codes[0].value;
    assert_eq!((codes.len(), code.customer.as_ref(), code.max_uses), (1, Some(&wang_li()), Some(1)));
    let ends = noon(115).to_zoned(TimeZone::UTC).date().to_zoned(TimeZone::UTC).unwrap().timestamp();
    assert_eq!(code.ends_at, Some(ends), "good until the end of the fourteenth day");

    let waiting = shop.offers().await;
    assert_eq!(waiting.len(), 1);
    let MessageContent::Offer { subject, body, coupon, .. } = &waiting[0].content else { panic!("{waiting:?}") };
    assert_eq!((subject.as_str(), &coupon.as_ref().unwrap().code), ("We miss you", &code.code));
    assert!(body.contains("{{name}}") && !format!("{waiting:?}").contains("Wang"), "nobody's name is kept twice");
    let customer = shop.wang_li().await;
    assert!(customer.segments.contains("win-back") && customer.follow_ups.len() == 1);

    // Ten days later they have not come back; the day after, nothing more is due.
    assert_eq!(shop.sweep_in(110).await, Swept::Done { customers: 1 });
    assert_eq!(shop.sweep_in(111).await, Swept::Done { customers: 1 });
    let subjects = shop.offers().await;
    let subjects: Vec<_> = subjects.iter().map(subject_of).collect();
    assert_eq!(subjects, ["Your coupon is waiting", "We miss you"]);
    assert!(shop.wang_li().await.follow_ups.is_empty());
    assert_eq!(shop.store().customers().answers(&wang_li()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_gets_a_coupon_or_a_message_without_having_asked_for_them() {
    let shop = shop().await;
    shop.promotion("win-back").await;
    shop.install("win-back-coupon", World::Marketing, win_back()).await;
    shop.install("birthday-greeting", World::Marketing, json!({ "points": 100 })).await;
    shop.customer(false).await;
    shop.born(&noon(100).to_zoned(TimeZone::UTC).strftime("%m-%d").to_string()).await;
    shop.sweep_in(100).await;
    assert!(shop.offers().await.is_empty());
    let codes = shop.store().promotions().codes(&PromotionId::new("win-back").unwrap(), None, 10).await.unwrap();
    assert!(codes.items.is_empty());
    assert_eq!(shop.wang_li().await.points, 100, "a present needs no message");
}

#[tokio::test]
async fn a_day_that_is_gone_through_again_and_again_at_once_counts_once() {
    let shop = shop().await;
    shop.install("birthday-greeting", World::Marketing, json!({ "points": 100 })).await;
    shop.customer(true).await;
    shop.born(&noon(1).to_zoned(TimeZone::UTC).strftime("%m-%d").to_string()).await;
    let sweep = || stoa_crm::sweep(&shop.crm, noon(1), Duration::from_secs(60), false);
    for _ in 0..4 {
        shop.forget_the_sweep(1).await;
        let (one, other) = tokio::join!(sweep(), sweep());
        assert!(matches!((one.unwrap(), other.unwrap()), (Swept::Done { .. } | Swept::Unfinished { .. }, _)));
    }
    assert_eq!(shop.wang_li().await.points, 100);
    assert_eq!(shop.offers().await.len(), 1);
    assert_eq!(shop.sweep_in(1).await, Swept::Done { customers: 0 }, "the day is done");
}

#[tokio::test]
async fn the_merchants_hour_and_bound_hold() {
    let shop = shop().await;
    shop.install("birthday-greeting", World::Marketing, json!({ "points": 0 })).await;
    shop.customer(true).await;
    shop.born(&noon(1).to_zoned(TimeZone::UTC).strftime("%m-%d").to_string()).await;
    let late = Settings { hour: 13, messages_per_week: 0, ..Settings::default() };
    shop.store().crm().put_settings(&late, Expected::Absent).await.unwrap();
    assert_eq!(shop.sweep_in(1).await, Swept::NotDue, "at noon");
    let east = Settings { time_zone: "Asia/Shanghai".to_owned(), ..late };
    shop.store().crm().put_settings(&east, Expected::Any).await.unwrap();
    assert_eq!(shop.sweep_in(1).await, Swept::Done { customers: 1 }, "it is eight in the evening there");
    assert!(shop.offers().await.is_empty());
}

#[tokio::test]
async fn a_follow_up_of_a_removed_plugin_is_forgotten_and_one_of_a_paused_plugin_waits() {
    let shop = shop().await;
    shop.promotion("win-back").await;
    let id = shop.install("win-back-coupon", World::Marketing, win_back()).await;
    shop.install("birthday-greeting", World::Marketing, json!({})).await;
    shop.customer(true).await;
    shop.sweep_in(100).await;
    let plugins = shop.store().plugins();
    let read = plugins.get(&id).await.unwrap().unwrap();
    let mut paused = read.value.clone();
    paused.life.pause(noon(101), "stock-taking".to_owned()).unwrap();
    let revision = plugins.put(&paused, read.unchanged()).await.unwrap();
    shop.sweep_in(112).await;
    assert_eq!(shop.wang_li().await.follow_ups.len(), 1);
    plugins.delete(&PluginId::new("win-back-coupon").unwrap(), Expected::Revision(revision)).await.unwrap();
    shop.sweep_in(113).await;
    assert!(shop.wang_li().await.follow_ups.is_empty());
}

#[tokio::test]
async fn a_sweep_whose_time_is_up_goes_on_where_it_stopped() {
    let shop = shop().await;
    shop.install("birthday-greeting", World::Marketing, json!({ "points": 5 })).await;
    shop.customer(true).await;
    shop.born(&noon(1).to_zoned(TimeZone::UTC).strftime("%m-%d").to_string()).await;
    let none = stoa_crm::sweep(&shop.crm, noon(1), Duration::ZERO, false).await.unwrap();
    assert_eq!(none, Swept::Unfinished { customers: 0 });
    assert_eq!(shop.sweep_in(1).await, Swept::Done { customers: 1 });
    let order = shop.order("later", false).await;
    shop.turn(&order, OrderState::Paid).await;
    shop.hear(&[&order]).await;
    assert_eq!(shop.wang_li().await.points, 5);
}
