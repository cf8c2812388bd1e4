//! A list of products: what the URL asks for, and what the catalogue answers. Collections, categories and search share it.

use crate::cards::Card;
use crate::http::value;
use crate::snapshot::{CardNo, Snapshot};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;
use stoa_domain::{Currency, Locale, Money};

pub const PAGE_SIZE: usize = 24;
const MAX_CHOICES: usize = 12;
const MAX_CHOICE_BYTES: usize = 120;
const MAX_SHOWN_VALUES: usize = 14;
const MAX_SHOWN_FACETS: usize = 6;
const MAX_Q_BYTES: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The merchant's order, or relevance in a search.
    Featured,
    PriceAscending,
    PriceDescending,
    CreatedDescending,
    TitleAscending,
}

impl Sort {
    pub const ALL: [Self; 5] =
        [Self::Featured, Self::PriceAscending, Self::PriceDescending, Self::CreatedDescending, Self::TitleAscending];
    pub fn name(self) -> &'static str {
        match self {
            Self::Featured => "featured",
            Self::PriceAscending => "price-ascending",
            Self::PriceDescending => "price-descending",
            Self::CreatedDescending => "created-descending",
            Self::TitleAscending => "title-ascending",
        }
    }
}

/// What a list's URL asks for, bounded. Unknown parameters and values that are none are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    pub q: String,
    pub brands: Vec<String>,
    pub price_gte: Option<Money>,
    pub price_lte: Option<Money>,
    pub available: bool,
    /// (facet's index in `Shop::facets`, value in any locale).
    pub facets: Vec<(u8, String)>,
    pub sort: Sort,
    /// From 1.
    pub page: usize,
}

impl ListQuery {
    pub fn parse(pairs: &[(String, String)], facets: &[String], currency: Currency) -> Self {
        let choice = |text: &str| !text.is_empty() && text.len() <= MAX_CHOICE_BYTES;
        let mut brands: Vec<String> =
            pairs.iter().filter(|(n, v)| n == "filter.brand" && choice(v)).map(|(_, v)| v.clone()).collect();
        brands.sort();
        brands.dedup();
        brands.truncate(MAX_CHOICES);
        let facet = |name: &str| facets.iter().position(|f| f == name).and_then(|at| u8::try_from(at).ok());
        let mut chosen: Vec<(u8, String)> = pairs
            .iter()
            .filter(|(_, v)| choice(v))
            .filter_map(|(n, v)| Some((facet(n.strip_prefix("filter.f.")?)?, v.clone())))
            .collect();
        chosen.sort();
        chosen.dedup();
        chosen.truncate(MAX_CHOICES);
        let price = |name| {
            value(pairs, name)
                .filter(|v| v.len() <= 16)
                .and_then(|v| Money::parse(v, currency).ok())
                .filter(|m| !m.is_negative())
        };
        let mut q = value(pairs, "q").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        while q.len() > MAX_Q_BYTES {
            q.pop();
        }
        Self {
            q,
            brands,
            price_gte: price("filter.price.gte"),
            price_lte: price("filter.price.lte"),
            available: value(pairs, "filter.available") == Some("1"),
            facets: chosen,
            sort: value(pairs, "sort_by")
                .and_then(|name| Sort::ALL.into_iter().find(|s| s.name() == name))
                .unwrap_or(Sort::Featured),
            page: value(pairs, "page").and_then(|p| p.parse().ok()).filter(|p| (1..=10_000).contains(p)).unwrap_or(1),
        }
    }

    /// How many filters are on.
    pub fn narrowed_by(&self) -> usize {
        self.brands.len()
            + self.facets.len()
            + usize::from(self.price_gte.is_some() || self.price_lte.is_some())
            + usize::from(self.available)
    }

    /// The one way to write it: `?q=…&filter.brand=…`, or nothing.
    pub fn to_query(&self, facets: &[String]) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            out.append_pair("q", &self.q);
        }
        for brand in &self.brands {
            out.append_pair("filter.brand", brand);
        }
        for (name, price) in [("filter.price.gte", self.price_gte), ("filter.price.lte", self.price_lte)] {
            if let Some(price) = price {
                out.append_pair(name, &price.to_decimal());
            }
        }
        if self.available {
            out.append_pair("filter.available", "1");
        }
        for (facet, value) in &self.facets {
            if let Some(name) = facets.get(usize::from(*facet)) {
                out.append_pair(&format!("filter.f.{name}"), value);
            }
        }
        if self.sort != Sort::Featured {
            out.append_pair("sort_by", self.sort.name());
        }
        if self.page > 1 {
            out.append_pair("page", &self.page.to_string());
        }
        let query = out.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// Whether all filters let the card through.
    pub fn fits(&self, card: &Card) -> bool {
        self.misses(card) == 0
    }

    /// Bit 0 brand, 1 price, 2 availability, 3… one a facet: set where the card does not fit.
    fn misses(&self, card: &Card) -> u64 {
        let mut misses = 0;
        if !self.brands.is_empty() && !card.brand.as_deref().is_some_and(|b| self.brands.iter().any(|x| x == b)) {
            misses |= 1;
        }
        let below = self.price_lte.is_some_and(|most| card.price_from.minor > most.minor);
        if below || self.price_gte.is_some_and(|least| card.price_to.minor < least.minor) {
            misses |= 2;
        }
        if self.available && !card.available {
            misses |= 4;
        }
        for (facet, _) in &self.facets {
            let any = self
                .facets
                .iter()
                .filter(|(f, _)| f == facet)
                .any(|(f, wanted)| card.facets.iter().any(|(have, value)| have == f && value.is_any(wanted)));
            if !any {
                misses |= 8 << (facet & 31);
            }
        }
        misses
    }
}

