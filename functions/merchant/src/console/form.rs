//! A form of any JSON Schema, and the settings that come back from it. Every input is named by the JSON Pointer of its value
//! (`/tiers/0/spend`), which is also how a fault names what it is about. What a form has no words for (`oneOf`, maps,
//! lists of lists) is edited as JSON, so there is nothing that a schema can ask and a person cannot set.

use super::words::Words;
use crate::plugins::settings::Fault;
use maud::{Markup, html};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// Of one list, in the form.
const MAX_ROWS: usize = 100;
/// Of objects within objects.
const MAX_DEPTH: usize = 6;
/// `n/tiers`: how many rows the list `/tiers` has; `n/is_on`: that the checkbox was there to be ticked.
const SHOWN: char = 'n';

/// What a form sent, by its inputs' names.
pub(super) type Fields = BTreeMap<String, String>;

/// How one value is edited.
enum Shape<'a> {
    Object(&'a Map<String, Value>),
    List(&'a Value),
    Choice(&'a [Value]),
    Flag,
    Integer,
    Number,
    Text,
    Json,
}

/// A form, being rendered or read.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) schema: &'a Value,
    pub(super) words: &'a Words,
    pub(super) faults: &'a [Fault],
}

impl<'a> Form<'a> {
    pub(super) fn render(&self, settings: &Value) -> Markup {
        html! {
            @for fault in self.at("/") { p.fault role="alert" { (fault.message) } }
            (self.value(self.schema, Some(settings), "", "", 0))
        }
    }

    /// The settings that the fields say. `kept`: those before, for what the form does not show.
    pub(super) fn read(&self, fields: &Fields, kept: &Value) -> Value {
        self.read_value(self.schema, fields, "", Some(kept), 0).unwrap_or_else(|| Value::Object(Map::new()))
    }

    fn at(&self, pointer: &'a str) -> impl Iterator<Item = &'a Fault> {
        self.faults.iter().filter(move |fault| fault.path == pointer)
    }

    /// Follows references within the schema.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            let Some(target) = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#')) else { return schema };
            let Some(target) = self.schema.pointer(target) else { return schema };
            schema = target;
        }
        schema
    }

    fn shape(&self, schema: &'a Value, depth: usize) -> Shape<'a> {
        if let Some(choices) = schema["enum"].as_array().filter(|all| all.iter().all(Value::is_string)) {
            return Shape::Choice(choices);
        }
        match schema["type"].as_str() {
            _ if depth > MAX_DEPTH => Shape::Json,
            Some("object") => match schema["properties"].as_object() {
                Some(properties) if !properties.is_empty() => Shape::Object(properties),
                _ => Shape::Json,
            },
            Some("array") if schema["items"].is_object() => {
                let items = self.resolve(&schema["items"]);
                match self.shape(items, depth + 1) {
                    Shape::List(_) | Shape::Json => Shape::Json,
                    _ => Shape::List(items),
                }
            }
            Some("boolean") => Shape::Flag,
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("string") => Shape::Text,
            _ => Shape::Json,
        }
    }

    fn value(&self, schema: &'a Value, value: Option<&Value>, pointer: &str, name: &str, depth: usize) -> Markup {
        let schema = self.resolve(schema);
        let label = schema["title"].as_str().unwrap_or(name);
        match self.shape(schema, depth) {
            Shape::Object(properties) => {
                let one = |name: &str, schema| {
                    self.value(schema, value.and_then(|v| v.get(name)), &member(pointer, name), name, depth + 1)
                };
                let content = html! { @for (name, schema) in ordered(schema, properties) { (one(name, schema)) } };
                if depth == 0 { content } else { self.group(label, schema, pointer, content) }
            }
            Shape::List(items) => {
                let rows = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let content = html! {
                    input type="hidden" name={ (SHOWN) (pointer) } value=(rows.len());
                    ol.rows { @for (at, row) in rows.iter().enumerate().take(MAX_ROWS) {
                        @let within = member(pointer, &at.to_string());
                        li {
                            div.row { (self.value(items, Some(row), &within, label, depth + 1)) }
                            button.quiet name="do" value={ "remove:" (within) } formnovalidate
                                aria-label={ (self.words.remove) " " (label) " " (at + 1) } { (self.words.remove) }
                        }
                    } }
                    button.quiet name="do" value={ "add:" (pointer) } formnovalidate
                        aria-label={ (self.words.add_to) " " (label) } { (self.words.add) }
                };
                self.group(label, schema, pointer, content)
            }
            shape => self.input(shape, schema, value, pointer, label),
        }
    }

    fn group(&self, label: &str, schema: &Value, pointer: &str, content: Markup) -> Markup {
        let faults = self.faults.iter().filter(|fault| fault.path == pointer);
        html! {
            fieldset {
                legend { (label) }
                @if let Some(help) = schema["description"].as_str() { p.help { (help) } }
                @for fault in faults { p.fault role="alert" { (fault.message) } }
                (content)
            }
        }
    }

    fn input(&self, shape: Shape<'_>, schema: &Value, value: Option<&Value>, pointer: &str, label: &str) -> Markup {
        let help = schema["description"].as_str();
        let faults: Vec<&Fault> = self.faults.iter().filter(|fault| fault.path == pointer).collect();
        let (help_id, fault_id) = (format!("help{pointer}"), format!("fault{pointer}"));
        let described = [help.map(|_| help_id.as_str()), (!faults.is_empty()).then_some(fault_id.as_str())];
        let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let described = (!described.is_empty()).then_some(described);
        let invalid = (!faults.is_empty()).then_some("true");
        let bound = |name: &str| schema[name].as_i64();
        let text = value.map(shown);
        let text = text.as_deref().unwrap_or_default();
        html! {
            div.field {
                @if !matches!(shape, Shape::Flag) { label for={ "in" (pointer) } { (label) } }
                @match shape {
                    Shape::Flag => {
                        input type="hidden" name={ (SHOWN) (pointer) } value="1";
                        label.flag {
                            input type="checkbox" name=(pointer) value="true" checked[value == Some(&Value::Bool(true))]
                                aria-describedby=[&described];
                            (label)
                        }
                    }
                    Shape::Choice(choices) => select id={ "in" (pointer) } name=(pointer) aria-describedby=[&described] {
                        @if value.is_none() || schema["x-optional"] == true { option value="" selected[value.is_none()] {} }
                        @for choice in choices.iter().filter_map(Value::as_str) {
                            option value=(choice) selected[choice == text] { (schema["x-labels"][choice].as_str().unwrap_or(choice)) }
                        }
                    },
                    Shape::Integer | Shape::Number => input id={ "in" (pointer) } name=(pointer) value=(text)
                        type="number" step=(if matches!(shape, Shape::Integer) { "1" } else { "any" })
                        min=[bound("minimum")] max=[bound("maximum")] inputmode="decimal"
                        aria-invalid=[invalid] aria-describedby=[&described];,
                    Shape::Text => input id={ "in" (pointer) } name=(pointer) value=(text) type="text"
                        maxlength=[bound("maxLength")] aria-invalid=[invalid] aria-describedby=[&described];,
                    _ => textarea.code id={ "in" (pointer) } name=(pointer) rows="6" spellcheck="false"
                        aria-invalid=[invalid] aria-describedby=[&described] { (pretty(value)) }
                }
                @if let Some(help) = help { p.help id=(help_id) { (help) } }
                @if !faults.is_empty() {
                    div id=(fault_id) { @for fault in faults { p.fault role="alert" { (fault.message) } } }
                }
            }
        }
    }

    fn read_value(
        &self,
        schema: &'a Value,
        fields: &Fields,
        pointer: &str,
        kept: Option<&Value>,
        depth: usize,
    ) -> Option<Value> {
        let schema = self.resolve(schema);
        let sent = fields.get(pointer).map(|text| text.trim());
        match self.shape(schema, depth) {
            Shape::Object(properties) => {
                let known = |name: &String| properties.contains_key(name);
                let mut object: Map<String, Value> = kept
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| !known(name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for (name, schema) in properties {
                    let kept = kept.and_then(|kept| kept.get(name));
                    if let Some(value) = self.read_value(schema, fields, &member(pointer, name), kept, depth + 1) {
                        object.insert(name.clone(), value);
                    }
                }
                // What nobody filled in is not there, unless it has to be: then its own rule says what is missing.
                (depth == 0 || !object.is_empty()).then_some(Value::Object(object))
            }
            Shape::List(items) => {
                let rows: usize = fields.get(&format!("{SHOWN}{pointer}"))?.parse().ok()?;
                let row =
                    |at: usize| self.read_value(items, fields, &member(pointer, &at.to_string()), None, depth + 1);
                // An empty row is one that its rules have to judge.
                let empty = || match self.shape(items, depth + 1) {
                    Shape::Object(_) => Value::Object(Map::new()),
                    _ => Value::Null,
                };
                Some(Value::Array((0..rows.min(MAX_ROWS)).map(|at| row(at).unwrap_or_else(empty)).collect()))
            }
            Shape::Flag => fields.get(&format!("{SHOWN}{pointer}")).map(|_| Value::Bool(sent == Some("true"))),
            // What is no number stays as it was typed: the schema refuses it where it stands.
            Shape::Integer | Shape::Number => {
                let text = sent.filter(|text| !text.is_empty())?;
                Some(text.parse::<Number>().map_or_else(|_| Value::from(text), Value::Number))
            }
            Shape::Choice(_) => sent.filter(|text| !text.is_empty()).map(Value::from),
            // An empty text is one where there was one, and otherwise none.
            Shape::Text => sent.filter(|text| !text.is_empty() || kept.is_some_and(Value::is_string)).map(Value::from),
            Shape::Json => {
                let text = sent.filter(|text| !text.is_empty())?;
                Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
            }
        }
    }
}

/// In the order of `x-order`, which names of the console's own forms have; JSON's objects have none.
fn ordered<'a>(schema: &Value, properties: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
    let order = schema["x-order"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut all: Vec<_> = properties.iter().collect();
    all.sort_by_key(|(name, _)| order.iter().position(|known| known == name.as_str()).unwrap_or(usize::MAX));
    all
}

/// Adds or removes a row of a list, as a button of the form asked: `add:/tiers`, `remove:/tiers/1`.
pub(super) fn change_rows(asked: &str, settings: &mut Value) -> Option<()> {
    match asked.split_once(':')? {
        ("add", pointer) => match settings.pointer_mut(pointer) {
            Some(Value::Array(rows)) if rows.len() < MAX_ROWS => rows.push(Value::Null),
            _ => return None,
        },
        ("remove", pointer) => {
            let (list, at) = pointer.rsplit_once('/')?;
            let rows = settings.pointer_mut(list)?.as_array_mut()?;
            let at: usize = at.parse().ok().filter(|at| *at < rows.len())?;
            rows.remove(at);
        }
        _ => return None,
    }
    Some(())
}

/// RFC 6901.
fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pretty(value: Option<&Value>) -> String {
    value.filter(|value| !value.is_null()).and_then(|v| serde_json::to_string_pretty(v).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::words::EN;
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "$defs": { "tier": { "type": "object", "properties": {
                "spend": { "type": "integer", "title": "From", "minimum": 1 }, "save": { "type": "integer" } } } },
            "type": "object",
            "properties": {
                "free_from": { "type": "integer" },
                "rate": { "type": "number" },
                "is_on": { "type": "boolean" },
                "label": { "type": "string", "title": "Shown as", "description": "On the cart" },
                "mode": { "enum": ["once", "each"] },
                "tiers": { "type": "array", "items": { "$ref": "#/$defs/tier" } },
                "tags": { "type": "array", "items": { "type": "string" } },
                "bundle": { "type": "object", "properties": { "tag": { "type": "string" } } },
                "other": { "oneOf": [{ "type": "integer" }, { "type": "string" }] },
                "a/b": { "type": "integer" }
            }
        })
    }

    /// The fields that a browser would send of a rendered form: every input's name and value, boxes that are ticked, and
    /// what is chosen.
    fn sent(page: &str) -> Fields {
        let attribute = |tag: &str, name: &str| {
            let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            Some(
                tag[from..]
                    .split('"')
                    .next()?
                    .replace("&quot;", "\"")
                    .replace("&amp;", "&")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">"),
            )
        };
        let mut fields = Fields::new();
        let mut select = String::new();
        for piece in page.split('<').skip(1) {
            let (tag, after) = piece.split_once('>').unwrap();
            let text = after.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
            match tag.split(' ').next().unwrap() {
                "input" if tag.contains("checkbox") && !tag.contains(" checked") => {}
                "input" => drop(fields.insert(attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap())),
                "textarea" => drop(fields.insert(attribute(tag, "name").unwrap(), text)),
                "select" => select = attribute(tag, "name").unwrap(),
                "option" if tag.contains(" selected") => {
                    fields.insert(select.clone(), attribute(tag, "value").unwrap());
                }
                _ => {}
            }
        }
        fields
    }

    #[test]
    fn what_a_form_shows_comes_back_as_it_was() {
        let schema = schema();
        let form = Form { schema: &schema, words: &EN, faults: &[] };
        for settings in [
            json!({ "tiers": [], "tags": [], "is_on": false }),
            json!({ "free_from": 60000, "rate": 0.5, "is_on": true, "label": "\"<b>&\"", "mode": "each",
                "tiers": [{ "spend": 30000, "save": 2000 }, { "spend": 60000 }], "tags": ["tea", "cups"],
                "bundle": { "tag": "tableware" }, "other": { "any": [1] }, "a/b": 7, "unknown": { "kept": true } }),
        ] {
            assert_eq!(form.read(&sent(&form.render(&settings).into_string()), &settings), settings);
        }
    }

    #[test]
    fn rows_are_added_and_removed_by_their_buttons() {
        let schema = schema();
        let mut settings = json!({ "tiers": [{ "spend": 1 }, { "spend": 2 }] });
        change_rows("remove:/tiers/0", &mut settings).unwrap();
        change_rows("add:/tiers", &mut settings).unwrap();
        assert_eq!(settings, json!({ "tiers": [{ "spend": 2 }, null] }));
        let form = Form { schema: &schema, words: &EN, faults: &[] };
        let page = form.render(&settings).into_string();
        assert!(page.contains("name=\"/tiers/1/spend\"") && page.contains("value=\"remove:/tiers/1\""), "{page}");
        for asked in ["remove:/tiers/9", "remove:/tiers/x", "add:/label", "drop:/tiers", "remove:", "add:/nowhere"] {
            assert_eq!(change_rows(asked, &mut settings), None, "{asked}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_where_it_stands() {
        let schema = schema();
        let form = Form { schema: &schema, words: &EN, faults: &[] };
        let mut fields = sent(&form.render(&json!({ "free_from": 1, "tiers": [] })).into_string());
        fields.insert("/free_from".into(), "a lot".into());
        let read = form.read(&fields, &json!({}));
        assert_eq!(read["free_from"], json!("a lot"));
        let error = crate::plugins::settings::check(Some(&schema.to_string()), &read).unwrap_err();
        let page = Form { faults: error.faults(), ..form }.render(&read).into_string();
        assert!(page.contains("value=\"a lot\"") && page.contains("aria-invalid=\"true\""), "{page}");
        assert!(page.contains("id=\"fault/free_from\""), "{page}");
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends_in_json() {
        let schema = json!({ "$defs": { "node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/node" } } } },
            "$ref": "#/$defs/node" });
        let form = Form { schema: &schema, words: &EN, faults: &[] };
        let settings = json!({ "next": { "next": { "next": {} } } });
        let page = form.render(&settings).into_string();
        assert!(page.len() < 20_000, "{}", page.len());
        assert!(page.contains("<textarea"), "{page}");
        for circle in [json!({ "$ref": "#" }), json!({ "$ref": "#/nowhere" }), json!(true), json!({})] {
            let form = Form { schema: &circle, words: &EN, faults: &[] };
            let settings = json!({ "any": [1, 2] });
            assert_eq!(form.read(&sent(&form.render(&settings).into_string()), &settings), settings, "{circle}");
        }
    }
}
