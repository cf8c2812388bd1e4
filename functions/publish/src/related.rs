//! Related products: of the same category, the same brand first, then by nearness of price.

use std::collections::HashMap;
use stoa_domain::snapshot::Card;
use stoa_domain::{CategoryId, ProductId};

const MAX_RELATED: usize = 8;
/// How many neighbours by price are looked at on either side.
const REACH: usize = 12;

/// Products by category, each list by price.
pub(crate) struct Related<'a> {
    by_category: HashMap<&'a CategoryId, Vec<&'a Card>>,
}

impl<'a> Related<'a> {
    pub(crate) fn new(cards: impl Iterator<Item = &'a Card>) -> Self {
        let mut by_category: HashMap<&CategoryId, Vec<&Card>> = HashMap::new();
        for card in cards {
            if let Some(category) = &card.category {
                by_category.entry(category).or_default().push(card);
            }
        }
        for cards in by_category.values_mut() {
            cards.sort_unstable_by_key(|c| (c.price_from.minor, &c.id));
        }
        Self { by_category }
    }

    /// Best first, at most 8.
    pub(crate) fn to(&self, card: &Card) -> Vec<ProductId> {
        let Some(peers) = card.category.as_ref().and_then(|c| self.by_category.get(c)) else { return Vec::new() };
        let at = peers.partition_point(|p| (p.price_from.minor, &p.id) < (card.price_from.minor, &card.id));
        let near = &peers[at.saturating_sub(REACH)..(at + REACH + 1).min(peers.len())];
        let mut near: Vec<&Card> = near.iter().copied().filter(|p| p.id != card.id).collect();
        near.sort_by_key(|p| {
            let stranger = p.brand.is_none() || p.brand != card.brand;
            (stranger, p.price_from.minor.abs_diff(card.price_from.minor), &p.id)
        });
        near.into_iter().take(MAX_RELATED).map(|p| p.id.clone()).collect()
    }
}
