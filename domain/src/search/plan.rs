//! What rules do to one list: products counted for more or less, put behind, put in their place. Pure, so that the shop
//! and the preview cannot differ.

use super::rule::{Banner, Boost, By, Link, SearchRule};
use crate::category::Category;
use crate::collection::{Collection, Members};
use crate::{CategoryId, ProductId};
use std::collections::HashSet;
use std::hash::Hash;

/// However many rules say so, a product counts between a tenth and ten times.
const LEAST_PERCENT: u64 = 10;
const MOST_PERCENT: u64 = 1_000;
const WHOLE: u64 = 100;

/// What rules and merit ask of a product in a list.
pub trait Listed {
    fn id(&self) -> &str;
    fn brand(&self) -> Option<&str>;
    fn category(&self) -> Option<&str>;
    /// Of the collections that are made by rule.
    fn is_in(&self, collection: &str) -> bool;
    /// Whether an attribute or option that lists filter by has the value, in any language and in any case.
    fn has(&self, attribute: &str, value: &str) -> bool;
    fn sells(&self) -> bool;
    fn on_sale(&self) -> bool;
    /// Units in the last 90 days.
    fn sold(&self) -> u32;
    /// Seconds since 1970.
    fn created_at(&self) -> i64;
}

/// Whom a boost is for, with what its ids stand for looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Products(HashSet<String>),
    Brand(String),
    Categories(HashSet<String>),
    /// Made by rule.
    Collection(String),
    Attribute {
        name: String,
        value: String,
    },
    SoldOut,
    OnSale,
}

impl Chosen {
    fn of(boost: &Boost, categories: &[Category], collections: &[Collection]) -> Self {
        let value = &boost.value;
        match boost.by {
            By::Product => Self::Products(HashSet::from([value.clone()])),
            By::Brand => Self::Brand(value.clone()),
            By::Category => Self::Categories(within(value, categories)),
            By::Collection => match collections.iter().find(|c| c.id.as_str() == value).map(|c| &c.members) {
                Some(Members::Manual(products)) => {
                    Self::Products(products.iter().map(|id| id.as_str().to_owned()).collect())
                }
                _ => Self::Collection(value.clone()),
            },
            By::Attribute => Self::Attribute { name: boost.name.clone(), value: value.clone() },
            By::SoldOut => Self::SoldOut,
            By::OnSale => Self::OnSale,
        }
    }

    pub fn holds(&self, product: &dyn Listed) -> bool {
        match self {
            Self::Products(ids) => ids.contains(product.id()),
            Self::Brand(brand) => product.brand().is_some_and(|other| same(brand, other)),
            Self::Categories(ids) => product.category().is_some_and(|at| ids.contains(at)),
            Self::Collection(id) => product.is_in(id),
            Self::Attribute { name, value } => product.has(name, value),
            Self::SoldOut => !product.sells(),
            Self::OnSale => product.on_sale(),
        }
    }
}

