//! Lists as the merchant steers them. A search: the engine's order with merit and boosts, and what is pinned added. A
//! category: what can be bought, what counts more, what is new. Whoever filters does so before [`arrange`], the last step.

use super::Steering;
use crate::read::MAX_WINDOW;
use crate::{DocKey, Explanation, IndexError, Query, Ranking, SearchIndex};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::hash::Hash;
use stoa_domain::search::{Listed, MeritWeights, Plan};
use stoa_domain::{Locale, ProductId};

/// Days after which a product's age counts a half.
const HALF_AGE_DAYS: f32 = 90.0;
const DAY_SECONDS: f32 = 86_400.0;

/// The products behind an index, as its user holds them.
pub trait Catalogue {
    type Item: Copy + Eq + Hash;
    type Product<'a>: Listed
    where
        Self: 'a;
    fn item(&self, key: DocKey) -> Option<Self::Item>;
    fn find(&self, id: &ProductId) -> Option<Self::Item>;
    fn product(&self, item: Self::Item) -> Self::Product<'_>;
}

/// What speaks for each product whatever is asked, by key: from 0 to 1. Made once a version.
#[derive(Debug, Clone, Default)]
pub struct Merits(Vec<f32>);

impl Merits {
    /// `now` in seconds since 1970: when the version was published, so that one version always answers alike. Nothing
    /// is held where no weight is set.
    pub fn of<C: Catalogue>(index: &SearchIndex, catalogue: &C, weights: MeritWeights, now: i64) -> Self {
        let sum = f32::from(weights.sum());
        if sum == 0.0 {
            return Self::default();
        }
        let keys = (0..index.products().len() as u32).map(DocKey);
        let products = || keys.clone().map(|key| catalogue.item(key).map(|item| catalogue.product(item)));
        let best = products().flatten().map(|product| product.sold()).max().unwrap_or(0).max(1) as f32;
        let merit = |product: C::Product<'_>| {
            let days = now.saturating_sub(product.created_at()).max(0) as f32 / DAY_SECONDS;
            // Only what every machine rounds alike: square roots and divisions.
            let sales = f32::from(weights.sales) * (product.sold() as f32 / best).sqrt();
            let stock = if product.sells() { f32::from(weights.stock) } else { 0.0 };
            let age = f32::from(weights.age) / (1.0 + days / HALF_AGE_DAYS);
            (sales + stock + age) / sum
        };
        Self(products().map(|product| product.map_or(0.0, merit)).collect())
    }

    pub fn get(&self, key: DocKey) -> f32 {
        self.0.get(key.0 as usize).copied().unwrap_or(0.0)
    }
}

/// What a search found.
#[derive(Debug)]
pub struct Answer<T> {
    /// Everything that fits, the best first, not yet arranged; what is pinned and was not found is at the end.
    pub items: Vec<T>,
    /// The best of what was found, as it was scored.
    pub scored: Vec<(T, f32)>,
    /// Nothing had all words; these have some.
    pub relaxed: bool,
    /// (typed, taken instead).
    pub corrected: Vec<(String, String)>,
}

/// An index with what steers it.
pub struct Steered<'a, C: Catalogue> {
    pub index: &'a SearchIndex,
    pub steering: &'a Steering,
    pub merits: &'a Merits,
    pub catalogue: &'a C,
}

