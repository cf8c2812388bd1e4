//! What a list's URL asks for, and the one way to write it.

use crate::facets::{Facets, ON};
use crate::http::value;
use crate::snapshot::Snapshot;
use rust_decimal::Decimal;
use stoa_domain::snapshot::{FacetKind, FacetSource};
use stoa_domain::{Currency, Money};

/// Of brands, of categories, of facets' values and of ranges: more are left out.
const MAX_CHOICES: usize = 16;
const MAX_CHOICE_BYTES: usize = 160;
const MAX_Q_BYTES: usize = 200;
const MAX_NUMBER_BYTES: usize = 24;
/// Nobody looks further; who wants to is helped by a filter.
pub const MAX_PAGES: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The merchant's order, or relevance in a search.
    Featured,
    BestSelling,
    /// The best reviewed first.
    Rating,
    PriceAscending,
    PriceDescending,
    CreatedDescending,
    TitleAscending,
}

impl Sort {
    pub const ALL: [Self; 7] = [
        Self::Featured,
        Self::BestSelling,
        Self::Rating,
        Self::PriceAscending,
        Self::PriceDescending,
        Self::CreatedDescending,
        Self::TitleAscending,
    ];
    pub fn name(self) -> &'static str {
        match self {
            Self::Featured => "featured",
            Self::BestSelling => "best-selling",
            Self::Rating => "rating",
            Self::PriceAscending => "price-ascending",
            Self::PriceDescending => "price-descending",
            Self::CreatedDescending => "created-descending",
            Self::TitleAscending => "title-ascending",
        }
    }
    /// Not before there is something to sort by.
    pub fn is_offered(self, snapshot: &Snapshot) -> bool {
        match self {
            Self::BestSelling => snapshot.has_sales,
            Self::Rating => !snapshot.score.is_none(),
            _ => true,
        }
    }
}

/// From and to, both included; at least one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Decimal>,
    pub to: Option<Decimal>,
}

/// What a list's URL asks for, bounded. Unknown parameters and values that are none are left out; choices are sorted, so
/// that one state has one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    pub q: String,
    /// Only what was typed, no correction.
    pub exact: bool,
    pub brands: Vec<String>,
    /// Handles; each stands for all below it too.
    pub categories: Vec<String>,
    pub price_gte: Option<Money>,
    pub price_lte: Option<Money>,
    pub available: bool,
    /// (facet, its value's key).
    pub facets: Vec<(u16, String)>,
    pub ranges: Vec<(u16, Range)>,
    pub sort: Sort,
    /// From 1.
    pub page: usize,
}

impl ListQuery {
    pub fn parse(pairs: &[(String, String)], snapshot: &Snapshot) -> Self {
        let currency = snapshot.view.shop.currency;
        let facets = &*snapshot.facets();
        let mut q = value(pairs, "q").unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        while q.len() > MAX_Q_BYTES {
            q.pop();
        }
        let price = |name| {
            value(pairs, name)
                .filter(|v| v.len() <= 16)
                .and_then(|v| Money::parse(v, currency).ok())
                .filter(|m| !m.is_negative())
        };
        let sort = value(pairs, "sort_by").and_then(|name| Sort::ALL.into_iter().find(|s| s.name() == name));
        let sort = sort.filter(|sort| sort.is_offered(snapshot));
        let mut categories = choices(pairs, "filter.category");
        categories.retain(|handle| snapshot.category(handle).is_some());
        let page = value(pairs, "page").and_then(|p| p.parse().ok()).unwrap_or(1);
        Self {
            exact: !q.is_empty() && value(pairs, "exact") == Some("1"),
            q,
            brands: choices(pairs, "filter.brand"),
            categories,
            price_gte: price("filter.price.gte"),
            price_lte: price("filter.price.lte"),
            available: value(pairs, "filter.available") == Some("1"),
            facets: chosen(pairs, facets),
            ranges: ranges(pairs, facets),
            sort: sort.unwrap_or(Sort::Featured),
            page: if page == 0 { 1 } else { page.min(MAX_PAGES) },
        }
    }

    /// How many filters are on.
    pub fn narrowed_by(&self) -> usize {
        self.brands.len()
            + self.categories.len()
            + self.facets.len()
            + self.ranges.len()
            + usize::from(self.has_price())
            + usize::from(self.available)
    }
    pub fn has_price(&self) -> bool {
        self.price_gte.is_some() || self.price_lte.is_some()
    }
    pub fn range(&self, facet: u16) -> Option<Range> {
        self.ranges.iter().find(|(no, _)| *no == facet).map(|(_, range)| *range)
    }
    pub fn set_range(&mut self, facet: u16, range: Option<Range>) {
        self.ranges.retain(|(no, _)| *no != facet);
        self.ranges.extend(range.map(|range| (facet, range)));
    }
    pub fn clear(&mut self) {
        let (q, exact, sort) = (std::mem::take(&mut self.q), self.exact, self.sort);
        *self = Self { q, exact, sort, ..Self::nothing() };
    }
    /// The list as it is without being asked for anything.
    pub fn nothing() -> Self {
        Self {
            q: String::new(),
            exact: false,
            brands: Vec::new(),
            categories: Vec::new(),
            price_gte: None,
            price_lte: None,
            available: false,
            facets: Vec::new(),
            ranges: Vec::new(),
            sort: Sort::Featured,
            page: 1,
        }
    }

