//! One rule: for which query or category it is, while which time, and what it does there.

use crate::{CategoryId, Locale, Localized, ProductId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Small letters, digits and hyphens, at most 64. Where rules meet, the one whose id comes first goes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct RuleId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the id of a rule must be 1 to 64 of a to z, 0 to 9 and hyphens, got {got:?}")]
pub struct InvalidRuleId {
    pub got: String,
}

impl RuleId {
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidRuleId> {
        let text = text.into();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(InvalidRuleId { got: text.chars().take(80).collect() })
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for RuleId {
    type Error = InvalidRuleId;
    fn try_from(text: String) -> Result<Self, InvalidRuleId> {
        Self::new(text)
    }
}
impl From<RuleId> for String {
    fn from(id: RuleId) -> String {
        id.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchRule {
    pub id: RuleId,
    /// For staff.
    #[serde(default)]
    pub name: String,
    /// Kept, but without effect.
    #[serde(default)]
    pub paused: bool,
    pub when: When,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub from: Option<Timestamp>,
    /// No longer from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boosts: Vec<Boost>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<Banner>,
    /// Searches only: where the shopper is taken instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Link>,
}

/// For searches that say one of the phrases, or for the page of one category: exactly one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRuleWhen))]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// Compared as the search compares: `mugs` is `Mug`, `保溫杯` is `保温杯`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    pub matches: Match,
    /// Searches in this language only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRuleMatch))]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The search is the phrase.
    #[default]
    Is,
    /// The phrase's words follow each other in the search.
    Contains,
}

/// `position` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRulePin))]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub product: ProductId,
    pub position: u16,
}

/// Products that count for more or less. `percent`: 200 counts twice, 50 half, 0 goes behind all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRuleBoost))]
#[serde(deny_unknown_fields)]
pub struct Boost {
    pub by: By,
    /// An id, a brand, or an attribute's value; none for what is a yes or no.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Of an attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub percent: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRuleBy))]
#[serde(rename_all = "snake_case")]
pub enum By {
    Product,
    Brand,
    /// With all below it.
    Category,
    /// A collection by a tag stands for the tag.
    Collection,
    /// One that lists can be filtered by.
    Attribute,
    SoldOut,
    OnSale,
}

impl By {
    pub const ALL: [(&'static str, Self); 7] = [
        ("product", Self::Product),
        ("brand", Self::Brand),
        ("category", Self::Category),
        ("collection", Self::Collection),
        ("attribute", Self::Attribute),
        ("sold_out", Self::SoldOut),
        ("on_sale", Self::OnSale),
    ];
    pub fn has_value(self) -> bool {
        !matches!(self, Self::SoldOut | Self::OnSale)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SearchRuleBanner))]
#[serde(deny_unknown_fields)]
pub struct Banner {
    #[serde(default)]
    pub title: Localized,
    #[serde(default)]
    pub text: Localized,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A path of the shop without language (`/collections/mugs`), or an https address elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Link(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a link must be a path of the shop such as /collections/mugs, or an https address, of at most 500 bytes, got {got:?}"
)]
pub struct InvalidLink {
    pub got: String,
}

impl Link {
    const MAX_BYTES: usize = 500;

    pub fn new(text: impl Into<String>) -> Result<Self, InvalidLink> {
        let text = text.into();
        let plain =
            text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`'));
        let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let fits = match host {
            Some(host) => host.contains('.') && !host.starts_with('.') && !host.contains('@'),
            // `//elsewhere` would be another host.
            None => text.starts_with('/') && !text.starts_with("//"),
        };
        if plain && fits && text.len() <= Self::MAX_BYTES {
            Ok(Self(text))
        } else {
            Err(InvalidLink { got: text.chars().take(80).collect() })
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn leaves_the_shop(&self) -> bool {
        !self.0.starts_with('/')
    }
    /// A search that leads to a search might go round and round.
    pub fn is_search(&self) -> bool {
        let path = self.0.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        !self.leaves_the_shop() && (path == "/search" || path.ends_with("/search"))
    }
}
impl TryFrom<String> for Link {
    type Error = InvalidLink;
    fn try_from(text: String) -> Result<Self, InvalidLink> {
        Self::new(text)
    }
}
impl From<Link> for String {
    fn from(link: Link) -> String {
        link.0
    }
}

impl SearchRule {
    pub fn holds_at(&self, at: Timestamp) -> bool {
        !self.paused && self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}
