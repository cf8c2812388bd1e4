//! What lists filter by beside brand, category and price: the shop's marked attributes, the options of variants, and
//! further attributes that have the shape of a choice. What the catalogue had when it was last built as a whole is one
//! object, the base; a shard writes what came since. Its cards point into the base, and beyond it into the shard's own.

use super::{Card, SnapshotError, decode, encode};
use crate::product::{Attribute, AttributeValue, Product};
use crate::shop::Shop;
use crate::{Locale, Localized};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// More values than this no card carries; the shop's marked attributes and options come first.
pub const MAX_CARD_FACETS: usize = 64;
/// A longer text is prose, not a choice.
const MAX_FACET_TEXT_BYTES: usize = 64;
const MAX_FACETS: usize = u16::MAX as usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FacetSource {
    Attribute,
    Option,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FacetKind {
    Text,
    /// Numbers of different units are different facets.
    Number {
        unit: Option<String>,
    },
    Flag,
}

/// `name` is an attribute's stable key, or an option's name in the shop's default language, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub source: FacetSource,
    pub name: String,
    pub kind: FacetKind,
    pub label: Localized,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FacetValue {
    Text {
        text: Localized,
        /// `#c2a27c`
        swatch: Option<String>,
    },
    Number(Decimal),
    /// Flags that are off say nothing.
    Flag,
}

/// What all shards of a catalogue share: most values are on products of many shards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetBase {
    pub facets: Vec<Facet>,
    /// With an index into `facets` each.
    pub values: Vec<(u16, FacetValue)>,
}

/// One shard as it is published. Its cards' `facets` are indices into the values of the base with these after them, and
/// so is each value's number into the facets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardShard {
    pub facets: Vec<Facet>,
    pub values: Vec<(u16, FacetValue)>,
    pub cards: Vec<Card>,
}

/// The facets and values of the cards at hand, each once: what their `facets` point into until they are packed.
#[derive(Debug, Default)]
pub struct FacetTable {
    facets: Vec<Facet>,
    values: Vec<(u16, FacetValue)>,
    facet_at: HashMap<(FacetSource, String, FacetKind), u16>,
    value_at: HashMap<(u16, FacetValue), u32>,
    /// How many of the facets and of the values are in the base.
    base: (usize, usize),
}

impl FacetTable {
    /// A table that goes on after what was published.
    pub fn after(base: FacetBase) -> Self {
        let mut this = Self::default();
        for (at, facet) in (0..=u16::MAX).zip(&base.facets) {
            this.facet_at.insert((facet.source, facet.name.clone(), facet.kind.clone()), at);
        }
        for (at, pair) in (0..=u32::MAX).zip(&base.values) {
            this.value_at.insert(pair.clone(), at);
        }
        this.base = (base.facets.len(), base.values.len());
        (this.facets, this.values) = (base.facets, base.values);
        this
    }

    /// What a card's number stands for.
    pub fn value(&self, at: u32) -> Option<(&Facet, &FacetValue)> {
        let (facet, value) = self.values.get(at as usize)?;
        Some((self.facets.get(usize::from(*facet))?, value))
    }

    /// Makes all that is in the table the base of the shards that are packed from now on; answers its bytes.
    pub fn settle(&mut self) -> Result<Vec<u8>, SnapshotError> {
        self.base = (self.facets.len(), self.values.len());
        // As a [`FacetBase`]: a struct is written as its fields one after the other.
        encode(&(&self.facets, &self.values))
    }

    /// The first label of a facet stays. None beyond 65,535 facets.
    fn add(&mut self, facet: Facet, value: FacetValue) -> Option<u32> {
        let key = (facet.source, facet.name.clone(), facet.kind.clone());
        let at = match self.facet_at.get(&key) {
            Some(at) => *at,
            None => {
                let at = u16::try_from(self.facets.len()).ok().filter(|at| usize::from(*at) < MAX_FACETS)?;
                self.facet_at.insert(key, at);
                self.facets.push(facet);
                at
            }
        };
        let next = u32::try_from(self.values.len()).ok()?;
        Some(*self.value_at.entry((at, value)).or_insert_with_key(|pair| {
            self.values.push(pair.clone());
            next
        }))
    }

    /// What a product can be filtered by.
    pub(super) fn of(&mut self, product: &Product, shop: &Shop) -> Vec<u32> {
        let marked = |attribute: &Attribute| shop.facets.iter().position(|name| *name == attribute.name);
        let mut attributes: Vec<(Option<usize>, &Attribute)> = Vec::new();
        let mut seen = HashSet::new();
        for attribute in &product.attributes {
            if seen.insert(attribute.name.as_str()) {
                attributes.push((marked(attribute), attribute));
            }
        }
        let chosen = |(at, attribute): &(Option<usize>, &Attribute)| of_attribute(attribute, at.is_some());
        attributes.sort_by_key(|(at, _)| at.unwrap_or(usize::MAX));
        let unmarked = attributes.partition_point(|(at, _)| at.is_some());
        let named = attributes[..unmarked].iter().filter_map(chosen);
        let others = attributes[unmarked..].iter().filter_map(chosen);
        let all = named.chain(of_options(product, &shop.default_locale)).chain(others).take(MAX_CARD_FACETS);
        let mut facets = Vec::new();
        for (facet, value) in all {
            facets.extend(self.add(facet, value).filter(|at| !facets.contains(at)));
        }
        facets
    }

