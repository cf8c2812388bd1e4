//! The function's own bootstrap, run as Lambda runs it, with batches in the shape of a DynamoDB stream.

use crate::shop::seen;
use serde_json::{Value, json};
use stoa_storage::embedded::lambda::{Lambda, Outcome};
use stoa_storage::testing::{LocalStore, product};
use stoa_storage::{Expected, Prefix};

/// What a table's stream tells of changed items: their keys.
fn batch(keys: &[(&str, &str)]) -> String {
    let record = |(at, (pk, sk)): (usize, &(&str, &str))| {
        json!({
            "eventID": format!("{at:032x}"), "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_161_600.0, "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "SequenceNumber": format!("{at}00000000015753200"), "SizeBytes": 42, "StreamViewType": "KEYS_ONLY",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/stoa/stream/2026-11-20T08:00:00.000",
        })
    };
    let records: Vec<Value> = keys.iter().enumerate().map(record).collect();
    json!({ "Records": records }).to_string()
}

#[tokio::test]
async fn the_bootstrap_publishes_what_the_stream_says_and_sweeps_when_it_is_time() {
    let shop = LocalStore::with_settings().await;
    let store = &shop.store;
    store.products().put(&product("mug", 1_250), Expected::Absent).await.unwrap();
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-publish"), shop.environment()).await.unwrap();
    let done = Outcome::Answered("null".into());
    assert_eq!(lambda.invoke(batch(&[("CART#1", "CART"), ("TOKENS", "0a")])).await.unwrap(), done);
    assert!(store.objects().get_pointer().await.is_err(), "nothing that is published had changed");

    assert_eq!(lambda.invoke(batch(&[("SHOP", "SETTINGS"), ("PRODUCTS#00", "mug")])).await.unwrap(), done);
    let (pointer, manifest) = seen(store).await;
    assert_eq!((pointer.version, manifest.products), (1, 1));

    // A batch that failed for good left a note in the queue: what it held is read from the table.
    store.products().put(&product("vase", 2_500), Expected::Absent).await.unwrap();
    let note = json!({ "requestContext": { "condition": "RetryAttemptsExhausted" }, "DDBStreamBatchInfo": { "batchSize": 3 } });
    let message = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": note.to_string(), "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:retries", "awsRegion": "us-east-1",
    });
    assert_eq!(lambda.invoke(json!({ "Records": [message] }).to_string()).await.unwrap(), done);
    let (pointer, manifest) = seen(store).await;
    assert_eq!((pointer.version, manifest.products), (2, 2));

    assert_eq!(lambda.invoke(r#"{"task":"prune"}"#).await.unwrap(), done);
    assert!(!store.objects().list_published(Prefix::Objects, None).await.unwrap().0.is_empty());
    assert!(matches!(lambda.invoke(r#"{"task":"unknown"}"#).await.unwrap(), Outcome::Failed(_)));
}

#[tokio::test]
async fn what_could_not_be_published_fails_so_that_lambda_delivers_it_again() {
    let shop = LocalStore::with_settings().await;
    let missing = shop.environment().into_iter().map(|(name, value)| {
        let value = if name == "STOA_TABLE" { "elsewhere".to_owned() } else { value };
        (name, value)
    });
    let mut lambda = Lambda::start(env!("CARGO_BIN_EXE_stoa-publish"), missing).await.unwrap();
    assert!(matches!(lambda.invoke(batch(&[("SHOP", "SETTINGS")])).await.unwrap(), Outcome::Failed(_)));
}