/// Without regard to case.
pub fn same(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// The category and all below it; a circle in the data ends it.
fn within(id: &str, categories: &[Category]) -> HashSet<String> {
    let mut found = HashSet::from([id.to_owned()]);
    loop {
        let is_in = |id: Option<&CategoryId>| id.is_some_and(|id| found.contains(id.as_str()));
        let below = categories.iter().filter(|c| is_in(c.parent.as_ref()) && !is_in(Some(&c.id)));
        let more: Vec<String> = below.map(|c| c.id.as_str().to_owned()).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// A rule that can be asked about products.
#[derive(Debug, Clone)]
pub struct Ready {
    pub rule: SearchRule,
    boosts: Vec<(Chosen, u16)>,
}

impl Ready {
    pub fn of(rule: SearchRule, categories: &[Category], collections: &[Collection]) -> Self {
        let ready = |boost: &Boost| (Chosen::of(boost, categories, collections), boost.percent);
        Self { boosts: rule.boosts.iter().map(ready).collect(), rule }
    }
}

/// The rules that hold for one list, in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct Plan<'a> {
    rules: Vec<&'a Ready>,
}

impl<'a> Plan<'a> {
    /// In whatever order they come.
    pub fn of(rules: impl IntoIterator<Item = &'a Ready>) -> Self {
        let mut rules: Vec<&Ready> = rules.into_iter().collect();
        rules.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        rules.dedup_by(|a, b| a.rule.id == b.rule.id);
        Self { rules }
    }
    pub fn rules(&self) -> impl Iterator<Item = &'a SearchRule> {
        self.rules.iter().map(|ready| &ready.rule)
    }
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
    pub fn redirect(&self) -> Option<&'a Link> {
        self.rules().find_map(|rule| rule.redirect.as_ref())
    }
    pub fn banners(&self) -> impl Iterator<Item = &'a Banner> {
        self.rules().filter_map(|rule| rule.banner.as_ref())
    }
    fn boosts(&self) -> impl Iterator<Item = &'a (Chosen, u16)> {
        self.rules.iter().flat_map(|ready| &ready.boosts)
    }
    pub fn boosts_any(&self) -> bool {
        self.boosts().any(|(_, percent)| *percent > 0)
    }
    /// Whether products have other places than their scores give them.
    pub fn arranges(&self) -> bool {
        self.boosts().any(|(_, percent)| *percent == 0) || self.rules().any(|rule| !rule.pins.is_empty())
    }

    /// By what a product's score is multiplied; 100 where no rule says anything.
    pub fn percent(&self, product: &dyn Listed) -> u64 {
        let mut percent = WHOLE;
        for (chosen, by) in self.boosts().filter(|(_, by)| *by > 0) {
            if chosen.holds(product) {
                percent = (percent * u64::from(*by) / WHOLE).clamp(LEAST_PERCENT, MOST_PERCENT);
            }
        }
        percent
    }
    /// Goes behind all others.
    pub fn is_buried(&self, product: &dyn Listed) -> bool {
        self.boosts().any(|(chosen, by)| *by == 0 && chosen.holds(product))
    }

    /// Pinned products with the places they are to have, from 0. The first rule that pins a product says where; of two
    /// for one place the second stands behind.
    pub fn pins(&self) -> Vec<(usize, &'a ProductId)> {
        let mut seen = HashSet::new();
        let all = self.rules().flat_map(|rule| &rule.pins).filter(|pin| seen.insert(&pin.product));
        let mut pins: Vec<_> = all.map(|pin| (usize::from(pin.position).saturating_sub(1), &pin.product)).collect();
        pins.sort_by_key(|(place, _)| *place);
        pins
    }

    /// The last step of every list, after its filters: what is buried goes behind the rest, in the order it had, and
    /// the pinned products that are in the list stand at their places; in a shorter list at its end.
    pub fn arrange<T: Copy + Eq + Hash, P: Listed>(
        &self,
        list: &mut Vec<T>,
        product: impl Fn(T) -> P,
        find: impl Fn(&ProductId) -> Option<T>,
    ) {
        if self.boosts().any(|(_, by)| *by == 0) {
            list.sort_by_cached_key(|item| self.is_buried(&product(*item)));
        }
        let mut pinned: Vec<(usize, T)> =
            self.pins().into_iter().filter_map(|(at, id)| Some((at, find(id)?))).collect();
        if pinned.is_empty() {
            return;
        }
        let there: HashSet<T> = list.iter().copied().collect();
        pinned.retain(|(_, item)| there.contains(item));
        let moved: HashSet<T> = pinned.iter().map(|(_, item)| *item).collect();
        list.retain(|item| !moved.contains(item));
        let mut free = 0;
        for (place, item) in pinned {
            let place = place.max(free).min(list.len());
            list.insert(place, item);
            free = place + 1;
        }
    }
}
