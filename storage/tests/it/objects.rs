//! The buckets against S3's API over a folder.

use crate::shop::shop;
use bytes::Bytes;
use stoa_storage::testing::LocalStore;
use stoa_storage::{Prefix, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A plain GET without a signature, as the edge sends it: head and body.
async fn get(shop: &LocalStore, path: &str) -> String {
    let mut socket = tokio::net::TcpStream::connect(shop.object_address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn published_objects_are_read_by_everyone_and_cached_for_ever() {
    let shop = shop().await;
    let object = shop.store.objects().put_immutable(Bytes::from_static(b"hello"), "text/plain").await.unwrap();
    let answer = get(&shop, &format!("/stoa-public/objects/{}", object.digest)).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    assert!(answer.contains("cache-control: public, max-age=31536000, immutable"), "{answer}");
    assert_eq!(&shop.store.objects().get(&object.digest).await.unwrap()[..], b"hello");
    assert!(shop.store.objects().exists(&format!("objects/{}", object.digest)).await.unwrap());
}

#[tokio::test]
async fn the_pointer_is_replaced_and_cached_for_a_second() {
    let shop = shop().await;
    for json in ["{\"version\":1}", "{\"version\":2}"] {
        shop.store.objects().put_pointer(Bytes::from_static(json.as_bytes())).await.unwrap();
    }
    let answer = get(&shop, "/stoa-public/current.json").await;
    assert!(answer.ends_with("{\"version\":2}") && answer.contains("max-age=1\r\n"), "{answer}");
}

#[tokio::test]
async fn private_files_and_listings_need_a_signature() {
    let shop = shop().await;
    shop.store.objects().private_put("imports/a.csv", Bytes::from_static(b"secret"), "text/csv").await.unwrap();
    for path in ["/stoa-private/imports/a.csv", "/stoa-public", "/stoa-public?list-type=2", "/"] {
        let answer = get(&shop, path).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{path}: {answer}");
    }
    assert_eq!(&shop.store.objects().private_get("imports/a.csv").await.unwrap()[..], b"secret");
}

#[tokio::test]
async fn a_missing_object_is_told_apart_from_a_broken_store() {
    let shop = shop().await;
    assert!(matches!(shop.store.objects().get("0000").await, Err(StoreError::ObjectMissing { .. })));
    assert!(!shop.store.objects().exists("objects/0000").await.unwrap());
}

#[tokio::test]
async fn published_objects_are_listed_and_removed_and_pictures_and_the_pointer_are_neither() {
    let shop = shop().await;
    let objects = shop.store.objects();
    let before = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(2);
    let named = objects.put_immutable(Bytes::from_static(b"shard"), "application/octet-stream").await.unwrap();
    objects.put_public("snapshots/a.json", Bytes::from_static(b"{}"), "application/json").await.unwrap();
    objects.put_public("media/a-320.webp", Bytes::from_static(b"RIFF"), "image/webp").await.unwrap();
    objects.put_pointer(Bytes::from_static(b"{}")).await.unwrap();
    let (listed, next) = objects.list_published(Prefix::Objects, None).await.unwrap();
    assert_eq!((listed.len(), next), (1, None));
    let key = format!("objects/{}", named.digest);
    assert_eq!((&listed[0].key, listed[0].bytes, listed[0].modified >= before), (&key, 5, true), "{listed:?}");
    assert_eq!(objects.list_published(Prefix::Manifests, None).await.unwrap().0[0].key, "snapshots/a.json");
    for key in ["media/a-320.webp", "current.json", ""] {
        assert!(objects.delete_published(key).await.is_err(), "{key}");
    }
    objects.delete_published(&key).await.unwrap();
    objects.delete_published(&key).await.unwrap();
    assert!(!objects.exists(&key).await.unwrap());
    assert!(objects.exists("media/a-320.webp").await.unwrap() && objects.get_pointer().await.is_ok());
}
