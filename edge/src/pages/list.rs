//! A page of products with its filters: a category, a collection, or what a search found. One form holds every filter
//! and the order, so that it works by its button alone; the script only presses it.

use super::filters::{chosen, filters};
use super::layout::{Head, page};
use super::parts::{breadcrumbs, tiles};
use crate::listing::{ListQuery, Listing, Sort};
use crate::snapshot::CardNo;
use crate::suggest::{best_sellers, nearest};
use crate::view::View;
use maud::{Markup, PreEscaped, html};
use stoa_domain::category::Category;
use stoa_domain::search::Plan;
use stoa_search_index::steer::Answer;

/// More filters than this make a page nobody links to: search engines are asked to leave it out.
const INDEXED_FILTERS: usize = 1;
/// Tiles whose pictures load at once.
const EAGER: usize = 4;
/// Where a search found nothing.
const NEAREST: usize = 6;
const BEST_SELLERS: usize = 8;

pub struct List<'a> {
    pub query: &'a ListQuery,
    pub listing: &'a Listing,
    /// `/collections/mugs` or `/search`.
    pub path: String,
    /// Its filter by category leads to other categories' pages.
    pub is_category: bool,
    /// What the merchant's rules say here.
    pub plan: &'a Plan<'a>,
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
        format!("{}{}", view.to(&self.path), query.to_query(&view.snapshot.facets()))
    }
    /// The same list with a change, on its first page.
    pub fn with(&self, view: &View<'_>, change: impl FnOnce(&mut ListQuery)) -> String {
        let mut query = ListQuery { page: 1, ..self.query.clone() };
        change(&mut query);
        self.link(view, &query)
    }
    /// What is asked for here, asked of a category's page.
    pub fn in_category(&self, view: &View<'_>, handle: &str) -> String {
        let query = ListQuery { page: 1, categories: Vec::new(), ..self.query.clone() };
        format!("{}{}", view.to_collection(handle), query.to_query(&view.snapshot.facets()))
    }
    fn head(&self, view: &View<'_>, title: &str) -> Head {
        let facets = &*view.snapshot.facets();
        let narrowed = self.query.narrowed_by();
        // One filter and a page stand for themselves; order does not. A category within a category has its own page.
        let mut canonical = ListQuery { sort: Sort::Featured, page: self.listing.page, ..self.query.clone() };
        let mut path = self.path.clone();
        if let (true, [only]) = (self.is_category, self.query.categories.as_slice()) {
            path = format!("/collections/{}", crate::view::segment(only));
            canonical.categories.clear();
        }
        Head {
            title: title.to_owned(),
            canonical: format!("{path}{}", canonical.to_query(facets)),
            here: Some(format!("{}{}", self.path, self.query.to_query(facets))),
            noindex: narrowed > INDEXED_FILTERS || self.path == "/search" || self.listing.total == 0,
            q: self.query.q.clone(),
            counted: self.path == "/search",
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
            (banners(view, list))
            (body(view, list))
        },
    )
}

/// What the merchant has to say above this list; not on its further pages.
fn banners(view: &View<'_>, list: &List<'_>) -> Markup {
    html! {
        @for banner in list.plan.banners().filter(|_| list.listing.page == 1) {
            section.summary.hint {
                h2 { (view.text(&banner.title)) }
                @if !banner.text.is_empty() { p { (view.text(&banner.text)) } }
                @if let Some(link) = &banner.link {
                    @let elsewhere = link.leaves_the_shop();
                    @let to = if elsewhere { link.as_str().to_owned() } else { view.to(link.as_str()) };
                    p { a.more href=(to) rel=[elsewhere.then_some("noopener")] { (view.t("banner-more")) } }
                }
            }
        }
    }
}

pub fn search(view: &View<'_>, list: &List<'_>, found: &Answer<CardNo>) -> String {
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
                (said_otherwise(view, list, found))
                (banners(view, list))
                (body(view, list))
            }
        },
    )
}

/// What was looked for instead of what was typed, and the way to what was typed.
fn said_otherwise(view: &View<'_>, list: &List<'_>, found: &Answer<CardNo>) -> Markup {
    let mut taken: Vec<(&str, Vec<&str>)> = Vec::new();
    for (typed, other) in &found.corrected {
        match taken.iter_mut().find(|(known, _)| known == typed) {
            Some((_, others)) => others.push(other),
            None => taken.push((typed, vec![other])),
        }
    }
    html! {
        @if !taken.is_empty() || found.relaxed {
            div.hint {
                @for (typed, others) in &taken {
                    p { (view.t_with("search-corrected", &[("typed", (*typed).into()), ("taken", others.join(&view.t("or")).into())])) }
                }
                @if found.relaxed { p { (view.t("search-relaxed")) } }
                @if !taken.is_empty() {
                    p { a href=(list.with(view, |query| { query.clear(); query.exact = true; })) {
                        (view.t_with("search-exactly", &[("q", list.query.q.as_str().into())]))
                    } }
                }
            }
        }
    }
}

/// Nothing was found: where to go on, and what others like.
fn nothing(view: &View<'_>, list: &List<'_>) -> Markup {
    let query = list.query;
    let search = !query.q.is_empty();
    let liked = best_sellers(view.snapshot, BEST_SELLERS);
    html! {
        div.empty {
            p { (view.t(if search { "search-nothing" } else { "collection-empty" })) }
            @if query.exact {
                p { a.button href=(list.with(view, |query| query.exact = false)) { (view.t("search-loosely")) } }
            }
            @let near = nearest(view.snapshot, &query.q, NEAREST);
            @if !near.is_empty() {
                ul.children {
                    @for category in near { li { a href=(view.to_collection(category.handle.as_str())) { (view.text(&category.name)) } } }
                }
            }
            p { a.more href=(view.to("/collections")) { (view.t("all-collections")) } }
        }
        @if !liked.is_empty() {
            section.shelf aria-labelledby="liked" {
                header { h2 #liked { (view.t(if view.snapshot.has_sales { "best-sellers" } else { "new-arrivals" })) } }
                (tiles(view, &liked, 0))
            }
        }
    }
}

fn body(view: &View<'_>, list: &List<'_>) -> Markup {
    let (query, listing) = (list.query, list.listing);
    let nothing_at_all = listing.total == 0 && query.narrowed_by() == 0;
    html! {
        @if nothing_at_all {
            (nothing(view, list))
        } @else {
            form.listing method="get" action=(view.to(&list.path)) autocomplete="off" data-auto {
                @if !query.q.is_empty() { input type="hidden" name="q" value=(query.q); }
                @if query.exact { input type="hidden" name="exact" value="1"; }
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
                            p { a.button href=(list.with(view, ListQuery::clear)) { (view.t("filters-clear")) } }
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

fn order(view: &View<'_>, query: &ListQuery) -> Markup {
    html! {
        div.order {
            label for="sort" { (view.t("sort-label")) }
            select #sort name="sort_by" {
                @for sort in Sort::ALL.into_iter().filter(|sort| sort.is_offered(view.snapshot)) {
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
           @if at == of && list.listing.beyond() > 0 {
               p.hint { (view.t_with("pages-end", &[("count", list.listing.beyond().into())])) }
           }
       }
}
