//! Publishing everything from the table. Shards that come out the same are not uploaded again.

use crate::apply::{MAX_ROUNDS, pack_products};
use crate::catalogue::{Catalogue, stock_of};
use crate::head::{Base, publish, upload};
use crate::related::Related;
use crate::{OnProgress, Progress, PublishError, Published, Stage, search};
use futures::future::BoxFuture;
use std::collections::BTreeSet;
use stoa_domain::ProductId;
use stoa_domain::snapshot::{FORMAT, FacetTable, Manifest, ObjectRef, ProductEntry, ProductView, encode, shard_of};
use stoa_search_index::SearchDocument;
use stoa_search_index::build::IndexBuilder;
use stoa_storage::{Cursor, Store};

const PAGE: u32 = 500;
const CARDS_A_SHARD: usize = 2_048;
const MAX_CARD_SHARDS: usize = 16;
const PRODUCTS_A_SHARD: usize = 64;
const MAX_PRODUCT_SHARDS: usize = 16_384;

/// Publishes all products from the table, with a new search index. A pinned shop stays pinned.
pub fn rebuild<'a>(store: &'a Store, progress: OnProgress<'a>) -> BoxFuture<'a, Result<Published, PublishError>> {
    Box::pin(async move { all(store, false, progress).await })
}

/// Ends a pin: publishes the table as it is now, and changes are published by themselves again.
pub fn resume<'a>(store: &'a Store, progress: OnProgress<'a>) -> BoxFuture<'a, Result<Published, PublishError>> {
    Box::pin(async move { all(store, true, progress).await })
}

async fn all(store: &Store, unpin: bool, progress: OnProgress<'_>) -> Result<Published, PublishError> {
    for _ in 0..MAX_ROUNDS {
        let base = Base::read(store).await?;
        if let Some(base) = base.as_ref().filter(|base| base.is_pinned() && !unpin) {
            return Ok(Published::Pinned { version: base.version() });
        }
        let catalogue = Catalogue::read(store).await?;
        if let Some(published) = on(store, base.as_ref(), catalogue, &BTreeSet::new(), true, progress).await? {
            return Ok(published);
        }
    }
    Err(PublishError::Contended)
}

/// How many card and product shards a catalogue has: powers of two, about 2,048 cards and 64 products each. They grow
/// when it does and shrink only far below, so that a shop at the edge does not flip to and fro.
pub(crate) fn shard_counts(products: usize, now: Option<&Manifest>) -> (usize, usize) {
    let count = |each: usize, most: usize, now: Option<usize>| {
        let wanted = products.div_ceil(each).next_power_of_two().clamp(1, most);
        now.filter(|now| now.is_power_of_two() && wanted <= *now && *now <= wanted * 4).unwrap_or(wanted)
    };
    (
        count(CARDS_A_SHARD, MAX_CARD_SHARDS, now.map(|m| m.card_shards.len())),
        count(PRODUCTS_A_SHARD, MAX_PRODUCT_SHARDS, now.map(|m| m.product_shards.len())),
    )
}

/// A product's view up to its related products, which are known only when all are read. postcard writes a struct's
/// fields one after the other, so they can follow later.
struct Half {
    id: ProductId,
    handle: stoa_domain::Handle,
    view: Vec<u8>,
}

