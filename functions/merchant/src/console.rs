//! `/admin`: what staff see in a browser. Pages rendered here, with forms and without scripts; signing in is with an access
//! token, whose scopes hold here as they do in the API. Every page does what a request of the API does, by the same code.

mod form;
mod insight;
mod insight_words;
mod message_words;
mod messages;
mod order;
mod order_words;
mod orders;
mod plugin;
mod plugins;
mod review_words;
mod reviews;
mod search;
mod search_words;
mod session;
mod words;

use crate::{State, reference};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::convert::Infallible;
use std::sync::Arc;
use stoa_domain::Money;
use stoa_endpoint::ApiError;
use words::Words;

const CSS: &str = include_str!("console/console.css");
/// No script runs here, and no other site frames these pages or gets their forms.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn routes(reference: Arc<reference::Reference>) -> Router<State> {
    Router::new()
        .route("/admin", get(move |headers, query| async move { reference.answer(headers, query) }))
        .route("/admin/sign-in", get(session::page).post(session::sign_in))
        .route("/admin/sign-out", post(session::sign_out))
        .route("/admin/orders", get(orders::page).post(orders::save))
        .route("/admin/orders/{id}", get(order::page).post(order::act))
        .route("/admin/reviews", get(reviews::page).post(reviews::act))
        .route("/admin/search", get(search::page).post(search::act))
        .route("/admin/search/rules/{id}", get(search::rule_page).post(search::act_on_rule))
        .route("/admin/search/words", get(search::words_page).post(search::save_words))
        .route("/admin/search/explain", get(search::explain))
        .route("/admin/messages", get(messages::page))
        .route("/admin/plugins", get(plugins::page))
        .route("/admin/search/insight", get(insight::page))
        .route("/admin/plugins/{id}", get(plugin::page).post(plugin::act))
}

/// The language of the page: `?lang=`, else what was chosen before, else what the browser prefers.
pub(crate) struct Language {
    words: &'static Words,
    /// Chosen just now: to be remembered.
    chosen: bool,
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kept = cookie(&parts.headers, "stoa_lang");
        let language = asked.or(kept).unwrap_or(accepted).trim_start();
        let zh = language.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("zh"));
        Ok(Self { words: if zh { &words::ZH } else { &words::EN }, chosen: asked.is_some() })
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A whole page. `here`: its path, for the link to the other language.
fn answer(status: StatusCode, language: &Language, here: &str, title: &str, content: Markup) -> Response {
    let words = language.words;
    let page = html! {
        (DOCTYPE)
        html lang=(words.lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                title { (title) " · Stoa" }
                style { (PreEscaped(CSS)) }
            }
            body {
                a.skip href="#main" { (words.skip) }
                header {
                    p.brand { a href="/admin/plugins" { "Stoa" } }
                    nav aria-label=(words.navigation) {
                        a href="/admin/orders" aria-current=[here.starts_with("/admin/orders").then_some("page")] { (words.orders.orders) }
                        a href="/admin/reviews" aria-current=[here.starts_with("/admin/reviews").then_some("page")] { (words.reviews.reviews) }
                        a href=(search::HERE) aria-current=[(here.starts_with(search::HERE) && !here.starts_with("/admin/search/insight")).then_some("page")] { (words.search.search) }
                        a href="/admin/search/insight" aria-current=[here.starts_with("/admin/search/insight").then_some("page")] { (words.insight.title) }
                        a href="/admin/messages" aria-current=[here.starts_with("/admin/messages").then_some("page")] { (words.messages.messages) }
                        a href="/admin/plugins" aria-current=[here.starts_with("/admin/plugins").then_some("page")] { (words.plugins) }
                        a href="/admin" { (words.api) }
                        a href={ (here) "?lang=" (words.other.0) } hreflang=(words.other.0) lang=(words.other.0) { (words.other.1) }
                        @if here != session::SIGN_IN {
                            form method="post" action="/admin/sign-out" { button.quiet { (words.sign_out) } }
                        }
                    }
                }
                main #main { (content) }
            }
        }
    };
    let mut response = (status, Html(page.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    if language.chosen {
        let kept = if words.lang == "en" { "stoa_lang=en" } else { "stoa_lang=zh" };
        let kept = format!("{kept}; Path=/admin; Max-Age=31536000; SameSite=Lax");
        headers.extend(HeaderValue::try_from(kept).ok().map(|value| (header::SET_COOKIE, value)));
    }
    response
}

/// To the minute, UTC.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `12.50 CNY`.
fn money(amount: Money) -> String {
    format!("{}\u{a0}{}", amount.to_decimal(), amount.currency)
}

/// What went wrong, in the page's frame: with the rule, as the API says it.
fn refusal(language: &Language, here: &str, error: &ApiError) -> Response {
    let words = language.words;
    if let Some(cause) = std::error::Error::source(error) {
        tracing::error!(%cause, code = error.code, "a page of the console failed");
    }
    let content = html! {
        h1 { (words.went_wrong) }
        p.notice.alarm role="alert" { (error.message) " " code { (error.code) } }
        @if here.starts_with("/admin/orders") { p { a href="/admin/orders" { (words.orders.back) } } }
        @else if here.starts_with(search::HERE) { p { a href=(search::HERE) { (words.search.back) } } }
        @else if here.starts_with("/admin/reviews") { p { a href="/admin/reviews" { (words.reviews.back) } } }
        @else { p { a href="/admin/plugins" { (words.back) } } }
    };
    answer(error.status, language, here, words.went_wrong, content)
}
