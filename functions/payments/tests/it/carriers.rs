//! Parcels of a simulated carrier: what it says by a signed webhook, in which order and how often ever, and what it says when
//! it is asked.

use crate::shop::{TestShop, shop_of};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stoa_domain::order::{Act, Order, OrderState, Parcel, TrackingEvent, TrackingState};
use stoa_payments::carrier::{CarrierSettings, Carriers, SIGNATURE_HEADER, StandardCarrier};
use stoa_payments::simulators::{CARRIER, ShipTamper, ShipTrigger};
use stoa_payments::{Config, Secret, State, Tracked, router, track_parcels};
use stoa_storage::{StockEffect, UpdateOrder};

const NUMBER: &str = "SIM-0001";
const PATH: &str = "/api/carriers/simulated/events";

/// The shop's order is paid, and leaves in two parcels of which the simulated carrier has the first.
async fn sent() -> (TestShop, State) {
    let shop = shop_of("stripe").await;
    let config = Config { carriers: Carriers::new(&shop.simulators().carriers()).unwrap(), ..config(&shop) };
    let state = State::new(shop.store.clone(), config);
    change(&shop, |order, act| {
        order.transition(OrderState::Paid, act.at, act.by, act.why).unwrap();
        let one = |number: &str, carrier: &str| Parcel {
            lines: Some(vec![stoa_domain::order::LinePieces { line: 0, quantity: 1 }]),
            carrier: carrier.to_owned(),
            tracking_number: number.to_owned(),
        };
        order.ship(&one(NUMBER, CARRIER), act).unwrap();
        order.ship(&one("X", "a cousin"), act).unwrap();
    })
    .await;
    (shop, state)
}

fn config(shop: &TestShop) -> Config {
    Config::for_testing(stoa_endpoint::config::PublicUrl::new(&shop.url).unwrap())
}

async fn change(shop: &TestShop, change: impl FnOnce(&mut Order, Act<'_>)) {
    let read = shop.store.orders().get(&shop.order.id).await.unwrap().unwrap();
    let mut order = read.value;
    change(&mut order, Act { at: Timestamp::now(), by: "staff:1", why: "" });
    let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Keep };
    shop.store.orders().update(update).await.unwrap();
}

async fn order(shop: &TestShop) -> Order {
    shop.store.orders().get(&shop.order.id).await.unwrap().unwrap().value
}

