//! A page of products with its filters: a category, a collection, or what a search found. One form holds every filter
//! and the order, so that it works by its button alone; the script only presses it.

use super::layout::{Head, icon, page};
use super::parts::{breadcrumbs, tiles};
use crate::listing::{Choice, FacetGroup, ListQuery, Listing, Sort};
use crate::search::Found;
use crate::view::View;
use maud::{Markup, PreEscaped, html};
use stoa_domain::category::Category;

/// More filters than this make a page nobody links to: search engines are asked to leave it out.
const INDEXED_FILTERS: usize = 1;
/// Tiles whose pictures load at once.
const EAGER: usize = 4;

pub struct List<'a> {
    pub query: &'a ListQuery,
    pub listing: &'a Listing,
    /// `/collections/mugs` or `/search`.
    pub path: String,
}

pub struct Heading<'a> {
    pub title: &'a str,
    pub description_html: &'a str,
    /// Above this one.
    pub crumbs: Vec<&'a Category>,
    pub children: Vec<&'a Category>,
}

impl List<'_> {
    fn link(&self, view: &View<'_>, query: &ListQuery) -> String {
        format!("{}{}", view.to(&self.path), query.to_query(&view.snapshot.view.shop.facets))
    }
    /// The same list with a change, on its first page.
    fn with(&self, view: &View<'_>, change: impl FnOnce(&mut ListQuery)) -> String {
        let mut query = ListQuery { page: 1, ..self.query.clone() };
        change(&mut query);
        self.link(view, &query)
    }
    fn head(&self, view: &View<'_>, title: &str) -> Head {
        let facets = &view.snapshot.view.shop.facets;
        let narrowed = self.query.narrowed_by();
        // One filter and a page stand for themselves; order does not.
        let canonical = ListQuery { sort: Sort::Featured, page: self.listing.page, ..self.query.clone() };
        Head {
            title: title.to_owned(),
            canonical: format!("{}{}", self.path, canonical.to_query(facets)),
            here: Some(format!("{}{}", self.path, self.query.to_query(facets))),
            noindex: narrowed > INDEXED_FILTERS || self.path == "/search" || self.listing.total == 0,
            q: self.query.q.clone(),
            ..Head::default()
        }
    }
}

pub fn collection(view: &View<'_>, heading: &Heading<'_>, list: &List<'_>) -> String {
    let mut head = list.head(view, heading.title);
    head.description = super::content::plain_text(heading.description_html, 160);
    page(
        view,
        &head,
        html! {
            (breadcrumbs(view, &heading.crumbs, heading.title))
            header.page-head {
                h1 { (heading.title) }
                @if !heading.description_html.is_empty() { div.prose.lead { (PreEscaped(heading.description_html)) } }
                @if !heading.children.is_empty() {
                    ul.children {
                        @for child in &heading.children {
                            li { a href=(view.to_collection(child.handle.as_str())) { (view.text(&child.name)) } }
                        }
                    }
                }
            }
            (body(view, list))
        },
    )
}

pub fn search(view: &View<'_>, list: &List<'_>, found: &Found) -> String {
    let q = &list.query.q;
    let title =
        if q.is_empty() { view.t("search") } else { view.t_with("search-results-for", &[("q", q.as_str().into())]) };
    page(
        view,
        &list.head(view, &title),
        html! {
            (breadcrumbs(view, &[], &view.t("search")))
            header.page-head { h1 { (title) } }
            @if q.is_empty() {
                div.empty { p { (view.t("search-empty")) } p { a.button href=(view.to("/collections")) { (view.t("all-collections")) } } }
            } @else {
                @for (typed, taken) in &found.corrected {
                    p.hint { (view.t_with("search-corrected", &[("typed", typed.as_str().into()), ("taken", taken.as_str().into())])) }
                }
                @if found.relaxed { p.hint { (view.t("search-relaxed")) } }
                (body(view, list))
            }
        },
    )
}

fn body(view: &View<'_>, list: &List<'_>) -> Markup {
    let (query, listing) = (list.query, list.listing);
    let nothing_at_all = listing.total == 0 && query.narrowed_by() == 0;
    html! {
        @if nothing_at_all {
            div.empty {
                p { (view.t(if query.q.is_empty() { "collection-empty" } else { "search-nothing" })) }
                p { a.button href=(view.to("/collections")) { (view.t("all-collections")) } }
            }
        } @else {
            form.listing method="get" action=(view.to(&list.path)) data-auto {
                @if !query.q.is_empty() { input type="hidden" name="q" value=(query.q); }
                (filters(view, list))
                section.found aria-labelledby="products" {
                    h2.hidden #products { (view.t("products")) }
                    div.found-bar {
                        p role="status" { (view.t_with("product-count", &[("count", listing.total.into())])) }
                        (order(view, query))
                    }
                    (chosen(view, list))
                    @if listing.cards.is_empty() {
                        div.empty {
                            p { (view.t("filters-leave-nothing")) }
                            p { a.button href=(list.with(view, clear)) { (view.t("filters-clear")) } }
                        }
                    } @else {
                        (tiles(view, &listing.cards, EAGER))
                        (pager(view, list))
                    }
                }
            }
        }
    }
}

