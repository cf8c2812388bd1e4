//! Incremental publishing: only the shards that changed products live in are read and written.

use crate::catalogue::{Catalogue, Shown, stock_of};
use crate::head::{Base, Upload, publish, upload};
use crate::related::Related;
use crate::{ChangeSet, OnProgress, Progress, PublishError, Published, Stage, rebuild, search};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use stoa_domain::ProductId;
use stoa_domain::product::Product;
use stoa_domain::snapshot::{
    Card, CardShard, FORMAT, FacetTable, Manifest, ObjectRef, ProductEntry, ProductShard, ProductView, ShopView,
    decode, encode, shard_of,
};
use stoa_search_index::SearchDocument;
use stoa_search_index::build::IndexBuilder;
use stoa_storage::{Store, Versioned};

/// Publishers that collide try again this often.
pub(crate) const MAX_ROUNDS: usize = 6;
const READS_AT_ONCE: usize = 16;
/// Above this share of the catalogue, rebuilding reads and writes less.
const REBUILD_ABOVE: usize = 4;

/// Publishes what changed. Products, stock and settings are read from the table now, whatever the change was. Without
/// a published snapshot, and for changes that concern every card (facets, rules, categories), everything is built.
pub fn apply<'a>(
    store: &'a Store,
    changes: &'a ChangeSet,
    progress: OnProgress<'a>,
) -> BoxFuture<'a, Result<Published, PublishError>> {
    Box::pin(async move {
        for _ in 0..MAX_ROUNDS {
            let Some(base) = Base::read(store).await? else { return Box::pin(rebuild::rebuild(store, progress)).await };
            if base.is_pinned() {
                return Ok(Published::Pinned { version: base.version() });
            }
            // What another release of ours wrote is not read: all of it is written anew.
            if base.manifest.format != FORMAT {
                return Box::pin(rebuild::rebuild(store, progress)).await;
            }
            if let Some(published) = on(store, &base, changes, progress).await? {
                return Ok(published);
            }
        }
        Err(PublishError::Contended)
    })
}

async fn on(
    store: &Store,
    base: &Base,
    changes: &ChangeSet,
    progress: OnProgress<'_>,
) -> Result<Option<Published>, PublishError> {
    let published: ShopView = decode(&store.objects().get(&base.manifest.shop.digest).await?)?;
    let before = Catalogue::of(published)?;
    let mut now = if changes.shop { Catalogue::read(store).await? } else { Catalogue::of(before.view.clone())? };
    if !changes.shop {
        now.tax_added = base.manifest.tax_added;
        now.search = base.manifest.search.clone().map(|object| (object, None));
    }
    let mut ids = changes.products.clone();
    let stock: Vec<_> = changes.stock.iter().cloned().collect();
    ids.extend(store.products().by_skus(&stock).await?.into_values().map(|found| found.product.id.clone()));
    let crowded = ids.len() * REBUILD_ABOVE > base.manifest.products as usize;
    if !before.same_cards(&now) || (crowded && ids.len() > 64) {
        let anew = !before.same_words(&now);
        return Box::pin(rebuild::on(store, Some(base), now, &ids, anew, progress)).await;
    }
    let mut manifest = base.manifest.clone();
    let mut uploads = Vec::new();
    manifest.tax_added = now.tax_added;
    manifest.shop = upload(&mut uploads, encode(&now.view)?);
    manifest.search = now.search(&mut uploads);

    let reading = |done| progress(Progress { stage: Stage::Reading, done, total: ids.len() });
    reading(0);
    if let Some(facets) = base.manifest.facets.as_ref().filter(|_| !ids.is_empty()) {
        now.facets = FacetTable::after(decode(&store.objects().get(&facets.digest).await?)?);
    }
    let all: Vec<ProductId> = ids.iter().cloned().collect();
    let mut read: HashMap<ProductId, Versioned<Product>> = store.products().get_many(&all).await?;
    let levels = stock_of(store, read.values().map(|r| &r.value)).await?;
    now.reviews = store.reviews().of_products(&all).await?;
    let shown: BTreeMap<&ProductId, Option<Shown>> =
        ids.iter().map(|id| (id, read.remove(id).and_then(|read| now.show(read.value, &levels)))).collect();
    reading(ids.len());

    let cards = Shards::read(store, &manifest.card_shards, &ids, |bytes| Ok(now.facets.unpack(bytes)?)).await?;
    let products =
        Shards::read(store, &manifest.product_shards, &ids, |bytes| Ok(ProductShard::decode(bytes)?.entries)).await?;
    let count = products_after(&manifest, &cards, &shown);
    if rebuild::shard_counts(count, Some(&manifest)) != (manifest.card_shards.len(), manifest.product_shards.len()) {
        return Box::pin(rebuild::on(store, Some(base), now, &ids, false, progress)).await;
    }
    let views = products.views(&shown)?;
    let words = Words::changed(&now, &shown, &views);
    let related = relations(store, &manifest, &cards, &shown, &views).await?;
    cards.replace(
        &mut manifest.card_shards,
        &mut uploads,
        &shown,
        |list| Ok(now.facets.pack(list)?),
        |shown| Ok(shown.card.clone()),
    )?;
    products.replace(&mut manifest.product_shards, &mut uploads, &shown, pack_products, |shown| {
        let related = related.get(&shown.product.id).cloned().unwrap_or_default();
        let view = ProductView::of(shown.product.clone(), shown.availability.clone(), shown.reviews.clone(), related);
        Ok(ProductEntry { id: shown.product.id.clone(), handle: shown.product.handle.clone(), view: encode(&view)? })
    })?;
    manifest.products = u32::try_from(count).unwrap_or(u32::MAX);

    if !words.is_empty() {
        progress(Progress { stage: Stage::Indexing, done: 0, total: words.len() });
        let Some(bytes) = search::published(store, &manifest.index).await? else {
            return Box::pin(rebuild::on(store, Some(base), now, &ids, true, progress)).await;
        };
        let built = tokio::task::spawn_blocking(move || {
            let mut builder = IndexBuilder::open(Some(bytes))?;
            builder.apply(&words.upserts, &words.deletes)?;
            builder.commit()
        })
        .await??;
        let (index, objects) = search::objects(built);
        manifest.index = index;
        uploads.extend(objects);
    }
    manifest.published_at = jiff::Timestamp::now().to_string();
    publish(store, Some(base), manifest, uploads, progress).await
}

