//! The home page: the shop's promise under an arcade, its rooms, its collections, what is new.

use super::layout::{Head, page};
use super::parts::{picture, placeholder, tiles};
use crate::snapshot::CardNo;
use crate::static_files;
use crate::view::View;
use maud::{Markup, html};
use std::cmp::Reverse;

const ROOMS: usize = 6;
const SHELF: usize = 4;
const SHELVES: usize = 3;
const NEW: usize = 8;
const ROOM_SIZES: &str = "(min-width: 64rem) 24rem, (min-width: 40rem) 30vw, 46vw";

pub fn render(view: &View<'_>) -> String {
    let shop = &view.snapshot.view.shop;
    let head = Head { description: view.text(&shop.description).to_owned(), canonical: "/".into(), ..Head::default() };
    let mut collections: Vec<_> = view.snapshot.view.collections.iter().collect();
    collections.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
    let shelves: Vec<_> = collections
        .into_iter()
        .map(|collection| (collection, best_first(view, view.snapshot.cards_in_collection(collection))))
        .filter(|(_, cards)| cards.len() >= 2)
        .take(SHELVES)
        .collect();
    let mut newest = view.snapshot.all().to_vec();
    newest.sort_by_key(|no| {
        let card = view.snapshot.card(*no);
        (!card.available, card.image.is_none(), Reverse(card.created_at))
    });
    newest.truncate(NEW);
    let first = shelves.first().map(|(collection, _)| view.to_collection(collection.handle.as_str()));
    page(
        view,
        &head,
        html! {
            (hero(view, first))
            (rooms(view))
            @for (collection, cards) in &shelves {
                section.shelf {
                    header {
                        h2 { (view.text(&collection.title)) }
                        a.more href=(view.to_collection(collection.handle.as_str())) { (view.t("see-all")) span.hidden { ": " (view.text(&collection.title)) } }
                    }
                    (tiles(view, &cards[..cards.len().min(SHELF)], 0))
                }
            }
            @if !newest.is_empty() {
                section.shelf {
                    header {
                        h2 { (view.t("new-arrivals")) }
                        a.more href={ (view.to("/collections")) } { (view.t("all-collections")) }
                    }
                    (tiles(view, &newest, 0))
                }
            }
            (promises(view))
        },
    )
}

/// What can be bought and be seen comes first.
fn best_first(view: &View<'_>, mut cards: Vec<CardNo>) -> Vec<CardNo> {
    cards.sort_by_key(|no| {
        let card = view.snapshot.card(*no);
        (!card.available, card.image.is_none())
    });
    cards
}

fn hero(view: &View<'_>, first: Option<String>) -> Markup {
    let shop = &view.snapshot.view.shop;
    let tagline = view.text(&shop.tagline);
    html! {
        section.hero {
            div {
                h1 { (if tagline.is_empty() { view.text(&shop.name) } else { tagline }) }
                @let description = view.text(&shop.description);
                @if !description.is_empty() { p { (description) } }
                p.actions {
                    a.button href=(first.unwrap_or_else(|| view.to("/collections"))) { (view.t("start-shopping")) }
                    a.more href=(view.to("/collections")) { (view.t("all-collections")) }
                }
            }
            svg.arcade viewBox="0 0 720 480" aria-hidden="true" preserveAspectRatio="xMidYMax slice" {
                use href={ (static_files::url("shapes.svg")) "#hero" } {}
            }
        }
    }
}

fn rooms(view: &View<'_>) -> Markup {
    let top = view.snapshot.children(None);
    html! {
        @if !top.is_empty() {
            section.rooms aria-label=(view.t("all-categories")) {
                ul {
                    @for category in top.iter().take(ROOMS) {
                        @let cards = view.snapshot.cards_in_category(category.id.as_str());
                        li {
                            div.arch {
                                @match view.snapshot.picture_of(&cards) {
                                    Some(media) => (picture(media, "", ROOM_SIZES, false)),
                                    None => (placeholder(category.id.as_str(), category.id.as_str(), "")),
                                }
                            }
                            h2 { a href=(view.to_collection(category.handle.as_str())) { (view.text(&category.name)) } }
                            p { (view.t_with("product-count", &[("count", cards.len().into())])) }
                        }
                    }
                }
            }
        }
    }
}

/// How goods reach the shopper, in the merchant's own words.
fn promises(view: &View<'_>) -> Markup {
    let methods = &view.snapshot.view.shop.shipping_methods;
    html! {
        @if !methods.is_empty() {
            section.promises aria-labelledby="promises" {
                h2 #promises { (view.t("how-it-reaches-you")) }
                ul {
                    @for method in methods.iter().take(4) {
                        li {
                            h3 { (view.text(&method.name)) }
                            p { (view.text(&method.promise)) }
                            p.soft {
                                @if method.price.is_zero() { (view.t("free")) } @else { (view.money(method.price)) }
                                @if let Some(from) = method.free_from {
                                    " · " (view.t_with("free-from", &[("price", view.money(from).into())]))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
