//! From products and stock to what the edge reads, and the bytes in between.

use super::{Availability, Card, CardImage, FacetTable, ProductEntry, ProductShard, ProductView};
use crate::product::{Product, Variant};
use crate::review::{ProductReviews, Score};
use crate::shop::Shop;
use crate::stock::StockLevel;
use crate::{CollectionId, Handle, ProductId};
use serde::Serialize;
use serde::de::Deserialize;

/// At most this many left are worth saying.
pub const LOW_STOCK: u16 = 5;
const MAX_SWATCHES: usize = 6;

/// Why bytes are not what the snapshot's format says, or a view could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("a snapshot object could not be written: {0}")]
    Encode(postcard::Error),
    #[error("a snapshot object is damaged or of another format: {0}")]
    Decode(postcard::Error),
    #[error("a snapshot object has {0} bytes after its end")]
    TrailingBytes(usize),
    #[error("two products in one shard have the handle {0}")]
    DuplicateHandle(Handle),
}

impl SnapshotError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encode(_) => "snapshot_not_encoded",
            Self::Decode(_) | Self::TrailingBytes(_) => "snapshot_damaged",
            Self::DuplicateHandle(_) => "duplicate_handle",
        }
    }
}

/// postcard bytes of a snapshot type.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, SnapshotError> {
    postcard::to_stdvec(value).map_err(SnapshotError::Encode)
}

/// The reverse of [`encode`]; refuses bytes that go on after the value.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, SnapshotError> {
    match postcard::take_from_bytes(bytes).map_err(SnapshotError::Decode)? {
        (value, []) => Ok(value),
        (_, rest) => Err(SnapshotError::TrailingBytes(rest.len())),
    }
}

impl Availability {
    /// Of a variant with its stock; no stock record counts as none on hand.
    pub fn of(variant: &Variant, stock: Option<&StockLevel>) -> Self {
        if !variant.track_stock {
            return Self::InStock;
        }
        match stock.map_or(0, StockLevel::available) {
            0 if variant.backorder => Self::Backorder,
            0 => Self::SoldOut,
            left if left <= u32::from(LOW_STOCK) && !variant.backorder => {
                Self::Low(u16::try_from(left).unwrap_or(LOW_STOCK))
            }
            _ => Self::InStock,
        }
    }

    /// Whether it can be bought now.
    pub fn sells(self) -> bool {
        self != Self::SoldOut
    }
}

impl Card {
    /// `availability` is of the variants in their order, `collections` the rule-made ones it is in. Its facets go into
    /// `facets`, its sales are 0 until [`Card::with_sold`], its score until [`Card::with_score`]. None for a product without variants.
    pub fn of(
        product: &Product,
        availability: &[Availability],
        collections: Vec<CollectionId>,
        shop: &Shop,
        facets: &mut FacetTable,
    ) -> Option<Self> {
        let (price_from, price_to) = product.price_range()?;
        let swatches = product.options.iter().flat_map(|o| &o.values).filter_map(|v| v.swatch.clone());
        Some(Self {
            id: product.id.clone(),
            handle: product.handle.clone(),
            title: product.title.clone(),
            brand: product.brand.clone(),
            category: product.category.clone(),
            collections,
            price_from,
            price_to,
            compare_at: product.variants.iter().filter_map(Variant::struck_price).max_by_key(|was| was.minor),
            image: product
                .images
                .iter()
                .find_map(|image| image.media.clone().map(|media| CardImage { media, alt: image.alt.clone() })),
            available: availability.iter().any(|a| a.sells()),
            created_at: product.created_at.as_second(),
            sold: 0,
            score: Score::default(),
            facets: facets.of(product, shop),
            swatches: swatches.take(MAX_SWATCHES).collect(),
            single_sku: match product.variants.as_slice() {
                [only] => Some(only.sku.clone()),
                _ => None,
            },
        })
    }

    #[must_use]
    pub fn with_sold(self, sold: u32) -> Self {
        Self { sold, ..self }
    }

    #[must_use]
    pub fn with_score(self, score: Score) -> Self {
        Self { score, ..self }
    }
}

impl ProductView {
    /// Leaves out what shoppers must not see: the costs, and where the merchant's file had its pictures.
    pub fn of(
        mut product: Product,
        availability: Vec<Availability>,
        reviews: ProductReviews,
        related: Vec<ProductId>,
    ) -> Self {
        for variant in &mut product.variants {
            variant.cost = None;
        }
        for image in &mut product.images {
            image.source = None;
        }
        Self { product, availability, reviews, related }
    }
}

impl ProductShard {
    pub fn build(views: &[ProductView]) -> Result<Self, SnapshotError> {
        let mut entries = Vec::with_capacity(views.len());
        for view in views {
            let product = &view.product;
            entries.push(ProductEntry { id: product.id.clone(), handle: product.handle.clone(), view: encode(view)? });
        }
        entries.sort_by(|a, b| a.handle.cmp(&b.handle));
        match entries.windows(2).find(|pair| pair[0].handle == pair[1].handle) {
            Some(pair) => Err(SnapshotError::DuplicateHandle(pair[0].handle.clone())),
            None => Ok(Self { entries }),
        }
    }

    pub fn encode(&self) -> Result<Vec<u8>, SnapshotError> {
        encode(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        decode(bytes)
    }

    pub fn find(&self, handle: &Handle) -> Option<&ProductEntry> {
        let at = self.entries.binary_search_by(|entry| entry.handle.cmp(handle)).ok()?;
        self.entries.get(at)
    }
}

impl ProductEntry {
    pub fn decode(&self) -> Result<ProductView, SnapshotError> {
        decode(&self.view)
    }
}