    /// The one way to write it: `?q=…&filter.brand=…`, or nothing.
    pub fn to_query(&self, facets: &Facets) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            out.append_pair("q", &self.q);
        }
        if self.exact {
            out.append_pair("exact", "1");
        }
        for (name, values) in [("filter.category", &self.categories), ("filter.brand", &self.brands)] {
            let mut values: Vec<_> = values.iter().collect();
            values.sort();
            for value in values {
                out.append_pair(name, value);
            }
        }
        for (name, price) in [("filter.price.gte", self.price_gte), ("filter.price.lte", self.price_lte)] {
            if let Some(price) = price {
                out.append_pair(name, &price.to_decimal());
            }
        }
        if self.available {
            out.append_pair("filter.available", "1");
        }
        let mut named: Vec<(String, String)> =
            self.facets.iter().filter_map(|(no, value)| Some((parameter(facets, *no)?, value.clone()))).collect();
        for (no, range) in &self.ranges {
            let Some(name) = parameter(facets, *no) else { continue };
            named.extend(range.from.map(|from| (format!("{name}.gte"), from.to_string())));
            named.extend(range.to.map(|to| (format!("{name}.lte"), to.to_string())));
        }
        named.sort();
        for (name, value) in named {
            out.append_pair(&name, &value);
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
}

/// `filter.f.material`, `filter.o.colour`.
pub fn parameter(facets: &Facets, no: u16) -> Option<String> {
    let facet = facets.facet(no)?;
    let source = match facet.source {
        FacetSource::Attribute => 'f',
        FacetSource::Option => 'o',
    };
    Some(format!("filter.{source}.{}", facet.name))
}

fn is_choice(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_CHOICE_BYTES
}

fn choices(pairs: &[(String, String)], name: &str) -> Vec<String> {
    let mut values: Vec<String> =
        pairs.iter().filter(|(n, v)| n == name && is_choice(v)).map(|(_, v)| v.clone()).collect();
    values.sort();
    values.dedup();
    values.truncate(MAX_CHOICES);
    values
}

/// Which facet a parameter means.
fn facet_of(name: &str, facets: &Facets, numbers: bool) -> Option<u16> {
    let rest = name.strip_prefix("filter.")?;
    if let Some(name) = rest.strip_prefix("f.") {
        return facets.named(FacetSource::Attribute, name, numbers);
    }
    facets.named(FacetSource::Option, rest.strip_prefix("o.")?, numbers)
}

/// Values in any language become what the default language says; a value that no product has stays as it is, and finds
/// nothing.
fn chosen(pairs: &[(String, String)], facets: &Facets) -> Vec<(u16, String)> {
    let mut chosen = Vec::new();
    for (name, value) in pairs.iter().filter(|(_, v)| is_choice(v)) {
        if chosen.len() == MAX_CHOICES {
            break;
        }
        let Some(no) = facet_of(name, facets, false) else { continue };
        let is_flag = facets.facet(no).is_some_and(|facet| facet.kind == FacetKind::Flag);
        if is_flag && value != ON {
            continue;
        }
        let known = facets.said(no, value).first().and_then(|value| facets.value(*value)).map(|value| &*value.key);
        let choice = (no, known.unwrap_or(value).to_owned());
        if !chosen.contains(&choice) {
            chosen.push(choice);
        }
    }
    chosen.sort();
    chosen
}

fn ranges(pairs: &[(String, String)], facets: &Facets) -> Vec<(u16, Range)> {
    let mut ranges: Vec<(u16, Range)> = Vec::new();
    for (name, value) in pairs.iter().filter(|(_, v)| v.len() <= MAX_NUMBER_BYTES) {
        let named = name.rsplit_once('.').filter(|(_, end)| matches!(*end, "gte" | "lte"));
        let Some((no, end)) = named.and_then(|(name, end)| Some((facet_of(name, facets, true)?, end))) else {
            continue;
        };
        let Ok(number) = value.trim().parse::<Decimal>() else { continue };
        let number = Some(number.normalize());
        let at = match ranges.iter().position(|(known, _)| *known == no) {
            Some(at) => at,
            None if ranges.len() == MAX_CHOICES => continue,
            None => {
                ranges.push((no, Range { from: None, to: None }));
                ranges.len() - 1
            }
        };
        let range = &mut ranges[at].1;
        let bound = if end == "gte" { &mut range.from } else { &mut range.to };
        *bound = bound.or(number);
    }
    ranges.sort_by_key(|(no, _)| *no);
    ranges
}

/// A price in the shop's currency.
pub fn money(minor: Decimal, currency: Currency) -> Option<Money> {
    use rust_decimal::prelude::ToPrimitive;
    minor.to_i64().map(|minor| Money::new(minor, currency))
}