pub struct Choice {
    pub value: String,
    pub count: usize,
    pub chosen: bool,
}

pub struct FacetGroup {
    /// Index into `Shop::facets`.
    pub facet: u8,
    pub values: Vec<Choice>,
}

pub struct Listing {
    pub total: usize,
    pub pages: usize,
    pub page: usize,
    pub cards: Vec<CardNo>,
    pub brands: Vec<Choice>,
    pub facets: Vec<FacetGroup>,
    /// Of everything that fits but for its price.
    pub prices: Option<(Money, Money)>,
    pub in_stock: usize,
}

/// Filters, counts, sorts and cuts out a page. `members` come in the order that `featured` means; with `rank_stock`
/// what is sold out goes behind what is not.
pub fn list(snapshot: &Snapshot, locale: &Locale, query: &ListQuery, members: &[CardNo], rank_stock: bool) -> Listing {
    let mut hits = Vec::new();
    let mut brands: HashMap<&str, usize> = HashMap::new();
    let mut values: HashMap<(u8, *const crate::cards::Text), (usize, &Rc<crate::cards::Text>)> = HashMap::new();
    let mut prices: Option<(Money, Money)> = None;
    let mut in_stock = 0;
    for no in members {
        let card = snapshot.card(*no);
        let misses = query.misses(card);
        if misses == 0 {
            hits.push(*no);
        }
        // A dimension's own choices are counted as if it were not filtered.
        if misses & !1 == 0
            && let Some(brand) = &card.brand
        {
            *brands.entry(brand).or_default() += 1;
        }
        if misses & !2 == 0 {
            let (low, high) = prices.get_or_insert((card.price_from, card.price_to));
            low.minor = low.minor.min(card.price_from.minor);
            high.minor = high.minor.max(card.price_to.minor);
        }
        if misses & !4 == 0 {
            in_stock += usize::from(card.available);
        }
        for (facet, value) in &card.facets {
            if misses & !(8 << (facet & 31)) == 0 {
                values.entry((*facet, Rc::as_ptr(value))).or_insert((0, value)).0 += 1;
            }
        }
    }
    let fallback = snapshot.default_locale();
    let title = |no: &CardNo| snapshot.card(*no).title.get(locale, fallback).to_lowercase();
    match query.sort {
        Sort::Featured if rank_stock => hits.sort_by_key(|no| !snapshot.card(*no).available),
        Sort::Featured => {}
        Sort::PriceAscending => hits.sort_by_key(|no| snapshot.card(*no).price_from.minor),
        Sort::PriceDescending => hits.sort_by_key(|no| Reverse(snapshot.card(*no).price_from.minor)),
        Sort::CreatedDescending => hits.sort_by_key(|no| Reverse(snapshot.card(*no).created_at)),
        Sort::TitleAscending => hits.sort_by_cached_key(title),
    }
    let brands = brands.into_iter().map(|(value, count)| (value.to_owned(), count));
    let brands = choices(brands, |value| query.brands.iter().any(|b| b == value));
    let pages = hits.len().div_ceil(PAGE_SIZE).max(1);
    let page = query.page.min(pages);
    Listing {
        total: hits.len(),
        pages,
        page,
        cards: hits.into_iter().skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect(),
        brands,
        facets: facet_groups(snapshot, locale, query, values.into_iter().map(|((f, _), (n, text))| (f, n, text))),
        prices,
        in_stock,
    }
}

fn facet_groups<'a>(
    snapshot: &Snapshot,
    locale: &Locale,
    query: &ListQuery,
    values: impl Iterator<Item = (u8, usize, &'a Rc<crate::cards::Text>)>,
) -> Vec<FacetGroup> {
    let mut by_facet: HashMap<u8, HashMap<String, usize>> = HashMap::new();
    for (facet, count, text) in values {
        let shown = text.get(locale, snapshot.default_locale());
        *by_facet.entry(facet).or_default().entry(shown.to_owned()).or_default() += count;
    }
    let mut groups: Vec<FacetGroup> = by_facet
        .into_iter()
        .filter(|(facet, values)| values.len() > 1 || query.facets.iter().any(|(f, _)| f == facet))
        .map(|(facet, values)| {
            let chosen = |value: &str| query.facets.iter().any(|(f, v)| *f == facet && v == value);
            FacetGroup { facet, values: choices(values.into_iter(), chosen) }
        })
        .collect();
    groups.sort_by_key(|g| (!g.values.iter().any(|v| v.chosen), g.facet));
    groups.truncate(MAX_SHOWN_FACETS);
    groups.sort_by_key(|g| g.facet);
    groups
}

/// The chosen ones and the most frequent, in alphabetical order.
fn choices(values: impl Iterator<Item = (String, usize)>, chosen: impl Fn(&str) -> bool) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        values.map(|(value, count)| Choice { chosen: chosen(&value), value, count }).collect();
    choices.sort_by(|a, b| (!a.chosen, Reverse(a.count), &a.value).cmp(&(!b.chosen, Reverse(b.count), &b.value)));
    choices.truncate(MAX_SHOWN_VALUES);
    choices.sort_by_key(|choice| choice.value.to_lowercase());
    choices
}
