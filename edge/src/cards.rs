//! The whole catalogue's cards as they stay in the worker's memory: a published [`snapshot::Card`] without its maps,
//! with repeated texts shared. 20,000 of them take a few megabytes.

use hashbrown::HashMap;
use std::cell::RefCell;
use std::rc::Rc;
use stoa_domain::product::Media;
use stoa_domain::review::Score;
use stoa_domain::snapshot::{CardRef, MoneyRef};
use stoa_domain::{Currency, Locale, Money};

/// A text in the shop's languages, compact: most have one or two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text(Box<[(Rc<str>, Box<str>)]>);

impl Text {
    /// The same fallbacks as [`stoa_domain::Localized::get`].
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
    pub score: Score,
    /// Numbers of [`crate::facets::Facets::value`].
    pub facets: Box<[u32]>,
    pub swatches: Box<[Rc<str>]>,
    pub single_sku: Option<Box<str>>,
}

/// Shares equal texts between cards while shards are decoded.
pub struct Interner {
    texts: RefCell<HashMap<Rc<str>, ()>>,
    /// The shop's, which most prices are in.
    currency: Currency,
}

impl Interner {
    pub fn new(currency: Currency) -> Self {
        Self { texts: RefCell::default(), currency }
    }
    pub fn text(&self, text: &str) -> Rc<str> {
        let mut texts = self.texts.borrow_mut();
        if let Some((known, ())) = texts.get_key_value(text) {
            return known.clone();
        }
        let shared: Rc<str> = text.into();
        texts.insert(shared.clone(), ());
        shared
    }
    pub fn texts(&self, texts: &[(&str, &str)]) -> Text {
        Text(texts.iter().map(|(locale, text)| (self.text(locale), (*text).into())).collect())
    }
    /// `value` numbers what the card calls a value. None where a price is in no currency.
    pub fn card(&self, card: &CardRef<'_>, value: impl Fn(u32) -> Option<u32>) -> Option<Card> {
        let money = |money: MoneyRef<'_>| money.with(self.currency);
        Some(Card {
            id: card.id.into(),
            handle: card.handle.into(),
            title: self.texts(&card.title),
            brand: card.brand.map(|brand| self.text(brand)),
            category: card.category.map(|category| self.text(category)),
            collections: card.collections.iter().map(|collection| self.text(collection)).collect(),
            price_from: money(card.price_from)?,
            price_to: money(card.price_to)?,
            compare_at: card.compare_at.and_then(money),
            image: card.image.as_ref().map(|image| {
                let (digest, widths) = (image.digest.to_owned(), image.widths.clone());
                let media = Media { digest, widths, width: image.width, height: image.height };
                Box::new((media, self.texts(&image.alt)))
            }),
            available: card.available,
            created_at: card.created_at,
            sold: card.sold,
            score: card.score,
            facets: card.facets.iter().filter_map(|called| value(*called)).collect(),
            swatches: card.swatches.iter().map(|swatch| self.text(swatch)).collect(),
            single_sku: card.single_sku.map(Into::into),
        })
    }
}
