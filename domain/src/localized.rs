//! Text in the shop's languages, falling back field by field.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A BCP 47 language tag the shop publishes in: `en`, `zh-CN`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Locale(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a locale must be a BCP 47 tag such as en or zh-CN, got {got:?}")]
pub struct InvalidLocale {
    pub got: String,
}

impl Locale {
    pub fn new(tag: impl Into<String>) -> Result<Self, InvalidLocale> {
        let tag = tag.into();
        let well_formed = tag.len() <= 35
            && tag.split('-').enumerate().all(|(i, part)| {
                let letters = part.chars().all(|c| c.is_ascii_alphabetic());
                let fits = if i == 0 { (2..=3).contains(&part.len()) } else { (2..=8).contains(&part.len()) };
                fits && if i == 0 { letters } else { part.chars().all(|c| c.is_ascii_alphanumeric()) }
            });
        if well_formed { Ok(Self(tag)) } else { Err(InvalidLocale { got: tag.chars().take(80).collect() }) }
    }
    /// `und`: for texts of no language in particular.
    pub fn undetermined() -> Self {
        Self("und".to_owned())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// `zh` of `zh-CN`.
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}
impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Locale {
    type Error = InvalidLocale;
    fn try_from(tag: String) -> Result<Self, InvalidLocale> {
        Self::new(tag)
    }
}
impl From<Locale> for String {
    fn from(locale: Locale) -> String {
        locale.0
    }
}

/// One text in one or more locales. An empty one is allowed (an absent description).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Localized(BTreeMap<Locale, String>);

impl Localized {
    pub fn new(locale: Locale, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(locale, text.into())]))
    }
    pub fn with(mut self, locale: Locale, text: impl Into<String>) -> Self {
        self.0.insert(locale, text.into());
        self
    }
    pub fn set(&mut self, locale: Locale, text: impl Into<String>) {
        self.0.insert(locale, text.into());
    }
    /// The text for `locale`; else one in the same language; else `fallback`'s; else any; else empty.
    pub fn get(&self, locale: &Locale, fallback: &Locale) -> &str {
        let filled = |l: &Locale| self.0.get(l).filter(|t| !t.is_empty());
        filled(locale)
            .or_else(|| self.0.iter().find(|(l, t)| l.language() == locale.language() && !t.is_empty()).map(|(_, t)| t))
            .or_else(|| filled(fallback))
            .or_else(|| self.0.values().find(|t| !t.is_empty()))
            .map_or("", String::as_str)
    }
    pub fn exact(&self, locale: &Locale) -> Option<&str> {
        self.0.get(locale).map(String::as_str)
    }
    pub fn is_empty(&self) -> bool {
        self.0.values().all(String::is_empty)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&Locale, &str)> {
        self.0.iter().map(|(l, t)| (l, t.as_str()))
    }
}
