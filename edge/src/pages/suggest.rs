//! What the search box offers while one types: a fragment the script puts under it, a listbox of grouped options. Each
//! option is a link, so it works with the mouse as links do.

use super::layout::icon;
use super::parts::{SMALL, card_picture, price};
use crate::suggest::Suggestions;
use crate::view::View;
use maud::{Markup, html};

pub fn render(view: &View<'_>, found: &Suggestions<'_>) -> String {
    let search = |pairs: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", view.to("/search"))
    };
    let queries =
        found.queries.iter().map(|query| (search(&[("q", query)]), html! { (icon("search")) span { (query) } }));
    let categories = found.categories.iter().map(|category| {
        let path = view.snapshot.path_to(category.id.as_str());
        let above = path.iter().rev().nth(1);
        let words = html! { span { (view.text(&category.name)) } @if let Some(above) = above { span.soft { (view.text(&above.name)) } } };
        (view.to_collection(category.handle.as_str()), words)
    });
    let brands = found.brands.iter().map(|brand| {
        (search(&[("q", brand), ("filter.brand", brand)]), html! { span { (brand) } span.soft { (view.t("brand")) } })
    });
    let products = found.products.iter().map(|no| {
        let card = view.snapshot.card(*no);
        let words = html! {
            span.mat { (card_picture(view, card, SMALL, false)) }
            span.named { (view.card_text(&card.title)) }
            (price(view, card.price_from, Some(card.price_to), card.compare_at))
        };
        (view.to_product(&card.handle), words)
    });
    let mut number = 0;
    html! {
        div role="listbox" id="suggestion-list" aria-label=(view.t("suggestions")) {
            (group(&mut number, "queries", &view.t("suggested-searches"), queries.collect()))
            (group(&mut number, "shelves", &view.t("categories-and-brands"), categories.chain(brands).collect()))
            (group(&mut number, "products", &view.t("products"), products.collect()))
        }
    }
    .into_string()
}

fn group(number: &mut usize, kind: &str, label: &str, options: Vec<(String, Markup)>) -> Markup {
    html! {
        @if !options.is_empty() {
            div role="group" class=(kind) aria-label=(label) {
                p.head aria-hidden="true" { (label) }
                @for (href, words) in options {
                    @let id = format!("suggestion-{number}");
                    @let () = *number += 1;
                    a role="option" id=(id) aria-selected="false" tabindex="-1" href=(href) { (words) }
                }
            }
        }
    }
}
