//! What the published reviews of a product come to: how many gave how many stars, and the newest of them.

use super::Stars;
use crate::Locale;
use serde::{Deserialize, Serialize};

/// So many reviews of a product are on its page.
pub const NEWEST_REVIEWS: usize = 12;
/// A product's own reviews count beside so many of the shop's mean: a single one says little.
const PRIOR: u128 = 10;

/// A review as everybody reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedReview {
    pub stars: Stars,
    pub title: String,
    pub text: String,
    pub name: String,
    pub locale: Locale,
    /// Seconds since 1970.
    pub written_at: i64,
    /// What the shop says to it.
    pub answer: String,
}

/// What is published of a product's reviews.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProductReviews {
    pub rating: Rating,
    /// Newest first, at most [`NEWEST_REVIEWS`].
    pub newest: Vec<PublishedReview>,
}

/// How many reviews gave one star, two stars, up to five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Rating {
    pub stars: [u32; Stars::MOST as usize],
}

impl Rating {
    fn of(&mut self, stars: Stars) -> Option<&mut u32> {
        self.stars.get_mut(usize::from(stars.get()) - 1)
    }
    pub fn add(&mut self, stars: Stars) {
        self.of(stars).into_iter().for_each(|count| *count = count.saturating_add(1));
    }
    pub fn remove(&mut self, stars: Stars) {
        self.of(stars).into_iter().for_each(|count| *count = count.saturating_sub(1));
    }
    pub fn score(&self) -> Score {
        let count = self.stars.iter().fold(0_u32, |sum, count| sum.saturating_add(*count));
        let weighed =
            (1..).zip(self.stars).fold(0_u32, |sum, (stars, count)| sum.saturating_add(count.saturating_mul(stars)));
        Score { count, stars: weighed }
    }
}

/// A rating in short: what a card shows, and what lists sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    pub count: u32,
    /// All their stars together.
    pub stars: u32,
}

impl Score {
    pub fn is_none(self) -> bool {
        self.count == 0
    }

    /// The mean in tenths of a star, to the nearest: 48 is 4.8.
    pub fn tenths(self) -> u32 {
        let (count, stars) = (u64::from(self.count.max(1)), u64::from(self.stars));
        u32::try_from((stars * 10 + count / 2) / count).unwrap_or(0)
    }

    /// Higher is better: the mean of its own reviews and [`PRIOR`] of the shop's mean, in millionths of a star. 0: nobody
    /// reviewed it, and it comes after all that somebody did.
    pub fn rank(self, shop: Self) -> u64 {
        if self.is_none() || shop.is_none() {
            return 0;
        }
        let (count, stars) = (u128::from(self.count), u128::from(self.stars));
        let (shop_count, shop_stars) = (u128::from(shop.count), u128::from(shop.stars));
        let mean = (PRIOR * shop_stars + stars * shop_count) * 1_000_000 / (shop_count * (PRIOR + count));
        u64::try_from(mean).unwrap_or(u64::MAX)
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { count: self.count.saturating_add(other.count), stars: self.stars.saturating_add(other.stars) }
    }
}
