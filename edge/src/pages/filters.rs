//! Beside a list: everything it can be narrowed by, and above it what it is narrowed by. Choices are fields of the
//! list's form; ranges and categories are links, so each says where it leads.

use super::layout::icon;
use super::list::List;
use super::parts::dot;
use crate::listing::{Bucket, CategoryChoice, Choice, FacetGroup, ListQuery, Prices, Range, What, money, parameter};
use crate::view::View;
use maud::{Markup, html};
use rust_decimal::Decimal;

/// Groups further down begin closed, unless something in them is chosen.
const OPEN: usize = 4;

pub(super) fn filters(view: &View<'_>, list: &List<'_>) -> Markup {
    let (query, listing) = (list.query, list.listing);
    let mut groups: Vec<(String, bool, Markup)> = Vec::new();
    if !listing.categories.is_empty() {
        let chosen = !query.categories.is_empty();
        groups.push((view.t("category"), chosen, categories(view, list, &listing.categories)));
    }
    if let Some(found) = &listing.prices
        && (found.least != found.most || query.has_price())
    {
        groups.push((view.t("price"), query.has_price(), prices(view, list, found)));
    }
    if listing.brands.len() > 1 || !query.brands.is_empty() {
        groups.push((view.t("brand"), !query.brands.is_empty(), choices(view, "filter.brand", &listing.brands)));
    }
    let mut flags = Vec::new();
    for FacetGroup { facet: no, what } in &listing.facets {
        let table = view.snapshot.facets();
        let (Some(facet), Some(name)) = (table.facet(*no), parameter(&table, *no)) else { continue };
        let label = view.facet_name(facet);
        match what {
            What::Flag { count, chosen } => flags.push(check(view, &name, crate::facets::ON, &label, *count, *chosen)),
            What::Choices(values) => {
                groups.push((label, values.iter().any(|v| v.chosen), choices(view, &name, values)));
            }
            What::Numbers { buckets, least, most, unit } => {
                let shown =
                    Numbers { no: *no, name, label: &label, buckets, ends: (*least, *most), unit: unit.as_deref() };
                let body = numbers(view, list, &shown);
                groups.push((label, query.range(*no).is_some(), body));
            }
        }
    }
    html! {
        details.filters {
            summary { (icon("filter")) span { (view.t("filters")) } @if query.narrowed_by() > 0 { span.badge { (query.narrowed_by()) } } }
            div.panel {
                @for handle in &query.categories { input type="hidden" name="filter.category" value=(handle); }
                div.switches {
                    (check(view, "filter.available", "1", &view.t("in-stock-only"), listing.in_stock, query.available))
                    @for flag in &flags { (flag) }
                }
                @for (at, (label, chosen, body)) in groups.iter().enumerate() {
                    details.facet open[at < OPEN || *chosen] {
                        summary { (label) }
                        div role="group" aria-label=(label) { (body) }
                    }
                }
                p.actions { button type="submit" { (view.t_with("filters-show", &[("count", listing.total.into())])) } }
            }
        }
    }
}

fn check(view: &View<'_>, name: &str, value: &str, label: &str, count: usize, chosen: bool) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) value=(value) checked[chosen];
            span { (label) }
            span.n { (view.words.count(count)) }
        }
    }
}

fn choices(view: &View<'_>, name: &str, values: &[Choice]) -> Markup {
    html! {
        @for choice in values {
            label.check {
                input type="checkbox" name=(name) value=(choice.value) checked[choice.chosen];
                @if let Some(swatch) = &choice.swatch { (dot(swatch)) }
                span { (choice.label) }
                span.n { (view.words.count(choice.count)) }
            }
        }
    }
}

fn link(view: &View<'_>, href: &str, words: &str, count: usize, chosen: bool) -> Markup {
    html! {
        a href=(href) aria-current=[chosen.then_some("true")] {
            span { (words) } span.n { (view.words.count(count)) }
        }
    }
}

