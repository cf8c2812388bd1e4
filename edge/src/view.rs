//! What every page needs at hand: the published shop, the language, addresses and words.

use crate::messages::Words;
use crate::snapshot::Snapshot;
use fluent_bundle::FluentValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::rc::Rc;
use stoa_domain::{Locale, Localized, Money};

/// What must be escaped in one segment of a path.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%')
    .add(b'&');

pub struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub locale: Locale,
    pub words: Rc<Words>,
    /// Empty for the default locale, else `/zh`.
    pub prefix: String,
    /// `https://shop.example`.
    pub origin: &'a str,
}

pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Where a locale's pages live.
pub fn prefix_of(locale: &Locale, default: &Locale) -> String {
    if locale == default { String::new() } else { format!("/{}", locale.language()) }
}

fn facet_key(name: &str) -> String {
    format!("facet-{}", name.to_lowercase().replace([' ', '_'], "-"))
}

impl<'a> View<'a> {
    pub fn new(snapshot: &'a Snapshot, locale: Locale, origin: &'a str) -> Self {
        let prefix = prefix_of(&locale, snapshot.default_locale());
        Self { snapshot, words: Words::of(&locale), locale, prefix, origin }
    }
    /// An address within the shop in this language: `/cart` becomes `/zh/cart`.
    pub fn to(&self, path: &str) -> String {
        if path == "/" && !self.prefix.is_empty() { self.prefix.clone() } else { format!("{}{path}", self.prefix) }
    }
    pub fn to_product(&self, handle: &str) -> String {
        format!("{}/products/{}", self.prefix, segment(handle))
    }
    pub fn to_collection(&self, handle: &str) -> String {
        format!("{}/collections/{}", self.prefix, segment(handle))
    }
    pub fn text<'t>(&self, text: &'t Localized) -> &'t str {
        text.get(&self.locale, self.snapshot.default_locale())
    }
    pub fn card_text<'t>(&self, text: &'t crate::cards::Text) -> &'t str {
        text.get(&self.locale, self.snapshot.default_locale())
    }
    pub fn t(&self, key: &str) -> String {
        self.words.t(key)
    }
    pub fn t_with(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.words.t_with(key, values)
    }
    pub fn money(&self, money: Money) -> String {
        self.words.money(money)
    }
    /// What a facet is called: the merchant's word in this language, else the shop's own, else the merchant's in another.
    pub fn facet_name(&self, facet: &crate::facets::Facet) -> String {
        if let Some(label) = facet.label.in_language(&self.locale) {
            return label.to_owned();
        }
        let label = self.card_text(&facet.label);
        let own = self.words.find(&facet_key(&facet.name), &[]);
        own.unwrap_or_else(|| if label.is_empty() { self.facet_label(&facet.name) } else { label.to_owned() })
    }
    /// A facet's or attribute's name for people, where the data brings none: `attr_n_weight` becomes `Weight`.
    pub fn facet_label(&self, name: &str) -> String {
        self.words.find(&facet_key(name), &[]).unwrap_or_else(|| {
            let bare = name.strip_prefix("attr_").unwrap_or(name);
            let bare = bare.split_once('_').filter(|(kind, _)| kind.len() == 1).map_or(bare, |(_, rest)| rest);
            let mut text = bare.replace(['_', '-'], " ");
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            text
        })
    }
}
