//! A list of products: what the URL asks for, and what the catalogue answers. Collections, categories and search share it.

mod buckets;
mod categories;
mod groups;
mod query;
#[cfg(test)]
mod tests;

pub use buckets::Bucket;
pub use categories::CategoryChoice;
pub use groups::{FacetGroup, What};
pub use query::{ListQuery, MAX_PAGES, Range, Sort, money, parameter};

use crate::cards::Card;
use crate::facets::Facets;
use crate::snapshot::{CardNo, Snapshot};
use groups::{Tally, holds};
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use stoa_domain::search::Plan;
use stoa_domain::{Locale, Money};
use stoa_search_index::steer;

pub const PAGE_SIZE: usize = 24;
const MAX_SHOWN_VALUES: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// As the address says it.
    pub value: String,
    /// As the page says it.
    pub label: String,
    pub count: usize,
    pub chosen: bool,
    pub swatch: Option<String>,
}

/// The prices of everything that fits but for its price.
pub struct Prices {
    pub least: Money,
    pub most: Money,
    /// In minor units.
    pub buckets: Vec<Bucket>,
}

pub struct Listing {
    pub total: usize,
    /// At most [`MAX_PAGES`].
    pub pages: usize,
    pub page: usize,
    pub cards: Vec<CardNo>,
    pub brands: Vec<Choice>,
    pub categories: Vec<CategoryChoice>,
    pub facets: Vec<FacetGroup>,
    pub prices: Option<Prices>,
    pub in_stock: usize,
}

impl Listing {
    /// Products that no page shows.
    pub fn beyond(&self) -> usize {
        self.total.saturating_sub(self.pages * PAGE_SIZE)
    }
}

const BRAND: u64 = 1;
const PRICE: u64 = 2;
const STOCK: u64 = 4;
const CATEGORY: u64 = 8;
/// The first of the facets that the query narrows.
const FACETS: u64 = 16;

/// What is still to do to the members' order where the shopper chose no other.
pub enum Featured<'a> {
    AsItIs,
    /// What is sold out goes behind what is not.
    InStockFirst,
    /// What the merchant's rules put in its place.
    Steered(Plan<'a>),
}

/// The query, ready to be held against cards: every dimension it narrows has a bit.
struct Narrowing<'a> {
    query: &'a ListQuery,
    categories: HashSet<&'a str>,
    facets: Vec<(u16, Wanted)>,
}

/// Whether a card passes every filter.
pub fn filter<'a>(query: &'a ListQuery, snapshot: &'a Snapshot) -> impl Fn(CardNo) -> bool + 'a {
    let narrowing = Narrowing::new(query, snapshot);
    move |no| narrowing.misses(snapshot.card(no), &snapshot.facets()) == 0
}

enum Wanted {
    Any(HashSet<u32>),
    Within(Range),
}

impl<'a> Narrowing<'a> {
    fn new(query: &'a ListQuery, snapshot: &'a Snapshot) -> Self {
        let table = &*snapshot.facets();
        let mut facets: Vec<(u16, Wanted)> = Vec::new();
        for (no, key) in &query.facets {
            let said = table.said(*no, key);
            match facets.iter_mut().find(|(known, _)| known == no) {
                Some((_, Wanted::Any(any))) => any.extend(said),
                _ => facets.push((*no, Wanted::Any(said.into_iter().collect()))),
            }
        }
        facets.extend(query.ranges.iter().map(|(no, range)| (*no, Wanted::Within(*range))));
        let chosen = query.categories.iter().filter_map(|handle| snapshot.category(handle));
        let categories = chosen.flat_map(|category| snapshot.within_category(category.id.as_str())).collect();
        Self { query, categories, facets }
    }

    /// A bit is set where the card does not fit.
    fn misses(&self, card: &Card, table: &Facets) -> u64 {
        let query = self.query;
        let mut misses = 0;
        if !query.brands.is_empty() && !card.brand.as_deref().is_some_and(|b| query.brands.iter().any(|x| x == b)) {
            misses |= BRAND;
        }
        let below = query.price_lte.is_some_and(|most| card.price_from.minor > most.minor);
        if below || query.price_gte.is_some_and(|least| card.price_to.minor < least.minor) {
            misses |= PRICE;
        }
        if query.available && !card.available {
            misses |= STOCK;
        }
        if !query.categories.is_empty() && !card.category.as_deref().is_some_and(|c| self.categories.contains(c)) {
            misses |= CATEGORY;
        }
        for (at, (facet, wanted)) in self.facets.iter().enumerate() {
            let any = card.facets.iter().any(|no| match wanted {
                Wanted::Any(any) => any.contains(no),
                Wanted::Within(range) => table.value(*no).is_some_and(|value| {
                    value.facet == *facet && value.number().is_some_and(|number| holds(*range, number))
                }),
            });
            if !any {
                misses |= FACETS << at;
            }
        }
        misses
    }

    /// The facet whose bit this is.
    fn facet_of(&self, bit: u64) -> Option<u16> {
        self.facets.get((bit / FACETS).checked_ilog2()? as usize).map(|(no, _)| *no)
    }
}

