//! The published catalogue as rules and merit see it: cards, by the index's keys.

use crate::cards::Card;
use crate::facets::Facets;
use crate::snapshot::{CardNo, Snapshot};
use std::cell::Ref;
use stoa_domain::ProductId;
use stoa_domain::search::{Listed, same};
use stoa_search_index::DocKey;
use stoa_search_index::steer::Catalogue;

/// A card with the table its facets point into.
pub struct ListedCard<'a> {
    card: &'a Card,
    facets: Ref<'a, Facets>,
}

impl Catalogue for Snapshot {
    type Item = CardNo;
    type Product<'a> = ListedCard<'a>;

    fn item(&self, key: DocKey) -> Option<CardNo> {
        self.card_of(self.index.as_deref()?.engine(), key)
    }
    fn find(&self, id: &ProductId) -> Option<CardNo> {
        self.find_id(id.as_str())
    }
    fn product(&self, no: CardNo) -> ListedCard<'_> {
        ListedCard { card: self.card(no), facets: self.facets() }
    }
}

impl Listed for ListedCard<'_> {
    fn id(&self) -> &str {
        &self.card.id
    }
    fn brand(&self) -> Option<&str> {
        self.card.brand.as_deref()
    }
    fn category(&self) -> Option<&str> {
        self.card.category.as_deref()
    }
    fn is_in(&self, collection: &str) -> bool {
        self.card.collections.iter().any(|id| &**id == collection)
    }
    fn has(&self, attribute: &str, value: &str) -> bool {
        self.card.facets.iter().filter_map(|no| self.facets.value(*no)).any(|known| {
            let facet = self.facets.facet(known.facet);
            facet.is_some_and(|facet| same(&facet.name, attribute)) && known.any(|text| same(text, value))
        })
    }
    fn sells(&self) -> bool {
        self.card.available
    }
    fn on_sale(&self) -> bool {
        self.card.compare_at.is_some()
    }
    fn sold(&self) -> u32 {
        self.card.sold
    }
    fn created_at(&self) -> i64 {
        self.card.created_at
    }
}
