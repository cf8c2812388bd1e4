//! A product with its options, variants, pictures and attributes. Stock is apart, in [`crate::stock`].
//! What makes one valid is in `rules`.

mod rules;

pub use rules::MAX_PRICE_MINOR;

use crate::{CategoryId, Handle, Locale, Localized, Money, ProductId, Sku};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub const MAX_OPTIONS: usize = 3;
pub const MAX_VARIANTS: usize = 2_048;
pub const MAX_IMAGES: usize = 250;
pub const MAX_ATTRIBUTES: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    pub handle: Handle,
    pub status: ProductStatus,
    pub title: Localized,
    /// HTML, sanitised at import: the allow-list is the importer's.
    pub description_html: Localized,
    pub brand: Option<String>,
    /// The merchant's own kind of product, free text (`Type` in Shopify's CSV).
    pub product_type: Option<String>,
    pub category: Option<CategoryId>,
    pub tags: Vec<String>,
    pub attributes: Vec<Attribute>,
    pub options: Vec<ProductOption>,
    /// At least one. A product without options has one variant with no option values.
    pub variants: Vec<Variant>,
    pub images: Vec<Image>,
    pub seo_title: Localized,
    pub seo_description: Localized,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    Active,
    Draft,
    Archived,
}

/// `name` is the stable key that filters use (`material`, `attr_n_weight`); `label` is what a person reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub name: String,
    pub label: Localized,
    pub value: AttributeValue,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeValue {
    Text(Localized),
    Number { value: Decimal, unit: Option<String> },
    Flag(bool),
}

/// `Colour` with `Sand`, `Ink`: at most [`MAX_OPTIONS`] a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOption {
    pub name: Localized,
    pub values: Vec<OptionValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionValue {
    pub name: Localized,
    /// `#c2a27c`, for a swatch.
    pub swatch: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub sku: Sku,
    /// One index into each option's values, in the options' order.
    pub option_values: Vec<u16>,
    pub price: Money,
    /// What it cost before; shown struck through only when above `price`.
    pub compare_at: Option<Money>,
    pub cost: Option<Money>,
    pub barcode: Option<String>,
    pub weight_grams: Option<u32>,
    /// An index into the product's images.
    pub image: Option<u16>,
    pub requires_shipping: bool,
    pub taxable: bool,
    /// False: never runs out (a service, a download).
    pub track_stock: bool,
    /// Sells on when stock is used up.
    pub backorder: bool,
}

/// `source` is where the merchant's file said the picture was; `media` is set once we hold it in our own store.
/// Pages show `media` or a drawn placeholder, never `source`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub source: Option<String>,
    pub media: Option<Media>,
    pub alt: Localized,
}

/// A stored picture: `media/{digest}-{width}.webp` for each of `widths`, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Media {
    pub digest: String,
    pub widths: Vec<u16>,
    /// Of the widest, in pixels.
    pub width: u16,
    pub height: u16,
}

impl Variant {
    /// The compare-at price, where it is really above the price.
    pub fn struck_price(&self) -> Option<Money> {
        self.compare_at.filter(|was| was.currency == self.price.currency && was.minor > self.price.minor)
    }
}

impl Product {
    pub fn variant(&self, sku: &Sku) -> Option<&Variant> {
        self.variants.iter().find(|v| &v.sku == sku)
    }

    /// `Sand / Large`; empty for a product without options.
    pub fn variant_title(&self, variant: &Variant, locale: &Locale, fallback: &Locale) -> String {
        let chosen = self.options.iter().zip(&variant.option_values);
        let names = chosen.filter_map(|(option, value)| option.values.get(usize::from(*value)));
        names.map(|value| value.name.get(locale, fallback)).collect::<Vec<_>>().join(" / ")
    }

    /// The lowest and the highest price of its variants. None only for an invalid product without variants.
    pub fn price_range(&self) -> Option<(Money, Money)> {
        let prices = || self.variants.iter().map(|v| v.price);
        Some((prices().min_by_key(|p| p.minor)?, prices().max_by_key(|p| p.minor)?))
    }

    /// The picture of a variant: its own, else the product's first.
    pub fn image_of(&self, variant: &Variant) -> Option<&Image> {
        variant.image.and_then(|at| self.images.get(usize::from(at))).or_else(|| self.images.first())
    }
}
