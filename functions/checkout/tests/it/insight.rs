//! What the edge counted of searches reaches the day's figures, once several asked; what nobody may send is refused.

use crate::shop::shop;
use axum::http::Method;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use stoa_domain::insight::{Counts, Day};
use stoa_storage::Store;

fn batch(words: &[&str]) -> Value {
    let entry = |words: &&str| json!({ "locale": "en", "words": words, "searches": 1, "without": 1 });
    json!({ "entries": words.iter().map(entry).collect::<Vec<_>>() })
}

async fn figures(store: &Store) -> Day {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    store.insights().get(today).await.unwrap().map(|read| read.value).unwrap_or_default()
}

#[tokio::test]
async fn batches_add_up_to_the_day_and_words_appear_when_several_searched_for_them() {
    let shop = shop().await;
    let edge = shop.shopper();
    for round in 1..=5 {
        let (status, _) = edge.send(Method::POST, "/api/insight", Some(batch(&["blue mug", "round"])), None).await;
        assert_eq!(status, 204);
        let figures = figures(&shop.store).await;
        assert_eq!((figures.total.searches, figures.named.len()), (2 * round, if round < 5 { 0 } else { 2 }));
    }
    let secret = json!({ "entries": [
        { "locale": "en", "words": "wang.li@example.com", "searches": 9 },
        { "locale": "en", "words": null, "searches": 1 },
        { "locale": "en", "words": "blue mug", "searches": 0, "clicks": 1, "positions": 3, "carts": 1 },
    ] });
    assert_eq!(edge.send(Method::POST, "/api/insight", Some(secret), None).await.0, 204);
    let figures = figures(&shop.store).await;
    assert_eq!(
        figures.total,
        Counts { searches: 20, without: 10, clicks: 1, positions: 3, carts: 1, ..Counts::default() }
    );
    let mug = figures.named.iter().find(|named| named.words.as_str() == "blue mug").unwrap();
    assert_eq!(mug.counts, Counts { searches: 5, without: 5, clicks: 1, positions: 3, carts: 1, ..Counts::default() });
    assert!(!serde_json::to_string(&figures).unwrap().contains("example"));
}

#[tokio::test]
async fn isolates_that_write_at_once_lose_nothing() {
    let shop = shop().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..3 {
        let edge = shop.shopper();
        tasks.spawn(async move {
            edge.send(Method::POST, "/api/insight", Some(batch(&[&format!("mug {n}")])), None).await.0
        });
    }
    assert_eq!(tasks.join_all().await, [204; 3]);
    assert_eq!(figures(&shop.store).await.total.searches, 3);
}

#[tokio::test]
async fn a_batch_is_bounded_and_of_its_shape() {
    let shop = shop().await;
    let edge = shop.shopper();
    let many: Vec<String> = (0..201).map(|n| format!("w{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (body, code) in [
        (batch(&many), "insight_batch_size"),
        (batch(&[]), "insight_batch_size"),
        (json!({ "entries": [{ "locale": "en", "words": "mug", "searches": -1 }] }), "invalid_body"),
        (json!({ "entries": [{ "locale": "no locale", "words": "mug", "searches": 1 }] }), "invalid_body"),
        (json!({ "entries": "all" }), "invalid_body"),
        (json!({ "entries": [], "shop": 1 }), "invalid_body"),
    ] {
        let (status, answer) = edge.send(Method::POST, "/api/insight", Some(body), None).await;
        assert!(status == 400 || status == 422, "{status} {answer}");
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    assert_eq!(figures(&shop.store).await, Day::default());
}
