//! What a product's page is made from: cut out of its shard when first needed, kept as raw bytes and bounded by them.
//! A whole shard is some thirty products, of which a shopper asks for one.

use super::Edge;
use crate::bounded::Bounded;
use crate::load::{self, LoadError};
use crate::platform::Platform;
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::rc::Rc;
use stoa_domain::ProductId;
use stoa_domain::snapshot::ProductView;

const MAX_BYTES: usize = 8 << 20;

/// An encoded [`ProductView`] and the shard that it is from: after a publish the shard's digest is another one.
struct Kept {
    shard: Rc<str>,
    view: Rc<[u8]>,
}

pub(super) struct ProductViews(Bounded<String, Kept>);

impl Default for ProductViews {
    fn default() -> Self {
        Self(Bounded::new(MAX_BYTES))
    }
}

impl ProductViews {
    fn get(&mut self, id: &str, shard: &str) -> Option<Rc<[u8]>> {
        self.0.get(id).filter(|kept| *kept.shard == *shard).map(|kept| kept.view.clone())
    }
    fn put(&mut self, id: String, kept: Kept) {
        let cost = id.len() + kept.view.len() + 256;
        self.0.put(id, kept, cost);
    }
}

/// [`stoa_domain::snapshot::ProductShard`] read in place.
#[derive(Deserialize)]
struct ShardView<'a> {
    #[serde(borrow)]
    entries: Vec<EntryView<'a>>,
}

#[derive(Deserialize)]
struct EntryView<'a> {
    id: &'a str,
    #[serde(rename = "handle")]
    _handle: &'a str,
    view: &'a [u8],
}

impl Edge {
    /// A product's page data; None where the shard does not hold it.
    pub(super) async fn product_view<P: Platform>(
        &self,
        platform: &P,
        snapshot: &Snapshot,
        id: &ProductId,
    ) -> Result<Option<ProductView>, LoadError> {
        let Some(object) = snapshot.product_shard(id) else { return Ok(None) };
        let decode = |e: postcard::Error| LoadError::Decode { key: object.digest.clone(), why: e.to_string() };
        let known = self.state.borrow_mut().products.get(id.as_str(), &object.digest);
        let view = match known {
            Some(view) => view,
            None => {
                let shard = load::get_object(platform, &self.config.objects_url, object).await?;
                let entries = postcard::from_bytes::<ShardView<'_>>(&shard).map_err(decode)?.entries;
                let Some(entry) = entries.iter().find(|entry| entry.id == id.as_str()) else { return Ok(None) };
                let kept = Kept { shard: object.digest.as_str().into(), view: entry.view.into() };
                let view = kept.view.clone();
                self.state.borrow_mut().products.put(id.to_string(), kept);
                view
            }
        };
        postcard::from_bytes(&view).map(Some).map_err(decode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_stay_within_their_bytes_and_a_newer_shard_replaces_what_the_older_said() {
        let mut views = ProductViews::default();
        let kept = |shard: &str, bytes: usize| Kept { shard: shard.into(), view: vec![7; bytes].into() };
        views.put("p".into(), kept("old", 10));
        assert!(views.get("p", "old").is_some() && views.get("p", "new").is_none() && views.get("q", "old").is_none());
        let one = views.0.bytes();
        views.put("p".into(), kept("new", 10));
        assert!(views.get("p", "new").is_some() && views.get("p", "old").is_none());
        assert_eq!(views.0.bytes(), one);
        for no in 0..100 {
            views.put(format!("{no}"), kept("new", 200 << 10));
        }
        assert!(views.0.bytes() <= MAX_BYTES && views.0.len() > 10);
        assert!(views.get("p", "new").is_none() && views.get("99", "new").is_some());
    }
}
