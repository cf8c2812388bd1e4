//! Publishing from a real table to a real object store, both on this machine.

use crate::shop::{card, edit, id, published, seen, view};
use std::sync::atomic::{AtomicUsize, Ordering};
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::order::Act;
use stoa_domain::product::ProductStatus;
use stoa_domain::review::{Review, ReviewId, ReviewState, Score, Stars};
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::Availability;
use stoa_domain::tax::{Rounding, TaxRegime};
use stoa_domain::{Localized, ProductId, Sku};
use stoa_publish::{ChangeSet, PublishError, Published, Target, apply, rebuild, resume, rollback};
use stoa_search_index::{IndexBytes, Query, SearchIndex};
use stoa_storage::testing::{cny, en};
use stoa_storage::{Expected, Store};

async fn found(store: &Store, text: &str) -> Vec<ProductId> {
    let (_, manifest) = seen(store).await;
    let meta = store.objects().get(&manifest.index.meta.digest).await.unwrap().to_vec();
    let mut segments = Vec::new();
    for segment in &manifest.index.segments {
        segments.push(store.objects().get(&segment.digest).await.unwrap().to_vec());
    }
    let index = SearchIndex::open(IndexBytes { meta, segments }).unwrap();
    let locale = en();
    let hits = index.search(&Query::new(text, &locale)).unwrap();
    hits.hits.iter().filter_map(|hit| index.product(hit.key).cloned()).collect()
}

fn stock_change(name: &str) -> ChangeSet {
    ChangeSet { stock: [Sku::new(name).unwrap()].into(), ..ChangeSet::default() }
}

#[tokio::test]
async fn a_price_change_writes_one_card_shard_and_one_product_shard() {
    let shop = published().await;
    let (_, before) = seen(&shop.store).await;
    let changes = edit(&shop.store, "p7", |p| p.variants[0].price = cny(5)).await;
    let done = apply(&shop.store, &changes, &|_| {}).await.unwrap();
    assert!(matches!(done, Published::New { version: 2, objects: 2, products: 300, .. }), "{done:?}");
    let (pointer, after) = seen(&shop.store).await;
    assert_eq!((pointer.version, &after.index, &after.shop), (2, &before.index, &before.shop));
    assert_eq!(card(&shop.store, "p7").await.unwrap().price_from.minor, 5);
    let view = view(&shop.store, "p7").await.unwrap();
    assert_eq!((view.product.variants[0].price.minor, view.product.variants[0].cost), (5, None));
}

#[tokio::test]
async fn stock_is_published_only_when_it_is_worth_saying() {
    let shop = published().await;
    let sku = Sku::new("p1").unwrap();
    shop.store.stock().set(&sku, 39).await.unwrap();
    let done = apply(&shop.store, &stock_change("p1"), &|_| {}).await.unwrap();
    assert_eq!(done, Published::Unchanged { version: 1 });
    shop.store.stock().set(&sku, 3).await.unwrap();
    apply(&shop.store, &stock_change("p1"), &|_| {}).await.unwrap();
    assert_eq!(view(&shop.store, "p1").await.unwrap().availability, [Availability::Low(3)]);
    shop.store.stock().set(&sku, 0).await.unwrap();
    apply(&shop.store, &stock_change("p1"), &|_| {}).await.unwrap();
    assert!(!card(&shop.store, "p1").await.unwrap().available);
}

#[tokio::test]
async fn new_words_are_found_and_hidden_products_are_not() {
    let shop = published().await;
    let changes = edit(&shop.store, "p3", |p| p.title = Localized::new(en(), "Celadon teapot")).await;
    apply(&shop.store, &changes, &|_| {}).await.unwrap();
    assert_eq!(found(&shop.store, "celadon").await, [id("p3")]);
    let changes = edit(&shop.store, "p3", |p| p.status = ProductStatus::Draft).await;
    let done = apply(&shop.store, &changes, &|_| {}).await.unwrap();
    assert!(matches!(done, Published::New { products: 299, .. }), "{done:?}");
    assert!(found(&shop.store, "celadon").await.is_empty());
    assert!(view(&shop.store, "p3").await.is_none() && card(&shop.store, "p3").await.is_none());
}

#[tokio::test]
async fn a_deleted_product_disappears() {
    let shop = published().await;
    shop.store.products().delete(&id("p9"), Expected::Any).await.unwrap();
    apply(&shop.store, &ChangeSet::of_products([id("p9")]), &|_| {}).await.unwrap();
    assert!(card(&shop.store, "p9").await.is_none());
    assert!(found(&shop.store, "number9").await.is_empty());
}

