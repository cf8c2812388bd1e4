//! Rendered pages of the present version, bounded by bytes: by what was asked for, whatever its spelling, and by the
//! address exactly as it came, which answers before anything is parsed.

use crate::bounded::Bounded;
use crate::http::Reply;
use lru::LruCache;
use std::rc::{Rc, Weak};

const MAX_BYTES: usize = 12 << 20;
/// A page larger than this is not kept: it would push out too many others.
const MAX_PAGE_BYTES: usize = 256 << 10;
/// Addresses only point at pages, so these bound what they cost: 2 MiB at the most.
const MAX_ADDRESSES: usize = 4_096;
const MAX_ADDRESS_BYTES: usize = 512;

pub struct PageCache {
    pages: Bounded<String, Rc<Reply>>,
    addresses: LruCache<String, Weak<Reply>>,
}

impl Default for PageCache {
    fn default() -> Self {
        Self { pages: Bounded::new(MAX_BYTES), addresses: LruCache::unbounded() }
    }
}

impl PageCache {
    pub fn get(&mut self, key: &str) -> Option<Rc<Reply>> {
        self.pages.get(key).cloned()
    }
    /// False when the page is too large to be kept.
    pub fn put(&mut self, key: String, page: Rc<Reply>) -> bool {
        let cost = key.len() + page.body.len() + 512;
        if cost > MAX_PAGE_BYTES {
            return false;
        }
        self.pages.put(key, page, cost);
        true
    }
    /// The page that `GET address` was answered with, while it is kept.
    pub fn at(&mut self, address: &str) -> Option<Rc<Reply>> {
        self.addresses.get(address)?.upgrade()
    }
    /// Remembers what an address was answered with. `page` must be one that is kept.
    pub fn put_address(&mut self, address: String, page: &Rc<Reply>) {
        if address.len() <= MAX_ADDRESS_BYTES {
            self.addresses.put(address, Rc::downgrade(page));
            if self.addresses.len() > MAX_ADDRESSES {
                self.addresses.pop_lru();
            }
        }
    }
    /// A new version was published: nothing rendered before is true any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HTML, Kind};

    fn page(bytes: usize) -> Rc<Reply> {
        Rc::new(Reply::new(200, Kind::Catalogue, HTML, vec![b'x'; bytes]))
    }

    #[test]
    fn pages_stay_within_their_bytes_and_addresses_forget_what_went() {
        let mut cache = PageCache::default();
        for no in 0..200 {
            let page = page(100 << 10);
            assert!(cache.put(format!("{no}"), page.clone()));
            cache.put_address(format!("https://shop.example/{no}"), &page);
        }
        assert!(cache.pages.bytes() <= MAX_BYTES && cache.pages.len() > 100);
        assert!(cache.at("https://shop.example/0").is_none() && cache.get("0").is_none());
        assert!(cache.at("https://shop.example/199").is_some_and(|p| Rc::ptr_eq(&p, &cache.get("199").unwrap())));
        cache.clear();
        assert!(
            cache.at("https://shop.example/199").is_none() && cache.get("199").is_none() && cache.pages.bytes() == 0
        );
    }

    #[test]
    fn a_page_too_large_and_an_address_too_long_are_not_kept() {
        let mut cache = PageCache::default();
        assert!(!cache.put("large".into(), page(MAX_PAGE_BYTES)));
        let small = page(10);
        assert!(cache.put("small".into(), small.clone()));
        let long = "x".repeat(MAX_ADDRESS_BYTES + 1);
        cache.put_address(long.clone(), &small);
        assert!(cache.at(&long).is_none());
        for no in 0..2 * MAX_ADDRESSES {
            cache.put_address(format!("{no}"), &small);
        }
        assert_eq!(cache.addresses.len(), MAX_ADDRESSES);
    }
}
