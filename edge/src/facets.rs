//! What the shop's products can be filtered by beside brand, category and price: each facet and each value once for the
//! whole catalogue. A card holds the numbers of its values. The next version goes on with the table of the one before.

use crate::cards::{Interner, Text};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::rc::Rc;
use stoa_domain::Locale;
use stoa_domain::snapshot::{self, FacetKind, FacetSource};

/// Memory ends somewhere: what comes after so many values is not offered. They take about 80 bytes each.
const MAX_VALUES: usize = 200_000;
/// The value of a flag in an address.
pub const ON: &str = "1";

#[derive(Debug)]
pub struct Facet {
    pub source: FacetSource,
    pub name: Rc<str>,
    pub kind: FacetKind,
    pub label: Text,
    /// Numbers of its values.
    pub values: Vec<u32>,
}

/// The key is the text in the shop's default language, or the number: what addresses say.
#[derive(Debug)]
pub struct Value {
    pub facet: u16,
    pub key: Rc<str>,
    what: What,
}

#[derive(Debug)]
enum What {
    Text { text: Text, swatch: Option<Rc<str>> },
    Number(Decimal),
    Flag,
}

#[derive(Debug, Default)]
pub struct Facets {
    facets: Vec<Facet>,
    values: Vec<Value>,
    by_name: HashMap<(FacetSource, Rc<str>), Vec<u16>>,
    by_key: HashMap<(u16, Rc<str>), u32>,
}

impl Facets {
    pub fn values(&self) -> &[Value] {
        &self.values
    }
    pub fn facets(&self) -> &[Facet] {
        &self.facets
    }
    pub fn facet(&self, no: u16) -> Option<&Facet> {
        self.facets.get(usize::from(no))
    }
    pub fn value(&self, no: u32) -> Option<&Value> {
        self.values.get(no as usize)
    }

    /// The facet that an address means by a name: that of texts before the flag; of numbers the first unit.
    pub fn named(&self, source: FacetSource, name: &str, numbers: bool) -> Option<u16> {
        let known = self.by_name.get(&(source, Rc::from(name)))?;
        let rank = |no: &&u16| match self.facet(**no).map(|facet| &facet.kind) {
            Some(FacetKind::Text) => 0,
            Some(FacetKind::Flag) => 1,
            _ => 2,
        };
        known.iter().filter(|no| (rank(no) == 2) == numbers).min_by_key(rank).copied()
    }
    /// Whether an address can name it: not where another facet of the same name comes before it.
    pub fn is_named(&self, no: u16) -> bool {
        self.facet(no).is_some_and(|facet| {
            let numbers = matches!(facet.kind, FacetKind::Number { .. });
            self.named(facet.source, &facet.name, numbers) == Some(no)
        })
    }
    /// Those whose text is this in any language.
    pub fn said(&self, facet: u16, text: &str) -> Vec<u32> {
        if let Some(no) = self.by_key.get(&(facet, Rc::from(text))) {
            return vec![*no];
        }
        let values = self.facet(facet).map(|facet| facet.values.as_slice()).unwrap_or_default();
        values.iter().copied().filter(|no| self.value(*no).is_some_and(|value| value.is(text))).collect()
    }

    /// Takes over one shard's facets and values: at each place the number they have here.
    pub fn add(
        &mut self,
        facets: Vec<snapshot::Facet>,
        values: Vec<(u16, snapshot::FacetValue)>,
        interner: &Interner,
        fallback: &Locale,
    ) -> Vec<Option<u32>> {
        let facets: Vec<Option<u16>> = facets.into_iter().map(|facet| self.add_facet(facet, interner)).collect();
        let add = |(facet, value): (u16, snapshot::FacetValue)| {
            let facet = facets.get(usize::from(facet)).copied().flatten()?;
            self.add_value(facet, value, interner, fallback)
        };
        values.into_iter().map(add).collect()
    }

    fn add_facet(&mut self, facet: snapshot::Facet, interner: &Interner) -> Option<u16> {
        let known = self.by_name.entry((facet.source, facet.name.as_str().into())).or_default();
        let same = |no: &&u16| self.facets.get(usize::from(**no)).is_some_and(|known| known.kind == facet.kind);
        if let Some(no) = known.iter().find(same) {
            return Some(*no);
        }
        let no = u16::try_from(self.facets.len()).ok()?;
        known.push(no);
        self.facets.push(Facet {
            source: facet.source,
            name: facet.name.into(),
            kind: facet.kind,
            label: interner.localized(&facet.label),
            values: Vec::new(),
        });
        Some(no)
    }

    fn add_value(
        &mut self,
        facet: u16,
        value: snapshot::FacetValue,
        interner: &Interner,
        fallback: &Locale,
    ) -> Option<u32> {
        let (key, what): (Rc<str>, What) = match value {
            snapshot::FacetValue::Text { text, swatch } => {
                let key = text.get(fallback, fallback).into();
                // Most texts are in one language: the key says it.
                let text = if text.iter().count() > 1 { interner.localized(&text) } else { Text::default() };
                (key, What::Text { text, swatch: swatch.map(|swatch| interner.text(&swatch)) })
            }
            snapshot::FacetValue::Number(number) => (number.to_string().into(), What::Number(number)),
            snapshot::FacetValue::Flag => (ON.into(), What::Flag),
        };
        if let Some(no) = self.by_key.get(&(facet, key.clone())) {
            return Some(*no);
        }
        let no = u32::try_from(self.values.len()).ok().filter(|_| self.values.len() < MAX_VALUES)?;
        self.facets.get_mut(usize::from(facet))?.values.push(no);
        self.by_key.insert((facet, key.clone()), no);
        self.values.push(Value { facet, key, what });
        Some(no)
    }
}

impl Value {
    pub fn shown(&self, locale: &Locale, fallback: &Locale) -> &str {
        match &self.what {
            What::Text { text, .. } => Some(text.get(locale, fallback)).filter(|t| !t.is_empty()).unwrap_or(&self.key),
            _ => &self.key,
        }
    }
    pub fn swatch(&self) -> Option<&str> {
        match &self.what {
            What::Text { swatch, .. } => swatch.as_deref(),
            _ => None,
        }
    }
    pub fn number(&self) -> Option<Decimal> {
        match self.what {
            What::Number(number) => Some(number),
            _ => None,
        }
    }
    /// Whether what it says, in any language, is wanted: its key and its texts.
    pub fn any(&self, wanted: impl Fn(&str) -> bool) -> bool {
        wanted(&self.key) || matches!(&self.what, What::Text { text, .. } if text.any(&wanted))
    }
    fn is(&self, text: &str) -> bool {
        matches!(&self.what, What::Text { text: have, .. } if have.is_any(text))
    }
}
