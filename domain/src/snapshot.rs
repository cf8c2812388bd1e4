//! The published snapshot: what `publish` writes and the edge reads. Immutable objects named by the SHA-256 of their
//! bytes, one manifest that names them, one pointer (`current.json`) that names the manifest.
//!
//! | object | key | encoding |
//! | --- | --- | --- |
//! | pointer | `current.json` | JSON [`Pointer`] |
//! | manifest | `snapshots/{digest}.json` | JSON [`Manifest`] |
//! | shop | `objects/{digest}` | postcard [`ShopView`] |
//! | facets | `objects/{digest}` | postcard [`FacetBase`] |
//! | search settings | `objects/{digest}` | JSON [`SearchSettings`](crate::search::SearchSettings) |
//! | card shard | `objects/{digest}` | postcard [`CardShard`] |
//! | product shard | `objects/{digest}` | see [`ProductShard`] |
//! | index segment | `objects/{digest}` | search-index's own |
//!
//! How products become cards, views and shards is in `build`; what lists filter by is in `facets`.
//! A product lives in product shard and card shard `shard_of(id, count)`: one changed price rewrites one of each.

mod borrowed;
mod build;
mod facets;

pub use borrowed::{CardImageRef, CardRef, CardShardRef, FacetBaseRef, FacetRef, FacetValueRef, MoneyRef, TextsRef};
pub use build::{LOW_STOCK, SnapshotError, decode, encode};
pub use facets::{CardShard, Facet, FacetBase, FacetKind, FacetSource, FacetTable, FacetValue, MAX_CARD_FACETS};

use crate::category::Category;
use crate::collection::Collection;
use crate::product::Product;
use crate::review::{ProductReviews, Score};
use crate::shop::{ContentPage, Shop};
use crate::{CategoryId, CollectionId, Handle, Localized, Money, ProductId, Sku};
use serde::{Deserialize, Serialize};

/// Raised whenever an old edge could not read a new snapshot, or a new edge an old one.
pub const FORMAT: u32 = 3;

pub const POINTER_KEY: &str = "current.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub format: u32,
    /// Counts up by one with every publish and every rollback.
    pub version: u64,
    /// The manifest's digest.
    pub manifest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// RFC 3339.
    pub published_at: String,
    pub products: u32,
    /// Tax is added to the prices; where the shop says nothing of taxes they count as contained.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tax_added: bool,
    pub shop: ObjectRef,
    /// What cards can be filtered by, as the whole catalogue was last built. None in what earlier releases published.
    #[serde(default)]
    pub facets: Option<ObjectRef>,
    /// How the merchant steers the search. Apart from the shop, and as JSON, so that it can grow without a new format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<ObjectRef>,
    /// A power of two of them; shard `i` holds the products with `shard_of(id, len) == i`. None where empty.
    pub card_shards: Vec<Option<ObjectRef>>,
    pub product_shards: Vec<Option<ObjectRef>>,
    pub index: IndexRef,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Lower-case hex SHA-256 of the bytes.
    pub digest: String,
    pub bytes: u64,
}

/// The search index: immutable segments plus a small file that names them (its own format, opaque here).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRef {
    /// Which analysis and schema the index was built with; the reader refuses another.
    pub schema_version: u32,
    pub meta: ObjectRef,
    /// Packed segment files, one object a segment.
    pub segments: Vec<ObjectRef>,
}

/// Everything about the shop that is not a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopView {
    pub shop: Shop,
    pub categories: Vec<Category>,
    pub collections: Vec<Collection>,
    pub pages: Vec<ContentPage>,
}

/// What a list shows of a product, and what lists filter and sort by. The whole catalogue's cards stay in the worker's
/// memory, so keep this small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub id: ProductId,
    pub handle: Handle,
    pub title: Localized,
    pub brand: Option<String>,
    pub category: Option<CategoryId>,
    /// Rule-made collections this product is in (manual ones list their products themselves).
    pub collections: Vec<CollectionId>,
    pub price_from: Money,
    pub price_to: Money,
    /// The highest struck-through price that is really above its variant's price.
    pub compare_at: Option<Money>,
    pub image: Option<CardImage>,
    pub available: bool,
    /// Seconds since 1970: newest first.
    pub created_at: i64,
    /// Units sold in the last 90 days.
    pub sold: u32,
    /// Of its published reviews.
    pub score: Score,
    /// What it can be filtered by: indices into the values of the [`FacetBase`] and, beyond it, of the shard, or a
    /// [`FacetTable`]'s while cards are made. The shop's marked attributes first, then options, then the other
    /// attributes in the product's order.
    pub facets: Vec<u32>,
    /// First few option swatches, for dots under the picture.
    pub swatches: Vec<String>,
    /// The only variant's SKU, where there is no choice to make (quick add).
    pub single_sku: Option<Sku>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardImage {
    pub media: crate::product::Media,
    pub alt: Localized,
}

/// A product as its page needs it: without cost, with what can be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// `cost` is always None here.
    pub product: Product,
    /// One a variant, in the same order.
    pub availability: Vec<Availability>,
    pub reviews: ProductReviews,
    /// Ids of related products, best first.
    pub related: Vec<ProductId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    InStock,
    /// At most this many left: worth saying.
    Low(u16),
    Backorder,
    SoldOut,
}

/// One shard's products, each decodable alone: the edge decodes just the one it renders.
/// Encoding: postcard of this struct; `entries` sorted by handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductShard {
    pub entries: Vec<ProductEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductEntry {
    pub id: ProductId,
    pub handle: Handle,
    /// postcard [`ProductView`].
    #[serde(with = "bytes_field")]
    pub view: Vec<u8>,
}

mod bytes_field {
    use serde::{Deserialize, Deserializer, Serializer};
    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        <&[u8]>::deserialize(d).map(<[u8]>::to_vec)
    }
}

/// Which of `count` shards (a power of two) a product is in: FNV-1a of its id, low bits.
pub fn shard_of(id: &ProductId, count: usize) -> usize {
    let hash =
        id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    ((hash ^ (hash >> 32)) as usize) & (count.max(1) - 1)
}
