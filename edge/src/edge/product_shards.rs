//! Product shards as raw bytes: fetched when first needed, bounded, and decoded for the one product of a page only.

use super::Edge;
use crate::load::{self, LoadError};
use crate::platform::Platform;
use crate::snapshot::Snapshot;
use lru::LruCache;
use serde::Deserialize;
use std::rc::Rc;
use stoa_domain::ProductId;
use stoa_domain::snapshot::ProductView;

const MAX_BYTES: usize = 16 << 20;

pub(super) struct ProductShards {
    shards: LruCache<String, Rc<Vec<u8>>>,
    bytes: usize,
}

impl Default for ProductShards {
    fn default() -> Self {
        Self { shards: LruCache::unbounded(), bytes: 0 }
    }
}

impl ProductShards {
    fn put(&mut self, digest: String, shard: Rc<Vec<u8>>) {
        self.bytes += shard.len();
        if let Some((_, old)) = self.shards.push(digest, shard) {
            self.bytes -= old.len();
        }
        while self.bytes > MAX_BYTES && self.shards.len() > 1 {
            let Some((_, old)) = self.shards.pop_lru() else { break };
            self.bytes -= old.len();
        }
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
        let known = self.state.borrow_mut().shards.shards.get(&object.digest).cloned();
        let shard = match known {
            Some(shard) => shard,
            None => {
                let shard = Rc::new(load::get_object(platform, &self.config.objects_url, object).await?);
                self.state.borrow_mut().shards.put(object.digest.clone(), shard.clone());
                shard
            }
        };
        let decode = |e: postcard::Error| LoadError::Decode { key: object.digest.clone(), why: e.to_string() };
        let entries = postcard::from_bytes::<ShardView<'_>>(&shard).map_err(decode)?.entries;
        match entries.iter().find(|entry| entry.id == id.as_str()) {
            Some(entry) => postcard::from_bytes(entry.view).map(Some).map_err(decode),
            None => Ok(None),
        }
    }
}
