//! What the search box offers while one types: a fragment the script puts under it.

use super::parts::{SMALL, card_picture, price};
use crate::snapshot::CardNo;
use crate::view::View;
use maud::html;
use stoa_domain::category::Category;

const CATEGORIES: usize = 3;

/// Options of a listbox; each is a link that also works when pressed with the mouse.
pub fn render(view: &View<'_>, q: &str, cards: &[CardNo]) -> String {
    let needle = q.to_lowercase();
    let matches = |category: &&Category| category.name.iter().any(|(_, name)| name.to_lowercase().contains(&needle));
    let categories: Vec<_> = if needle.is_empty() {
        Vec::new()
    } else {
        view.snapshot.view.categories.iter().filter(matches).take(CATEGORIES).collect()
    };
    html! {
        ul role="listbox" id="suggestion-list" aria-label=(view.t("suggestions")) {
            @for category in &categories {
                li role="option" data-href=(view.to_collection(category.handle.as_str())) {
                    a tabindex="-1" href=(view.to_collection(category.handle.as_str())) { span { (view.text(&category.name)) } span.soft { (view.t("category")) } }
                }
            }
            @for no in cards {
                @let card = view.snapshot.card(*no);
                li role="option" data-href=(view.to_product(&card.handle)) {
                    a tabindex="-1" href=(view.to_product(&card.handle)) {
                        span.mat { (card_picture(view, card, SMALL, false)) }
                        span { (view.card_text(&card.title)) }
                        (price(view, card.price_from, Some(card.price_to), None))
                    }
                }
            }
        }
    }
    .into_string()
}
