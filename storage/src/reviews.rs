//! Reviews. What a product's published reviews come to is an item of its own, written in the transaction in which a review is
//! published or stops being so: its figures are exact, and publishing a product reads one item.

use crate::body::{self, Item, text};
use crate::by_state::{First, Place};
use crate::calls::Call;
use crate::keys::{self, BY_STATE_PK, BY_STATE_SK, PRODUCT_PARTITIONS};
use crate::table::{CONCURRENCY, Table, TransactError, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Versioned};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;
use stoa_domain::ProductId;
use stoa_domain::review::{NEWEST_REVIEWS, ProductReviews, PublishedReview, Rating, Review, ReviewId, ReviewState};

const KIND: &str = "review";
const RATING: &str = "rating";
/// Most reviews on one page.
pub const MAX_REVIEWS_PAGE: u32 = 100;
/// So often a product's rating is read again when others changed it meanwhile.
const ATTEMPTS: u32 = 8;

/// The reviews of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Reviews<'a> {
    pub(crate) table: &'a Table,
}

/// What is stored of a product's published reviews.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Rated {
    rating: Rating,
    /// Newest first, at most [`NEWEST_REVIEWS`].
    newest: Vec<(ReviewId, PublishedReview)>,
}

impl From<Rated> for ProductReviews {
    fn from(rated: Rated) -> Self {
        Self { rating: rated.rating, newest: rated.newest.into_iter().map(|(_, review)| review).collect() }
    }
}

