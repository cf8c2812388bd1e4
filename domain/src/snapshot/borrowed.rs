//! A card shard as its reader in the worker takes it: the same bytes as [`super::CardShard`], with every text still in them.
//! The worker reads all cards before it answers anybody, and most of what that cost was texts made to be thrown away.
//!
//! Nothing is validated anew: the publisher wrote these from valid values, and the bytes are what their digest names.

use super::{FacetKind, FacetSource};
use crate::Currency;
use crate::review::Score;
use serde::Deserialize;

/// [`crate::Localized`]: language and text.
pub type TextsRef<'a> = Vec<(&'a str, &'a str)>;

/// [`super::FacetBase`].
#[derive(Debug, Deserialize)]
pub struct FacetBaseRef<'a> {
    #[serde(borrow)]
    pub facets: Vec<FacetRef<'a>>,
    pub values: Vec<(u16, FacetValueRef<'a>)>,
}

#[derive(Debug, Deserialize)]
pub struct CardShardRef<'a> {
    #[serde(borrow)]
    pub facets: Vec<FacetRef<'a>>,
    pub values: Vec<(u16, FacetValueRef<'a>)>,
    pub cards: Vec<CardRef<'a>>,
}

/// [`super::Facet`].
#[derive(Debug, Deserialize)]
pub struct FacetRef<'a> {
    pub source: FacetSource,
    pub name: &'a str,
    pub kind: FacetKind,
    #[serde(borrow)]
    pub label: TextsRef<'a>,
}

/// [`super::FacetValue`].
#[derive(Debug, Deserialize)]
pub enum FacetValueRef<'a> {
    Text {
        #[serde(borrow)]
        text: TextsRef<'a>,
        swatch: Option<&'a str>,
    },
    /// As it is written: `12.5`.
    Number(&'a str),
    Flag,
}

/// [`crate::Money`].
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct MoneyRef<'a> {
    pub minor: i64,
    pub currency: &'a str,
}

/// [`super::Card`].
#[derive(Debug, Deserialize)]
pub struct CardRef<'a> {
    pub id: &'a str,
    pub handle: &'a str,
    #[serde(borrow)]
    pub title: TextsRef<'a>,
    pub brand: Option<&'a str>,
    pub category: Option<&'a str>,
    pub collections: Vec<&'a str>,
    pub price_from: MoneyRef<'a>,
    pub price_to: MoneyRef<'a>,
    pub compare_at: Option<MoneyRef<'a>>,
    pub image: Option<CardImageRef<'a>>,
    pub available: bool,
    pub created_at: i64,
    pub sold: u32,
    pub score: Score,
    pub facets: Vec<u32>,
    pub swatches: Vec<&'a str>,
    pub single_sku: Option<&'a str>,
}

/// [`super::CardImage`], its [`crate::product::Media`] laid out in it.
#[derive(Debug, Deserialize)]
pub struct CardImageRef<'a> {
    pub digest: &'a str,
    pub widths: Vec<u16>,
    pub width: u16,
    pub height: u16,
    #[serde(borrow)]
    pub alt: TextsRef<'a>,
}

impl MoneyRef<'_> {
    /// Most amounts of a shop are in one currency: `known` is tried before the code is looked up. None for no currency.
    pub fn with(self, known: Currency) -> Option<crate::Money> {
        let currency = if known.code() == self.currency { known } else { Currency::new(self.currency).ok()? };
        Some(crate::Money::new(self.minor, currency))
    }
}
