//! One plugin: its settings in a form of the author's schema, which version runs for whom, and its history. What a form
//! sends is done by the same code as what the API is sent.

use super::form::{Fields, Form, change_rows};
use super::session::Session;
use super::words::Words;
use super::{Language, answer, moment, plugins, refusal};
use crate::api::plugins::change::compile;
use crate::plugins::settings::{Fault, SettingsError};
use crate::plugins::{Change, ChangeError, SettingsChangeError, change, checked_settings, failures_of};
use crate::{State, store_error};
use axum::Form as Sent;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Event, Status, Version};
use stoa_endpoint::ApiError;
use stoa_endpoint::access::Grant;
use stoa_storage::{PluginFailures, PluginRecord, PluginVersion, StoreError, Versioned};

/// In the history.
const SHOWN_EVENTS: usize = 12;

/// Everything that the page shows.
struct Shown {
    read: Versioned<PluginRecord>,
    versions: Vec<PluginVersion>,
    events: Vec<Event>,
    failed: Vec<PluginFailures>,
    /// Of what runs, else of the newest version. `true`: its author wrote none.
    schema: Value,
}

/// What is said above the form.
#[derive(Default)]
struct Said {
    saved: bool,
    /// What the settings were before they were saved.
    undo: Option<Value>,
    wrong: Option<String>,
    faults: Vec<Fault>,
    /// What was typed and is not saved.
    typed: Option<Value>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
) -> Response {
    match shown(&state, &grant, &id).await {
        Ok(shown) => render(&language, StatusCode::OK, &shown, Said::default()),
        Err(error) => refusal(&language, "/admin/plugins", &error),
    }
}

pub(crate) async fn act(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
    Sent(fields): Sent<Fields>,
) -> Response {
    match done(&state, &grant, &id, &language, &fields).await {
        Ok(response) => response,
        Err(error) => refusal(&language, "/admin/plugins", &error),
    }
}

async fn done(
    state: &State,
    grant: &Grant,
    id: &str,
    language: &Language,
    fields: &Fields,
) -> Result<Response, ApiError> {
    grant.require("plugins:write")?;
    let shown = shown(state, grant, id).await?;
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let what = match field("do") {
        "save" | "" => return save(state, id, grant, language, shown, fields).await,
        "undo" => return undo(state, id, grant, language, shown, field("settings")).await,
        "pause" => Change::Pause { reason: field("reason").to_owned() },
        "resume" => Change::Resume,
        "rollback" => Change::Rollback,
        "release" => {
            let number = |e: std::num::ParseIntError| ApiError::bad_request("invalid_percent", e.to_string());
            let version = Version::new(field("version"));
            let version = version.map_err(|e| ApiError::bad_request("invalid_version", e.to_string()))?;
            if let Some(key) = &state.config.plugin_signing_key {
                compile(state, key, &shown.read.value.id, &version).await?;
            }
            Change::Release { version, percent: field("percent").trim().parse().map_err(number)? }
        }
        rows => {
            let form = Form { schema: &shown.schema, words: language.words, faults: &[] };
            let mut typed = form.read(fields, &settings(&shown));
            change_rows(rows, &mut typed);
            let said = Said { typed: Some(typed), ..Said::default() };
            return Ok(render(language, StatusCode::OK, &shown, said));
        }
    };
    match change(&state.store, &shown.read.value.id, &what, &grant.id, Timestamp::now()).await {
        Ok(_) => Ok(Redirect::to(&format!("/admin/plugins/{}", shown.read.value.id)).into_response()),
        Err(ChangeError::Store(error)) => Err(store_error(error)),
        Err(error) => {
            let faults = match &error {
                ChangeError::Settings(error) => error.faults().to_vec(),
                _ => Vec::new(),
            };
            let said = Said { wrong: Some(error.to_string()), faults, ..Said::default() };
            Ok(render(language, StatusCode::UNPROCESSABLE_ENTITY, &shown, said))
        }
    }
}