type ShownById<'a> = BTreeMap<&'a ProductId, Option<Shown>>;

fn products_after(manifest: &Manifest, cards: &Shards<Card>, shown: &ShownById<'_>) -> usize {
    let was = shown.keys().filter(|id| cards.get(id).is_some()).count();
    let is = shown.values().flatten().count();
    (manifest.products as usize + is).saturating_sub(was)
}

/// Documents whose words changed. Prices and stock are in no document, so a price change leaves the index alone.
struct Words {
    upserts: Vec<SearchDocument>,
    deletes: Vec<ProductId>,
}

impl Words {
    fn changed(now: &Catalogue, shown: &ShownById<'_>, views: &HashMap<ProductId, ProductView>) -> Self {
        let mut this = Self { upserts: Vec::new(), deletes: Vec::new() };
        for (id, shown) in shown {
            let old = views.get(*id).map(|view| now.document(&view.product));
            match shown {
                None if old.is_some() => this.deletes.push((*id).clone()),
                None => {}
                Some(shown) => {
                    let new = now.document(&shown.product);
                    if old.as_ref() != Some(&new) {
                        this.upserts.push(new);
                    }
                }
            }
        }
        this
    }
    fn len(&self) -> usize {
        self.upserts.len() + self.deletes.len()
    }
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Related products stay as they are, unless the product is new or moved: then all cards are looked at.
async fn relations(
    store: &Store,
    manifest: &Manifest,
    touched: &Shards<Card>,
    shown: &ShownById<'_>,
    views: &HashMap<ProductId, ProductView>,
) -> Result<HashMap<ProductId, Vec<ProductId>>, PublishError> {
    let kept = |shown: &Shown| {
        let view = views.get(&shown.product.id)?;
        let same = view.product.category == shown.product.category && view.product.brand == shown.product.brand;
        same.then(|| view.related.clone())
    };
    let mut related = HashMap::new();
    let mut moved = Vec::new();
    for shown in shown.values().flatten() {
        match kept(shown) {
            Some(kept) => drop(related.insert(shown.product.id.clone(), kept)),
            None => moved.push(shown),
        }
    }
    if moved.is_empty() {
        return Ok(related);
    }
    let untouched = manifest.card_shards.iter().enumerate().filter(|(at, _)| !touched.by_index.contains_key(at));
    let untouched: Vec<ObjectRef> = untouched.filter_map(|(_, object)| object.clone()).collect();
    let others: Vec<Vec<Card>> = futures::stream::iter(untouched)
        .map(|object| async move {
            let shard: CardShard = decode(&store.objects().get(&object.digest).await?)?;
            Ok::<_, PublishError>(shard.cards)
        })
        .buffer_unordered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let unchanged = others.iter().flatten().chain(touched.by_index.values().flatten());
    let unchanged = unchanged.filter(|card| !shown.contains_key(&card.id));
    let peers = Related::new(unchanged.chain(shown.values().flatten().map(|s| &s.card)));
    related.extend(moved.into_iter().map(|s| (s.product.id.clone(), peers.to(&s.card))));
    Ok(related)
}

/// What lies in shards: cards, or products.
trait InShard {
    fn id(&self) -> &ProductId;
}

impl InShard for Card {
    fn id(&self) -> &ProductId {
        &self.id
    }
}

impl InShard for ProductEntry {
    fn id(&self) -> &ProductId {
        &self.id
    }
}

pub(crate) fn pack_products(mut entries: Vec<ProductEntry>) -> Result<Vec<u8>, PublishError> {
    entries.sort_unstable_by(|a, b| (&a.handle, &a.id).cmp(&(&b.handle, &b.id)));
    Ok(ProductShard { entries }.encode()?)
}

/// The shards that changed products live in, decoded.
struct Shards<T> {
    count: usize,
    by_index: BTreeMap<usize, Vec<T>>,
}

impl<T: InShard> Shards<T> {
    async fn read(
        store: &Store,
        shards: &[Option<ObjectRef>],
        ids: &BTreeSet<ProductId>,
        mut unpack: impl FnMut(&[u8]) -> Result<Vec<T>, PublishError>,
    ) -> Result<Self, PublishError> {
        let count = shards.len();
        let touched: BTreeSet<usize> = ids.iter().map(|id| shard_of(id, count)).collect();
        let read: Vec<(usize, Option<_>)> = futures::stream::iter(touched)
            .map(|at| async move {
                Ok::<_, PublishError>(match shards.get(at).and_then(Option::as_ref) {
                    Some(object) => (at, Some(store.objects().get(&object.digest).await?)),
                    None => (at, None),
                })
            })
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        let mut by_index = BTreeMap::new();
        for (at, bytes) in read {
            by_index.insert(at, bytes.map_or_else(|| Ok(Vec::new()), |bytes| unpack(&bytes))?);
        }
        Ok(Self { count, by_index })
    }