/// Filters, counts, sorts and cuts out a page. `members` come in the order that `featured` means; `featured` says what
/// else the shop's own order does.
pub fn list(
    snapshot: &Snapshot,
    locale: &Locale,
    query: &ListQuery,
    members: &[CardNo],
    featured: &Featured<'_>,
) -> Listing {
    let narrowing = Narrowing::new(query, snapshot);
    let table = &*snapshot.facets();
    let mut hits = Vec::new();
    let mut brands: HashMap<&str, usize> = HashMap::new();
    let mut categories: HashMap<&str, usize> = HashMap::new();
    let mut prices: Vec<(i64, i64)> = Vec::new();
    let mut tally = Tally::new(table);
    let mut in_stock = 0;
    for no in members {
        let card = snapshot.card(*no);
        let misses = narrowing.misses(card, table);
        if misses == 0 {
            hits.push(*no);
            tally.count(table, &card.facets, None);
        } else if misses.is_power_of_two() && misses >= FACETS {
            // A dimension's own choices are counted as if it were not filtered.
            tally.count(table, &card.facets, narrowing.facet_of(misses));
        }
        let but_for = |dimension: u64| misses & !dimension == 0;
        if but_for(BRAND)
            && let Some(brand) = &card.brand
        {
            *brands.entry(brand).or_default() += 1;
        }
        if but_for(CATEGORY)
            && let Some(category) = &card.category
        {
            *categories.entry(category).or_default() += 1;
        }
        if but_for(PRICE) {
            prices.push((card.price_from.minor, card.price_to.minor));
        }
        if but_for(STOCK) {
            in_stock += usize::from(card.available);
        }
    }
    sort(snapshot, locale, query.sort, &mut hits, featured);
    let brand = |(value, count): (&str, usize)| Choice {
        label: value.to_owned(),
        chosen: query.brands.iter().any(|b| b == value),
        value: value.to_owned(),
        count,
        swatch: None,
    };
    let pages = hits.len().div_ceil(PAGE_SIZE).clamp(1, MAX_PAGES);
    let page = query.page.min(pages);
    Listing {
        total: hits.len(),
        pages,
        page,
        brands: choices(brands.into_iter().map(brand).collect()),
        categories: categories::choices(snapshot, query, &categories),
        facets: groups::groups(snapshot, locale, query, &tally, hits.len()),
        prices: prices_of(snapshot, query, prices),
        in_stock,
        cards: hits.into_iter().skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect(),
    }
}

fn sort(snapshot: &Snapshot, locale: &Locale, by: Sort, hits: &mut Vec<CardNo>, featured: &Featured<'_>) {
    let card = |no: &CardNo| snapshot.card(*no);
    let fallback = snapshot.default_locale();
    match by {
        Sort::Featured => match featured {
            Featured::AsItIs => {}
            Featured::InStockFirst => hits.sort_by_key(|no| !card(no).available),
            Featured::Steered(plan) => steer::arrange(snapshot, plan, hits),
        },
        Sort::BestSelling => hits.sort_by_key(|no| Reverse(card(no).sold)),
        Sort::Rating => hits.sort_by_cached_key(|no| Reverse(card(no).score.rank(snapshot.score))),
        Sort::PriceAscending => hits.sort_by_key(|no| card(no).price_from.minor),
        Sort::PriceDescending => hits.sort_by_key(|no| Reverse(card(no).price_from.minor)),
        Sort::CreatedDescending => hits.sort_by_key(|no| Reverse(card(no).created_at)),
        Sort::TitleAscending => hits.sort_by_cached_key(|no| card(no).title.get(locale, fallback).to_lowercase()),
    }
}

/// Of (from, to) a product: it is in every range that its own touches, as the filter has it.
fn prices_of(snapshot: &Snapshot, query: &ListQuery, prices: Vec<(i64, i64)>) -> Option<Prices> {
    let currency = snapshot.view.shop.currency;
    let least = prices.iter().map(|(from, _)| *from).min()?;
    let most = prices.iter().map(|(_, to)| *to).max()?;
    let mut counted: HashMap<i64, usize> = HashMap::new();
    for (from, _) in &prices {
        *counted.entry(*from).or_default() += 1;
    }
    let mut counted: Vec<(Decimal, usize)> = counted.into_iter().map(|(n, count)| (Decimal::from(n), count)).collect();
    counted.sort_unstable();
    let chosen = Range { from: decimal(query.price_gte), to: decimal(query.price_lte) };
    let buckets = buckets::ranges(&counted).into_iter().map(|range| {
        let touches = |(from, to): &&(i64, i64)| {
            range.from.is_none_or(|least| Decimal::from(*to) >= least)
                && range.to.is_none_or(|most| Decimal::from(*from) <= most)
        };
        Bucket { range, count: prices.iter().filter(touches).count(), chosen: range == chosen }
    });
    let buckets = buckets.filter(|bucket| bucket.count > 0 || bucket.chosen).collect();
    let money = |minor| Money::new(minor, currency);
    Some(Prices { least: money(least), most: money(most), buckets })
}

fn decimal(money: Option<Money>) -> Option<Decimal> {
    money.map(|money| Decimal::from(money.minor))
}

/// The chosen ones and the most frequent, in the order people read them.
fn choices(mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.sort_by(|a, b| (!a.chosen, Reverse(a.count), &a.label).cmp(&(!b.chosen, Reverse(b.count), &b.label)));
    choices.truncate(MAX_SHOWN_VALUES);
    choices.sort_by_cached_key(|choice| reading_order(&choice.label));
    choices
}

/// `8 GB` before `16 GB`, `S` before `M`: numbers by what they are, sizes by what they mean, the rest by letters.
fn reading_order(label: &str) -> (u8, Decimal, String) {
    const SIZES: [&str; 9] = ["xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "xxxxl"];
    let lower = label.to_lowercase();
    if let Some(at) = SIZES.iter().position(|size| *size == lower) {
        return (1, Decimal::from(at), lower);
    }
    let digits: String = lower.chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(20).collect();
    match digits.trim_end_matches('.').parse() {
        Ok(number) => (0, number, lower),
        Err(_) => (2, Decimal::ZERO, lower),
    }
}
