//! How the search is steered, at a glance: the rules of the draft, what making it live would change, and for one search
//! what shoppers see now beside what the draft would show them.

pub(super) mod explained;
mod meanings;
mod rule;

pub(crate) use explained::page as explain;
pub(crate) use meanings::{page as words_page, save as save_words};
pub(crate) use rule::{act as act_on_rule, page as rule_page};

use super::form::Fields;
use super::search_words::SearchWords;
use super::session::Session;
use super::{Language, answer, moment, refusal};
use crate::api::search::{previewed, published};
use crate::search::{self, Change, Compared, Published, Question, Row, Side};
use crate::{State, store_error};
use axum::Form as Sent;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use stoa_domain::search::{SearchRule, SearchSettings};
use stoa_domain::{CategoryId, Locale, ProductId};
use stoa_endpoint::ApiError;
use stoa_search_index::steer::Catalogue;
use stoa_storage::{Expected, LiveSearch, Revision, Versioned};

pub(super) const HERE: &str = "/admin/search";
/// Of either side.
const SHOWN: usize = 24;
const MAX_QUERY_BYTES: usize = 200;
/// On the screen; pictures have twice as many.
const PICTURE: u16 = 120;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    saved: String,
}

/// What the page shows.
struct Shown {
    draft: SearchSettings,
    revision: Option<Revision>,
    live: Option<Versioned<LiveSearch>>,
    may_undo: bool,
    published: Option<std::sync::Arc<Published>>,
    preview: Option<(Question, Compared)>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let read = async {
        grant.require("settings:read")?;
        shown(&state, &asked).await
    };
    match read.await {
        Ok(shown) => render(&language, &asked, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

/// Makes the draft live, or takes that back.
pub(crate) async fn act(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Sent(fields): Sent<Fields>,
) -> Response {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let done = async {
        grant.require("settings:write")?;
        match field("do") {
            // Sent twice it would take itself back.
            "undo" => {
                let seen = field("live").parse().map(Revision::from_u64);
                let seen =
                    seen.map_err(|_| ApiError::bad_request("invalid_revision", "the page names what is live"))?;
                let undone = state.store.search().undo(Timestamp::now(), &grant.id, Some(seen)).await;
                undone.map(drop).map_err(store_error)
            }
            "live" => {
                let seen = field("revision").parse().map(Revision::from_u64);
                let seen = seen.map_err(|_| ApiError::bad_request("invalid_revision", "the page names the draft"))?;
                search::make_live(&state.store, Expected::Revision(seen), &grant.id).await.map(drop)
            }
            _ => Err(ApiError::bad_request("unknown_action", "do must be live or undo")),
        }
    };
    match done.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn shown(state: &State, asked: &Asked) -> Result<Shown, ApiError> {
    let (draft, revision) = search::draft(&state.store).await?;
    let store = state.store.search();
    let (live, former) = tokio::try_join!(store.live(), store.former()).map_err(store_error)?;
    let published = match published(state).await {
        Ok(published) => Some(published),
        Err(error) if error.code == "nothing_published" => None,
        Err(error) => return Err(error),
    };
    let mut shown = Shown { draft, revision, live, may_undo: former.is_some(), published, preview: None };
    if let Some(published) = &shown.published
        && let Some(question) = question(published, asked)
    {
        let compared = previewed(state, published, &question, SHOWN).await?;
        shown.preview = Some((question, compared));
    }
    Ok(shown)
}

/// None: nothing was asked.
fn question(published: &Published, asked: &Asked) -> Option<Question> {
    let text: String = asked.q.split_whitespace().collect::<Vec<_>>().join(" ");
    let category = published.view.categories.iter().find(|c| c.id.as_str() == asked.category);
    let asks = category.is_some() || !text.is_empty() && text.len() <= MAX_QUERY_BYTES;
    let category = category.map(|category| category.id.clone());
    asks.then(|| Question { text, locale: locale(published, &asked.locale), category, at: Timestamp::now() })
}

pub(super) fn locale(published: &Published, asked: &str) -> Locale {
    let shop = &published.view.shop;
    shop.locales.iter().find(|locale| locale.as_str() == asked).unwrap_or(&shop.default_locale).clone()
}

fn render(language: &Language, asked: &Asked, shown: &Shown) -> Response {
    let words = language.words.search;
    let nothing = SearchSettings::default();
    let live = shown.live.as_ref().map_or(&nothing, |live| &live.value.settings);
    let content = html! {
        h1 { (words.search) }
        p.lead { (words.lead) }
        @if !asked.saved.is_empty() { p.notice role="status" { (words.saved) } }
        section {
            h2 { (words.preview) }
            (preview_form(words, asked, shown))
            @if let (Some(published), Some((question, compared))) = (&shown.published, &shown.preview) {
                (preview(words, published, question, compared))
            }
        }
        section {
            h2 { (words.rules) }
            @if shown.draft.rules.is_empty() { p { (words.no_rules) } }
            ul.cards {
                @for rule in &shown.draft.rules { li { (card(words, rule, live)) } }
                @for rule in live.rules.iter().filter(|rule| shown.draft.rule(&rule.id).is_none()) {
                    li { h2 { (rule.id.as_str()) } p { span.pill.off { (words.is_removed) } } }
                }
            }
            p { a href={ (HERE) "/rules/new" } { (words.new_rule) } " · " a href={ (HERE) "/words" } { (words.words) } }
        }
        section { (going_live(words, shown, live)) }
    };
    answer(StatusCode::OK, language, HERE, words.search, content)
}

fn card(words: &SearchWords, rule: &SearchRule, live: &SearchSettings) -> Markup {
    let state = match live.rule(&rule.id) {
        Some(same) if same == rule => ("on", words.is_live),
        Some(_) => ("off", words.is_changed),
        None => ("off", words.is_new),
    };
    html! {
        h2 { a href={ (HERE) "/rules/" (rule.id.as_str()) } { (if rule.name.is_empty() { rule.id.as_str() } else { &rule.name }) } }
        p.quiet {
            @if let Some(category) = &rule.when.category { (words.category) " " code { (category) } }
            @else { (rule.when.phrases.join(", ")) }
        }
        p { span.pill.(state.0) { (state.1) } @if rule.paused { " " span.pill { (words.is_paused) } } }
    }
}

fn going_live(words: &SearchWords, shown: &Shown, live: &SearchSettings) -> Markup {
    let differs = shown.draft != *live;
    html! {
        p { (if differs { words.differs } else { words.same_as_live }) }
        @if let Some(live) = &shown.live {
            p.quiet { (words.live_since) " " (moment(live.value.since)) " · " (live.value.by) }
        }
        form.inline method="post" action=(HERE) {
            @if let (true, Some(revision)) = (differs, shown.revision) {
                input type="hidden" name="revision" value=(revision);
                button name="do" value="live" { (words.make_live) }
            }
            @if let Some(live) = &shown.live { input type="hidden" name="live" value=(live.revision.as_u64()); }
            @if shown.may_undo { button.quiet name="do" value="undo" { (words.undo) } }
        }
    }
}

fn preview_form(words: &SearchWords, asked: &Asked, shown: &Shown) -> Markup {
    let Some(published) = &shown.published else { return html! { p { (words.not_published) } } };
    let shop = &published.view.shop;
    html! {
        form.stack method="get" action=(HERE) role="search" {
            div.field {
                label for="q" { (words.query) }
                input #q type="search" name="q" value=(asked.q) maxlength=(MAX_QUERY_BYTES);
            }
            div.field {
                label for="category" { (words.or_category) }
                select #category name="category" {
                    option value="" {}
                    @for category in &published.view.categories {
                        option value=(category.id) selected[category.id.as_str() == asked.category] {
                            (category.name.get(&shop.default_locale, &shop.default_locale))
                        }
                    }
                }
            }
            div.field {
                label for="locale" { (words.language) }
                select #locale name="locale" {
                    @for locale in &shop.locales {
                        option value=(locale) selected[locale.as_str() == asked.locale] { (locale) }
                    }
                }
            }
            button { (words.show) }
        }
    }
}

fn preview(words: &SearchWords, published: &Published, question: &Question, compared: &Compared) -> Markup {
    let at =
        |place: usize, side: fn(&Row) -> Option<usize>| compared.products.iter().find(|row| side(row) == Some(place));
    let rows = SHOWN.min(compared.before.total.max(compared.after.total));
    let lost: Vec<&Row> = compared.products.iter().filter(|row| row.after.is_none()).collect();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.preview) {
            table {
                thead {
                    tr { th scope="col" { (words.place) }
                        th scope="col" { (words.now) } th scope="col" { (words.draft) } }
                    tr { td {} td { (about(words, &compared.before)) } td { (about(words, &compared.after)) } }
                }
                tbody {
                    @for place in 1..=rows {
                        tr {
                            th scope="row" { (place) }
                            td { @if let Some(row) = at(place, |row| row.before) { (product(words, published, question, row, false)) } }
                            td { @if let Some(row) = at(place, |row| row.after) {
                                (product(words, published, question, row, true)) " " (change(words, row.change()))
                            } }
                        }
                    }
                }
            }
        }
        @for row in lost { p.quiet { (row.title) " " (change(words, row.change())) } }
    }
}

