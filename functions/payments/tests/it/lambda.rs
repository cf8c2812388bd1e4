//! The function's own bootstrap, run as Lambda runs it.

use stoa_endpoint::LinkKey;
use stoa_storage::embedded::lambda::{EventBody, FrontDoor, Lambda, http_event};
use stoa_storage::testing::{LocalStore, place_order};

#[tokio::test]
async fn the_bootstrap_shows_a_payment_and_believes_no_unsigned_callback() {
    let shop = LocalStore::with_settings().await;
    let (_, payment) = place_order(&shop.store, "1").await;
    let settings = [
        ("STOA_PUBLIC_URL", "https://shop.example".to_owned()),
        ("STOA_LINK_KEY", "01".repeat(32)),
        ("STOA_SANDBOX_SECRET", "02".repeat(32)),
    ];
    let environment = shop.environment().into_iter().chain(settings);
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-payments"), environment).await.unwrap();
    let page = LinkKey::new(&[1; 32]).payment_path("sandbox", &payment.id);
    for (door, path, status) in
        [(FrontDoor::HttpApi, page.as_str(), 200), (FrontDoor::FunctionUrl, &page[..page.len() - 4], 404)]
    {
        let answer = lambda.request(http_event(door, "GET", path, &[], EventBody::None)).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{path}: {answer}");
    }
    // `{"forged":true}`: providers' bodies may arrive in base64, and are verified over the bytes as they were sent.
    let forged = EventBody::Base64("eyJmb3JnZWQiOnRydWV9");
    let headers =
        [("content-type", "application/octet-stream"), (stoa_payments::sandbox::SIGNATURE_HEADER, "t=1,v1=00")];
    let callback = http_event(FrontDoor::HttpApi, "POST", "/payments/callbacks/sandbox", &headers, forged);
    let refused = lambda.request(callback).await.unwrap();
    assert!((400..500).contains(&refused["statusCode"].as_u64().unwrap()), "{refused}");

    // What the schedule sends: the only open payment is the sandbox's, which nobody asks about.
    let done = lambda.request(r#"{"task":"reconcile"}"#).await.unwrap();
    let nothing = stoa_payments::Reconciled::default();
    assert_eq!(serde_json::from_value::<stoa_payments::Reconciled>(done).unwrap(), nothing);
    let done = lambda.request(r#"{"task":"sweep_unpaid"}"#).await.unwrap();
    let nothing = stoa_payments::Swept::default();
    assert_eq!(serde_json::from_value::<stoa_payments::Swept>(done).unwrap(), nothing, "its time is not over");
}
