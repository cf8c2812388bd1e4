//! Publishing from a real table to a real object store, both on this machine.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::{Availability, Card, Manifest, Pointer, ProductShard, ProductView, decode, shard_of};
use stoa_domain::{Currency, Handle, Locale, Localized, Money, ProductId, Sku};
use stoa_publish::{ChangeSet, Published, Target, apply, rebuild, resume, rollback};
use stoa_search_index::{IndexBytes, Query, SearchIndex};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Expected, Keys, PutProduct, Store};

struct Servers {
    store: Store,
    _dynamo: DynamoServer,
    _objects: ObjectServer,
    _folder: tempfile::TempDir,
}

fn en() -> Locale {
    Locale::new("en").unwrap()
}
fn cny() -> Currency {
    Currency::new("CNY").unwrap()
}
fn id(text: &str) -> ProductId {
    ProductId::new(text).unwrap()
}

fn product(name: &str, title: &str, price: i64) -> Product {
    Product {
        id: id(name),
        handle: Handle::new(name).unwrap(),
        status: ProductStatus::Active,
        title: Localized::new(en(), title),
        description_html: Localized::default(),
        brand: None,
        product_type: None,
        category: None,
        tags: vec![],
        attributes: vec![],
        options: vec![],
        variants: vec![Variant {
            sku: Sku::new(format!("SKU-{name}")).unwrap(),
            option_values: vec![],
            price: Money::new(price, cny()),
            compare_at: None,
            cost: Some(Money::new(1, cny())),
            barcode: None,
            weight_grams: None,
            image: None,
            requires_shipping: true,
            taxable: true,
            track_stock: true,
            backorder: false,
        }],
        images: vec![],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: "2026-11-20T08:00:00Z".parse().unwrap(),
        updated_at: "2026-11-20T08:00:00Z".parse().unwrap(),
    }
}

fn settings() -> Shop {
    let none = Localized::default;
    Shop {
        name: Localized::new(en(), "Stoa"),
        tagline: none(),
        announcement: none(),
        description: none(),
        email: "shop@example.com".to_owned(),
        currency: cny(),
        default_locale: en(),
        locales: vec![en()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![],
        notices: vec![],
        facets: vec![],
    }
}

/// A shop with 300 products, 40 of each in stock, published once.
async fn published() -> Servers {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let keys = Keys { access_key: "test".to_owned(), secret_key: "test-secret".to_owned() };
    let folder = tempfile::tempdir().unwrap();
    let dynamo = DynamoServer::start(None, any).await.unwrap();
    let objects = ObjectServer::start(folder.path(), any, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    store.shop().put_settings(&settings(), Expected::Absent).await.unwrap();
    let puts = (0..300).map(|n| PutProduct {
        product: product(&format!("p{n}"), &format!("Mug number{n}"), 1_000 + n),
        expected: Expected::Absent,
    });
    assert!(store.products().put_many(puts.collect()).await.iter().all(Result::is_ok));
    let stock: Vec<_> = (0..300).map(|n| (Sku::new(format!("SKU-p{n}")).unwrap(), 40)).collect();
    store.stock().set_many(&stock).await.unwrap();
    let first = rebuild(&store, &|_| {}).await.unwrap();
    assert!(matches!(first, Published::New { version: 1, products: 300, .. }), "{first:?}");
    Servers { store, _dynamo: dynamo, _objects: objects, _folder: folder }
}

/// What an edge sees: pointer, manifest.
async fn seen(store: &Store) -> (Pointer, Manifest) {
    let pointer: Pointer = serde_json::from_slice(&store.objects().get_pointer().await.unwrap()).unwrap();
    let manifest = store.objects().get_public(&format!("snapshots/{}.json", pointer.manifest)).await.unwrap();
    (pointer, serde_json::from_slice(&manifest).unwrap())
}

async fn view(store: &Store, name: &str) -> Option<ProductView> {
    let (_, manifest) = seen(store).await;
    let at = shard_of(&id(name), manifest.product_shards.len());
    let shard = store.objects().get(&manifest.product_shards[at].as_ref()?.digest).await.unwrap();
    let shard = ProductShard::decode(&shard).unwrap();
    shard.entries.iter().find(|e| e.id == id(name)).map(|e| e.decode().unwrap())
}

async fn card(store: &Store, name: &str) -> Option<Card> {
    let (_, manifest) = seen(store).await;
    let at = shard_of(&id(name), manifest.card_shards.len());
    let shard = store.objects().get(&manifest.card_shards[at].as_ref()?.digest).await.unwrap();
    decode::<Vec<Card>>(&shard).unwrap().into_iter().find(|c| c.id == id(name))
}

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

async fn edit(store: &Store, name: &str, change: impl FnOnce(&mut Product)) -> ChangeSet {
    let mut read = store.products().get(&id(name)).await.unwrap().unwrap();
    let expected = read.unchanged();
    change(&mut read.value);
    store.products().put(&read.value, expected).await.unwrap();
    ChangeSet::of_products([id(name)])
}

fn stock_change(name: &str) -> ChangeSet {
    ChangeSet { stock: [Sku::new(format!("SKU-{name}")).unwrap()].into(), ..ChangeSet::default() }
}

#[tokio::test]
async fn a_price_change_writes_one_card_shard_and_one_product_shard() {
    let shop = published().await;
    let (_, before) = seen(&shop.store).await;
    let changes = edit(&shop.store, "p7", |p| p.variants[0].price = Money::new(5, cny())).await;
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
    let sku = Sku::new("SKU-p1").unwrap();
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
async fn incremental_and_full_publishing_agree() {
    let shop = published().await;
    for n in [2, 40, 299] {
        let changes = edit(&shop.store, &format!("p{n}"), |p| p.variants[0].price = Money::new(77, cny())).await;
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
    let wrong = edit(&shop.store, "p5", |p| p.variants[0].price = Money::new(1, cny())).await;
    apply(&shop.store, &wrong, &|_| {}).await.unwrap();
    let done = rollback(&shop.store, Target::Steps(1)).await.unwrap();
    assert!(matches!(done, Published::New { version: 3, .. }), "{done:?}");
    assert_eq!(card(&shop.store, "p5").await.unwrap().price_from.minor, 1_005);
    let meanwhile = edit(&shop.store, "p6", |p| p.variants[0].price = Money::new(66, cny())).await;
    assert_eq!(apply(&shop.store, &meanwhile, &|_| {}).await.unwrap(), Published::Pinned { version: 3 });
    edit(&shop.store, "p5", |p| p.variants[0].price = Money::new(1_005, cny())).await;
    resume(&shop.store, &|_| {}).await.unwrap();
    assert_eq!(seen(&shop.store).await.0.version, 4);
    assert_eq!(card(&shop.store, "p6").await.unwrap().price_from.minor, 66);
    assert!(rollback(&shop.store, Target::Version(99)).await.is_err());
}

#[tokio::test]
async fn publishers_at_once_lose_no_change() {
    let shop = published().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 10..14 {
        let changes = edit(&shop.store, &format!("p{n}"), |p| p.variants[0].price = Money::new(9, cny())).await;
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
