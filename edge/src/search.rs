//! The published index, opened in this isolate, as a list of cards.

use crate::snapshot::{CardNo, Snapshot};
use stoa_domain::Locale;
use stoa_search_index::{IndexError, Pack, Query, SearchIndex};

/// Beyond this many matches nobody looks; the index ranks no more.
const MAX_RANKED: usize = 1_000;

pub struct Index {
    index: SearchIndex,
    /// (digest, pack) of each segment: the next version takes over what did not change.
    packs: Vec<(String, Pack)>,
}

/// What a search found, best first.
pub struct Found {
    pub cards: Vec<CardNo>,
    /// Nothing had all words; these have some.
    pub relaxed: bool,
    /// (typed, taken instead).
    pub corrected: Vec<(String, String)>,
}

impl Index {
    pub fn open(meta: Vec<u8>, packs: Vec<(String, Pack)>) -> Result<Self, IndexError> {
        let index = SearchIndex::open_shared(meta, packs.iter().map(|(_, pack)| pack.clone()))?;
        Ok(Self { index, packs })
    }
    pub fn engine(&self) -> &SearchIndex {
        &self.index
    }
    pub fn pack(&self, digest: &str) -> Option<Pack> {
        self.packs.iter().find(|(d, _)| d == digest).map(|(_, pack)| pack.clone())
    }

    /// Every match: the ranked ones first, then what lies beyond [`MAX_RANKED`], so that filters see them all.
    pub fn search(&self, snapshot: &Snapshot, text: &str, exact: bool, locale: &Locale) -> Result<Found, IndexError> {
        let query = Query { limit: MAX_RANKED, want_matching: true, exact, ..Query::new(text, locale) };
        let hits = self.index.search(&query)?;
        let card = |key| self.index.product(key).and_then(|id| snapshot.find_id(id.as_str()));
        let mut cards: Vec<CardNo> = hits.hits.iter().filter_map(|hit| card(hit.key)).collect();
        if hits.matching.len() > hits.hits.len() {
            let ranked: std::collections::HashSet<CardNo> = cards.iter().copied().collect();
            cards.extend(hits.matching.iter().filter_map(|key| card(*key)).filter(|no| !ranked.contains(no)));
        }
        Ok(Found { cards, relaxed: hits.relaxed, corrected: hits.corrected })
    }

    pub fn suggest(
        &self,
        snapshot: &Snapshot,
        text: &str,
        locale: &Locale,
        limit: usize,
    ) -> Result<Vec<CardNo>, IndexError> {
        let hits = self.index.suggest(text, locale, limit, None)?;
        Ok(hits
            .iter()
            .filter_map(|hit| self.index.product(hit.key))
            .filter_map(|id| snapshot.find_id(id.as_str()))
            .collect())
    }
}