impl Reviews<'_> {
    pub async fn get(&self, id: &ReviewId) -> Result<Option<Versioned<Review>>> {
        self.table.get(KIND, keys::review(id)).await
    }

    /// Those that exist, in no order.
    pub async fn get_many(&self, ids: &[ReviewId]) -> Result<Vec<Versioned<Review>>> {
        let items = self.table.items(ids.iter().map(keys::review).collect(), true).await?;
        items.iter().map(|item| body::decode(KIND, item)).collect()
    }

    /// Newest first, 1 to [`MAX_REVIEWS_PAGE`] a page. Eventually consistent, as the index is.
    pub async fn list(
        &self,
        state: ReviewState,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Versioned<Review>>> {
        let limit = page_size(limit, MAX_REVIEWS_PAGE)?;
        let Page { items: places, next } =
            self.table.page_of(keys::reviews_in(state), First::Highest, cursor, limit).await?;
        let items = self.table.items_at(&places).await?;
        Ok(Page { items: items.iter().map(|item| body::decode(KIND, item)).collect::<Result<_>>()?, next })
    }

    /// How many reviews there are of each of [`ReviewState::ALL`], counted up to `most`. Eventually consistent.
    pub async fn counts(&self, most: u32) -> Result<Vec<u32>> {
        let limit = page_size(most, MAX_REVIEWS_PAGE)?;
        let places = |state: &ReviewState| self.table.places(keys::reviews_in(*state), First::Highest, None, limit);
        let found: Vec<Vec<Place>> = futures::future::try_join_all(ReviewState::ALL.iter().map(places)).await?;
        Ok(found.iter().map(|places| u32::try_from(places.len()).unwrap_or(u32::MAX)).collect())
    }

    /// What is published of these products' reviews; products without any are left out.
    pub async fn of_products(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, ProductReviews>> {
        let items = self.table.items(ids.iter().map(keys::rating).collect(), true).await?;
        rated_by_product(&items)
    }

    /// The same of every product that was ever reviewed.
    pub async fn of_all(&self) -> Result<HashMap<ProductId, ProductReviews>> {
        let partitions = (0..PRODUCT_PARTITIONS).map(keys::rating_partition);
        let items: Vec<Item> = futures::stream::iter(partitions)
            .map(|partition| async move { self.table.partition(&partition, "").await })
            .buffered(CONCURRENCY)
            .try_concat()
            .await?;
        rated_by_product(&items)
    }

    /// Writes a new review.
    pub async fn add(&self, review: &Review) -> Result<Revision> {
        self.change(None, Some(review)).await
    }

    /// Writes a review over what was read.
    pub async fn update(&self, before: &Versioned<Review>, review: &Review) -> Result<Revision> {
        self.change(Some(before), Some(review)).await
    }

    /// Takes back what was read.
    pub async fn remove(&self, before: &Versioned<Review>) -> Result<()> {
        self.change(Some(before), None).await.map(drop)
    }

    /// The review, and where it is or was published its product's rating, in one transaction.
    async fn change(&self, before: Option<&Versioned<Review>>, after: Option<&Review>) -> Result<Revision> {
        let expected = before.map_or(Expected::Absent, Versioned::unchanged);
        let conflict = StoreError::RevisionConflict { what: KIND };
        let Some(review) = after.or(before.map(|read| &read.value)) else { return Err(conflict) };
        let was = before.and_then(|read| read.value.published());
        let is = after.and_then(Review::published);
        for _ in 0..ATTEMPTS {
            let mut writes = vec![match after {
                Some(after) => self.table.putting(item(after, expected)?, expected)?,
                None => self.table.deleting(keys::review(&review.id), expected)?,
            }];
            if was != is {
                let read: Option<Versioned<Rated>> = self.table.get(RATING, keys::rating(&review.product)).await?;
                let on = Expected::from(&read);
                let mut rated = read.map(|read| read.value).unwrap_or_default();
                let place = |review: &Review| keys::product_review(&review.product, review.written_at, &review.id);
                let from = before.filter(|_| was.is_some()).map(|read| place(&read.value));
                let to = after.filter(|_| is.is_some()).map(place);
                if from != to {
                    if let Some(place) = from {
                        writes.push(self.table.deleting(place, Expected::Any)?);
                    }
                    if let Some(place) = to {
                        writes.push(self.table.putting(body::key_item(place), Expected::Any)?);
                    }
                }
                was.iter().for_each(|gone| rated.rating.remove(gone.stars));
                rated.newest.retain(|(id, _)| *id != review.id);
                match is.clone() {
                    Some(is) => {
                        rated.rating.add(is.stars);
                        rated.newest.push((review.id.clone(), is));
                    }
                    None => self.fill_up(&mut rated, review).await?,
                }
                rated.newest.sort_by(|(a, x), (b, y)| (Reverse(x.written_at), a).cmp(&(Reverse(y.written_at), b)));
                rated.newest.truncate(NEWEST_REVIEWS);
                let rating = body::encode(keys::rating(&review.product), RATING, on.next(), &rated)?;
                writes.push(self.table.putting(rating, on)?);
            }
            match self.table.transact(writes).await {
                Ok(()) => return Ok(expected.next()),
                Err(TransactError::Store(error)) => return Err(error),
                Err(TransactError::Cancelled(reasons)) if reasons.first().is_none_or(|r| r.failed_condition()) => {
                    return Err(conflict);
                }
                // Another review of the product was faster.
                Err(TransactError::Cancelled(_)) => {}
            }
        }
        Err(conflict)
    }

    /// A review that is gone leaves its place to an older one.
    async fn fill_up(&self, rated: &mut Rated, gone: &Review) -> Result<()> {
        if rated.newest.len() >= NEWEST_REVIEWS.min(rated.rating.score().count as usize) {
            return Ok(());
        }
        let query = self
            .table
            .query(&keys::product_reviews(&gone.product), "")
            .scan_index_forward(false)
            .limit(i32::try_from(NEWEST_REVIEWS + 1).unwrap_or(i32::MAX));
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let id = |item: &Item| ReviewId::new(body::string(item, keys::SK)?.split_once('#')?.1).ok();
        let known = |id: &ReviewId| *id == gone.id || rated.newest.iter().any(|(known, _)| known == id);
        let missing: Vec<ReviewId> = output.items().iter().filter_map(id).filter(|id| !known(id)).collect();
        let older = self.get_many(&missing).await?;
        rated
            .newest
            .extend(older.into_iter().filter_map(|read| Some((read.value.id.clone(), read.value.published()?))));
        Ok(())
    }
}

fn rated_by_product(items: &[Item]) -> Result<HashMap<ProductId, ProductReviews>> {
    let mut found = HashMap::with_capacity(items.len());
    for item in items {
        let id = body::string(item, keys::SK).and_then(|id| ProductId::new(id).ok());
        let rated: Rated = body::decode(RATING, item)?.value;
        found.extend(id.filter(|_| !rated.rating.score().is_none()).map(|id| (id, rated.into())));
    }
    Ok(found)
}

fn item(review: &Review, expected: Expected) -> Result<Item> {
    let mut item = body::encode(keys::review(&review.id), KIND, expected.next(), review)?;
    item.insert(BY_STATE_PK.to_owned(), text(keys::reviews_in(review.state)));
    item.insert(BY_STATE_SK.to_owned(), text(keys::review_time(review.written_at, &review.id)));
    Ok(item)
}
