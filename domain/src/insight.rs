//! What shoppers search for, counted by day: how often, how often in vain, which result was chosen, what came of it.
//!
//! No figure says who. There is no visitor, no address, no time finer than the day, and no order of events. The words of a
//! search are themselves often about a person (a name, a number, an address), so they are kept only where two rules hold:
//!
//! - **They have no form of a person's own data** ([`Words::new`]): at most 64 characters, no `@`, no seven digits in a row
//!   (a telephone, a card, a parcel), whatever stands between them.
//! - **Several asked for them on the same day** ([`NAMED_FROM`]). Until then they are a number made of them under a key
//!   that only the checkout function has, which counts and says nothing.
//!
//! Everything else is in the day's totals and nowhere else.

mod report;

pub use report::{DayTotals, MAX_REPORT_DAYS, Report, ReportError, permille};

use crate::Locale;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Words are kept as words once they were searched for so often in one day.
pub const NAMED_FROM: u32 = 5;
/// Of one day, so many searches have their words: more than a merchant reads.
pub const MAX_NAMED: usize = 200;
/// Of one day, so many wait to be asked for again.
pub const MAX_UNNAMED: usize = 400;
/// How long a day is kept.
pub const INSIGHT_DAYS: i64 = 400;
pub const MAX_WORDS_CHARS: usize = 64;
/// As many digits in a row are somebody's number.
const MAX_DIGITS: usize = 6;
/// One batch brings a few seconds of one place: more of one thing in it is no shopper.
pub const MAX_AT_ONCE: u32 = 20;
pub const MAX_ENTRIES: usize = 200;
/// Beyond it nobody looks.
pub const MAX_POSITION: u32 = 1_000;

/// What was done about one search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub searches: u32,
    /// Of these, such as found nothing.
    #[serde(default, skip_serializing_if = "is_none")]
    pub without: u32,
    /// Such as found only some of the words.
    #[serde(default, skip_serializing_if = "is_none")]
    pub relaxed: u32,
    /// Such as took other words for what was typed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub corrected: u32,
    #[serde(default, skip_serializing_if = "is_none")]
    pub clicks: u32,
    /// Sum of the places of what was chosen, the first is 1.
    #[serde(default, skip_serializing_if = "is_none")]
    pub positions: u32,
    /// Put into a cart after it was chosen.
    #[serde(default, skip_serializing_if = "is_none")]
    pub carts: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Counts {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            searches: self.searches.saturating_add(other.searches),
            without: self.without.saturating_add(other.without),
            relaxed: self.relaxed.saturating_add(other.relaxed),
            corrected: self.corrected.saturating_add(other.corrected),
            clicks: self.clicks.saturating_add(other.clicks),
            positions: self.positions.saturating_add(other.positions),
            carts: self.carts.saturating_add(other.carts),
        }
    }

    /// What one batch may say of one search: nothing of it more than [`MAX_AT_ONCE`], no part more than the whole.
    #[must_use]
    fn bounded(self) -> Self {
        let searches = self.searches.min(MAX_AT_ONCE);
        let clicks = self.clicks.min(MAX_AT_ONCE);
        Self {
            searches,
            without: self.without.min(searches),
            relaxed: self.relaxed.min(searches),
            corrected: self.corrected.min(searches),
            clicks,
            positions: self.positions.clamp(clicks, clicks.saturating_mul(MAX_POSITION)),
            carts: self.carts.min(MAX_AT_ONCE),
        }
    }
}

/// A search's words as they are counted: folded, one space between them. Not yet worth keeping, but none of a person's
/// data by its form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCounted {
    #[error("a search must have words")]
    Empty,
    #[error("a search must have at most {MAX_WORDS_CHARS} characters to be kept by its words")]
    TooLong,
    #[error("a search with @ is kept by no words")]
    Address,
    #[error("a search with more than {MAX_DIGITS} digits in a row is kept by no words")]
    Number,
    #[error("a search must have no control characters")]
    Control,
}

impl NotCounted {
    /// Stable and snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "search_empty",
            Self::TooLong => "search_too_long",
            Self::Address => "search_is_an_address",
            Self::Number => "search_is_a_number",
            Self::Control => "search_has_control_characters",
        }
    }
}

impl Words {
    /// Of a text as it was typed, or folded before.
    pub fn new(text: &str) -> Result<Self, NotCounted> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err(NotCounted::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(NotCounted::Control);
        }
        if text.chars().count() > MAX_WORDS_CHARS {
            return Err(NotCounted::TooLong);
        }
        if text.contains(['@', '＠']) {
            return Err(NotCounted::Address);
        }
        // A letter ends a run of digits; spaces, hyphens and brackets do not.
        let mut digits = 0;
        for c in text.chars() {
            if c.is_numeric() {
                digits += 1;
            } else if c.is_alphabetic() {
                digits = 0;
            }
            if digits > MAX_DIGITS {
                return Err(NotCounted::Number);
            }
        }
        Ok(Self(text.to_lowercase()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Words {
    type Error = NotCounted;
    fn try_from(text: String) -> Result<Self, NotCounted> {
        Self::new(&text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

/// What a batch says of one search in one language. Without words it counts in the totals alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub locale: Locale,
    pub words: Option<Words>,
    pub counts: Counts,
}

/// A search that several made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub locale: Locale,
    pub words: Words,
    #[serde(flatten)]
    pub counts: Counts,
}

/// One day's figures, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Day {
    pub total: Counts,
    #[serde(default)]
    pub named: Vec<Named>,
    /// By a number made of language and words under a key.
    #[serde(default)]
    unnamed: BTreeMap<u64, Counts>,
}

impl Day {
    /// Adds a batch. `mark` makes the number that stands for words until they are kept.
    pub fn add(&mut self, batch: impl IntoIterator<Item = Entry>, mark: impl Fn(&Locale, &Words) -> u64) {
        for Entry { locale, words, counts } in batch.into_iter().take(MAX_ENTRIES) {
            let counts = counts.bounded();
            self.total = self.total.and(counts);
            let Some(words) = words else { continue };
            if let Some(named) = self.named.iter_mut().find(|named| named.words == words && named.locale == locale) {
                named.counts = named.counts.and(counts);
                continue;
            }
            let mark = mark(&locale, &words);
            let so_far = self.unnamed.remove(&mark).unwrap_or_default().and(counts);
            if so_far.searches < NAMED_FROM {
                self.wait(mark, so_far);
            } else {
                self.name(Named { locale, words, counts: so_far });
            }
        }
    }

    /// Where there is no room, what was asked for least makes some: so a stranger's thousand words push out each other
    /// and not what several look for.
    fn wait(&mut self, mark: u64, counts: Counts) {
        if self.unnamed.len() >= MAX_UNNAMED {
            let least = self.unnamed.iter().min_by_key(|(_, counts)| counts.searches).map(|(mark, _)| *mark);
            if let Some(least) = least {
                self.unnamed.remove(&least);
            }
        }
        self.unnamed.insert(mark, counts);
    }

    fn name(&mut self, new: Named) {
        if self.named.len() < MAX_NAMED {
            return self.named.push(new);
        }
        let least = self.named.iter_mut().min_by_key(|named| named.counts.searches);
        if let Some(least) = least.filter(|least| least.counts.searches < new.counts.searches) {
            *least = new;
        }
    }
}

#[cfg(test)]
mod tests;