fn clear(query: &mut ListQuery) {
    query.brands.clear();
    query.facets.clear();
    query.available = false;
    (query.price_gte, query.price_lte) = (None, None);
}

fn order(view: &View<'_>, query: &ListQuery) -> Markup {
    html! {
        div.order {
            label for="sort" { (view.t("sort-label")) }
            select #sort name="sort_by" {
                @for sort in Sort::ALL {
                    @let featured = sort == Sort::Featured;
                    @let name = if featured && !query.q.is_empty() { "relevance" } else { sort.name() };
                    option value=[(!featured).then_some(sort.name())] value=[featured.then_some("")] selected[sort == query.sort] {
                        (view.t(&format!("sort-{name}")))
                    }
                }
            }
            button.quiet type="submit" data-auto-hide { (view.t("apply")) }
        }
    }
}

fn filters(view: &View<'_>, list: &List<'_>) -> Markup {
    let (query, listing) = (list.query, list.listing);
    html! {
        details.filters {
            summary { (icon("filter")) (view.t("filters")) @if query.narrowed_by() > 0 { " (" (query.narrowed_by()) ")" } }
            div {
                label.check {
                    input type="checkbox" name="filter.available" value="1" checked[query.available];
                    span { (view.t("in-stock-only")) }
                    span.n { (view.words.count(listing.in_stock)) }
                }
                @if let Some((low, high)) = listing.prices {
                    fieldset.prices {
                        legend { (view.t("price")) }
                        label { span.hidden { (view.t("price-least")) }
                            input type="text" inputmode="decimal" name="filter.price.gte" maxlength="12" autocomplete="off"
                                value=(query.price_gte.map(|m| m.to_decimal()).unwrap_or_default()) placeholder=(low.to_decimal()); }
                        span aria-hidden="true" { "–" }
                        label { span.hidden { (view.t("price-most")) }
                            input type="text" inputmode="decimal" name="filter.price.lte" maxlength="12" autocomplete="off"
                                value=(query.price_lte.map(|m| m.to_decimal()).unwrap_or_default()) placeholder=(high.to_decimal()); }
                    }
                }
                @if listing.brands.len() > 1 || !query.brands.is_empty() {
                    (choices(view, &view.t("brand"), "filter.brand", &listing.brands))
                }
                @for FacetGroup { facet, values } in &listing.facets {
                    @if let Some(name) = view.snapshot.view.shop.facets.get(usize::from(*facet)) {
                        (choices(view, &view.facet_label(name), &format!("filter.f.{name}"), values))
                    }
                }
                p.actions { button type="submit" { (view.t("apply")) } }
            }
        }
    }
}

fn choices(view: &View<'_>, label: &str, name: &str, values: &[Choice]) -> Markup {
    html! {
        fieldset {
            legend { (label) }
            @for choice in values {
                label.check {
                    input type="checkbox" name=(name) value=(choice.value) checked[choice.chosen];
                    span { (choice.value) }
                    span.n { (view.words.count(choice.count)) }
                }
            }
        }
    }
}

/// What is on, each with the link that takes it off.
fn chosen(view: &View<'_>, list: &List<'_>) -> Markup {
    let query = list.query;
    let chip = |text: &str, link: String| {
        html! { li { a href=(link) aria-label=(view.t_with("filter-remove", &[("filter", text.into())])) { (text) (icon("close")) } } }
    };
    html! {
        @if query.narrowed_by() > 0 {
            ul.chips {
                @for brand in &query.brands {
                    (chip(brand, list.with(view, |q| q.brands.retain(|b| b != brand))))
                }
                @for on in &query.facets {
                    (chip(&on.1, list.with(view, |q| q.facets.retain(|f| f != on))))
                }
                @if query.available { (chip(&view.t("in-stock-only"), list.with(view, |q| q.available = false))) }
                @if query.price_gte.is_some() || query.price_lte.is_some() {
                    @let edge = |m: Option<stoa_domain::Money>| m.map(|m| view.money(m)).unwrap_or_default();
                    (chip(&format!("{}–{}", edge(query.price_gte), edge(query.price_lte)),
                        list.with(view, |q| (q.price_gte, q.price_lte) = (None, None))))
                }
                li { a.clear href=(list.with(view, clear)) { (view.t("filters-clear")) } }
            }
        }
    }
}

fn pager(view: &View<'_>, list: &List<'_>) -> Markup {
    let (at, of) = (list.listing.page, list.listing.pages);
    let link = |page: usize| list.link(view, &ListQuery { page, ..list.query.clone() });
    html! {
        @if of > 1 {
            nav.pager aria-label=(view.t("pages")) {
                @if at > 1 { a rel="prev" href=(link(at - 1)) { (view.t("page-before")) } } @else { span {} }
                p { (view.t_with("page-of", &[("page", at.into()), ("pages", of.into())])) }
                @if at < of { a rel="next" href=(link(at + 1)) { (view.t("page-after")) } } @else { span {} }
            }
        }
    }
}