/// Posts to the carriers' route of this state.
async fn post(state: &State, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> (StatusCode, Value) {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;
    let request = headers.iter().fold(Request::post(path), |r, (name, value)| r.header(*name, value));
    let response = router(state.clone()).oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
}

fn event(state: TrackingState, seconds_ago: i64) -> TrackingEvent {
    let at = Timestamp::from_second(Timestamp::now().as_second() - seconds_ago).unwrap();
    TrackingEvent { at, state, place: "苏州".to_owned(), said: "on its way".to_owned() }
}

#[tokio::test]
async fn what_a_carrier_says_twice_late_and_out_of_order_gives_the_right_timeline() {
    let (shop, state) = sent().await;
    let simulators = shop.simulators();
    use TrackingState::{Delivered, InTransit, OutForDelivery, PickedUp};
    let told = [event(OutForDelivery, 5), event(PickedUp, 50), event(Delivered, 1), event(InTransit, 30)];
    let mut results = Vec::new();
    for event in told.iter().chain(&told[..2]) {
        let (headers, body) = simulators.word(NUMBER, event, None);
        let (status, answer) = post(&state, PATH, &headers, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        results.push(answer["result"].as_str().unwrap().to_owned());
    }
    assert_eq!(results, ["recorded", "recorded", "recorded", "recorded", "ignored", "ignored"]);
    let order = order(&shop).await;
    let states: Vec<_> = order.shipments[0].tracking.iter().map(|event| event.state).collect();
    assert_eq!(states, [PickedUp, InTransit, OutForDelivery, Delivered]);
    assert!(order.shipments[0].delivered_at.is_some() && order.shipments[1].delivered_at.is_none());
    assert_eq!((order.state, order.timeline.last().unwrap().by.as_str()), (OrderState::Shipped, "carrier:simulated"));
    let arrivals = order.timeline.iter().filter(|event| event.by.starts_with("carrier:")).count();
    assert_eq!(arrivals, 1);
}

#[tokio::test]
async fn forged_recorded_and_foreign_words_are_refused_with_their_code() {
    let (shop, state) = sent().await;
    let simulators = shop.simulators();
    let delivered = event(TrackingState::Delivered, 1);
    for (tamper, status, code) in [
        (ShipTamper::Signature, 400, "signature_invalid"),
        (ShipTamper::Time, 400, "signature_expired"),
        (ShipTamper::Number, 422, "unknown_parcel"),
    ] {
        let (headers, body) = simulators.word(NUMBER, &delivered, Some(tamper));
        let (got, answer) = post(&state, PATH, &headers, body).await;
        assert_eq!((got.as_u16(), &answer["error"]["code"]), (status, &json!(code)));
    }
    let (headers, body) = simulators.word(NUMBER, &delivered, None);
    let (got, answer) = post(&state, PATH, &headers[..1], body.clone()).await;
    assert_eq!((got.as_u16(), &answer["error"]["code"]), (400, &json!("signature_missing")));
    assert_eq!(post(&state, "/api/carriers/dhl/events", &headers, body.clone()).await.0, StatusCode::NOT_FOUND);
    let twice = [&headers[..], &headers[1..]].concat();
    assert_eq!(post(&state, PATH, &twice, body).await.1["error"]["code"], "repeated");
    assert!(order(&shop).await.shipments[0].tracking.is_empty(), "nothing of it was believed");
}

#[tokio::test]
async fn well_signed_nonsense_is_refused_and_an_id_stands_for_one_word() {
    let (shop, _) = sent().await;
    let secret = "a secret of thirty-two bytes or more";
    let settings = CarrierSettings {
        webhook_secrets: vec![Secret::new("another secret, which is rolled out"), Secret::new(secret)],
        ask_url: None,
        ask_token: None,
        ask_every_seconds: 60,
    };
    let carriers = Carriers::new(&[(CARRIER.to_owned(), settings)].into()).unwrap();
    let state = State::new(shop.store.clone(), Config { carriers, ..config(&shop) });
    let send = async |body: String| {
        let signature = StandardCarrier::sign(secret.as_bytes(), body.as_bytes(), Timestamp::now());
        post(&state, PATH, &[(SIGNATURE_HEADER, signature)], body.into_bytes()).await
    };
    let parcel = |number: &str| json!([{ "tracking_number": number, "events": [event(TrackingState::InTransit, 1)] }]);
    for body in [
        "{".to_owned(),
        json!({ "id": "", "parcels": [] }).to_string(),
        json!({ "id": "a b", "parcels": [] }).to_string(),
        json!({ "id": "a", "parcels": parcel("../../order") }).to_string(),
        json!({ "id": "a", "parcels": parcel(&"9".repeat(41)) }).to_string(),
        json!({ "id": "a", "parcels": [{ "tracking_number": "1", "events": [{ "at": "yesterday", "state": "in_transit" }] }] }).to_string(),
        json!({ "id": "a", "parcels": vec![parcel("1")[0].clone(); 51] }).to_string(),
    ] {
        let (status, answer) = send(body).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!("malformed_callback")), "{answer}");
    }
    // A carrier writes numbers as it likes.
    assert_eq!(send(json!({ "id": "a", "parcels": parcel("sim-0001") }).to_string()).await.1["result"], "recorded");
    let (status, answer) = send(json!({ "id": "a", "parcels": parcel("X") }).to_string()).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (409, &json!("event_id_reused")));
}

#[tokio::test]
async fn a_carrier_is_asked_at_its_pace_until_the_parcel_arrives() {
    let (shop, state) = sent().await;
    let now = Timestamp::now();
    let first = track_parcels(&state, now).await.unwrap();
    // The cousin cannot be asked.
    assert_eq!(first, Tracked { asked: 1, moved: 1, ended: 1, ..Tracked::default() });
    assert_eq!(order(&shop).await.shipments[0].tracking[0].state, TrackingState::LabelMade);
    assert_eq!(track_parcels(&state, now).await.unwrap(), Tracked::default(), "not yet again");
    shop.simulators().happens(NUMBER, TrackingState::Delivered);
    let later = now + SignedDuration::from_secs(11);
    assert_eq!(track_parcels(&state, later).await.unwrap(), Tracked { asked: 1, moved: 1, ..Tracked::default() });
    assert!(order(&shop).await.shipments[0].delivered_at.is_some());
    let much_later = now + SignedDuration::from_hours(24);
    assert_eq!(track_parcels(&state, much_later).await.unwrap(), Tracked::default(), "it arrived");
}

