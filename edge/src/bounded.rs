//! What was used last, as much of it as fits into so many bytes.

use lru::LruCache;
use std::borrow::Borrow;
use std::hash::Hash;

pub(crate) struct Bounded<K: Hash + Eq, V> {
    entries: LruCache<K, (V, usize)>,
    bytes: usize,
    max_bytes: usize,
}

impl<K: Hash + Eq, V> Bounded<K, V> {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, max_bytes }
    }
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(value, _)| value)
    }
    /// Keeps a value that costs `bytes`, and lets go of what was not used for longest.
    pub(crate) fn put(&mut self, key: K, value: V, bytes: usize) {
        self.bytes += bytes;
        if let Some((_, (_, old))) = self.entries.push(key, (value, bytes)) {
            self.bytes -= old;
        }
        while self.bytes > self.max_bytes {
            let Some((_, (_, old))) = self.entries.pop_lru() else { break };
            self.bytes -= old;
        }
    }
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
