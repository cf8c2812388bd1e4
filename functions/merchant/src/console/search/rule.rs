//! One rule of the draft, in a form.

use super::{HERE, SearchWords, after_saving, revision_of, seen};
use crate::console::form::{Fields, Form, change_rows};
use crate::console::session::Session;
use crate::console::{Language, answer, refusal};
use crate::plugins::settings::Fault;
use crate::search;
use crate::{State, store_error};
use axum::Form as Sent;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use serde_json::{Map, Value, json};
use stoa_domain::promotion::read;
use stoa_domain::search::{By, RuleId, SearchRule, SearchSettings};
use stoa_domain::{FieldError, Handle, ProductId};
use stoa_endpoint::ApiError;
use stoa_storage::{Revision, ShopData};

const NEW: &str = "new";

/// Everything that the page shows.
struct Shown {
    draft: SearchSettings,
    revision: Option<Revision>,
    shop: ShopData,
    /// None: a new one.
    rule: Option<SearchRule>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
) -> Response {
    let read = async {
        grant.require("settings:read")?;
        shown(&state, &id).await
    };
    match read.await {
        Ok(shown) => {
            let value = shown.rule.as_ref().and_then(|rule| serde_json::to_value(rule).ok());
            let value = value.unwrap_or_else(|| json!({ "when": { "phrases": [""] } }));
            render(&language, StatusCode::OK, &shown, &value, None, &[])
        }
        Err(error) => refusal(&language, HERE, &error),
    }
}

pub(crate) async fn act(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
    Sent(fields): Sent<Fields>,
) -> Response {
    let done = async {
        grant.require("settings:write")?;
        let shown = shown(&state, &id).await?;
        save(&state, &language, shown, &fields).await
    };
    done.await.unwrap_or_else(|error| refusal(&language, HERE, &error))
}

async fn shown(state: &State, id: &str) -> Result<Shown, ApiError> {
    let (draft, revision) = search::draft(&state.store).await?;
    let shop = state.store.shop().all().await.map_err(store_error)?;
    let rule = match id {
        NEW => None,
        id => Some(draft.rules.iter().find(|rule| rule.id.as_str() == id).cloned())
            .map(|rule| rule.ok_or_else(|| ApiError::not_found("search rule")))
            .transpose()?,
    };
    Ok(Shown { draft, revision, shop, rule })
}

async fn save(state: &State, language: &Language, shown: Shown, fields: &Fields) -> Result<Response, ApiError> {
    let words = language.words.search;
    let schema = schema(words, &shown);
    let form = Form { schema: &schema, words: language.words, faults: &[] };
    let before = shown.rule.as_ref().and_then(|rule| serde_json::to_value(rule).ok()).unwrap_or_else(|| json!({}));
    let mut typed = form.read(fields, &before);
    let asked = fields.get("do").map(String::as_str).unwrap_or_default();
    if asked.starts_with("add:") || asked.starts_with("remove:") {
        if let Some(list) = asked.strip_prefix("add:") {
            begin_list(&mut typed, list);
        }
        change_rows(asked, &mut typed);
        return Ok(render(language, StatusCode::OK, &shown, &typed, None, &[]));
    }
    let mut draft = shown.draft.clone();
    if let Some(before) = &shown.rule {
        draft.rules.retain(|rule| rule.id != before.id);
    }
    if asked == "delete" {
        search::put_draft(&state.store, draft, seen(fields)).await?;
        return Ok(after_saving(None));
    }
    tidy(&mut typed);
    ids_of_products(state, &mut typed).await?;
    let refused = |error: &FieldError| Fault {
        path: pointer(&error.field),
        rule: error.code.into(),
        message: error.message.clone(),
    };
    let rule = match parse(&typed) {
        Ok(rule) => rule,
        Err(faults) => {
            let faults: Vec<Fault> = faults.iter().map(refused).collect();
            let wrong = Some(words.not_saved);
            return Ok(render(language, StatusCode::UNPROCESSABLE_ENTITY, &shown, &typed, wrong, &faults));
        }
    };
    if draft.rules.iter().any(|other| other.id == rule.id) {
        let taken = refused(&FieldError::new("id", "repeated", "another rule has this name"));
        return Ok(render(language, StatusCode::UNPROCESSABLE_ENTITY, &shown, &typed, Some(words.not_saved), &[taken]));
    }
    draft.rules.push(rule.clone());
    match search::put_draft(&state.store, draft, seen(fields)).await {
        Ok(_) => Ok(after_saving(Some(&rule))),
        Err(error) if error.code == "revision_conflict" => {
            Ok(render(language, StatusCode::CONFLICT, &shown, &typed, Some(words.changed_meanwhile), &[]))
        }
        Err(error) => Err(error),
    }
}