#[tokio::test]
async fn a_carrier_that_does_not_answer_is_asked_more_and_more_seldom_and_not_for_ever() {
    let (shop, _) = sent().await;
    let settings = CarrierSettings {
        webhook_secrets: vec![],
        ask_url: Some("http://127.0.0.1:9/nobody".to_owned()),
        ask_token: None,
        ask_every_seconds: 60,
    };
    let carriers = Carriers::new(&[(CARRIER.to_owned(), settings)].into()).unwrap();
    let state = State::new(shop.store.clone(), Config { carriers, ..config(&shop) });
    let start = Timestamp::now();
    let mut asked = Vec::new();
    for minute in 0..12 {
        let done = track_parcels(&state, start + SignedDuration::from_secs(61 * minute)).await.unwrap();
        assert_eq!(done.failed, done.asked);
        asked.extend((done.asked > 0).then_some(minute));
    }
    assert_eq!(asked, [0, 1, 2, 4, 7, 11]);
    let old = start + SignedDuration::from_hours(24 * 46);
    assert_eq!(track_parcels(&state, old).await.unwrap(), Tracked { ended: 1, ..Tracked::default() });
    assert_eq!(track_parcels(&state, old).await.unwrap(), Tracked::default());
    assert_eq!(post(&state, PATH, &[], vec![]).await.0, StatusCode::NOT_FOUND, "it sends no webhooks");
}

#[tokio::test]
async fn a_trigger_tells_the_shop_as_often_as_it_is_told_to() {
    let (shop, state) = sent().await;
    // The shop that the simulators know is served without carriers: this one has them.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let known = stoa_endpoint::config::PublicUrl::new(&url).unwrap();
    let mode = stoa_payments::simulators::WechatMode::Certificates;
    let simulators = stoa_payments::simulators::Simulators::new(&url, &known, mode).unwrap();
    let config = Config { carriers: Carriers::new(&simulators.carriers()).unwrap(), ..config(&shop) };
    drop(state);
    let served = router(State::new(shop.store.clone(), config));
    tokio::spawn(async move { axum::serve(listener, served).await });
    let trigger = ShipTrigger {
        tracking_number: NUMBER.to_owned(),
        event: TrackingState::Delivered,
        duplicate: 2,
        delay_seconds: 0,
        tamper: None,
        silent: false,
    };
    let said = simulators.ship(&trigger).await.unwrap();
    let answers: Vec<_> = said.iter().map(|delivery| (delivery.status, delivery.answer.as_str())).collect();
    let (new, known) = ((Some(200), r#"{"result":"recorded"}"#), (Some(200), r#"{"result":"ignored"}"#));
    assert_eq!(answers, [new, known, known]);
    assert!(simulators.ship(&ShipTrigger { duplicate: 9_999, ..trigger }).await.is_err());
}

#[test]
fn a_wrong_setting_stops_the_start_with_the_rule_and_quotes_no_secret() {
    let settings = |secret: &str, url: &str, seconds| CarrierSettings {
        webhook_secrets: vec![Secret::new(secret)],
        ask_url: Some(url.to_owned()),
        ask_token: None,
        ask_every_seconds: seconds,
    };
    let long = "0123456789abcdef0123456789abcdef";
    for (code, settings) in [
        ("dhl", settings("short-secret", "https://carrier.example", 60)),
        ("dhl", settings(long, "http://carrier.example", 60)),
        ("dhl", settings(long, "https://carrier.example", 1)),
        ("d/hl", settings(long, "https://carrier.example", 60)),
        ("", settings(long, "https://carrier.example", 60)),
    ] {
        let refused = Carriers::new(&[(code.to_owned(), settings)].into()).unwrap_err().to_string();
        assert!(refused.contains("STOA_CARRIERS") && !refused.contains("short-secret"), "{refused}");
    }
}
