//! Collections: lists of products a merchant picks by hand or by rule.

use crate::{CategoryId, CollectionId, Handle, Localized, Money, ProductId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    pub id: CollectionId,
    pub handle: Handle,
    pub title: Localized,
    pub description_html: Localized,
    pub members: Members,
    /// Order on the home page and in `/collections`, then by id.
    pub position: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// In this order.
    Manual(Vec<ProductId>),
    Rule(Rule),
}

/// Holds for a product when all (or any) of its conditions hold. No conditions: nothing is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub all: bool,
    pub conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Tag(String),
    Brand(String),
    ProductType(String),
    /// The category or any below it.
    Category(CategoryId),
    PriceBelow(Money),
    PriceAtLeast(Money),
    OnSale,
    /// Text attributes compare with any locale's text, numbers and flags with their text form.
    AttributeIs {
        name: String,
        value: String,
    },
    TitleContains(String),
    InStock,
}
