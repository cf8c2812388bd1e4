//! What the shop's products can be filtered by beside brand, category and price: each facet and each value once for the
//! whole catalogue. A card holds the numbers of its values. The next version goes on with the table of the one before.

use crate::cards::{Interner, Text};
use hashbrown::{Equivalent, HashMap};
use rust_decimal::Decimal;
use std::rc::Rc;
use stoa_domain::Locale;
use stoa_domain::snapshot::{CardShardRef, FacetBaseRef, FacetKind, FacetRef, FacetSource, FacetValueRef};

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
    /// At each place of the published base, the number it has here.
    base: (Vec<Option<u16>>, Vec<Option<u32>>),
    /// How many values the base brought.
    settled: usize,
}

/// Looks up what is kept under a text of its own by one that is not.
#[derive(Hash)]
struct Named<'a, T>(T, &'a str);

impl<T: PartialEq> Equivalent<(T, Rc<str>)> for Named<'_, T> {
    fn equivalent(&self, kept: &(T, Rc<str>)) -> bool {
        self.0 == kept.0 && *self.1 == *kept.1
    }
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
        let known = self.by_name.get(&Named(source, name))?;
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
        if let Some(no) = self.by_key.get(&Named(facet, text)) {
            return vec![*no];
        }
        let values = self.facet(facet).map(|facet| facet.values.as_slice()).unwrap_or_default();
        values.iter().copied().filter(|no| self.value(*no).is_some_and(|value| value.is(text))).collect()
    }

    /// A table that begins with what all shards share.
    pub fn new(base: &FacetBaseRef<'_>, interner: &Interner, fallback: &Locale) -> Self {
        let mut this = Self::default();
        this.base.0 = base.facets.iter().map(|facet| this.add_facet(facet, interner)).collect();
        this.base.1 = this.add_values(&base.values, &[], interner, fallback);
        this.settled = this.values.len();
        this
    }

    /// Values that came since, from shards.
    pub fn own(&self) -> std::ops::Range<usize> {
        self.settled..self.values.len()
    }

    /// Takes over what one shard has beyond the base. What its cards call a value, [`Facets::number`] finds here.
    pub fn add(&mut self, shard: &CardShardRef<'_>, interner: &Interner, fallback: &Locale) -> Vec<Option<u32>> {
        let facets: Vec<_> = shard.facets.iter().map(|facet| self.add_facet(facet, interner)).collect();
        self.add_values(&shard.values, &facets, interner, fallback)
    }

    /// The number of a value, as a card of a shard that has `own` beyond the base calls it.
    pub fn number(&self, called: u32, own: &[Option<u32>]) -> Option<u32> {
        let called = called as usize;
        match called.checked_sub(self.base.1.len()) {
            None => self.base.1[called],
            Some(at) => *own.get(at)?,
        }
    }

    fn add_values(
        &mut self,
        values: &[(u16, FacetValueRef<'_>)],
        own: &[Option<u16>],
        interner: &Interner,
        fallback: &Locale,
    ) -> Vec<Option<u32>> {
        let add = |(facet, value): &(u16, FacetValueRef<'_>)| {
            let facet = usize::from(*facet);
            let facet = match facet.checked_sub(self.base.0.len()) {
                None => self.base.0[facet],
                Some(at) => *own.get(at)?,
            };
            self.add_value(facet?, value, interner, fallback)
        };
        values.iter().map(add).collect()
    }

    fn add_facet(&mut self, facet: &FacetRef<'_>, interner: &Interner) -> Option<u16> {
        let known = self.by_name.entry((facet.source, facet.name.into())).or_default();
        let same = |no: &&u16| self.facets.get(usize::from(**no)).is_some_and(|known| known.kind == facet.kind);
        if let Some(no) = known.iter().find(same) {
            return Some(*no);
        }
        let no = u16::try_from(self.facets.len()).ok()?;
        known.push(no);
        self.facets.push(Facet {
            source: facet.source,
            name: facet.name.into(),
            kind: facet.kind.clone(),
            label: interner.texts(&facet.label),
            values: Vec::new(),
        });
        Some(no)
    }

    fn add_value(
        &mut self,
        facet: u16,
        value: &FacetValueRef<'_>,
        interner: &Interner,
        fallback: &Locale,
    ) -> Option<u32> {
        // Most texts are in one language, and then the key says it all.
        let several;
        let key = match value {
            FacetValueRef::Text { text, .. } => match text.as_slice() {
                [(_, text)] => text,
                texts => {
                    several = interner.texts(texts);
                    several.get(fallback, fallback)
                }
            },
            FacetValueRef::Number(number) => number,
            FacetValueRef::Flag => ON,
        };
        if let Some(no) = self.by_key.get(&Named(facet, key)).copied() {
            // What a shard says of one of the base's came after it: another translation, another swatch.
            if let (true, FacetValueRef::Text { text, swatch }) = ((no as usize) < self.settled, value)
                && let Some(known) = self.values.get_mut(no as usize)
            {
                let text = if text.len() > 1 { interner.texts(text) } else { Text::default() };
                known.what = What::Text { text, swatch: swatch.map(|swatch| interner.text(swatch)) };
            }
            return Some(no);
        }
        let no = u32::try_from(self.values.len()).ok().filter(|_| self.values.len() < MAX_VALUES)?;
        let what = match value {
            FacetValueRef::Text { text, swatch } => {
                let text = if text.len() > 1 { interner.texts(text) } else { Text::default() };
                What::Text { text, swatch: swatch.map(|swatch| interner.text(swatch)) }
            }
            FacetValueRef::Number(number) => What::Number(number.parse().ok()?),
            FacetValueRef::Flag => What::Flag,
        };
        let key: Rc<str> = key.into();
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

#[cfg(test)]
mod tests {
    use super::*;
    use stoa_domain::Currency;

    #[test]
    fn what_a_shard_says_of_a_value_came_after_the_base() {
        let (interner, en) = (Interner::new(Currency::new("CNY").unwrap()), Locale::new("en").unwrap());
        let zh = Locale::new("zh-CN").unwrap();
        let sand = |zh, swatch| FacetValueRef::Text { text: vec![("en", "Sand"), ("zh-CN", zh)], swatch: Some(swatch) };
        let glaze = FacetRef {
            source: FacetSource::Option,
            name: "glaze",
            kind: FacetKind::Text,
            label: vec![("en", "Glaze")],
        };
        let base = FacetBaseRef {
            facets: vec![glaze],
            values: vec![(0, sand("沙士", "#000000")), (0, sand("沙士", "#000000"))],
        };
        let mut table = Facets::new(&base, &interner, &en);
        assert_eq!((table.number(0, &[]), table.number(1, &[]), table.own()), (Some(0), Some(0), 1..1));
        let shard = CardShardRef { facets: vec![], values: vec![(0, sand("沙色", "#c2a27c"))], cards: vec![] };
        let own = table.add(&shard, &interner, &en);
        assert_eq!(table.number(2, &own), Some(0), "it is the same value");
        let value = table.value(0).unwrap();
        assert_eq!((value.shown(&zh, &en), value.swatch()), ("沙色", Some("#c2a27c")));
        assert_eq!((table.said(0, "沙色"), table.number(3, &own)), (vec![0], None));
    }
}
