//! The whole catalogue's cards as they stay in the worker's memory: a published [`snapshot::Card`] without its maps,
//! with repeated texts shared. 20,000 of them take a few megabytes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use stoa_domain::product::Media;
use stoa_domain::{Locale, Localized, Money, snapshot};

/// A text in the shop's languages, compact: most have one or two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text(Box<[(Rc<str>, Box<str>)]>);

impl Text {
    /// The same fallbacks as [`Localized::get`].
    pub fn get(&self, locale: &Locale, fallback: &Locale) -> &str {
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        let exact = |l: &Locale| self.0.iter().find(|(tag, t)| &**tag == l.as_str() && !t.is_empty());
        exact(locale)
            .or_else(|| self.0.iter().find(|(tag, t)| language(tag) == locale.language() && !t.is_empty()))
            .or_else(|| exact(fallback))
            .or_else(|| self.0.iter().find(|(_, t)| !t.is_empty()))
            .map_or("", |(_, t)| t)
    }
    /// Only in the language itself.
    pub fn in_language(&self, locale: &Locale) -> Option<&str> {
        let same = |tag: &str| tag.split('-').next() == Some(locale.language());
        self.0.iter().find(|(tag, text)| same(tag) && !text.is_empty()).map(|(_, text)| &**text)
    }
    /// Whether any locale's text is `text`: filters in a URL work in every language.
    pub fn is_any(&self, text: &str) -> bool {
        self.any(|t| t == text)
    }
    pub fn any(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|(_, text)| wanted(text))
    }
}

#[derive(Debug)]
pub struct Card {
    pub id: Box<str>,
    pub handle: Box<str>,
    pub title: Text,
    pub brand: Option<Rc<str>>,
    pub category: Option<Rc<str>>,
    /// Rule-made collections.
    pub collections: Box<[Rc<str>]>,
    pub price_from: Money,
    pub price_to: Money,
    pub compare_at: Option<Money>,
    pub image: Option<Box<(Media, Text)>>,
    pub available: bool,
    pub created_at: i64,
    pub sold: u32,
    /// Numbers of [`crate::facets::Facets::value`].
    pub facets: Box<[u32]>,
    pub swatches: Box<[Rc<str>]>,
    pub single_sku: Option<Box<str>>,
}

/// Shares equal texts between cards while shards are decoded.
#[derive(Default)]
pub struct Interner {
    texts: RefCell<HashMap<Box<str>, Rc<str>>>,
}

impl Interner {
    pub fn text(&self, text: &str) -> Rc<str> {
        let mut texts = self.texts.borrow_mut();
        if let Some(known) = texts.get(text) {
            return known.clone();
        }
        let shared: Rc<str> = text.into();
        texts.insert(text.into(), shared.clone());
        shared
    }
    pub fn localized(&self, text: &Localized) -> Text {
        Text(text.iter().map(|(locale, t)| (self.text(locale.as_str()), t.into())).collect())
    }
    /// `values` has the number of each of the shard's values.
    pub fn card(&self, card: snapshot::Card, values: &[Option<u32>]) -> Card {
        Card {
            title: self.localized(&card.title),
            brand: card.brand.as_deref().map(|b| self.text(b)),
            category: card.category.as_ref().map(|c| self.text(c.as_str())),
            collections: card.collections.iter().map(|c| self.text(c.as_str())).collect(),
            image: card.image.map(|image| Box::new((image.media, self.localized(&image.alt)))),
            facets: card.facets.iter().filter_map(|at| *values.get(*at as usize)?).collect(),
            sold: card.sold,
            swatches: card.swatches.iter().map(|s| self.text(s)).collect(),
            id: String::from(card.id).into(),
            handle: String::from(card.handle).into(),
            price_from: card.price_from,
            price_to: card.price_to,
            compare_at: card.compare_at,
            available: card.available,
            created_at: card.created_at,
            single_sku: card.single_sku.map(|sku| String::from(sku).into()),
        }
    }
}