/// A category's page leads to the pages below it, other lists narrow.
fn categories(view: &View<'_>, list: &List<'_>, choices: &[CategoryChoice]) -> Markup {
    html! {
        ul.ways {
            @for choice in choices {
                @if let Some(category) = view.snapshot.category(&choice.handle) {
                    @let href = if list.is_category && !choice.chosen {
                        list.in_category(view, &choice.handle)
                    } else {
                        list.with(view, |query| toggle(view, query, &choice.handle))
                    };
                    li class={ "depth-" (choice.depth.min(4)) } {
                        (link(view, &href, view.text(&category.name), choice.count, choice.chosen))
                    }
                }
            }
        }
    }
}

/// A category takes the place of those above and below it.
fn toggle(view: &View<'_>, query: &mut ListQuery, handle: &str) {
    let was_chosen = query.categories.iter().any(|known| known == handle);
    let Some(category) = view.snapshot.category(handle) else { return };
    let path = |id: &str| -> Vec<String> {
        view.snapshot.path_to(id).into_iter().map(|category| category.handle.to_string()).collect()
    };
    let own = path(category.id.as_str());
    query.categories.retain(|known| {
        let other = view.snapshot.category(known).map(|other| path(other.id.as_str())).unwrap_or_default();
        !own.contains(known) && !other.iter().any(|above| above == handle)
    });
    if !was_chosen {
        query.categories.push(handle.to_owned());
    }
}

/// `Up to 5`, `5 to 10`, `10 and more`, or the one number.
fn range_words(view: &View<'_>, from: Option<String>, to: Option<String>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => from,
        (Some(from), Some(to)) => view.t_with("range-between", &[("from", from.into()), ("to", to.into())]),
        (None, Some(to)) => view.t_with("range-to", &[("to", to.into())]),
        (Some(from), None) => view.t_with("range-from", &[("from", from.into())]),
        (None, None) => String::new(),
    }
}

fn prices(view: &View<'_>, list: &List<'_>, found: &Prices) -> Markup {
    let query = list.query;
    let currency = found.least.currency;
    let amount = |minor: Option<Decimal>| minor.and_then(|minor| money(minor, currency));
    let field = |name: &str, label: &str, value: Option<stoa_domain::Money>, hint: stoa_domain::Money| {
        let value = value.map(|m| m.to_decimal()).unwrap_or_default();
        between_field(name, &view.t(label), &value, &hint.to_decimal())
    };
    html! {
        (ways(view, &found.buckets, |Range { from, to }| {
            let round = |minor| amount(minor).map(|m| view.words.money_in_brief(m));
            let chosen = (query.price_gte, query.price_lte) == (amount(from), amount(to));
            let href = list.with(view, |query| {
                (query.price_gte, query.price_lte) = if chosen { (None, None) } else { (amount(from), amount(to)) };
            });
            (href, range_words(view, round(from), round(to)))
        }))
        div.between {
            (field("filter.price.gte", "price-least", query.price_gte, found.least))
            span aria-hidden="true" { "–" }
            (field("filter.price.lte", "price-most", query.price_lte, found.most))
        }
    }
}

struct Numbers<'a> {
    no: u16,
    name: String,
    label: &'a str,
    buckets: &'a [Bucket],
    ends: (Decimal, Decimal),
    unit: Option<&'a str>,
}

fn numbers(view: &View<'_>, list: &List<'_>, shown: &Numbers<'_>) -> Markup {
    let range = list.query.range(shown.no);
    let text = |number: Option<Decimal>| number.map(|number| with_unit(number, shown.unit));
    let field = |end: &str, key: &str, value: Option<Decimal>, hint: Decimal| {
        let label = view.t_with(key, &[("name", shown.label.into())]);
        let value = value.map(|n| n.to_string()).unwrap_or_default();
        between_field(&format!("{}.{end}", shown.name), &label, &value, &hint.to_string())
    };
    html! {
        (ways(view, shown.buckets, |bounds| {
            let wanted = (range != Some(bounds)).then_some(bounds);
            (list.with(view, |query| query.set_range(shown.no, wanted)), range_words(view, text(bounds.from), text(bounds.to)))
        }))
        div.between {
            (field("gte", "range-least", range.and_then(|r| r.from), shown.ends.0))
            span aria-hidden="true" { "–" }
            (field("lte", "range-most", range.and_then(|r| r.to), shown.ends.1))
            @if let Some(unit) = shown.unit { span.soft { (unit) } }
        }
    }
}

