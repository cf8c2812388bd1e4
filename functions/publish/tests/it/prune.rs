//! Removing what no version names any more, and nothing else.

use crate::shop::{card, edit, published, seen, view};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use stoa_domain::snapshot::Manifest;
use stoa_publish::{KEEP, Pruned, Published, Target, apply, prune, rebuild, rollback};
use stoa_storage::testing::cny;
use stoa_storage::{MAX_HISTORY, Prefix, Store};

/// As if everything had been written hours ago.
fn all_is_old() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(2)
}

async fn keys(store: &Store, prefix: Prefix) -> BTreeSet<String> {
    let (mut keys, mut next) = (BTreeSet::new(), None);
    loop {
        let (page, after) = store.objects().list_published(prefix, next).await.unwrap();
        keys.extend(page.into_iter().map(|object| object.key));
        match after {
            Some(after) => next = Some(after),
            None => return keys,
        }
    }
}

async fn price(store: &Store, minor: i64) -> Published {
    let changes = edit(store, "p7", |p| p.variants[0].price = cny(minor)).await;
    apply(store, &changes, &|_| {}).await.unwrap()
}

/// Everything that a manifest of the history names.
async fn named_by_history(store: &Store) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for version in store.publish_head().get().await.unwrap().unwrap().value.history {
        let bytes = store.objects().get_public(&format!("snapshots/{}.json", version.manifest)).await.unwrap();
        let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
        let shards = manifest.card_shards.iter().chain(&manifest.product_shards).flatten();
        let index = [&manifest.index.meta, &manifest.shop].into_iter().chain(&manifest.index.segments);
        let index = index.chain(&manifest.facets).chain(&manifest.search);
        named.extend(shards.chain(index).map(|object| format!("objects/{}", object.digest)));
    }
    named
}

#[tokio::test]
async fn after_many_publishes_only_what_the_history_names_is_left() {
    let shop = published().await;
    let store = &shop.store;
    let picture = format!("media/{}-320.webp", "a".repeat(64));
    store.objects().put_public(&picture, "RIFF".into(), "image/webp").await.unwrap();
    for minor in 1..=59 {
        price(store, minor).await;
    }
    // Alone in its second: what is written in the last one is kept whole.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    price(store, 60).await;
    assert_eq!(keys(store, Prefix::Manifests).await.len(), 61);
    let there = keys(store, Prefix::Objects).await;

    let said = prune(store, all_is_old(), true).await.unwrap();
    assert_eq!(said.manifests, 61 - MAX_HISTORY);
    assert_eq!(keys(store, Prefix::Objects).await, there, "a dry run removes nothing");

    let done = prune(store, all_is_old(), false).await.unwrap();
    assert_eq!(done, said);
    assert_eq!(keys(store, Prefix::Manifests).await.len(), MAX_HISTORY);
    assert_eq!(keys(store, Prefix::Objects).await, named_by_history(store).await);
    assert!(store.objects().exists(&picture).await.unwrap(), "a picture was removed");
    assert_eq!(prune(store, all_is_old(), false).await.unwrap(), Pruned::default());

    // The oldest version that can be named still shows all of itself.
    let oldest = store.publish_head().get().await.unwrap().unwrap().value.history.last().unwrap().version;
    rollback(store, Target::Version(oldest)).await.unwrap();
    let minor = i64::try_from(oldest).unwrap() - 1;
    assert_eq!(card(store, "p7").await.unwrap().price_from.minor, minor);
    assert_eq!(view(store, "p7").await.unwrap().product.variants[0].price.minor, minor);
}

#[tokio::test]
async fn nothing_of_the_last_hour_is_removed() {
    let shop = published().await;
    for minor in 1..=55 {
        price(&shop.store, minor).await;
    }
    let there = keys(&shop.store, Prefix::Objects).await;
    assert_eq!(prune(&shop.store, Timestamp::now() - KEEP, false).await.unwrap(), Pruned::default());
    assert_eq!(keys(&shop.store, Prefix::Objects).await, there);
}

#[tokio::test]
async fn a_version_that_was_current_within_the_hour_stays_whole() {
    let shop = published().await;
    let store = &shop.store;
    let (first, _) = seen(store).await;
    // Listings tell whole seconds: what comes now is written in a later one.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let hour_ago = Timestamp::now();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for minor in 1..=55 {
        price(store, minor).await;
    }
    let history = store.publish_head().get().await.unwrap().unwrap().value.history;
    assert!(history.iter().all(|version| version.manifest != first.manifest));
    assert_eq!(prune(store, hour_ago, false).await.unwrap(), Pruned::default());
}

#[tokio::test]
async fn publishers_and_sweeps_at_once_lose_nothing() {
    let shop = published().await;
    for minor in 1..=52 {
        price(&shop.store, minor).await;
    }
    let store = shop.store.clone();
    let sweeper = tokio::spawn(async move {
        for _ in 0..5 {
            prune(&store, all_is_old(), false).await.unwrap();
        }
    });
    // Prices that were published before: their objects may be those that are being removed.
    for minor in 1..=8 {
        price(&shop.store, minor).await;
    }
    sweeper.await.unwrap();
    let there = keys(&shop.store, Prefix::Objects).await;
    assert!(named_by_history(&shop.store).await.is_subset(&there));
    assert_eq!(card(&shop.store, "p7").await.unwrap().price_from.minor, 8);
}

#[tokio::test]
async fn who_publishes_during_a_sweep_waits_for_its_end() {
    let shop = published().await;
    let read = shop.store.publish_head().get().await.unwrap().unwrap();
    let expected = read.unchanged();
    let mut head = read.value;
    head.sweeping_until = Some(Timestamp::now() + SignedDuration::from_secs(2));
    shop.store.publish_head().put(head, expected).await.unwrap();
    let started = Instant::now();
    assert!(prune(&shop.store, all_is_old(), true).await.is_ok(), "a dry run needs no mark");
    assert!(matches!(price(&shop.store, 5).await, Published::New { version: 2, .. }));
    assert!(started.elapsed() >= Duration::from_millis(1_500), "{:?}", started.elapsed());
    rebuild(&shop.store, &|_| {}).await.unwrap();
}
