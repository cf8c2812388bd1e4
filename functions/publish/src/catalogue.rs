//! The table's products as the snapshot shows them: read in batches with their stock, made into cards and views.

use crate::PublishError;
use crate::head::Upload;
use bytes::Bytes;
use std::collections::HashMap;
use stoa_domain::category::{Category, CategoryTree};
use stoa_domain::collection::{Members, Rule};
use stoa_domain::product::{Product, ProductStatus};
use stoa_domain::review::ProductReviews;
use stoa_domain::snapshot::{Availability, Card, FacetTable, ObjectRef, ShopView};
use stoa_domain::stock::StockLevel;
use stoa_domain::{CollectionId, ProductId, Sku};
use stoa_search_index::SearchDocument;
use stoa_storage::{Objects, Store, Versioned};

/// The shop's side of the snapshot.
pub(crate) struct Catalogue {
    pub(crate) view: ShopView,
    tree: CategoryTree,
    rules: Vec<(CollectionId, Rule)>,
    /// What the cards at hand point into.
    pub(crate) facets: FacetTable,
    /// Prices are without tax.
    pub(crate) tax_added: bool,
    /// What is published of the reviews of the products at hand.
    pub(crate) reviews: HashMap<ProductId, ProductReviews>,
    /// How the search is steered, where the merchant made anything live.
    pub(crate) search: Option<SearchObject>,
}

/// The published object, and its bytes where they were made anew.
pub(crate) type SearchObject = (ObjectRef, Option<Bytes>);

/// A product that shoppers see.
pub(crate) struct Shown {
    pub(crate) product: Product,
    pub(crate) availability: Vec<Availability>,
    pub(crate) reviews: ProductReviews,
    pub(crate) card: Card,
}

impl Catalogue {
    pub(crate) async fn read(store: &Store) -> Result<Self, PublishError> {
        let data = store.shop().all().await?;
        let live = store.search().live().await?;
        let search = live.map(|live| serde_json::to_vec(&live.value.settings)).transpose()?;
        let shop = data.settings.ok_or(PublishError::NoShop)?.value;
        let values = |list: Vec<Versioned<_>>| list.into_iter().map(|v| v.value).collect::<Vec<Category>>();
        let taxes = data.checkout.and_then(|checkout| checkout.value.taxes);
        let catalogue = Self::of(ShopView {
            shop,
            categories: values(data.categories),
            collections: data.collections.into_iter().map(|v| v.value).collect(),
            pages: data.pages.into_iter().map(|v| v.value).collect(),
        })?;
        Ok(Self {
            tax_added: taxes.is_some_and(|taxes| !taxes.included),
            search: search.map(|bytes| (Objects::name(&bytes), Some(Bytes::from(bytes)))),
            ..catalogue
        })
    }

    pub(crate) fn of(view: ShopView) -> Result<Self, PublishError> {
        let tree = CategoryTree::new(view.categories.clone())?;
        let rules = view.collections.iter().filter_map(|c| match &c.members {
            Members::Rule(rule) => Some((c.id.clone(), rule.clone())),
            Members::Manual(_) => None,
        });
        let (rules, facets) = (rules.collect(), FacetTable::default());
        Ok(Self { rules, tree, view, facets, tax_added: false, search: None, reviews: HashMap::new() })
    }

    /// The search settings for a manifest.
    pub(crate) fn search(&self, uploads: &mut Vec<Upload>) -> Option<ObjectRef> {
        let (object, bytes) = self.search.clone()?;
        uploads.extend(bytes.map(|bytes| Upload { object: object.clone(), bytes }));
        Some(object)
    }

    /// Whether every product's card is the same under both.
    pub(crate) fn same_cards(&self, other: &Self) -> bool {
        self.rules == other.rules
            && self.tree == other.tree
            && self.view.shop.facets == other.view.shop.facets
            && self.view.shop.default_locale == other.view.shop.default_locale
    }

    /// Whether every product is found by the same words under both.
    pub(crate) fn same_words(&self, other: &Self) -> bool {
        self.tree == other.tree && self.view.shop.default_locale == other.view.shop.default_locale
    }

    /// None for what shoppers must not see: drafts, archived products.
    pub(crate) fn show(&mut self, product: Product, stock: &HashMap<Sku, StockLevel>) -> Option<Shown> {
        if product.status != ProductStatus::Active {
            return None;
        }
        let availability: Vec<Availability> =
            product.variants.iter().map(|v| Availability::of(v, stock.get(&v.sku))).collect();
        let mut collections = Vec::new();
        for (id, rule) in &self.rules {
            if rule.holds(&product, &availability, &self.tree) {
                collections.push(id.clone());
            }
        }
        let card = Card::of(&product, &availability, collections, &self.view.shop, &mut self.facets)?;
        let reviews = self.reviews.remove(&product.id).unwrap_or_default();
        let card = card.with_score(reviews.rating.score());
        Some(Shown { product, availability, reviews, card })
    }

    pub(crate) fn document(&self, product: &Product) -> SearchDocument {
        let categories = product.category.as_ref().map(|id| self.tree.breadcrumbs(id)).unwrap_or_default();
        SearchDocument::of(product, &categories, &self.view.shop.default_locale)
    }
}

/// Stock of all tracked variants of these products.
pub(crate) async fn stock_of<'a>(
    store: &Store,
    products: impl Iterator<Item = &'a Product>,
) -> Result<HashMap<Sku, StockLevel>, PublishError> {
    let variants = products.flat_map(|p| &p.variants).filter(|v| v.track_stock);
    let skus: Vec<Sku> = variants.map(|v| v.sku.clone()).collect();
    Ok(store.stock().get_many(&skus).await?)
}