async fn save(
    state: &State,
    id: &str,
    grant: &Grant,
    language: &Language,
    shown: Shown,
    fields: &Fields,
) -> Result<Response, ApiError> {
    let before = settings(&shown);
    let form = Form { schema: &shown.schema, words: language.words, faults: &[] };
    let typed = form.read(fields, &before);
    let seen = fields.get("revision").map(String::as_str).unwrap_or_default();
    if seen != shown.read.revision.to_string() {
        let wrong = Some(language.words.changed_meanwhile.to_owned());
        let said = Said { wrong, typed: Some(typed), ..Said::default() };
        return Ok(render(language, StatusCode::CONFLICT, &shown, said));
    }
    let undo = (typed != before).then_some(before);
    put(state, id, grant, language, shown, typed, undo).await
}

async fn undo(
    state: &State,
    id: &str,
    grant: &Grant,
    language: &Language,
    shown: Shown,
    earlier: &str,
) -> Result<Response, ApiError> {
    let earlier =
        serde_json::from_str(earlier).map_err(|e| ApiError::bad_request("invalid_settings", e.to_string()))?;
    let undo = Some(settings(&shown));
    put(state, id, grant, language, shown, earlier, undo).await
}

/// Saves the settings if every version that runs takes them, else shows where they do not fit.
async fn put(
    state: &State,
    id: &str,
    grant: &Grant,
    language: &Language,
    shown: Shown,
    typed: Value,
    undo: Option<Value>,
) -> Result<Response, ApiError> {
    let refused = |wrong: Option<String>, faults: Vec<Fault>, typed: Value| {
        let said = Said { wrong, faults, typed: Some(typed), ..Said::default() };
        render(language, StatusCode::UNPROCESSABLE_ENTITY, &shown, said)
    };
    let mut plugin = shown.read.value.clone();
    plugin.settings = match checked_settings(&state.store, &plugin, &typed).await {
        Ok(settings) => settings,
        Err(SettingsChangeError::Settings(SettingsError::Invalid(faults))) => {
            return Ok(refused(Some(language.words.not_saved.to_owned()), faults, typed));
        }
        Err(SettingsChangeError::Store(error)) => return Err(store_error(error)),
        Err(error) => return Ok(refused(Some(error.to_string()), Vec::new(), typed)),
    };
    plugin.updated_at = Timestamp::now();
    match state.store.plugins().put(&plugin, shown.read.unchanged()).await {
        Ok(_) => {}
        Err(StoreError::RevisionConflict { .. }) => {
            return Ok(refused(Some(language.words.changed_meanwhile.to_owned()), Vec::new(), typed));
        }
        Err(error) => return Err(store_error(error)),
    }
    tracing::info!(plugin = %plugin.id, by = %grant.id, "settings of a plugin changed");
    let now = self::shown(state, grant, id).await?;
    Ok(render(language, StatusCode::OK, &now, Said { saved: true, undo, ..Said::default() }))
}

async fn shown(state: &State, grant: &Grant, id: &str) -> Result<Shown, ApiError> {
    grant.require("plugins:read")?;
    let (plugins, id) = (state.store.plugins(), PluginId::new(id)?);
    let (read, versions, events, failed) =
        tokio::try_join!(plugins.get(&id), plugins.versions(&id), plugins.events(&id), plugins.failures())
            .map_err(store_error)?;
    let read = read.ok_or_else(|| ApiError::not_found("plugin"))?;
    let runs = read.value.life.release.as_ref().map(|release| &release.build.version);
    let running = versions.iter().find(|version| Some(&version.build.version) == runs);
    let schema = running.or(versions.first()).and_then(|version| version.settings_schema.as_deref());
    let schema = schema.and_then(|schema| serde_json::from_str(schema).ok()).unwrap_or(Value::Bool(true));
    Ok(Shown { read, versions, events, failed, schema })
}

fn settings(shown: &Shown) -> Value {
    serde_json::from_str(&shown.read.value.settings).unwrap_or(Value::Null)
}