fn ways(view: &View<'_>, buckets: &[Bucket], way: impl Fn(Range) -> (String, String)) -> Markup {
    html! {
        @if buckets.len() > 1 {
            ul.ways {
                @for bucket in buckets {
                    @let (href, words) = way(bucket.range);
                    li { (link(view, &href, &words, bucket.count, bucket.chosen)) }
                }
            }
        }
    }
}

fn between_field(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    html! {
        input type="text" inputmode="decimal" name=(name) maxlength="16" autocomplete="off" aria-label=(label) value=(value) placeholder=(hint);
    }
}

fn with_unit(number: Decimal, unit: Option<&str>) -> String {
    match unit {
        // `17″`, but `2.5 kg`.
        Some(unit) if unit.starts_with(|c: char| !c.is_alphabetic()) => format!("{number}{unit}"),
        Some(unit) => format!("{number} {unit}"),
        None => number.to_string(),
    }
}

/// What is on, each with the link that takes it off.
pub(super) fn chosen(view: &View<'_>, list: &List<'_>) -> Markup {
    let query = list.query;
    let table = view.snapshot.facets();
    let mut chips: Vec<(String, String)> = Vec::new();
    for handle in &query.categories {
        if let Some(category) = view.snapshot.category(handle) {
            let name = view.text(&category.name).to_owned();
            chips.push((name, list.with(view, |q| q.categories.retain(|c| c != handle))));
        }
    }
    for brand in &query.brands {
        chips.push((brand.clone(), list.with(view, |q| q.brands.retain(|b| b != brand))));
    }
    for on in &query.facets {
        let Some(facet) = table.facet(on.0) else { continue };
        let known = table.said(on.0, &on.1).first().and_then(|no| table.value(*no));
        let shown = known.map_or(&*on.1, |value| value.shown(&view.locale, view.snapshot.default_locale()));
        let is_flag = facet.kind == stoa_domain::snapshot::FacetKind::Flag;
        let words = if is_flag { view.facet_name(facet) } else { shown.to_owned() };
        chips.push((words, list.with(view, |q| q.facets.retain(|f| f != on))));
    }
    for (no, range) in &query.ranges {
        let Some(facet) = table.facet(*no) else { continue };
        let unit = match &facet.kind {
            stoa_domain::snapshot::FacetKind::Number { unit } => unit.as_deref(),
            _ => None,
        };
        let text = |number: Option<Decimal>| number.map(|number| with_unit(number, unit));
        let words = format!("{} {}", view.facet_name(facet), range_words(view, text(range.from), text(range.to)));
        chips.push((words, list.with(view, |q| q.set_range(*no, None))));
    }
    if query.available {
        chips.push((view.t("in-stock-only"), list.with(view, |q| q.available = false)));
    }
    if query.has_price() {
        let text = |money: Option<stoa_domain::Money>| money.map(|m| view.words.money_in_brief(m));
        let words = range_words(view, text(query.price_gte), text(query.price_lte));
        chips.push((words, list.with(view, |q| (q.price_gte, q.price_lte) = (None, None))));
    }
    html! {
        @if !chips.is_empty() {
            ul.chips {
                @for (words, href) in &chips {
                    li { a href=(href) aria-label=(view.t_with("filter-remove", &[("filter", words.as_str().into())])) { (words) (icon("close")) } }
                }
                li { a.clear href=(list.with(view, ListQuery::clear)) { (view.t("filters-clear")) } }
            }
        }
    }
}