/// Without `anew`, the published index is kept and only `changed` products are indexed again.
pub(crate) async fn on(
    store: &Store,
    base: Option<&Base>,
    mut catalogue: Catalogue,
    changed: &BTreeSet<ProductId>,
    anew: bool,
    progress: OnProgress<'_>,
) -> Result<Option<Published>, PublishError> {
    catalogue.facets = FacetTable::default();
    let kept = match base.filter(|_| !anew) {
        Some(base) => search::published(store, &base.manifest.index).await?,
        None => None,
    };
    let anew = kept.is_none();
    // The index is written beside the reading: one core each.
    let (documents, mut incoming) = tokio::sync::mpsc::channel::<Vec<SearchDocument>>(4);
    let deletes: Vec<ProductId> = changed.iter().cloned().collect();
    let index = tokio::task::spawn_blocking(move || {
        let mut builder = IndexBuilder::open(kept)?;
        builder.apply([], if anew { &[] } else { &deletes })?;
        while let Some(batch) = incoming.blocking_recv() {
            builder.apply(&batch, &[])?;
        }
        builder.commit()
    });

    catalogue.reviews = store.reviews().of_all().await?;
    let total = base.map_or(0, |b| b.manifest.products as usize);
    let (mut cards, mut halves) = (Vec::new(), Vec::new());
    let mut cursor: Option<Cursor> = None;
    let mut seen = 0;
    loop {
        let page = store.products().page(cursor.as_ref(), PAGE).await?;
        let stock = stock_of(store, page.items.iter().map(|read| &read.value)).await?;
        let mut batch = Vec::new();
        seen += page.items.len();
        for read in page.items {
            let Some(shown) = catalogue.show(read.value, &stock) else { continue };
            if anew || changed.contains(&shown.product.id) {
                batch.push(catalogue.document(&shown.product));
            }
            let (id, handle) = (shown.product.id.clone(), shown.product.handle.clone());
            let view = ProductView::of(shown.product, shown.availability, shown.reviews, Vec::new());
            halves.push(Half { id, handle, view: encode(&(&view.product, &view.availability, &view.reviews))? });
            cards.push(shown.card);
        }
        // A closed channel means that indexing failed: its error is told below.
        let _ = documents.send(batch).await;
        progress(Progress { stage: Stage::Reading, done: seen, total: total.max(seen) });
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    drop(documents);

    let count = cards.len();
    let (card_shards, product_shards) = shard_counts(count, base.map(|b| &b.manifest));
    let mut uploads = Vec::new();
    let related = Related::new(cards.iter());
    let mut entries: Vec<Vec<ProductEntry>> = (0..product_shards).map(|_| Vec::new()).collect();
    for (card, mut half) in cards.iter().zip(halves) {
        half.view.extend(encode(&related.to(card))?);
        let at = shard_of(&half.id, product_shards);
        entries[at].push(ProductEntry { id: half.id, handle: half.handle, view: half.view });
    }
    let mut by_shard: Vec<Vec<_>> = (0..card_shards).map(|_| Vec::new()).collect();
    for card in cards {
        by_shard[shard_of(&card.id, card_shards)].push(card);
    }
    let facets = catalogue.facets.settle()?;
    let mut objects = |shards: Vec<Result<Vec<u8>, PublishError>>, empty: Vec<bool>| {
        let named = shards.into_iter().zip(empty);
        named
            .map(|(bytes, empty)| Ok(if empty { None } else { Some(upload(&mut uploads, bytes?)) }))
            .collect::<Result<Vec<Option<ObjectRef>>, PublishError>>()
    };
    let empty = by_shard.iter().map(Vec::is_empty).collect();
    let card_shards = objects(by_shard.into_iter().map(|cards| Ok(catalogue.facets.pack(cards)?)).collect(), empty)?;
    let empty = entries.iter().map(Vec::is_empty).collect();
    let product_shards = objects(entries.into_iter().map(pack_products).collect(), empty)?;
    let shop = upload(&mut uploads, encode(&catalogue.view)?);
    let facets = Some(upload(&mut uploads, facets));
    let search = catalogue.search(&mut uploads);

    progress(Progress { stage: Stage::Indexing, done: 0, total: count });
    let (index, objects) = search::objects(index.await??);
    uploads.extend(objects);
    progress(Progress { stage: Stage::Indexing, done: count, total: count });
    let manifest = Manifest {
        format: FORMAT,
        published_at: jiff::Timestamp::now().to_string(),
        products: u32::try_from(count).unwrap_or(u32::MAX),
        tax_added: catalogue.tax_added,
        shop,
        facets,
        search,
        card_shards,
        product_shards,
        index,
    };
    publish(store, base, manifest, uploads, progress).await
}
