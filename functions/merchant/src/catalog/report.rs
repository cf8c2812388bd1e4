//! What an import did, or would do.

use super::refusal::RowError;
use serde::Serialize;
use stoa_domain::product::Product;
use stoa_domain::{Handle, ProductId};
use utoipa::ToSchema;

/// Counts of one run. Products first, then what came with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// `Shopify CSV, current`.
    pub format: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// Products read from the file so far, refused ones too.
    pub read: u64,
    /// Of those, how many an interrupted run had already done.
    pub resumed_after: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Products with a bad row, left as they were.
    pub refused: u64,
    /// Broken rules: one refused product may have several.
    pub errors: u64,
    pub stock_set: u64,
    pub categories_created: u64,
    pub collections_changed: u64,
    pub pictures_stored: u64,
    /// Columns of a CSV that mean nothing here.
    pub ignored_columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Created,
    Updated,
}

/// One product that was, or would be, written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductChange {
    /// The line in the file.
    pub row: u64,
    pub id: ProductId,
    pub handle: Handle,
    pub kind: ChangeKind,
    /// The fields that differ; empty for a new product.
    pub fields: Vec<&'static str>,
}

/// Is told what happens while it happens; nothing is kept for it.
pub trait Observer: Send {
    fn change(&mut self, _change: &ProductChange) {}
    fn refused(&mut self, _error: &RowError) {}
    /// After every batch.
    fn progress(&mut self, _summary: &Summary) {}
}

impl Observer for () {}

/// Names of the fields in which two products differ.
pub(super) fn differing(a: &Product, b: &Product) -> Vec<&'static str> {
    let checks: [(&'static str, bool); 15] = [
        ("handle", a.handle != b.handle),
        ("status", a.status != b.status),
        ("title", a.title != b.title),
        ("description_html", a.description_html != b.description_html),
        ("brand", a.brand != b.brand),
        ("product_type", a.product_type != b.product_type),
        ("category", a.category != b.category),
        ("tags", a.tags != b.tags),
        ("attributes", a.attributes != b.attributes),
        ("options", a.options != b.options),
        ("variants", a.variants != b.variants),
        ("images", a.images != b.images),
        ("seo_title", a.seo_title != b.seo_title),
        ("seo_description", a.seo_description != b.seo_description),
        ("created_at", a.created_at != b.created_at),
    ];
    checks.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