#[tokio::test]
async fn a_menu_change_writes_the_shop_alone() {
    let shop = published().await;
    let read = shop.store.shop().settings().await.unwrap().unwrap();
    let renamed = Shop { name: Localized::new(en(), "Arcade"), ..read.value.clone() };
    shop.store.shop().put_settings(&renamed, read.unchanged()).await.unwrap();
    let done = apply(&shop.store, &ChangeSet { shop: true, ..ChangeSet::default() }, &|_| {}).await.unwrap();
    assert!(matches!(done, Published::New { objects: 1, .. }), "{done:?}");
}

#[tokio::test]
async fn pages_are_told_that_prices_are_without_tax_and_stay_told() {
    let shop = published().await;
    assert!(!seen(&shop.store).await.1.tax_added);
    let jurisdictions = vec![];
    let taxes = TaxRegime { included: false, rounding: Rounding::Order, jurisdictions, goods: vec![] };
    let settings = CheckoutSettings { taxes: Some(taxes), ..CheckoutSettings::default() };
    shop.store.shop().put_checkout(&settings, Expected::Absent).await.unwrap();
    apply(&shop.store, &ChangeSet { shop: true, ..ChangeSet::default() }, &|_| {}).await.unwrap();
    assert!(seen(&shop.store).await.1.tax_added);
    let price = edit(&shop.store, "p5", |p| p.variants[0].price = cny(1)).await;
    apply(&shop.store, &price, &|_| {}).await.unwrap();
    assert!(seen(&shop.store).await.1.tax_added);
    rebuild(&shop.store, &|_| {}).await.unwrap();
    assert!(seen(&shop.store).await.1.tax_added);
}

#[tokio::test]
async fn incremental_and_full_publishing_agree() {
    let shop = published().await;
    for n in [2, 40, 299] {
        let changes = edit(&shop.store, &format!("p{n}"), |p| p.variants[0].price = cny(77)).await;
        apply(&shop.store, &changes, &|_| {}).await.unwrap();
    }
    let (_, grown) = seen(&shop.store).await;
    rebuild(&shop.store, &|_| {}).await.unwrap();
    let (_, built) = seen(&shop.store).await;
    assert_eq!((grown.card_shards, grown.product_shards), (built.card_shards, built.product_shards));
}

#[tokio::test]
async fn a_rollback_shows_the_old_version_until_it_is_resumed() {
    let shop = published().await;
    let wrong = edit(&shop.store, "p5", |p| p.variants[0].price = cny(1)).await;
    apply(&shop.store, &wrong, &|_| {}).await.unwrap();
    let done = rollback(&shop.store, Target::Steps(1)).await.unwrap();
    assert!(matches!(done, Published::New { version: 3, .. }), "{done:?}");
    assert_eq!(card(&shop.store, "p5").await.unwrap().price_from.minor, 1_005);
    let meanwhile = edit(&shop.store, "p6", |p| p.variants[0].price = cny(66)).await;
    assert_eq!(apply(&shop.store, &meanwhile, &|_| {}).await.unwrap(), Published::Pinned { version: 3 });
    edit(&shop.store, "p5", |p| p.variants[0].price = cny(1_005)).await;
    resume(&shop.store, &|_| {}).await.unwrap();
    assert_eq!(seen(&shop.store).await.0.version, 4);
    assert_eq!(card(&shop.store, "p6").await.unwrap().price_from.minor, 66);
    assert!(rollback(&shop.store, Target::Version(99)).await.is_err());
}

#[tokio::test]
async fn what_an_earlier_release_published_is_not_shown_again_and_its_pin_holds_nothing_back() {
    let shop = published().await;
    let store = &shop.store;
    let mut manifest = serde_json::to_value(seen(store).await.1).unwrap();
    manifest["format"] = 2.into();
    manifest.as_object_mut().unwrap().remove("facets");
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let digest = stoa_storage::Objects::name(&bytes).digest;
    store.objects().put_public(&format!("snapshots/{digest}.json"), bytes.into(), "application/json").await.unwrap();
    let head = store.publish_head().get().await.unwrap().unwrap();
    let mut pinned = head.value.clone();
    let before = pinned.history[0].clone();
    pinned.history.insert(0, stoa_storage::PublishedVersion { version: 2, manifest: digest.clone(), ..before });
    (pinned.version, pinned.manifest, pinned.pinned) = (2, digest, true);
    store.publish_head().put(pinned, head.unchanged()).await.unwrap();

    let changes = edit(store, "p5", |p| p.variants[0].price = cny(7)).await;
    let done = apply(store, &changes, &|_| {}).await.unwrap();
    assert!(
        matches!(done, Published::New { version: 3, .. }),
        "no edge of this release can read what was pinned: {done:?}"
    );
    assert_eq!(card(store, "p5").await.unwrap().price_from.minor, 7);
    let refused = rollback(store, Target::Version(2)).await.unwrap_err();
    assert!(matches!(refused, PublishError::OldFormat { version: 2, format: 2 }), "{refused}");
    assert_eq!(seen(store).await.0.version, 3, "and nothing moved");
}

