//! Why one product has its place in one search.

use super::{HERE, locale};
use crate::State;
use crate::api::search::{explained, published};
use crate::console::session::Session;
use crate::console::{Language, answer, refusal};
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use stoa_domain::ProductId;
use stoa_endpoint::ApiError;
use stoa_search_index::steer::Catalogue;
use stoa_search_index::{ConceptPart, Explanation};

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    locale: String,
    product: String,
    #[serde(default)]
    draft: String,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let read = async {
        grant.require("settings:read")?;
        let (published, product) = (published(&state).await?, ProductId::new(asked.product.as_str())?);
        let locale = locale(&published, &asked.locale);
        let explained = explained(&state, &published, &asked.q, &locale, &product, asked.draft == "1").await?;
        let card = published.find(&product).map(|no| published.card(no));
        let title = card.map(|card| card.title.get(&locale, &published.view.shop.default_locale).to_owned());
        Ok::<_, ApiError>((explained, title.unwrap_or_default()))
    };
    match read.await {
        Ok((explained, title)) => render(&language, &asked, &explained, &title),
        Err(error) => refusal(&language, HERE, &error),
    }
}

fn render(language: &Language, asked: &Asked, explained: &Explanation, title: &str) -> Response {
    let words = language.words.search;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &asked.q)
        .append_pair("locale", &asked.locale)
        .finish();
    let sum: f32 = explained.concepts.iter().map(|concept| concept.score).sum();
    let factor = |label: &str, by: f32| html! { tr { th scope="row" { (label) } td {} td {} td { "× " (two(by)) } } };
    let content = html! {
        p.crumbs { a href={ (HERE) "?" (query) } { (words.search) } }
        h1 { (words.why_title) }
        p.lead { (title) " · “" (asked.q) "” · " (if asked.draft == "1" { words.draft } else { words.now }) }
        @match explained.place {
            Some(place) => p { (words.place_of) " " (place) " " (words.of) " " (explained.found) ". " (words.no_pins_here) },
            None => p { (words.not_among) },
        }
        div.scroll tabindex="0" role="region" aria-label=(words.why_title) {
            table {
                thead { tr { th scope="col" { (words.word) } th scope="col" { (words.has_it) }
                    th scope="col" { (words.where_) } th scope="col" { (words.score) } } }
                tbody {
                    @for concept in &explained.concepts { (row(concept)) }
                    tr { th scope="row" { (words.sum) } td {} td {} td { (two(sum)) } }
                    (factor(words.merit, explained.merit))
                    (factor(words.boost, explained.boost))
                    (factor(words.closeness, explained.closeness))
                    tr { th scope="row" { (words.whole) } td {} td {} td { "= " (two(explained.score)) } }
                }
            }
        }
    };
    answer(StatusCode::OK, language, HERE, words.why_title, content)
}

fn row(concept: &ConceptPart) -> Markup {
    html! {
        tr {
            th scope="row" { (concept.words) }
            td { (concept.products) }
            td {
                @if let Some(way) = concept.ways.first() {
                    @if way.terms.join(" ") != concept.words { code { (way.terms.join(" ")) } " × " (two(way.weight)) br; }
                    @for field in &way.fields {
                        span.quiet { (field.field) ": " (field.occurrences) " × " (two(field.weight)) " × " (two(field.length)) } br;
                    }
                }
            }
            td { (two(concept.rarity * concept.weight)) " × " (two(concept.saturated)) " = " (two(concept.score)) }
        }
    }
}

fn two(number: f32) -> String {
    format!("{number:.2}")
}
