//! Which lines a selector means. The cart's words are indexed once, so a selector costs what it names, not what the
//! cart holds.

use super::condition::{AttributeIs, PriceRange, Selector};
use super::facts::Line;
use crate::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// A set of the cart's lines, by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineSet(Vec<u64>);

impl LineSet {
    pub(crate) fn none(lines: usize) -> Self {
        Self(vec![0; lines.div_ceil(64)])
    }
    pub(crate) fn all(lines: usize) -> Self {
        let mut set = Self::none(lines);
        (0..lines).for_each(|line| set.insert(line));
        set
    }
    pub(crate) fn insert(&mut self, line: usize) {
        self.0[line / 64] |= 1 << (line % 64);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        let bits = |(i, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| i * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
    fn with(mut self, other: &Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word = merge(*word, *other);
        }
        self
    }
    fn join(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Product,
    Sku,
    Collection,
    Category,
    Tag,
    Brand,
    ProductType,
}

/// The cart's lines by what selectors name.
pub(crate) struct Index<'a> {
    lines: &'a [Line],
    currency: Currency,
    words: BTreeMap<(Field, String), LineSet>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(lines: &'a [Line], currency: Currency) -> Self {
        let mut index = Self { lines, currency, words: BTreeMap::new() };
        for (at, line) in lines.iter().enumerate() {
            let facts = &line.facts;
            let mut word = |field, text: String| {
                index.words.entry((field, text)).or_insert_with(|| LineSet::none(lines.len())).insert(at);
            };
            word(Field::Sku, line.priced.sku.to_string());
            facts.product.iter().for_each(|id| word(Field::Product, id.to_string()));
            facts.collections.iter().for_each(|id| word(Field::Collection, id.to_string()));
            facts.categories.iter().for_each(|id| word(Field::Category, id.to_string()));
            facts.tags.iter().for_each(|tag| word(Field::Tag, tag.to_lowercase()));
            facts.brand.iter().for_each(|brand| word(Field::Brand, brand.to_lowercase()));
            facts.product_type.iter().for_each(|kind| word(Field::ProductType, kind.to_lowercase()));
        }
        index
    }

    pub(crate) fn select(&self, selector: Option<&Selector>) -> LineSet {
        selector.map_or_else(|| LineSet::all(self.lines.len()), |selector| self.lines_of(selector))
    }

    fn lines_of(&self, selector: &Selector) -> LineSet {
        let count = self.lines.len();
        match selector {
            Selector::All(all) => {
                all.iter().fold(LineSet::all(count), |set, one| set.with(&self.lines_of(one), |a, b| a & b))
            }
            Selector::Any(any) => {
                any.iter().fold(LineSet::none(count), |set, one| set.with(&self.lines_of(one), |a, b| a | b))
            }
            Selector::Not(one) => LineSet::all(count).with(&self.lines_of(one), |a, b| a & !b),
            Selector::Product(ids) => self.named(Field::Product, ids.iter().map(|id| id.as_str().to_owned())),
            Selector::Sku(skus) => self.named(Field::Sku, skus.iter().map(|sku| sku.as_str().to_owned())),
            Selector::Collection(ids) => self.named(Field::Collection, ids.iter().map(|id| id.as_str().to_owned())),
            Selector::Category(ids) => self.named(Field::Category, ids.iter().map(|id| id.as_str().to_owned())),
            Selector::Tag(tags) => self.named(Field::Tag, tags.iter().map(|tag| tag.to_lowercase())),
            Selector::Brand(brands) => self.named(Field::Brand, brands.iter().map(|brand| brand.to_lowercase())),
            Selector::ProductType(kinds) => {
                self.named(Field::ProductType, kinds.iter().map(|kind| kind.to_lowercase()))
            }
            Selector::Attribute(AttributeIs { name, any_of }) => {
                let wanted: BTreeSet<String> = any_of.iter().map(|value| value.to_lowercase()).collect();
                self.lines_where(|line| {
                    let values = line.facts.attributes.get(name).into_iter().flatten();
                    values.into_iter().any(|value| wanted.contains(&value.to_lowercase()))
                })
            }
            Selector::OnSale(wanted) => self.lines_where(|line| {
                let price = line.priced.unit_price;
                let on_sale =
                    line.priced.compare_at.is_some_and(|was| was.currency == price.currency && was.minor > price.minor);
                on_sale == *wanted
            }),
            Selector::UnitPrice(PriceRange { from, to }) => {
                let (from, to) =
                    (from.as_ref().map(|a| a.minor(self.currency)), to.as_ref().map(|a| a.minor(self.currency)));
                self.lines_where(|line| {
                    let price = line.priced.unit_price.minor;
                    from.is_none_or(|low| low.is_some_and(|low| price >= low))
                        && to.is_none_or(|high| high.is_some_and(|high| price <= high))
                })
            }
        }
    }

    fn named(&self, field: Field, words: impl Iterator<Item = String>) -> LineSet {
        let mut found = LineSet::none(self.lines.len());
        words.filter_map(|word| self.words.get(&(field, word))).for_each(|set| found.join(set));
        found
    }

    fn lines_where(&self, holds: impl Fn(&Line) -> bool) -> LineSet {
        let mut found = LineSet::none(self.lines.len());
        self.lines.iter().enumerate().filter(|(_, line)| holds(line)).for_each(|(at, _)| found.insert(at));
        found
    }
}
