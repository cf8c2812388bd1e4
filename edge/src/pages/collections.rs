//! All categories and collections on one page.

use super::layout::{Head, page};
use super::parts::{breadcrumbs, picture, placeholder};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::category::Category;

const SIZES: &str = "(min-width: 64rem) 18rem, (min-width: 40rem) 30vw, 46vw";
/// Deeper levels are reached through the page of the level above.
const SHOWN_BELOW: usize = 24;

pub fn render(view: &View<'_>) -> String {
    let title = view.t("all-collections");
    let head = Head { title: title.clone(), canonical: "/collections".into(), ..Head::default() };
    let mut collections: Vec<_> = view.snapshot.view.collections.iter().collect();
    collections.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
    page(
        view,
        &head,
        html! {
            (breadcrumbs(view, &[], &title))
            header.page-head { h1 { (title) } }
            @if !collections.is_empty() {
                ul.collections {
                    @for collection in collections {
                        @let cards = view.snapshot.cards_in_collection(collection);
                        li {
                            div.mat {
                                @match view.snapshot.picture_of(&cards) {
                                    Some(media) => (picture(media, "", SIZES, false)),
                                    None => (placeholder(collection.id.as_str(), collection.id.as_str(), "")),
                                }
                            }
                            h2 { a href=(view.to_collection(collection.handle.as_str())) { (view.text(&collection.title)) } }
                            p.soft { (view.t_with("product-count", &[("count", cards.len().into())])) }
                        }
                    }
                }
            }
            @for category in view.snapshot.children(None) { (branch(view, category)) }
        },
    )
}

fn branch(view: &View<'_>, category: &Category) -> Markup {
    let below = view.snapshot.children(Some(category.id.as_str()));
    html! {
        section.branch {
            h2 { a href=(view.to_collection(category.handle.as_str())) { (view.text(&category.name)) } }
            @if !below.is_empty() {
                ul {
                    @for child in below.iter().take(SHOWN_BELOW) {
                        li { a href=(view.to_collection(child.handle.as_str())) { (view.text(&child.name)) } }
                    }
                }
            }
        }
    }
}
