//! Customers and the outbox through the API.

use crate::caller::caller;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use stoa_domain::marketing::{Action, Consent, Customer, FollowUp, RefusedAction};
use stoa_domain::plugin::Version;
use stoa_domain::promotion::Amounts;
use stoa_domain::{CustomerId, Locale, PluginId, PromotionId};
use stoa_storage::testing::cny;
use stoa_storage::{
    Application, Expected, MarketingAnswer, MessageContent, MessageCoupon, Once, OutboxMessage, PromotionCode, Store,
};

/// A customer with a coupon and the message that tells of it.
pub async fn written_to(store: &Store, customer: &str, message: &str) {
    let (now, plugin) = (Timestamp::now(), PluginId::new("win-back-coupon").unwrap());
    let (id, version) = (CustomerId::new(customer).unwrap(), Version::new("1.0.0").unwrap());
    let (promotion, last_day) = (PromotionId::new("win-back").unwrap(), "2026-12-08".parse().unwrap());
    let customer = Customer {
        id: id.clone(),
        email: "lin.mei@example.com".to_owned(),
        name: "Lin Mei".to_owned(),
        locale: Locale::new("en").unwrap(),
        orders: 2,
        spent: Amounts::new([cny(4_500)]),
        first_order_at: Some(now),
        last_order_at: Some(now),
        birthday: None,
        consent: Some(Consent { at: now, by: "order S-1".to_owned() }),
        segments: ["win-back".to_owned()].into(),
        points: 30,
        follow_ups: vec![FollowUp { plugin: plugin.clone(), tag: "remind".to_owned(), due: last_day }],
        messaged_at: vec![now],
    };
    let granted = Action::GrantCoupon { promotion: promotion.clone(), valid_days: 14 };
    let refused = RefusedAction {
        kind: "grant_points".to_owned(),
        code: "points_out_of_range".to_owned(),
        message: "1 to 1000000".to_owned(),
    };
    let application = Application {
        customer,
        expected: Expected::Absent,
        answer: MarketingAnswer {
            customer: id.clone(),
            plugin: plugin.clone(),
            version: version.clone(),
            event: "day#2026-11-24".to_owned(),
            at: now,
            done: vec![granted],
            refused: vec![refused],
            coupon: Some("BACK2".to_owned()),
            message: Some(message.to_owned()),
        },
        code: Some(PromotionCode {
            code: "BACK2".to_owned(),
            promotion,
            batch: None,
            enabled: true,
            starts_at: None,
            ends_at: None,
            customer: Some(id.clone()),
            max_uses: Some(1),
            created_at: now,
        }),
        message: Some(OutboxMessage::new(
            message.to_owned(),
            id,
            MessageContent::Offer {
                plugin,
                version,
                subject: "We miss you, {{name}}".to_owned(),
                body: "{{coupon}} until {{coupon_ends}}. {{shop}}".to_owned(),
                coupon: Some(MessageCoupon { code: "BACK2".to_owned(), last_day }),
            },
            Locale::new("en").unwrap(),
            now,
        )),
    };
    assert_eq!(store.customers().apply(&application).await.unwrap(), Once::Now);
    assert_eq!(store.customers().apply(&application).await.unwrap(), Once::Already);
}

#[tokio::test]
async fn a_message_waits_with_its_blanks_filled_until_the_merchant_says_it_was_sent() {
    let caller = caller(&["customers:read", "customers:write"]).await;
    written_to(&caller.shop.store, "cus_1", "msg_1").await;
    let waiting = caller.get("/messages").await.body;
    let message = &waiting["items"][0];
    assert_eq!(message["to"], "lin.mei@example.com");
    assert_eq!(message["subject"], "We miss you, Lin Mei");
    assert_eq!(message["body"], "BACK2 until 2026-12-08. Stoa");
    let sent = caller.send("POST", "/messages/msg_1/sent", &[], "").await;
    assert_eq!((sent.status, &sent.body["state"]), (StatusCode::OK, &json!("sent")), "{}", sent.text);
    assert_eq!(caller.send("POST", "/messages/msg_1/sent", &[], "").await.body["sent_at"], sent.body["sent_at"]);
    assert_eq!(caller.get("/messages").await.body["items"], json!([]));
    assert_eq!(caller.get("/messages?sent=true").await.body["items"][0]["id"], "msg_1");
    assert_eq!(caller.send("POST", "/messages/msg_2/sent", &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_takes_their_consent_back_is_written_to_no_more() {
    let caller = caller(&["customers:read", "customers:write"]).await;
    written_to(&caller.shop.store, "cus_1", "msg_1").await;
    let changed = caller.json("PATCH", "/customers/cus_1", &[], json!({ "messages": false })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let message = caller.get("/messages").await.body["items"][0].clone();
    assert_eq!((&message["to"], &message["subject"]), (&Value::Null, &json!("We miss you, ")));
    let given = caller.json("PATCH", "/customers/cus_1", &[], json!({ "messages": true })).await;
    assert_eq!(given.status, StatusCode::OK);
    let details = caller.get("/customers/cus_1").await.body;
    assert!(details["customer"]["consent"]["by"].as_str().unwrap().starts_with("staff:"), "{details}");
    assert_eq!(details["answers"][0]["refused"][0]["code"], "points_out_of_range");
    assert_eq!(details["answers"][0]["coupon"], "BACK2");
}

#[tokio::test]
async fn birthdays_and_settings_are_refused_by_their_rule() {
    let caller = caller(&["customers:read", "customers:write"]).await;
    written_to(&caller.shop.store, "cus_1", "msg_1").await;
    let wrong = caller.json("PATCH", "/customers/cus_1", &[], json!({ "birthday": "30-02" })).await;
    assert_eq!(
        (wrong.status, wrong.body["error"]["details"]["fields"][0]["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("invalid_birthday"))
    );
    caller.json("PATCH", "/customers/cus_1", &[], json!({ "birthday": "02-29" })).await;
    assert_eq!(caller.get("/customers").await.body["items"][0]["birthday"], "02-29");
    caller.json("PATCH", "/customers/cus_1", &[], json!({ "birthday": "" })).await;
    assert_eq!(caller.get("/customers/cus_1").await.body["customer"]["birthday"], Value::Null);

    assert_eq!(caller.get("/marketing").await.body["value"]["messages_per_week"], 2);
    let wrong = json!({ "messages_per_week": 15, "time_zone": "Europe/Atlantis", "hour": 24 });
    let refused = caller.json("PUT", "/marketing", &[], wrong).await;
    let fields: Vec<_> = refused.body["error"]["details"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["messages_per_week", "hour", "time_zone"]);
}
