//! What words mean to the shop.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest phrase, in words, that has synonyms.
pub const MAX_PHRASE: usize = 4;
/// More ways of saying one thing are not asked for: each costs time.
pub const MAX_SYNONYMS: usize = 8;

/// By the first part of a BCP 47 tag: `en`, `zh`. It is applied when a shopper asks, so a change needs no new index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Vocabulary {
    /// Left out where there are other words: they choose nothing.
    pub stop_words: BTreeMap<String, Vec<String>>,
    /// Groups whose members stand for each other: `tv`, `television`.
    pub synonyms: BTreeMap<String, Vec<Vec<String>>>,
    /// What is typed, and what is found too, but not the other way round: `bedding` finds `pillow`.
    pub one_way: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Without the words that come with Stoa.
    pub own_only: bool,
}