/// What there is beside products.
fn about(words: &SearchWords, side: &Side) -> Markup {
    html! {
        p.quiet { (side.total) " " (words.found)
            @if !side.rules.is_empty() { " · " (words.rules_met) " " (side.rules.join(", ")) }
        }
        @if let Some(redirect) = &side.redirect { p { (words.leads_to) " " code { (redirect) } } }
        @for banner in &side.banners { p { (words.banner) ": " (banner) } }
        @if side.total == 0 { p { (words.nothing_found) } }
    }
}

fn product(words: &SearchWords, published: &Published, question: &Question, row: &Row, draft: bool) -> Markup {
    let card = ProductId::new(row.id.as_str()).ok().and_then(|id| published.find(&id)).map(|no| published.card(no));
    let media = card.and_then(|card| card.image.as_ref()).map(|image| &image.media);
    let width = |widths: &[u16]| widths.iter().copied().find(|width| *width >= PICTURE).or(widths.last().copied());
    let why = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &question.text)
        .append_pair("locale", question.locale.as_str())
        .append_pair("product", &row.id)
        .append_pair("draft", if draft { "1" } else { "" })
        .finish();
    html! {
        @if let Some((media, width)) = media.and_then(|media| Some((media, width(&media.widths)?))) {
            img.thumb src={ "/media/" (media.digest) "-" (width) ".webp" } alt="" width="60" height="75" loading="lazy";
        }
        span { (row.title) }
        @if question.category.is_none() {
            " " a href={ (HERE) "/explain?" (why) } aria-label={ (words.why) ": " (row.title) } { (words.why) }
        }
    }
}