impl<C: Catalogue> Steered<'_, C> {
    /// Lends `ask` the query as it is steered.
    pub fn with<R>(&self, text: &str, locale: &Locale, plan: &Plan<'_>, ask: impl FnOnce(Query<'_>) -> R) -> R {
        let ranking = Ranking { merit: f32::from(self.steering.merit().sum()) / 100.0, ..Ranking::default() };
        let merit = |key: DocKey| self.merits.get(key);
        let boost = |key: DocKey| {
            let product = self.catalogue.item(key).map(|item| self.catalogue.product(item));
            product.map_or(1.0, |product| plan.percent(&product) as f32 / 100.0)
        };
        ask(Query {
            ranking: Some(&ranking),
            merit: (!self.merits.0.is_empty()).then_some(&merit as &dyn Fn(DocKey) -> f32),
            boost: plan.boosts_any().then_some(&boost as &dyn Fn(DocKey) -> f32),
            meanings: Some(self.steering.meanings()),
            ..Query::new(text, locale)
        })
    }

    /// Everything that is found and fits, in the order of relevance.
    pub fn search(
        &self,
        text: &str,
        locale: &Locale,
        exact: bool,
        plan: &Plan<'_>,
        fits: Option<&dyn Fn(C::Item) -> bool>,
    ) -> Result<Answer<C::Item>, IndexError> {
        let filter = |key: DocKey| fits.is_none_or(|fits| self.catalogue.item(key).is_some_and(fits));
        let hits = self.with(text, locale, plan, |query| {
            let filter = fits.is_some().then_some(&filter as &dyn Fn(DocKey) -> bool);
            self.index.search(&Query { limit: MAX_WINDOW, want_matching: true, exact, filter, ..query })
        })?;
        let found = hits.hits.iter().filter_map(|hit| Some((self.catalogue.item(hit.key)?, hit.score)));
        let scored: Vec<(C::Item, f32)> = found.collect();
        let mut items: Vec<C::Item> = scored.iter().map(|(item, _)| *item).collect();
        if hits.matching.len() > hits.hits.len() {
            let ranked: HashSet<C::Item> = items.iter().copied().collect();
            let beyond = hits.matching.iter().filter_map(|key| self.catalogue.item(*key));
            items.extend(beyond.filter(|item| !ranked.contains(item)));
        }
        self.add_pins(plan, &mut items, fits);
        Ok(Answer { items, scored, relaxed: hits.relaxed, corrected: hits.corrected })
    }

    /// The best `limit` for a text still being typed, with what is pinned for it in its place.
    pub fn suggest(
        &self,
        text: &str,
        locale: &Locale,
        plan: &Plan<'_>,
        limit: usize,
    ) -> Result<Vec<C::Item>, IndexError> {
        let hits = self.with(text, locale, plan, |query| self.index.suggest(&Query { limit, ..query }))?;
        let mut items: Vec<C::Item> = hits.iter().filter_map(|hit| self.catalogue.item(hit.key)).collect();
        self.add_pins(plan, &mut items, None);
        self.arrange(plan, &mut items);
        Ok(items)
    }

    /// Why the product has its place for this search, before rules move it.
    pub fn explain(
        &self,
        text: &str,
        locale: &Locale,
        plan: &Plan<'_>,
        product: &ProductId,
    ) -> Result<Option<Explanation>, IndexError> {
        self.with(text, locale, plan, |query| self.index.explain(&query, product))
    }

    /// The last step, after every filter.
    pub fn arrange(&self, plan: &Plan<'_>, items: &mut Vec<C::Item>) {
        arrange(self.catalogue, plan, items);
    }

    fn add_pins(&self, plan: &Plan<'_>, items: &mut Vec<C::Item>, fits: Option<&dyn Fn(C::Item) -> bool>) {
        for (_, id) in plan.pins() {
            let item = self.catalogue.find(id).filter(|item| fits.is_none_or(|fits| fits(*item)));
            items.extend(item.filter(|item| !items.contains(item)));
        }
    }
}

/// A category's products in the order of its page, with what is pinned there.
pub fn category<C: Catalogue>(catalogue: &C, plan: &Plan<'_>, members: &mut Vec<C::Item>)
where
    C::Item: Ord,
{
    for (_, id) in plan.pins() {
        let item = catalogue.find(id);
        members.extend(item.filter(|item| !members.contains(item)));
    }
    members.sort_by_cached_key(|item| {
        let product = catalogue.product(*item);
        (!product.sells(), Reverse(plan.percent(&product)), Reverse(product.created_at()), *item)
    });
}

/// The last step of a list that is ordered by the shop, after its filters.
pub fn arrange<C: Catalogue>(catalogue: &C, plan: &Plan<'_>, items: &mut Vec<C::Item>) {
    if plan.arranges() {
        plan.arrange(items, |item| catalogue.product(item), |id| catalogue.find(id));
    }
}
