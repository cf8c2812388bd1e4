//! The native wire form of a product: one JSON object, a line each in a `.jsonl` file, the body of the product API.
//! See docs/catalog-format.md.
//!
//! An absent field (or null) leaves what the shop has; an empty one (`""`, `[]`) clears it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stoa_domain::product::{Media, ProductStatus};
use stoa_domain::{Locale, Localized};
use utoipa::ToSchema;

/// One text: plain is the shop's default language and leaves the other languages alone; an object says them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Text {
    Plain(String),
    #[schema(value_type = BTreeMap<String, String>)]
    Translated(BTreeMap<Locale, String>),
}

impl Text {
    /// This text on top of `current`.
    pub fn over(&self, current: &Localized, default: &Locale) -> Localized {
        match self {
            Self::Translated(texts) => texts.iter().fold(Localized::default(), |all, (locale, text)| {
                if text.is_empty() { all } else { all.with(locale.clone(), text.clone()) }
            }),
            Self::Plain(text) => {
                let others = current.iter().filter(|(locale, _)| *locale != default);
                let kept = others.fold(Localized::default(), |all, (l, t)| all.with(l.clone(), t));
                if text.is_empty() { kept } else { kept.with(default.clone(), text.clone()) }
            }
        }
    }

    /// Every language of `text`.
    pub fn all(text: &Localized) -> Self {
        Self::Translated(text.iter().map(|(locale, text)| (locale.clone(), text.to_owned())).collect())
    }

    pub fn map(&mut self, mut change: impl FnMut(&str) -> String) {
        match self {
            Self::Plain(text) => *text = change(text),
            Self::Translated(texts) => texts.values_mut().for_each(|text| *text = change(text)),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

/// An amount in the shop's currency: `"12.50"` or `12.5`. Text is exact; prefer it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Amount {
    Text(String),
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    /// Whole minor units of the shop's currency: `{"minor": "1250"}`.
    Minor {
        minor: String,
    },
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Minor { minor } => f.write_str(minor),
        }
    }
}

/// A product as files and the API carry it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductRecord {
    /// 1 to 64 characters. Without it the handle finds the product, or a new product is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `blue-mug`. Made of the title where missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// New products are `active` unless this says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "active")]
    pub status: Option<ProductStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// HTML; everything outside the allow-list is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_html: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_type: Option<String>,
    /// From the root: `["Table", "Cups", "Mugs"]`; categories are found by the handles of their names, or made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<AttributeRecord>>,
    /// At most 3. Values a variant names and this does not are added at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<OptionRecord>>,
    /// All of them: a variant that is not listed goes. One is made for a product that has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<VariantRecord>>,
    /// In their order, each once: of two with one `source` the first stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<ImageRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seo_description: Option<Text>,
    /// Titles of hand-picked collections the product joins; missing ones are made. It leaves none by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collections: Option<Vec<String>>,
    /// RFC 3339. The time of the first import where missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeRecord {
    /// `material`: what filters use.
    pub name: String,
    /// The name in words where missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    pub value: AttributeText,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A flag, a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AttributeText {
    Flag(bool),
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    Text(Text),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionRecord {
    pub name: Text,
    #[serde(default)]
    pub values: Vec<OptionValueRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionValueRecord {
    pub name: Text,
    /// `#c2a27c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swatch: Option<String>,
}

/// A variant; absent fields keep what the variant of that SKU (or of those option values) has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantRecord {
    /// Made of the handle and the option values where missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// One name a product option, in the shop's default language, in the options' order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_at: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// The `source` (or stored picture's text) of one of the product's images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_shipping: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_stock: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder: Option<bool>,
    /// Sets what is on hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
    /// Sets what is on hand, only where nothing was ever counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_stock: Option<u32>,
}

/// A picture. A `source` beside the imported file is read and stored; any other is remembered, never fetched by a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt: Option<Text>,
    /// As `PUT /admin/api/media` answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
}
