//! How a merchant steers what shoppers find: rules for a query or a category, words that mean the same, and what speaks
//! for a product whatever was asked. One value, published as a whole: what is live changes when a draft is made live.
//!
//! What a rule says is in [`rule`], whether the whole is in order in `validate`. [`plan`] is what rules do to one list:
//! the shop and the preview ask it alike. Whether a rule is for a query depends on how texts are analysed, so that is
//! search-index's to say.

mod plan;
mod rule;
mod validate;
mod vocabulary;

pub use plan::{Chosen, Listed, Plan, Ready, same};
pub use rule::{Banner, Boost, By, Link, Match, Pin, RuleId, SearchRule, When};
pub use vocabulary::{MAX_PHRASE, MAX_SYNONYMS, Vocabulary};

use serde::{Deserialize, Serialize};

/// Of all settings as JSON.
pub const MAX_SETTINGS_BYTES: usize = 200_000;
pub const MAX_RULES: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SearchSettings {
    pub rules: Vec<SearchRule>,
    pub vocabulary: Vocabulary,
    pub merit: MeritWeights,
}

/// By how many percent the best product counts more than the worst, each 0 to 100. All 0: only the words count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MeritWeights {
    /// Units sold in the last 90 days, by their square root against the best seller's.
    pub sales: u8,
    /// Whether it can be bought now.
    pub stock: u8,
    /// How new it is: a half after 90 days, a third after 180.
    pub age: u8,
}

impl MeritWeights {
    pub fn sum(self) -> u16 {
        u16::from(self.sales) + u16::from(self.stock) + u16::from(self.age)
    }
}

impl SearchSettings {
    pub fn rule(&self, id: &RuleId) -> Option<&SearchRule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }
}
