//! The plugins of the shop at a glance: what runs for whom, and what needs a look.

use super::words::Words;
use super::{Language, answer, refusal};
use crate::plugins::failures_of;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use stoa_domain::plugin::{Life, Status};
use stoa_storage::{PluginFailures, PluginRecord};

use super::session::Session;

const HERE: &str = "/admin/plugins";

pub(crate) async fn page(Shared(state): Shared<State>, Session(grant): Session, language: Language) -> Response {
    let plugins = state.store.plugins();
    let read = async {
        grant.require("plugins:read")?;
        tokio::try_join!(plugins.list(), plugins.failures()).map_err(store_error)
    };
    let (all, failed) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&language, HERE, &error),
    };
    let words = language.words;
    let content = html! {
        h1 { (words.plugins) }
        @if all.is_empty() {
            p.lead { (words.no_plugins) }
            pre tabindex="0" { code { "stoa plugin new tenth-off\nstoa plugin publish" } }
        } @else {
            ul.cards { @for read in &all { li { (card(words, &read.value, &failed)) } } }
        }
    };
    answer(StatusCode::OK, &language, HERE, words.plugins, content)
}

fn card(words: &Words, plugin: &PluginRecord, failed: &[PluginFailures]) -> Markup {
    html! {
        h2 { a href={ (HERE) "/" (plugin.id) } { (plugin.title) } }
        p.quiet { code { (plugin.id) } }
        (status(words, &plugin.life))
        (share(words, &plugin.life))
        @if let Some(failures) = failures_of(plugin, failed) {
            p.fault { (words.failed) " " (failures.count) " × " (failures.error) }
        }
    }
}

pub(super) fn status(words: &Words, life: &Life) -> Markup {
    let (kind, text) = match (life.status, &life.release) {
        (_, None) => ("", words.never_released),
        (Status::Active, Some(_)) => ("on", words.runs),
        _ => ("off", words.paused),
    };
    html! {
        p { span.pill.(kind) { (text) }
            @if let Some(stop) = &life.stop { " " span.quiet { (stop.reason) } }
        }
    }
}

/// Who has which version, as a bar and in words.
pub(super) fn share(words: &Words, life: &Life) -> Markup {
    let Some(release) = &life.release else { return html! {} };
    let rest = release.rest.as_ref().map(|rest| rest.version.to_string());
    html! {
        @if release.percent < 100 {
            progress max="100" value=(release.percent) aria-label=(words.shoppers) {}
        }
        p.quiet {
            (release.percent) "\u{a0}% " (words.shoppers) ": " (release.build.version)
            @if release.percent < 100 {
                ", " (100 - release.percent) "\u{a0}%: " (rest.as_deref().unwrap_or(words.without))
            }
        }
    }
}