    /// One shard's bytes, sorted by id: the same cards give the same bytes.
    pub fn pack(&self, mut cards: Vec<Card>) -> Result<Vec<u8>, SnapshotError> {
        cards.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut shard = Supplement { base: self.base, own: Self::default() };
        for card in &mut cards {
            card.facets = card.facets.iter().filter_map(|at| shard.number(self, *at)).collect();
        }
        let Self { facets, values, .. } = shard.own;
        encode(&CardShard { facets, values, cards })
    }

    /// A shard's cards, pointing into this table, which goes on after the base that the shard was packed with.
    pub fn unpack(&mut self, bytes: &[u8]) -> Result<Vec<Card>, SnapshotError> {
        let CardShard { facets, values, mut cards } = decode(bytes)?;
        let (base_facets, base_values) = self.base;
        let mut own = Vec::with_capacity(values.len());
        for (facet, value) in values {
            let facet = match usize::from(facet).checked_sub(base_facets) {
                None => self.facets.get(usize::from(facet)),
                Some(at) => facets.get(at),
            };
            own.push(facet.cloned().and_then(|facet| self.add(facet, value)));
        }
        let number = |at: &u32| match (*at as usize).checked_sub(base_values) {
            None => Some(*at),
            Some(at) => *own.get(at)?,
        };
        for card in &mut cards {
            card.facets = card.facets.iter().filter_map(number).collect();
        }
        Ok(cards)
    }
}

/// What one shard has beyond the base.
struct Supplement {
    base: (usize, usize),
    own: FacetTable,
}

impl Supplement {
    /// What a card of this shard calls a value of the table.
    fn number(&mut self, table: &FacetTable, at: u32) -> Option<u32> {
        let (base_facets, base_values) = self.base;
        if (at as usize) < base_values {
            return Some(at);
        }
        let (facet, value) = table.value(at)?;
        let (facet_at, _) = table.values.get(at as usize)?;
        let facet_at = if usize::from(*facet_at) < base_facets {
            *facet_at
        } else {
            let key = (facet.source, facet.name.clone(), facet.kind.clone());
            let next = self.own.facets.len();
            let own = *self.own.facet_at.entry(key).or_insert_with(|| {
                self.own.facets.push(facet.clone());
                u16::try_from(next).unwrap_or(u16::MAX)
            });
            u16::try_from(base_facets).ok()?.checked_add(own)?
        };
        let next = u32::try_from(self.own.values.len()).ok()?;
        let own = *self.own.value_at.entry((facet_at, value.clone())).or_insert_with_key(|pair| {
            self.own.values.push(pair.clone());
            next
        });
        u32::try_from(base_values).ok()?.checked_add(own)
    }
}

fn of_attribute(attribute: &Attribute, marked: bool) -> Option<(Facet, FacetValue)> {
    let (kind, value) = match &attribute.value {
        AttributeValue::Text(text) => {
            let short = |text: &str| text.len() <= MAX_FACET_TEXT_BYTES;
            if text.is_empty() || !marked && !text.iter().all(|(_, text)| short(text)) {
                return None;
            }
            (FacetKind::Text, FacetValue::Text { text: text.clone(), swatch: None })
        }
        AttributeValue::Number { value, unit } => {
            (FacetKind::Number { unit: unit.clone() }, FacetValue::Number(value.normalize()))
        }
        AttributeValue::Flag(true) => (FacetKind::Flag, FacetValue::Flag),
        AttributeValue::Flag(false) => return None,
    };
    let (name, label) = (attribute.name.clone(), attribute.label.clone());
    Some((Facet { source: FacetSource::Attribute, name, kind, label }, value))
}

/// Only values that a variant has.
fn of_options<'a>(product: &'a Product, locale: &'a Locale) -> impl Iterator<Item = (Facet, FacetValue)> {
    product.options.iter().enumerate().flat_map(move |(no, option)| {
        let name = option.name.get(locale, locale).trim().to_lowercase();
        let used: HashSet<u16> = product.variants.iter().filter_map(|v| v.option_values.get(no).copied()).collect();
        let values =
            option.values.iter().enumerate().filter(move |(at, value)| {
                u16::try_from(*at).is_ok_and(|at| used.contains(&at)) && !value.name.is_empty()
            });
        values.filter(move |_| !option.name.is_empty()).map(move |(_, value)| {
            let label = option.name.clone();
            let facet = Facet { source: FacetSource::Option, name: name.clone(), kind: FacetKind::Text, label };
            (facet, FacetValue::Text { text: value.name.clone(), swatch: value.swatch.clone() })
        })
    })
}