fn render(language: &Language, status: StatusCode, shown: &Shown, said: Said) -> Response {
    let words = language.words;
    let plugin = &shown.read.value;
    let here = format!("/admin/plugins/{}", plugin.id);
    let form = Form { schema: &shown.schema, words, faults: &said.faults };
    let typed = said.typed.clone().unwrap_or_else(|| settings(shown));
    let content = html! {
        p.crumbs { a href="/admin/plugins" { (words.plugins) } }
        h1 { (plugin.title) }
        (plugins::status(words, &plugin.life))
        (plugins::share(words, &plugin.life))
        @if let Some(failures) = failures_of(plugin, &shown.failed) {
            p.notice.alarm { (words.failed) " " (failures.count) " × " (failures.error) " "
                span.quiet { (failures.version) ", " (moment(failures.last_at)) } }
        }
        @if let Some(wrong) = &said.wrong { p.notice.alarm role="alert" { (wrong) } }
        @if said.saved {
            div.notice role="status" {
                p { (words.saved) }
                @if let Some(undo) = &said.undo {
                    form method="post" action=(here) {
                        input type="hidden" name="settings" value=(undo);
                        button.quiet name="do" value="undo" { (words.undo) }
                    }
                }
            }
        }
        section {
            h2 { (words.settings) }
            @if shown.schema == Value::Bool(true) { p.help { (words.no_schema) } }
            form.stack method="post" action=(here) {
                input type="hidden" name="revision" value=(shown.read.revision);
                // The first button is the one that Enter presses.
                button.default name="do" value="save" tabindex="-1" aria-hidden="true" { (words.save) }
                (form.render(&typed))
                button name="do" value="save" { (words.save) }
            }
        }
        section { h2 { (words.versions) } (versions(words, &here, shown)) }
        section { h2 { (words.life) } (life(words, &here, plugin)) }
        section { h2 { (words.history) } (history(words, &shown.events)) }
    };
    answer(status, language, &here, &plugin.title, content)
}

fn versions(words: &Words, here: &str, shown: &Shown) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.versions) {
            table {
                thead { tr { th scope="col" { (words.version) } th scope="col" { (words.uploaded) } th scope="col" { (words.release) } } }
                tbody { @for version in &shown.versions {
                    @let name = version.build.version.to_string();
                    tr {
                        th scope="row" { code { (name) } }
                        td { (moment(version.uploaded_at)) br; span.quiet { (version.uploaded_by) } }
                        td { form.inline method="post" action=(here) {
                            input type="hidden" name="version" value=(name);
                            input type="number" name="percent" min="1" max="100" value="100" required
                                aria-label={ (words.percent) " " (name) };
                            " % "
                            button.quiet name="do" value="release" aria-label={ (words.release) " " (name) } { (words.release) }
                        } }
                    }
                } }
            }
        }
    }
}

fn life(words: &Words, here: &str, plugin: &PluginRecord) -> Markup {
    let life = &plugin.life;
    html! {
        form.inline method="post" action=(here) {
            @if life.status == Status::Active && life.release.is_some() {
                input type="text" name="reason" maxlength="200" aria-label=(words.reason) placeholder=(words.reason);
                button.quiet name="do" value="pause" { (words.pause) }
            } @else if life.release.is_some() {
                button name="do" value="resume" { (words.resume) }
            }
        }
        @if let Some(earlier) = life.earlier.last() {
            form.inline method="post" action=(here) {
                button.quiet name="do" value="rollback" { (words.rollback) " " (earlier.build.version) }
            }
        }
    }
}

fn history(words: &Words, events: &[Event]) -> Markup {
    html! {
        @if events.is_empty() { p.quiet { (words.no_history) } }
        ol.history { @for event in events.iter().take(SHOWN_EVENTS) {
            li {
                time datetime=(event.at) { (moment(event.at)) } " "
                strong { (words.action(event.action)) } " "
                @if let Some(version) = &event.version { code { (version) } " " }
                @if let Some(percent) = event.percent { (percent) " % " }
                span.quiet { (event.by) @if let Some(reason) = &event.reason { ": " (reason) } }
            }
        } }
    }
}
