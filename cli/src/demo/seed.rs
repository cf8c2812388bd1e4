//! Writes the demo shop into a store. Safe to run again: what is there already is left alone.

use super::catalogue::{self, Catalogue, Picture};
use super::scene::{self, HEIGHT, WIDTH};
use super::{promotions, reviews, shop};
use anyhow::{Context, Result};
use resvg::{tiny_skia, usvg};
use sha2::{Digest, Sha256};
use stoa_domain::category::Category;
use stoa_domain::collection::Collection;
use stoa_domain::product::Media;
use stoa_domain::shop::ContentPage;
use stoa_merchant::media;
use stoa_storage::{Expected, PutProduct, Store};
use tokio::task::JoinSet;

/// Pixels wide; 4:5 like the scenes.
const PICTURE_WIDTH: u32 = 960;
const PICTURE_HEIGHT: u32 = PICTURE_WIDTH * HEIGHT / WIDTH;
/// Raised when the way SVG becomes WebP changes: it is part of each picture's name.
const RENDERING: &str = "stoa demo picture 1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seeded {
    pub(crate) products: usize,
    pub(crate) variants: usize,
    pub(crate) pictures: usize,
    /// Of these, how many were drawn now rather than found.
    pub(crate) drawn: usize,
}

/// Writes settings, taxes and shipping rates, categories, collections, pages, products, first stock, pictures, promotions, and orders with reviews. `progress` hears
/// (pictures done, pictures in all). Stock that is already counted stays as it is.
pub(crate) async fn seed(store: &Store, mut progress: impl FnMut(usize, usize)) -> Result<Seeded> {
    let mut catalogue = catalogue::load()?;
    let pictures = std::mem::take(&mut catalogue.pictures);
    let (total, mut drawn) = (pictures.len(), 0);
    let lanes = std::thread::available_parallelism().map_or(2, usize::from);
    let mut waiting = pictures.into_iter();
    let mut running = JoinSet::new();
    let mut done = 0;
    loop {
        while running.len() < lanes {
            let Some(picture) = waiting.next() else { break };
            running.spawn(hang(store.clone(), picture));
        }
        let Some(finished) = running.join_next().await else { break };
        let (product, image, media, new) = finished??;
        catalogue.products[product].images[image].media = Some(media);
        drawn += usize::from(new);
        done += 1;
        progress(done, total);
    }
    let (products, variants) = (catalogue.products.len(), catalogue.stock.len());
    fill(store, catalogue).await?;
    reviews::seed(store).await?;
    Ok(Seeded { products, variants, pictures: total, drawn })
}

/// Everything but the pictures, whose objects the products name.
pub(crate) async fn fill(store: &Store, catalogue: Catalogue) -> Result<()> {
    furnish(store).await?;
    let skus: Vec<_> = catalogue.stock.iter().map(|(sku, _)| sku.clone()).collect();
    let counted = store.stock().get_many(&skus).await?;
    let fresh: Vec<_> = catalogue.stock.into_iter().filter(|(sku, _)| !counted.contains_key(sku)).collect();
    store.stock().set_many(&fresh).await?;
    let ids: Vec<_> = catalogue.products.iter().map(|p| p.id.clone()).collect();
    let stored = store.products().get_many(&ids).await?;
    let changed = catalogue.products.into_iter().filter(|p| stored.get(&p.id).is_none_or(|old| old.value != *p));
    let puts = changed.map(|product| PutProduct { product, expected: Expected::Any }).collect();
    for written in store.products().put_many(puts).await {
        written?;
    }
    promotions::seed(store).await
}

async fn furnish(store: &Store) -> Result<()> {
    let furnishing = shop::load()?;
    let kept = store.shop().all().await?;
    let shops = store.shop();
    if kept.settings.as_ref().is_none_or(|s| s.value != furnishing.shop) {
        shops.put_settings(&furnishing.shop, Expected::Any).await?;
    }
    if kept.checkout.as_ref().is_none_or(|c| c.value != furnishing.checkout) {
        shops.put_checkout(&furnishing.checkout, Expected::Any).await?;
    }
    // Collected first: a lazy filter held over an await makes the future too particular to spawn.
    let is_new = |c: &Category| !kept.categories.iter().any(|k| k.value == *c);
    let categories: Vec<Category> = furnishing.categories.into_iter().filter(is_new).collect();
    for category in &categories {
        shops.put_category(category, Expected::Any).await?;
    }
    let is_new = |c: &Collection| !kept.collections.iter().any(|k| k.value == *c);
    let collections: Vec<Collection> = furnishing.collections.into_iter().filter(is_new).collect();
    for collection in &collections {
        shops.put_collection(collection, Expected::Any).await?;
    }
    let is_new = |p: &ContentPage| !kept.pages.iter().any(|k| k.value == *p);
    let pages: Vec<ContentPage> = furnishing.pages.into_iter().filter(is_new).collect();
    for page in &pages {
        shops.put_page(page, Expected::Any).await?;
    }
    Ok(())
}

/// Draws and stores one picture unless the store has it. A picture's name is the digest of its SVG, so finding it
/// costs no drawing.
async fn hang(store: Store, picture: Picture) -> Result<(usize, usize, Media, bool)> {
    let svg = scene::picture(picture.kind, &picture.look, picture.view);
    let known = named(&svg)?;
    let place = (picture.product, picture.image);
    // The narrowest is stored first and the widest last: when that is there, all are.
    if store.objects().exists(&media::key(&known.digest, known.width)).await? {
        return Ok((place.0, place.1, known, false));
    }
    let mut rendition = tokio::task::spawn_blocking(move || anyhow::Ok(media::render(&png(&svg)?)?)).await??;
    for ((key, _), width) in rendition.files.iter_mut().zip(&rendition.media.widths) {
        *key = media::key(&known.digest, *width);
    }
    rendition.media.digest = known.digest;
    Ok((place.0, place.1, media::store(store.objects(), rendition).await?, true))
}

/// What the store has of this drawing once it hangs.
pub(super) fn named(svg: &str) -> Result<Media> {
    let hash = Sha256::new().chain_update(RENDERING).chain_update([0]).chain_update(svg).finalize();
    Ok(Media {
        digest: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        widths: media::WIDTHS.into_iter().filter(|w| u32::from(*w) <= PICTURE_WIDTH).collect(),
        width: u16::try_from(PICTURE_WIDTH)?,
        height: u16::try_from(PICTURE_HEIGHT)?,
    })
}

/// The picture as PNG bytes, [`PICTURE_WIDTH`] × [`PICTURE_HEIGHT`].
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).context("a drawing is not valid SVG")?;
    let mut pixels = tiny_skia::Pixmap::new(PICTURE_WIDTH, PICTURE_HEIGHT).context("no memory for a picture")?;
    let scale = PICTURE_WIDTH as f32 / WIDTH as f32;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}