/// What stands in the form as a rule, or every fault of it.
fn parse(typed: &Value) -> Result<SearchRule, Vec<FieldError>> {
    let rule: SearchRule = read(typed.clone()).map_err(|error| vec![error])?;
    let faults = rule.validate();
    if faults.is_empty() { Ok(rule) } else { Err(faults) }
}

/// A row can be added to a list that is not there yet.
fn begin_list(typed: &mut Value, pointer: &str) {
    let mut at = typed;
    let names: Vec<&str> = pointer.split('/').skip(1).collect();
    for (no, name) in names.iter().enumerate() {
        let Value::Object(object) = at else { return };
        let empty = if no + 1 == names.len() { json!([]) } else { json!({}) };
        at = object.entry(*name).or_insert(empty);
    }
}

/// What nobody filled in is not there.
fn tidy(value: &mut Value) {
    fn is_empty(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(all) => all.is_empty(),
            Value::Object(all) => all.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
    fn clean(value: &mut Value) {
        match value {
            Value::Array(all) => {
                all.iter_mut().for_each(clean);
                all.retain(|value| !is_empty(value));
            }
            Value::Object(all) => {
                all.values_mut().for_each(clean);
                all.retain(|_, value| !is_empty(value));
            }
            _ => {}
        }
    }
    clean(value);
    if let Value::Object(rule) = value {
        // Their own rules say what is missing.
        rule.entry("id").or_insert_with(|| json!(""));
        rule.entry("when").or_insert_with(|| json!({}));
    }
}

/// Who types a handle means the product that has it.
async fn ids_of_products(state: &State, typed: &mut Value) -> Result<(), ApiError> {
    let pins = typed.get_mut("pins").and_then(Value::as_array_mut).into_iter().flatten();
    for pin in pins {
        let Some(text) = pin.get("product").and_then(Value::as_str).map(str::to_owned) else { continue };
        let id = ProductId::new(text.as_str()).ok();
        let by_id = match &id {
            Some(id) => state.store.products().get(id).await.map_err(store_error)?,
            None => None,
        };
        if by_id.is_none()
            && let Ok(handle) = Handle::new(text)
            && let Some(product) = state.store.products().by_handle(&handle).await.map_err(store_error)?
        {
            pin["product"] = json!(product.value.id);
        }
    }
    Ok(())
}

/// `pins[0].position` is `/pins/0/position`.
fn pointer(field: &str) -> String {
    format!("/{}", field.replace('[', ".").replace(']', "").replace('.', "/"))
}

/// The rule as the form of a JSON Schema, in the console's language.
fn schema(words: &SearchWords, shown: &Shown) -> Value {
    let settings = shown.shop.settings.as_ref().map(|read| &read.value);
    let locales = settings.map(|shop| shop.locales.clone()).unwrap_or_default();
    let choice = |title: &str, choices: &[(&str, &str)], optional: bool| {
        let values: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
        let labels: Map<String, Value> =
            choices.iter().map(|(value, label)| ((*value).to_owned(), json!(label))).collect();
        json!({ "title": title, "enum": values, "x-labels": labels, "x-optional": optional })
    };
    let text = |title: &str| json!({ "title": title, "type": "string" });
    let localized = |title: &str| {
        let each = locales.iter().map(|locale| (locale.to_string(), text(locale.as_str()))).collect::<Map<_, _>>();
        json!({ "title": title, "type": "object", "properties": each })
    };
    let time = |title: &str| json!({ "title": title, "type": "string", "description": words.time_help });
    let languages: Vec<(&str, &str)> = locales.iter().map(|locale| (locale.as_str(), locale.as_str())).collect();
    let categories: Vec<(String, String)> = shown
        .shop
        .categories
        .iter()
        .map(|read| {
            let category = &read.value;
            let name = settings.map(|shop| category.name.get(&shop.default_locale, &shop.default_locale).to_owned());
            (category.id.to_string(), name.unwrap_or_default())
        })
        .collect();
    let categories: Vec<(&str, &str)> = categories.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let said = |by: By| match by {
        By::Product => words.by_product,
        By::Brand => words.by_brand,
        By::Category => words.by_category,
        By::Collection => words.by_collection,
        By::Attribute => words.by_attribute,
        By::SoldOut => words.by_sold_out,
        By::OnSale => words.by_on_sale,
    };
    let by: Vec<(&str, &str)> = By::ALL.iter().map(|(name, by)| (*name, said(*by))).collect();
    let matches = [("is", words.matches_is), ("contains", words.matches_contains)];
    let id = json!({ "title": words.id, "type": "string", "maxLength": 64, "description": words.id_help });
    let mut properties = json!({
        "id": id,
        "name": text(words.name),
        "paused": { "title": words.paused, "type": "boolean" },
        "when": { "title": words.when, "type": "object", "description": words.when_help,
            "x-order": ["phrases", "matches", "locale", "category"], "properties": {
            "phrases": { "title": words.phrases, "type": "array", "items": text(words.phrases) },
            "matches": choice(words.matches, &matches, false),
            "locale": choice(words.any_language, &languages, true),
            "category": choice(words.category, &categories, true),
        } },
        "from": time(words.from),
        "until": time(words.until),
        "pins": { "title": words.pins, "type": "array", "items": { "type": "object", "x-order": ["product", "position"], "properties": {
            "product": text(words.product),
            "position": { "title": words.position, "type": "integer", "minimum": 1, "maximum": 100 },
        } } },
        "boosts": { "title": words.boosts, "type": "array", "description": words.boosts_help, "items": { "type": "object", "x-order": ["by", "name", "value", "percent"], "properties": {
            "by": choice(words.by, &by, false),
            "value": text(words.value),
            "name": text(words.attribute),
            "percent": { "title": words.percent, "type": "integer", "minimum": 0, "maximum": 1000 },
        } } },
        "banner": { "title": words.banner, "type": "object", "x-order": ["title", "text", "link"], "properties": {
            "title": localized(words.banner_title),
            "text": localized(words.banner_text),
            "link": text(words.link),
        } },
        "redirect": text(words.redirect),
    });
    // A rule that is there keeps its id: others are ordered by it.
    if let (Some(_), Some(properties)) = (&shown.rule, properties.as_object_mut()) {
        properties.remove("id");
    }
    let order = ["id", "name", "paused", "when", "pins", "boosts", "banner", "redirect", "from", "until"];
    json!({ "type": "object", "properties": properties, "x-order": order })
}

fn render(
    language: &Language,
    status: StatusCode,
    shown: &Shown,
    value: &Value,
    wrong: Option<&str>,
    faults: &[Fault],
) -> Response {
    let words = language.words.search;
    let id = shown.rule.as_ref().map_or(NEW, |rule| rule.id.as_str());
    let here = format!("{HERE}/rules/{id}");
    let schema = schema(words, shown);
    let form = Form { schema: &schema, words: language.words, faults };
    let title = shown.rule.as_ref().map_or(words.new_rule, |rule| RuleId::as_str(&rule.id));
    let content = html! {
        p.crumbs { a href=(HERE) { (words.search) } }
        h1 { (title) }
        @if let Some(wrong) = wrong { p.notice.alarm role="alert" { (wrong) } }
        form.stack method="post" action=(here) {
            input type="hidden" name="revision" value=(revision_of(shown.revision));
            // The first button is the one that Enter presses.
            button.default name="do" value="save" tabindex="-1" aria-hidden="true" { (words.save) }
            (form.render(value))
            button name="do" value="save" { (words.save) }
            @if shown.rule.is_some() { button.quiet name="do" value="delete" formnovalidate { (words.delete) } }
        }
    };
    answer(status, language, &here, title, content)
}
