//! What changed, gathered from the stream's keys.

use std::collections::BTreeSet;
use stoa_domain::{ProductId, Sku};
use stoa_storage::keys::{Changed, changed};

/// Changed products, stock levels and shop items. Each names what to read again; it carries no values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    pub products: BTreeSet<ProductId>,
    pub stock: BTreeSet<Sku>,
    /// Settings, categories, collections or pages.
    pub shop: bool,
}

impl ChangeSet {
    /// Of products by id.
    pub fn of_products(ids: impl IntoIterator<Item = ProductId>) -> Self {
        Self { products: ids.into_iter().collect(), ..Self::default() }
    }

    /// Adds a stream record by its key; what is not published is ignored.
    pub fn add_key(&mut self, pk: &str, sk: &str) {
        match changed(pk, sk) {
            Changed::Product(id) => drop(self.products.insert(id)),
            Changed::Stock(sku) => drop(self.stock.insert(sku)),
            Changed::Shop => self.shop = true,
            Changed::Private => {}
        }
    }

    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.stock.is_empty() && !self.shop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_published_counts() {
        let mut changes = ChangeSet::default();
        for (pk, sk) in [("CART#1", "CART"), ("ORDER#1", "ORDER"), ("SKU#MUG", "PRODUCT"), ("TOKENS", "SHOP")] {
            changes.add_key(pk, sk);
        }
        assert!(changes.is_empty());
        changes.add_key("PRODUCTS#0a", "mug");
        changes.add_key("SKU#MUG#S", "STOCK");
        changes.add_key("SHOP", "CATEGORY#1");
        assert_eq!(changes.products.iter().map(ProductId::as_str).collect::<Vec<_>>(), ["mug"]);
        assert_eq!(changes.stock.iter().map(Sku::as_str).collect::<Vec<_>>(), ["MUG#S"]);
        assert!(changes.shop);
    }
}