#[tokio::test]
async fn publishers_at_once_lose_no_change() {
    let shop = published().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 10..14 {
        let changes = edit(&shop.store, &format!("p{n}"), |p| p.variants[0].price = cny(9)).await;
        let store = shop.store.clone();
        tasks.spawn(async move { apply(&store, &changes, &|_| {}).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    for n in 10..14 {
        assert_eq!(card(&shop.store, &format!("p{n}")).await.unwrap().price_from.minor, 9, "p{n}");
    }
    assert_eq!(
        seen(&shop.store).await.0.version,
        shop.store.publish_head().get().await.unwrap().unwrap().value.version
    );
}

#[tokio::test]
async fn progress_reaches_the_last_product() {
    let shop = published().await;
    let most = AtomicUsize::new(0);
    let note = |p: stoa_publish::Progress| {
        most.fetch_max(p.done, Ordering::Relaxed);
    };
    rebuild(&shop.store, &note).await.unwrap();
    assert_eq!(most.into_inner(), 300);
}

#[tokio::test]
async fn a_review_reaches_its_products_page_and_card_once_it_is_published_and_leaves_them_with_it() {
    let shop = published().await;
    let order = stoa_domain::OrderId::new("ord_1").unwrap();
    let review = Review {
        id: ReviewId::of(&order, 0),
        state: ReviewState::Waiting,
        order,
        product: id("p5"),
        product_title: "P5".to_owned(),
        stars: Stars::new(4).unwrap(),
        title: String::new(),
        text: "It pours well.".to_owned(),
        name: "Lin".to_owned(),
        locale: en(),
        written_at: "2026-11-20T08:00:00Z".parse().unwrap(),
        decided: None,
        answer: String::new(),
    };
    let reviews = shop.store.reviews();
    reviews.add(&review).await.unwrap();
    let mut changes = ChangeSet::default();
    let place = stoa_storage::keys::rating(&id("p5"));
    changes.add_key(&place.pk, &place.sk);
    assert_eq!(changes, ChangeSet::of_products([id("p5")]), "the stream names the product");
    assert_eq!(apply(&shop.store, &changes, &|_| {}).await.unwrap(), Published::Unchanged { version: 1 });
    let decide = async |to| {
        let read = reviews.get(&review.id).await.unwrap().unwrap();
        let mut review = read.value.clone();
        review.decide(to, Act { at: jiff::Timestamp::now(), by: "staff:1", why: "" }).unwrap();
        reviews.update(&read, &review).await.unwrap();
    };
    decide(ReviewState::Published).await;
    let done = apply(&shop.store, &changes, &|_| {}).await.unwrap();
    assert!(matches!(done, Published::New { version: 2, objects: 2, .. }), "{done:?}");
    assert_eq!(card(&shop.store, "p5").await.unwrap().score, Score { count: 1, stars: 4 });
    let seen = view(&shop.store, "p5").await.unwrap().reviews;
    assert_eq!((seen.rating.stars, seen.newest[0].text.as_str()), ([0, 0, 0, 1, 0], "It pours well."));
    assert!(!stoa_domain::snapshot::encode(&seen).unwrap().windows(4).any(|w| w == b"rev_"), "its order stays private");
    // Built from nothing it is the same.
    let again = rebuild(&shop.store, &|_| {}).await.unwrap();
    assert_eq!(view(&shop.store, "p5").await.unwrap().reviews, seen, "{again:?}");
    decide(ReviewState::Declined).await;
    apply(&shop.store, &changes, &|_| {}).await.unwrap();
    assert!(card(&shop.store, "p5").await.unwrap().score.is_none());
    assert!(view(&shop.store, "p5").await.unwrap().reviews.newest.is_empty());
}
