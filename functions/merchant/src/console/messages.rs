//! The outbox: what waits, was sent or was given up and why, and whether there is a mail server at all.

use super::message_words::MessageWords;
use super::session::Session;
use super::{Language, answer, moment, refusal};
use crate::api::kind_of_message;
use crate::{State, store_error};
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use stoa_endpoint::ApiError;
use stoa_storage::{Cursor, MailStatus, MessageContent, MessageState, OutboxMessage};

const HERE: &str = "/admin/messages";
const ON_A_PAGE: u32 = 50;
/// More than so many are said to be more.
const COUNTED: u32 = 99;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    state: String,
    after: String,
}

struct Shown {
    state: MessageState,
    counts: Vec<u32>,
    messages: Vec<OutboxMessage>,
    next: Option<Cursor>,
    status: Option<MailStatus>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let read = async {
        grant.require("customers:read")?;
        shown(&state, &asked).await
    };
    match read.await {
        Ok(shown) => render(&language, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn shown(state: &State, asked: &Asked) -> Result<Shown, ApiError> {
    let (messages, crm) = (state.store.messages(), state.store.crm());
    let wanted = MessageState::ALL.into_iter().find(|known| known.as_str() == asked.state);
    let wanted = wanted.unwrap_or(MessageState::Waiting);
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let after = after.map(Cursor::new).transpose().map_err(store_error)?;
    let (counts, page, status) = tokio::try_join!(
        messages.counts(COUNTED + 1),
        messages.list(wanted, after.as_ref(), ON_A_PAGE),
        crm.mail_status()
    )
    .map_err(store_error)?;
    Ok(Shown { state: wanted, counts, messages: page.items, next: page.next, status })
}

fn render(language: &Language, shown: &Shown) -> Response {
    let words = language.words.messages;
    let content = html! {
        h1 { (words.messages) }
        (status(words, shown.status.as_ref()))
        nav aria-label=(words.state) {
            @for (state, count) in MessageState::ALL.into_iter().zip(&shown.counts) {
                a href={ (HERE) "?state=" (state.as_str()) } aria-current=[(shown.state == state).then_some("page")] {
                    (words.state(state)) " " span.quiet { @if *count > COUNTED { (COUNTED) "+" } @else { (count) } }
                }
            }
        }
        @if shown.messages.is_empty() { p.lead { (words.none) } } @else { (table(words, &shown.messages)) }
        @if let Some(next) = &shown.next {
            @let after = url::form_urlencoded::Serializer::new(String::new()).append_pair("after", next.as_str()).finish();
            p { a href={ (HERE) "?state=" (shown.state.as_str()) "&" (after) } { (words.next) } }
        }
    };
    answer(StatusCode::OK, language, HERE, words.messages, content)
}

/// Whether anything keeps messages from being sent.
fn status(words: &MessageWords, status: Option<&MailStatus>) -> Markup {
    html! {
        @match status {
            Some(status) if status.configured => {
                @if let Some(problem) = &status.problem {
                    p.notice.alarm role="alert" { (words.problem) " " (problem) " (" (moment(status.since)) ")" }
                }
            }
            _ => { p.notice { (words.not_configured) } }
        }
    }
}

fn table(words: &MessageWords, messages: &[OutboxMessage]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.messages) {
            table {
                thead { tr {
                    th scope="col" { (words.written) }
                    th scope="col" { (words.about) }
                    th scope="col" { (words.customer) }
                    th scope="col" { (words.state) }
                } }
                tbody { @for message in messages {
                    tr {
                        td { (moment(message.written_at)) }
                        th scope="row" { (words.kind(kind_of_message(&message.content))) (about(message)) }
                        td { code { (message.customer) } }
                        td { (outcome(words, message)) }
                    }
                } }
            }
        }
    }
}

fn about(message: &OutboxMessage) -> Markup {
    html! {
        @match &message.content {
            MessageContent::Offer { plugin, subject, .. } => { br; span.quiet { (subject) " · " (plugin) } }
            MessageContent::Order { order, .. } => { br; a href={ "/admin/orders/" (order) } { code { (order) } } }
            MessageContent::SignIn { .. } => {}
        }
    }
}

fn outcome(words: &MessageWords, message: &OutboxMessage) -> Markup {
    html! {
        @match (message.state, message.sent_at, message.due_at) {
            (MessageState::Sent, Some(at), _) => (moment(at)),
            (MessageState::Waiting, _, Some(at)) => { (words.again) " " (moment(at)) }
            _ => {}
        }
        @if let Some(failure) = &message.failure { br; span.fault { (failure) } }
        @if message.attempts > 1 { br; span.quiet { (words.attempts) " " (message.attempts) } }
    }
}
