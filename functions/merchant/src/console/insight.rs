//! What shoppers search for: the period's figures, its days as a picture, the most frequent searches, and those without
//! result.

use super::insight_words::InsightWords;
use super::session::Session;
use super::{Language, answer, refusal};
use crate::State;
use crate::insight::{period, report, today};
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use stoa_domain::Locale;
use stoa_domain::insight::{Counts, DayTotals, Named, Report};
use stoa_endpoint::ApiError;
use stoa_storage::Store;

const HERE: &str = "/admin/search/insight";
const SHOWN: usize = 100;
const PERIODS: [i64; 3] = [7, 28, 90];

/// The picture of the days.
const WIDTH: u32 = 720;
const HEIGHT: u32 = 160;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    from: Option<String>,
    to: Option<String>,
}

struct Shown {
    from: Date,
    to: Date,
    report: Report,
    /// The shop's, which its addresses leave out.
    default_locale: Option<Locale>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let read = async {
        grant.require("catalog:read")?;
        shown(&state.store, &asked).await
    };
    match read.await {
        Ok(shown) => render(&language, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn shown(store: &Store, asked: &Asked) -> Result<Shown, ApiError> {
    let (from, to) = period(asked.from.as_deref(), asked.to.as_deref())?;
    let report = report(store, (from, to)).await?;
    let settings = store.shop().settings().await.map_err(crate::store_error)?;
    Ok(Shown { from, to, report, default_locale: settings.map(|read| read.value.default_locale) })
}

fn render(language: &Language, shown: &Shown) -> Response {
    let words = language.words.insight;
    let Report { total, days, searches } = &shown.report;
    let nothing = *total == Counts::default();
    let content = html! {
        h1 { (words.title) }
        p.lead { (words.lead) }
        (periods(words, shown))
        @if nothing {
            p.notice { (words.empty) }
        } @else {
            (figures(words, *total))
            section aria-labelledby="by-day" {
                h2 #by-day { (words.by_day) }
                (picture(words, days))
            }
            section aria-labelledby="most" {
                h2 #most { (words.most) }
                @if searches.is_empty() { p { (words.few) } } @else { (table(words, searches)) }
            }
            section aria-labelledby="in-vain" {
                h2 #in-vain { (words.in_vain) }
                @let in_vain = shown.report.in_vain();
                @if in_vain.is_empty() { p { (words.none_in_vain) } } @else {
                    p.help { (words.in_vain_lead) " " a href="/admin/search/words" { (words.add_synonym) } }
                    (missing(words, &in_vain, shown.default_locale.as_ref()))
                }
            }
        }
        section { p.help { (words.kept) } }
    };
    answer(StatusCode::OK, language, HERE, words.title, content)
}

fn periods(words: &InsightWords, shown: &Shown) -> Markup {
    html! {
        nav aria-label=(words.period) {
            @for (days, name) in PERIODS.into_iter().zip(words.days) {
                @let (to, from) = (today(), today().saturating_sub((days - 1).days()));
                a href={ (HERE) "?from=" (from) "&to=" (to) } aria-current=[((shown.from, shown.to) == (from, to)).then_some("true")] { (name) }
            }
        }
        form.inline method="get" action=(HERE) {
            label for="from" { (words.from) }
            input #from type="date" name="from" required value=(shown.from);
            label for="to" { (words.to) }
            input #to type="date" name="to" required value=(shown.to);
            button.quiet { (words.show) }
        }
    }
}

fn figures(words: &InsightWords, total: Counts) -> Markup {
    let share = |part: u32| permille(stoa_domain::insight::permille(part, total.searches));
    html! {
        dl.figures {
            div { dt { (words.searches) } dd { (total.searches) } }
            div { dt { (words.clicks) } dd { (permille(total.clicks_permille())) } }
            div { dt { (words.place) } dd { (tenths(total.position_tenths())) } }
            div { dt { (words.carts) } dd { (total.carts) } }
            div { dt { (words.without) } dd { (permille(total.without_permille())) } }
            div { dt { (words.some_words) } dd { (share(total.relaxed)) } }
            div { dt { (words.other_words) } dd { (share(total.corrected)) } }
        }
    }
}

/// A bar a day: searches, and below in another colour those without result. The same in numbers below it.
fn picture(words: &InsightWords, days: &[DayTotals]) -> Markup {
    let most = days.iter().map(|day| day.counts.searches).max().unwrap_or(0).max(1);
    let height = |count: u32| u64::from(count) * u64::from(HEIGHT) / u64::from(most);
    let count = u32::try_from(days.len()).unwrap_or(1).max(1);
    let (step, gap) = (WIDTH / count, if count > 60 { 1 } else { 2 });
    html! {
        svg.days viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (words.by_day) ": " (words.searches) } {
            @for (at, DayTotals { day, counts }) in (0..).zip(days) {
                @let (x, bar, low) = (at * step, height(counts.searches), height(counts.without));
                g {
                    title { (day) ": " (counts.searches) ", " (words.without) " " (counts.without) }
                    rect.bar x=(x) y=(u64::from(HEIGHT) - bar) width=(step - gap) height=(bar) {}
                    rect.low x=(x) y=(u64::from(HEIGHT) - low) width=(step - gap) height=(low) {}
                }
            }
        }
        p.help {
            span.bar aria-hidden="true" { "■" } " " (words.searches) " " span.low aria-hidden="true" { "■" } " " (words.without) ". "
            (words.most_a_day) " " (most)
        }
        details {
            summary { (words.in_numbers) }
            div.scroll tabindex="0" role="region" aria-label=(words.by_day) {
                table {
                    thead { tr {
                        th scope="col" { (words.day) } th scope="col" { (words.searches) } th scope="col" { (words.without) }
                        th scope="col" { (words.clicks) } th scope="col" { (words.carts) }
                    } }
                    tbody { @for DayTotals { day, counts } in days { tr {
                        th scope="row" { (day) } td { (counts.searches) } td { (counts.without) }
                        td { (permille(counts.clicks_permille())) } td { (counts.carts) }
                    } } }
                }
            }
        }
    }
}

fn table(words: &InsightWords, searches: &[Named]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.most) {
            table {
                thead { tr {
                    th scope="col" { (words.words) } th scope="col" { (words.language) } th scope="col" { (words.searches) }
                    th scope="col" { (words.clicks) } th scope="col" { (words.place) } th scope="col" { (words.carts) }
                    th scope="col" { (words.without) }
                } }
                tbody { @for Named { locale, words, counts } in searches.iter().take(SHOWN) { tr {
                    th scope="row" lang=(locale) { (words) } td { (locale) } td { (counts.searches) }
                    td { (permille(counts.clicks_permille())) } td { (tenths(counts.position_tenths())) } td { (counts.carts) }
                    td { (permille(counts.without_permille())) }
                } } }
            }
        }
    }
}

fn missing(words: &InsightWords, in_vain: &[&Named], default: Option<&Locale>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.in_vain) {
            table {
                thead { tr {
                    th scope="col" { (words.words) } th scope="col" { (words.language) } th scope="col" { (words.without) }
                    th scope="col" { (words.searches) } th scope="col" {}
                } }
                tbody { @for Named { locale, words: text, counts } in in_vain.iter().take(SHOWN) { tr {
                    th scope="row" lang=(locale) { (text) } td { (locale) } td { (counts.without) } td { (counts.searches) }
                    td { a href=(search_page(text.as_str(), locale, default)) { (words.look) } }
                } } }
            }
        }
    }
}

/// The shop's own page for the search.
fn search_page(text: &str, locale: &Locale, default: Option<&Locale>) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
    match default {
        Some(default) if default.language() != locale.language() => format!("/{}/search?{query}", locale.language()),
        _ => format!("/search?{query}"),
    }
}

fn permille(share: Option<u32>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{}.{}\u{a0}%", share / 10, share % 10))
}

fn tenths(place: Option<u32>) -> String {
    place.map_or_else(|| "–".to_owned(), |place| format!("{}.{}", place / 10, place % 10))
}
