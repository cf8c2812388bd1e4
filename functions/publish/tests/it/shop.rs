//! A published shop, what an edge sees of it, and a merchant who edits it.

use stoa_domain::product::Product;
use stoa_domain::snapshot::{Card, CardShard, Manifest, Pointer, ProductShard, ProductView, decode, shard_of};
use stoa_domain::{Localized, ProductId, Sku};
use stoa_publish::{ChangeSet, Published, rebuild};
use stoa_storage::testing::{LocalStore, en, product};
use stoa_storage::{Expected, PutProduct, Store};

pub fn id(text: &str) -> ProductId {
    ProductId::new(text).unwrap()
}

/// A shop with 300 products, 40 of each in stock, published once.
pub async fn published() -> LocalStore {
    let shop = LocalStore::with_settings().await;
    let put = |n: i64| {
        let mut product = product(&format!("p{n}"), 1_000 + n);
        product.title = Localized::new(en(), format!("Mug number{n}"));
        product.variants[0].cost = Some(stoa_storage::testing::cny(1));
        PutProduct { product, expected: Expected::Absent }
    };
    assert!(shop.store.products().put_many((0..300).map(put).collect()).await.iter().all(Result::is_ok));
    let stock: Vec<_> = (0..300).map(|n| (Sku::new(format!("p{n}")).unwrap(), 40)).collect();
    shop.store.stock().set_many(&stock).await.unwrap();
    let first = rebuild(&shop.store, &|_| {}).await.unwrap();
    assert!(matches!(first, Published::New { version: 1, products: 300, .. }), "{first:?}");
    shop
}

/// What an edge sees: pointer, manifest.
pub async fn seen(store: &Store) -> (Pointer, Manifest) {
    let pointer: Pointer = serde_json::from_slice(&store.objects().get_pointer().await.unwrap()).unwrap();
    let manifest = store.objects().get_public(&format!("snapshots/{}.json", pointer.manifest)).await.unwrap();
    (pointer, serde_json::from_slice(&manifest).unwrap())
}

pub async fn view(store: &Store, name: &str) -> Option<ProductView> {
    let (_, manifest) = seen(store).await;
    let at = shard_of(&id(name), manifest.product_shards.len());
    let shard = store.objects().get(&manifest.product_shards[at].as_ref()?.digest).await.unwrap();
    let shard = ProductShard::decode(&shard).unwrap();
    shard.entries.iter().find(|e| e.id == id(name)).map(|e| e.decode().unwrap())
}

pub async fn card(store: &Store, name: &str) -> Option<Card> {
    let (_, manifest) = seen(store).await;
    let at = shard_of(&id(name), manifest.card_shards.len());
    let shard = store.objects().get(&manifest.card_shards[at].as_ref()?.digest).await.unwrap();
    decode::<CardShard>(&shard).unwrap().cards.into_iter().find(|c| c.id == id(name))
}

pub async fn edit(store: &Store, name: &str, change: impl FnOnce(&mut Product)) -> ChangeSet {
    let mut read = store.products().get(&id(name)).await.unwrap().unwrap();
    let expected = read.unchanged();
    change(&mut read.value);
    store.products().put(&read.value, expected).await.unwrap();
    ChangeSet::of_products([id(name)])
}
