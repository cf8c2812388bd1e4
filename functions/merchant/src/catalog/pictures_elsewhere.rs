//! Pictures whose address in the catalogue's file is on the web: fetched once, stored as our own. Pages show a drawn
//! placeholder until then, and for what cannot be reached. Running it again goes on where it was: what is stored is not
//! fetched again.

use crate::fetch::{FetchError, Fetcher};
use crate::media::{self, MediaError};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use stoa_domain::product::{Image, Media, Product};
use stoa_domain::{Handle, ProductId};
use stoa_storage::{Cursor, Store, StoreError, Versioned};
use tokio::sync::Semaphore;

const PAGE: u32 = 100;
/// Products whose pictures are fetched at once.
const AT_ONCE: usize = 8;
/// Pictures decoded at once: one of the largest takes 200 MB.
const DECODED_AT_ONCE: usize = 2;
/// Someone may edit a product while its pictures come.
const MAX_WRITE_ROUNDS: usize = 4;

/// What became of the pictures so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FetchedPictures {
    /// Products looked at.
    pub products: u64,
    pub stored: u64,
    /// Addresses that gave no picture: they keep their placeholder.
    pub refused: u64,
}

/// Why one address gave no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Media(MediaError),
}

/// Hears what happens while it happens.
pub trait PicturesObserver: Send {
    fn refused(&mut self, _product: &Handle, _source: &str, _why: &PictureError) {}
    /// After every product.
    fn progress(&mut self, _so_far: FetchedPictures) {}
}

impl PicturesObserver for () {}

/// Fetches and stores what the shop's products still name elsewhere.
pub async fn fetch_pictures(
    store: &Store,
    fetcher: &Fetcher,
    observer: &mut dyn PicturesObserver,
) -> Result<FetchedPictures, StoreError> {
    let decoding = Semaphore::new(DECODED_AT_ONCE);
    let this = Fetching { store, fetcher, decoding: &decoding };
    let mut sum = FetchedPictures::default();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = store.products().page(cursor.as_ref(), PAGE).await?;
        let mut done = futures::stream::iter(page.items).map(|read| this.product(read)).buffer_unordered(AT_ONCE);
        while let Some(Done { handle, stored, refused }) = done.try_next().await? {
            sum.products += 1;
            sum.stored += stored;
            sum.refused += refused.len() as u64;
            refused.iter().for_each(|(source, why)| observer.refused(&handle, source, why));
            observer.progress(sum);
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(sum);
        }
    }
}

/// The address of a picture that is still elsewhere.
fn elsewhere(image: &Image) -> Option<&str> {
    let source = image.source.as_deref().filter(|_| image.media.is_none())?;
    (source.starts_with("https://") || source.starts_with("http://")).then_some(source)
}

struct Done {
    handle: Handle,
    stored: u64,
    refused: Vec<(String, PictureError)>,
}

#[derive(Clone, Copy)]
struct Fetching<'a> {
    store: &'a Store,
    fetcher: &'a Fetcher,
    decoding: &'a Semaphore,
}

impl Fetching<'_> {
    async fn product(self, read: Versioned<Product>) -> Result<Done, StoreError> {
        let mut found: HashMap<String, Media> = HashMap::new();
        let mut done = Done { handle: read.value.handle.clone(), stored: 0, refused: Vec::new() };
        for source in read.value.images.iter().filter_map(elsewhere) {
            if found.contains_key(source) {
                continue;
            }
            match self.picture(source).await {
                Ok(media) => drop(found.insert(source.to_owned(), media)),
                Err(PictureError::Media(MediaError::Store(error))) => return Err(error),
                Err(why) => done.refused.push((source.to_owned(), why)),
            }
        }
        if !found.is_empty() {
            done.stored = self.write(read, &found).await?;
        }
        Ok(done)
    }

    async fn picture(self, source: &str) -> Result<Media, PictureError> {
        let bytes = self.fetcher.fetch(source).await?;
        // Never closed, so there is always a permit to come.
        let _one = self.decoding.acquire().await;
        media::ingest(self.store.objects(), bytes).await.map_err(PictureError::Media)
    }

    /// How many pictures the product has now that it had not.
    async fn write(self, mut read: Versioned<Product>, found: &HashMap<String, Media>) -> Result<u64, StoreError> {
        let id: ProductId = read.value.id.clone();
        let mut round = 1;
        loop {
            let expected = read.unchanged();
            let mut stored = 0;
            for image in &mut read.value.images {
                let media = elsewhere(image).and_then(|source| found.get(source)).cloned();
                stored += u64::from(media.is_some());
                image.media = media.or(image.media.take());
            }
            if stored == 0 {
                return Ok(0);
            }
            read.value.updated_at = Timestamp::now();
            match self.store.products().put(&read.value, expected).await {
                Ok(_) => return Ok(stored),
                Err(StoreError::RevisionConflict { .. }) if round < MAX_WRITE_ROUNDS => round += 1,
                Err(error) => return Err(error),
            }
            match self.store.products().get(&id).await? {
                Some(again) => read = again,
                None => return Ok(0),
            }
        }
    }
}