fn change(words: &SearchWords, change: Change) -> Markup {
    let (kind, said) = match change {
        Change::Same => return html! {},
        Change::Up(by) => ("on", format!("{} {by}", words.up)),
        Change::Down(by) => ("off", format!("{} {by}", words.down)),
        Change::New => ("on", words.is_new.to_owned()),
        Change::Gone => ("off", words.gone.to_owned()),
    };
    let shown = match change {
        Change::New | Change::Gone => said.clone(),
        moved => moved.to_string(),
    };
    html! { span.pill.(kind) aria-label=(said) { (shown) } }
}

/// Back to the page, with what a rule is about already asked.
fn after_saving(rule: Option<&SearchRule>) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("saved", "1");
    if let Some(rule) = rule {
        let category = rule.when.category.as_ref().map(CategoryId::as_str);
        query.append_pair("q", rule.when.phrases.first().map(String::as_str).unwrap_or_default());
        query.append_pair("category", category.unwrap_or_default());
        query.append_pair("locale", rule.when.locale.as_ref().map(Locale::as_str).unwrap_or_default());
    }
    Redirect::to(&format!("{HERE}?{}", query.finish())).into_response()
}

/// The revision that a form was made from. None: there was no draft.
fn seen(fields: &Fields) -> Expected {
    let seen = fields.get("revision").and_then(|text| text.parse().ok()).filter(|revision| *revision > 0);
    seen.map_or(Expected::Absent, |revision| Expected::Revision(Revision::from_u64(revision)))
}

fn revision_of(revision: Option<Revision>) -> u64 {
    revision.map_or(0, Revision::as_u64)
}
