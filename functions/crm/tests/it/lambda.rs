//! The function's own bootstrap, run as Lambda runs it.

use crate::shop::{batch, shop};
use serde_json::json;
use stoa_domain::plugin::World;
use stoa_storage::embedded::lambda::{Lambda, Outcome};

#[tokio::test]
async fn the_bootstrap_goes_through_orders_and_customers() {
    let shop = shop().await;
    shop.install("birthday-greeting", World::Marketing, json!({})).await;
    let environment = shop.local.environment().into_iter();
    let environment = environment.chain([("STOA_PLUGIN_VERIFY_KEY", hex(&shop.verify_key))]);
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-crm"), environment).await.unwrap();
    let done = Outcome::Answered("null".into());
    let order = shop.order("1", true).await;
    assert_eq!(lambda.invoke(batch(&[&order])).await.unwrap(), done);
    assert!(shop.wang_li().await.consent.is_some());
    assert_eq!(lambda.invoke(r#"{"task":"sweep"}"#).await.unwrap(), done);

    // A batch that failed for good left a note in the queue: the orders are gone through again.
    let second = shop.order("2", true).await;
    shop.turn(&second, stoa_domain::order::OrderState::Paid).await;
    let message = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": "{}", "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:retries", "awsRegion": "us-east-1",
    });
    assert_eq!(lambda.invoke(json!({ "Records": [message] }).to_string()).await.unwrap(), done);
    assert_eq!(shop.wang_li().await.orders, 1);
    assert!(matches!(lambda.invoke(r#"{"task":"unknown"}"#).await.unwrap(), Outcome::Failed(_)));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
