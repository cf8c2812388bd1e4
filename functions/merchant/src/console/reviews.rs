//! The shop's reviews: those that wait, and what became of the others. Each is published or declined with one button; a
//! decision is taken back with another.

use super::review_words::ReviewWords;
use super::session::Session;
use super::{Language, answer, moment, refusal};
use crate::reviews::{ReviewChange, change, refused};
use crate::{State, store_error};
use axum::Form;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use stoa_domain::review::{Review, ReviewId, ReviewState, Stars};
use stoa_endpoint::ApiError;
use stoa_endpoint::access::Grant;
use stoa_storage::{Cursor, Revision, Store, Versioned};

const HERE: &str = "/admin/reviews";
const ON_A_PAGE: u32 = 20;
/// More than so many are said to be more.
const COUNTED: u32 = 99;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
    /// The review that was just decided on.
    #[serde(default)]
    done: String,
}

/// What the page shows.
struct Shown {
    state: ReviewState,
    /// Of each state, at most one more than [`COUNTED`].
    counts: Vec<u32>,
    reviews: Vec<Versioned<Review>>,
    next: Option<Cursor>,
    done: Option<Versioned<Review>>,
    wrong: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    review: String,
    revision: u64,
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    text: String,
    /// The list that the form was on.
    #[serde(default)]
    state: String,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    match shown(&state.store, &grant, &asked).await {
        Ok(shown) => render(&language, StatusCode::OK, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

pub(crate) async fn act(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Form(typed): Form<Typed>,
) -> Response {
    let list = listed(&typed.state);
    let error = match done(&state, &grant, &typed).await {
        Ok(id) => return Redirect::to(&format!("{HERE}?state={list}&done={id}")).into_response(),
        Err(error) if error.status.is_server_error() || error.status == StatusCode::FORBIDDEN => {
            return refusal(&language, HERE, &error);
        }
        Err(error) => error,
    };
    let asked = Asked { state: typed.state, ..Asked::default() };
    match shown(&state.store, &grant, &asked).await {
        Ok(mut shown) => {
            let conflict = error.code == "revision_conflict";
            let words = language.words.reviews;
            shown.wrong = Some(if conflict { words.changed_meanwhile.to_owned() } else { error.message });
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            render(&language, status, &shown)
        }
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn done(state: &State, grant: &Grant, typed: &Typed) -> Result<ReviewId, ApiError> {
    grant.require("reviews:write")?;
    let decide = |to| ReviewChange::Decide { to, why: typed.why.clone() };
    let what = match typed.what.as_str() {
        "publish" => decide(ReviewState::Published),
        "decline" => decide(ReviewState::Declined),
        "wait" => decide(ReviewState::Waiting),
        "answer" => ReviewChange::Answer(typed.text.clone()),
        _ => return Err(ApiError::bad_request("unknown_action", "the form asks for nothing that is known here")),
    };
    let id = ReviewId::new(typed.review.as_str()).map_err(refused)?;
    let seen = Some(Revision::from_u64(typed.revision));
    change(state, &id, seen, &what, &format!("staff:{}", grant.id)).await?;
    Ok(id)
}

fn listed(state: &str) -> ReviewState {
    ReviewState::ALL.into_iter().find(|known| known.as_str() == state).unwrap_or(ReviewState::Waiting)
}

async fn shown(store: &Store, grant: &Grant, asked: &Asked) -> Result<Shown, ApiError> {
    grant.require("reviews:read")?;
    let reviews = store.reviews();
    let state = listed(&asked.state);
    let counts = reviews.counts(COUNTED + 1).await.map_err(store_error)?;
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let after = after.map(Cursor::new).transpose().map_err(store_error)?;
    let page = reviews.list(state, after.as_ref(), ON_A_PAGE).await.map_err(store_error)?;
    let done = match ReviewId::new(asked.done.as_str()) {
        Ok(id) => reviews.get(&id).await.map_err(store_error)?,
        Err(_) => None,
    };
    Ok(Shown { state, counts, reviews: page.items, next: page.next, done, wrong: None })
}

fn render(language: &Language, status: StatusCode, shown: &Shown) -> Response {
    let words = language.words.reviews;
    let content = html! {
        h1 { (words.reviews) }
        @if let Some(wrong) = &shown.wrong { p.notice.alarm role="alert" { (wrong) } }
        @if let Some(done) = shown.done.as_ref().filter(|done| done.value.state != shown.state) {
            (undo(words, shown.state, done))
        }
        nav aria-label=(words.state) {
            @for (state, count) in ReviewState::ALL.into_iter().zip(&shown.counts) {
                a href={ (HERE) "?state=" (state) } aria-current=[(shown.state == state).then_some("page")] {
                    (words.state_of(state)) " " span.quiet { @if *count > COUNTED { (COUNTED) "+" } @else { (count) } }
                }
            }
        }
        @if shown.reviews.is_empty() { p.lead { (words.none(shown.state)) } }
        @for read in &shown.reviews { (review(words, shown.state, read)) }
        @if let Some(next) = &shown.next {
            @let after = url::form_urlencoded::Serializer::new(String::new()).append_pair("after", next.as_str()).finish();
            p { a href={ (HERE) "?state=" (shown.state) "&" (after) } { (words.next) } }
        }
    };
    answer(status, language, HERE, words.reviews, content)
}

/// A form of this page: what it does is its button's, and it holds only while the review is as it was shown.
fn form(list: ReviewState, read: &Versioned<Review>, kind: &str, content: Markup) -> Markup {
    html! {
        form.(kind) method="post" action=(HERE) {
            input type="hidden" name="review" value=(read.value.id);
            input type="hidden" name="revision" value=(read.revision);
            input type="hidden" name="state" value=(list);
            (content)
        }
    }
}

/// What was just done, and the way back.
fn undo(words: &ReviewWords, list: ReviewState, done: &Versioned<Review>) -> Markup {
    html! {
        div.notice role="status" {
            p { (words.state_of(done.value.state)) ": " (done.value.product_title) ", " (done.value.name) }
            @if list == ReviewState::Waiting {
                (form(list, done, "inline", html! { button.quiet name="do" value="wait" { (words.undo) } }))
            }
        }
    }
}

fn review(words: &ReviewWords, list: ReviewState, read: &Versioned<Review>) -> Markup {
    let review = &read.value;
    let to = |name: &str, state: ReviewState, label: &str| html! { @if review.state != state { button.quiet name="do" value=(name) { (label) } } };
    html! {
        section {
            h2 { (review.product_title) }
            p {
                span role="img" aria-label={ (review.stars.get()) "/" (Stars::MOST) } {
                    @for star in 1..=Stars::MOST { @if star <= review.stars.get() { "★" } @else { "☆" } }
                }
                " " bdi { (review.name) } " "
                span.quiet { (moment(review.written_at)) " " a href={ "/admin/orders/" (review.order) } { (words.order) } }
            }
            @if !review.title.is_empty() { p dir="auto" { strong { (review.title) } } }
            @for line in review.text.lines().filter(|line| !line.trim().is_empty()) { p dir="auto" { (line) } }
            @if let Some(decided) = &review.decided {
                p.help { (words.state_of(review.state)) ", " (moment(decided.at)) ", " (decided.by) @if !decided.why.is_empty() { ": " (decided.why) } }
            }
            (form(list, read, "inline", html! { (to("publish", ReviewState::Published, words.publish)) }))
            (form(list, read, "inline", html! {
                @if review.state != ReviewState::Declined {
                    input type="text" name="why" maxlength="500" aria-label=(words.why) placeholder=(words.why);
                }
                (to("decline", ReviewState::Declined, words.decline))
            }))
            (form(list, read, "inline", html! { (to("wait", ReviewState::Waiting, words.undo)) }))
            details open[!review.answer.is_empty()] {
                summary { (words.answer) }
                (form(list, read, "stack", html! {
                    textarea name="text" rows="3" maxlength="2000" aria-label=(words.answer) { (review.answer) }
                    button.quiet name="do" value="answer" { (words.save) }
                }))
            }
        }
    }
}
