//! Collections: lists of products a merchant picks by hand or by rule.

use crate::category::CategoryTree;
use crate::product::{AttributeValue, Product};
use crate::snapshot::Availability;
use crate::{CategoryId, CollectionId, Handle, Localized, Money, ProductId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// In this order.
    Manual(Vec<ProductId>),
    Rule(Rule),
}

/// Holds for a product when all (or any) of its conditions hold. No conditions: nothing is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Rule {
    pub all: bool,
    pub conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Texts compare without regard to case.
    Tag(String),
    Brand(String),
    ProductType(String),
    /// The category or any below it.
    Category(CategoryId),
    /// The lowest variant's price, in this currency.
    PriceBelow(Money),
    PriceAtLeast(Money),
    /// A variant costs less than its compare-at price.
    OnSale,
    /// Text attributes compare with any locale's text, numbers and flags with their text form.
    AttributeIs {
        name: String,
        value: String,
    },
    TitleContains(String),
    InStock,
}

impl Collection {
    /// Whether `product` is a member. `availability` is of its variants, in their order.
    pub fn holds(&self, product: &Product, availability: &[Availability], categories: &CategoryTree) -> bool {
        match &self.members {
            Members::Manual(products) => products.contains(&product.id),
            Members::Rule(rule) => rule.holds(product, availability, categories),
        }
    }
}

impl Rule {
    /// Whether `product` is a member. `availability` is of its variants, in their order.
    pub fn holds(&self, product: &Product, availability: &[Availability], categories: &CategoryTree) -> bool {
        let mut each = self.conditions.iter().map(|c| c.holds(product, availability, categories));
        !self.conditions.is_empty() && if self.all { each.all(|holds| holds) } else { each.any(|holds| holds) }
    }
}

impl Condition {
    fn holds(&self, product: &Product, availability: &[Availability], categories: &CategoryTree) -> bool {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let cheapest_in = |limit: &Money| {
            product.price_range().map(|(low, _)| low).filter(|low| low.currency == limit.currency).map(|low| low.minor)
        };
        match self {
            Self::Tag(tag) => product.tags.iter().any(|t| same(t, tag)),
            Self::Brand(brand) => product.brand.as_deref().is_some_and(|b| same(b, brand)),
            Self::ProductType(kind) => product.product_type.as_deref().is_some_and(|k| same(k, kind)),
            Self::Category(id) => product.category.as_ref().is_some_and(|c| categories.is_within(c, id)),
            Self::PriceBelow(limit) => cheapest_in(limit).is_some_and(|price| price < limit.minor),
            Self::PriceAtLeast(limit) => cheapest_in(limit).is_some_and(|price| price >= limit.minor),
            Self::OnSale => product.variants.iter().any(|v| v.struck_price().is_some()),
            Self::AttributeIs { name, value } => {
                product.attributes.iter().any(|a| &a.name == name && attribute_is(&a.value, value))
            }
            Self::TitleContains(part) => {
                let part = part.to_lowercase();
                product.title.iter().any(|(_, title)| title.to_lowercase().contains(&part))
            }
            Self::InStock => availability.iter().any(|a| a.sells()),
        }
    }
}

fn attribute_is(attribute: &AttributeValue, wanted: &str) -> bool {
    match attribute {
        AttributeValue::Text(text) => text.iter().any(|(_, t)| t.to_lowercase() == wanted.to_lowercase()),
        AttributeValue::Number { value, .. } => wanted.trim().parse() == Ok(*value),
        AttributeValue::Flag(flag) => wanted.trim().parse() == Ok(*flag),
    }
}
