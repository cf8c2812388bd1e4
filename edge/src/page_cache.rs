//! Rendered pages of the present version, bounded by bytes. A warm catalogue page costs a look-up and a copy.

use crate::http::Reply;
use lru::LruCache;
use std::rc::Rc;

const MAX_BYTES: usize = 12 << 20;
/// A page larger than this is not kept: it would push out too many others.
const MAX_PAGE_BYTES: usize = 256 << 10;

pub struct PageCache {
    pages: LruCache<String, Rc<Reply>>,
    bytes: usize,
}

impl Default for PageCache {
    fn default() -> Self {
        Self { pages: LruCache::unbounded(), bytes: 0 }
    }
}

impl PageCache {
    pub fn get(&mut self, key: &str) -> Option<Rc<Reply>> {
        self.pages.get(key).cloned()
    }
    pub fn put(&mut self, key: String, page: Rc<Reply>) {
        let cost = |key: &str, page: &Reply| key.len() + page.body.len() + 512;
        if cost(&key, &page) > MAX_PAGE_BYTES {
            return;
        }
        self.bytes += cost(&key, &page);
        if let Some((key, old)) = self.pages.push(key, page) {
            self.bytes -= cost(&key, &old);
        }
        while self.bytes > MAX_BYTES {
            let Some((key, old)) = self.pages.pop_lru() else { break };
            self.bytes -= cost(&key, &old);
        }
    }
    /// A new version was published: nothing rendered before is true any more.
    pub fn clear(&mut self) {
        self.pages.clear();
        self.bytes = 0;
    }
}
