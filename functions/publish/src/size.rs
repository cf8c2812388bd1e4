//! What every isolate of the edge has to hold, refused before it is published: an isolate that cannot hold a version would
//! die, be started anew, and die again.

use crate::PublishError;
use stoa_domain::snapshot::Manifest;

/// Of the 128 MB that Cloudflare gives an isolate, what the published catalogue may take. The rest is the worker itself,
/// some 30 MB with its caches, and a next version beside this one while they change over. docs/search.md has the figures.
pub(crate) const MAX_HELD_BYTES: u64 = 48_000_000;
/// A card in memory against the same card in its shard.
const CARD_GROWTH: u64 = 4;

/// Bytes that an isolate holds of this version: the index as it is, cards, facets, shop and search settings unpacked.
pub(crate) fn held_bytes(manifest: &Manifest) -> u64 {
    let index = &manifest.index;
    let index: u64 = index.segments.iter().chain([&index.meta]).map(|object| object.bytes).sum();
    let others = [&manifest.shop].into_iter().chain(&manifest.facets).chain(&manifest.search);
    let cards: u64 = manifest.card_shards.iter().flatten().chain(others).map(|object| object.bytes).sum();
    index + cards * CARD_GROWTH
}

pub(crate) fn check(manifest: &Manifest) -> Result<(), PublishError> {
    let bytes = held_bytes(manifest);
    if bytes <= MAX_HELD_BYTES {
        return Ok(());
    }
    Err(PublishError::TooLarge { products: manifest.products, bytes, max_bytes: MAX_HELD_BYTES })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use stoa_domain::snapshot::{FORMAT, IndexRef, ObjectRef};

    fn manifest(index_bytes: u64, card_bytes: u64) -> Manifest {
        let object = |bytes| ObjectRef { digest: "d".repeat(64), bytes };
        Manifest {
            format: FORMAT,
            published_at: String::new(),
            products: 200_000,
            tax_added: false,
            shop: object(0),
            facets: None,
            search: None,
            card_shards: vec![Some(object(card_bytes)), None],
            product_shards: vec![Some(object(u64::MAX))],
            index: IndexRef { schema_version: 1, meta: object(0), segments: vec![object(index_bytes)] },
        }
    }

    #[test]
    fn a_catalogue_that_no_isolate_could_hold_is_refused_with_its_numbers() {
        check(&manifest(MAX_HELD_BYTES, 0)).unwrap();
        check(&manifest(0, MAX_HELD_BYTES / CARD_GROWTH)).unwrap();
        let refused = check(&manifest(MAX_HELD_BYTES, 1)).unwrap_err();
        assert_eq!(refused.code(), "catalogue_too_large");
        assert_eq!(
            refused.to_string(),
            "the edge may hold at most 48000000 bytes of a published catalogue, 200000 products take 48000004 \
             [catalogue_too_large]"
        );
    }
}