    fn get(&self, id: &ProductId) -> Option<&T> {
        self.by_index.get(&shard_of(id, self.count))?.iter().find(|entry| entry.id() == id)
    }

    /// Takes the changed products out and puts in what is shown of them now.
    fn replace(
        self,
        objects: &mut [Option<ObjectRef>],
        uploads: &mut Vec<Upload>,
        shown: &ShownById<'_>,
        pack: impl Fn(Vec<T>) -> Result<Vec<u8>, PublishError>,
        make: impl Fn(&Shown) -> Result<T, PublishError>,
    ) -> Result<(), PublishError> {
        let count = self.count;
        for (at, mut list) in self.by_index {
            list.retain(|entry| !shown.contains_key(entry.id()));
            for shown in shown.values().flatten().filter(|s| shard_of(&s.product.id, count) == at) {
                list.push(make(shown)?);
            }
            if let Some(object) = objects.get_mut(at) {
                *object = if list.is_empty() { None } else { Some(upload(uploads, pack(list)?)) };
            }
        }
        Ok(())
    }
}

impl Shards<ProductEntry> {
    /// What is published of the changed products.
    fn views(&self, shown: &ShownById<'_>) -> Result<HashMap<ProductId, ProductView>, PublishError> {
        let entries = shown.keys().filter_map(|id| self.get(id));
        entries.map(|entry| Ok((entry.id.clone(), entry.decode()?))).collect()
    }
}
