//! The published index, opened in this isolate. What is asked of it, and how it is steered, is search-index's `steer`.

use stoa_search_index::{IndexError, Pack, SearchIndex};

pub struct Index {
    index: SearchIndex,
    /// (digest, pack) of each segment: the next version takes over what did not change.
    packs: Vec<(String, Pack)>,
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
}
