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
    Application, Expected, MailStatus, MarketingAnswer, MessageContent, MessageCoupon, MessageState, Once,
    OutboxMessage, PromotionCode, Store,
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

#[tokio::test]
async fn the_console_says_what_waits_what_was_given_up_and_what_keeps_it() {
    let caller = caller(&["customers:read"]).await;
    let (cookie, store) = (crate::console::signed_in(&caller).await, &caller.shop.store);
    written_to(store, "cus_1", "msg_1").await;
    let page = crate::console::get(&caller, "/admin/messages", &cookie).await;
    assert!(page.html.contains("STOA_SMTP") && page.html.contains("We miss you"), "{}", page.html);
    let problem = Some("the mail server cannot be reached: <refused>".to_owned());
    store.crm().put_mail_status(&MailStatus { configured: true, problem, since: Timestamp::now() }).await.unwrap();
    let read = store.messages().get("msg_1").await.unwrap().unwrap();
    let failure = Some("refused: 550".to_owned());
    let failed = OutboxMessage { state: MessageState::Failed, failure, attempts: 2, ..read.value.clone() };
    store.messages().put(failed, read.unchanged()).await.unwrap();
    let page = crate::console::get(&caller, "/admin/messages?state=failed", &cookie).await;
    for told in ["cannot be reached: &lt;refused&gt;", "refused: 550", "Tries: 2", "We miss you", "Given up"] {
        assert!(page.html.contains(told), "{told}: {}", page.html);
    }
    assert!(!page.html.contains("lin.mei@"), "whom it was for stands with the customer");
    let waiting = crate::console::get(&caller, "/admin/messages?lang=zh", &cookie).await;
    assert!(waiting.html.contains("这里没有消息。"), "{}", waiting.html);
    let blind = crate::caller::caller(&["plugins:read"]).await;
    let cookie = crate::console::signed_in(&blind).await;
    assert_eq!(crate::console::get(&blind, "/admin/messages", &cookie).await.status, StatusCode::FORBIDDEN);
    assert_eq!(caller.get("/messages?failed=true").await.body["items"][0]["failure"], "refused: 550");
}

#[tokio::test]
async fn staff_give_a_customer_their_data_and_forget_them() {
    let caller = caller(&["customers:read", "customers:write"]).await;
    written_to(&caller.shop.store, "cus_1", "msg_1").await;
    let data = caller.get("/customers/cus_1/data").await.body;
    assert_eq!(
        (&data["customer"]["email"], &data["marketing"][0]["coupon"]),
        (&json!("lin.mei@example.com"), &json!("BACK2"))
    );
    for _ in 0..2 {
        let forgotten = caller.send("DELETE", "/customers/cus_1", &[], "").await;
        assert_eq!((forgotten.status, &forgotten.body["orders"]), (StatusCode::OK, &json!(0)), "{}", forgotten.text);
    }
    assert_eq!(caller.get("/customers/cus_1/data").await.status, StatusCode::NOT_FOUND);
    assert_eq!(caller.get("/messages").await.body["items"][0]["to"], Value::Null);
    let reader = crate::caller::caller(&["customers:read"]).await;
    assert_eq!(reader.send("DELETE", "/customers/cus_1", &[], "").await.status, StatusCode::FORBIDDEN);
}
