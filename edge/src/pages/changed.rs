//! What is not as the shopper saw it when they ordered, each in a sentence with old and new.

use crate::functions::{CartView, Change};
use crate::view::View;

/// One sentence a change. A kind that this edge has no words for is left to the new total, which is shown anyway.
pub fn sentences(view: &View<'_>, cart: &CartView, changes: &[Change]) -> Vec<String> {
    changes.iter().filter_map(|change| sentence(view, cart, change)).collect()
}

fn sentence(view: &View<'_>, cart: &CartView, change: &Change) -> Option<String> {
    let key = format!("change-{}", change.what.replace('_', "-"));
    let sku = change.sku.as_deref().unwrap_or_default();
    let line = cart.lines.iter().find(|line| line.sku == sku).map(|line| line.title.as_str());
    let gift = || cart.gifts.iter().find(|gift| gift.sku == sku).map(|gift| gift.title.as_str());
    let title = line.or_else(gift).unwrap_or(sku);
    let side = |money: Option<stoa_domain::Money>, quantity: Option<u32>| {
        if matches!(change.what.as_str(), "quantity" | "gift") {
            return quantity.unwrap_or(0).to_string();
        }
        money.map_or_else(|| "–".to_owned(), |money| view.money(money))
    };
    let (before, now) = (side(change.before, change.quantity_before), side(change.now, change.quantity_now));
    view.words.find(&key, &[("title", title.into()), ("before", before.into()), ("now", now.into())])
}
