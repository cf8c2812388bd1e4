//! A plugin's settings under the JSON Schema (2020-12) that its author wrote: refused with the path and the rule. A schema
//! is somebody else's word: it may refer to itself, and to nothing on the network or in the file system.

use jsonschema::{Draft, Validator};
use serde::Serialize;
use serde_json::Value;

/// As many faults are told.
const MAX_FAULTS: usize = 20;
const MAX_MESSAGE_CHARS: usize = 300;

/// Where settings break which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// JSON Pointer into the settings: `/tiers/0/spend`.
    pub path: String,
    /// JSON Pointer into the schema: `/properties/tiers/items/properties/spend/minimum`.
    pub rule: String,
    pub message: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("settings_schema is not a JSON Schema: {0}")]
    Schema(String),
    #[error("the settings break their schema: {}", told(.0))]
    Invalid(Vec<Fault>),
}

impl SettingsError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Schema(_) => "schema_invalid",
            Self::Invalid(_) => "settings_invalid",
        }
    }
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Schema(_) => &[],
            Self::Invalid(faults) => faults,
        }
    }
}

fn told(faults: &[Fault]) -> String {
    let one = |fault: &Fault| format!("{} {} ({})", fault.path, fault.message, fault.rule);
    faults.iter().map(one).collect::<Vec<_>>().join("; ")
}

pub struct SettingsSchema(Validator);

impl SettingsSchema {
    pub fn new(schema: &Value) -> Result<Self, SettingsError> {
        let built = jsonschema::options().with_draft(Draft::Draft202012).build(schema);
        built.map(Self).map_err(|e| SettingsError::Schema(short(&e.to_string())))
    }

    pub fn check(&self, settings: &Value) -> Result<(), SettingsError> {
        let faults = self.0.iter_errors(settings).take(MAX_FAULTS).map(|error| Fault {
            path: at(&error.instance_path().to_string()),
            rule: at(&error.schema_path().to_string()),
            message: short(&error.to_string()),
        });
        let faults: Vec<Fault> = faults.collect();
        if faults.is_empty() { Ok(()) } else { Err(SettingsError::Invalid(faults)) }
    }
}

/// Settings under a stored schema, where there is one.
pub fn check(schema: Option<&str>, settings: &Value) -> Result<(), SettingsError> {
    let Some(schema) = schema else { return Ok(()) };
    let schema = serde_json::from_str(schema).map_err(|e| SettingsError::Schema(short(&e.to_string())))?;
    SettingsSchema::new(&schema)?.check(settings)
}

/// The whole document is `/`.
fn at(pointer: &str) -> String {
    if pointer.is_empty() { "/".to_owned() } else { pointer.to_owned() }
}

fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_told_with_its_path_and_its_rule() {
        let tier = json!({ "type": "object", "required": ["spend"],
            "properties": { "spend": { "type": "integer", "minimum": 1 } } });
        let schema = json!({ "type": "object", "properties": { "tiers": { "type": "array", "items": tier } } });
        let schema = SettingsSchema::new(&schema).unwrap();
        assert!(schema.check(&json!({ "tiers": [{ "spend": 30000 }] })).is_ok());
        let error = schema.check(&json!({ "tiers": [{ "spend": 0 }, {}] })).unwrap_err();
        let told: Vec<_> = error.faults().iter().map(|fault| (fault.path.as_str(), fault.rule.as_str())).collect();
        assert_eq!(
            told,
            [
                ("/tiers/0/spend", "/properties/tiers/items/properties/spend/minimum"),
                ("/tiers/1", "/properties/tiers/items/required")
            ]
        );
    }

    #[test]
    fn a_schema_may_refer_to_itself_but_not_to_other_places() {
        let tree = json!({ "$defs": { "node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/node" } } } },
            "$ref": "#/$defs/node" });
        let tree = SettingsSchema::new(&tree).unwrap();
        assert!(tree.check(&json!({ "next": { "next": {} } })).is_ok());
        assert!(tree.check(&json!({ "next": { "next": 1 } })).is_err());
        for elsewhere in ["https://schemas.example/settings.json", "file:///etc/hostname"] {
            let error = SettingsSchema::new(&json!({ "$ref": elsewhere })).err().unwrap();
            assert_eq!(error.code(), "schema_invalid", "{elsewhere}");
        }
    }

    #[test]
    fn a_schema_that_only_refers_to_itself_ends() {
        let circles = [
            json!({ "$ref": "#" }),
            json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }),
            json!({ "allOf": [{ "$ref": "#" }] }),
            json!({ "not": { "$ref": "#" } }),
            json!({ "$dynamicAnchor": "me", "$dynamicRef": "#me" }),
        ];
        let takes = |circle| SettingsSchema::new(circle).and_then(|schema| schema.check(&json!({ "a": 1 }))).is_ok();
        let taken: Vec<bool> = circles.iter().map(takes).collect();
        assert_eq!((taken.len(), &taken[..3]), (5, &[true; 3][..]), "what asks for nothing takes everything");
    }

    #[test]
    fn what_is_told_is_bounded() {
        let schema = SettingsSchema::new(&json!({ "items": { "type": "integer" } })).unwrap();
        let wrong = vec!["x".repeat(10_000); 100];
        let error = schema.check(&json!(wrong)).unwrap_err();
        assert_eq!(error.faults().len(), MAX_FAULTS);
        assert!(error.to_string().len() < 20_000);
    }
}
