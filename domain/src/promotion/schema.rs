//! The JSON Schema of what people write.

use super::Scenario;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

#[derive(Serialize)]
struct Document {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    #[serde(rename = "$ref")]
    root: String,
    components: Components,
}

#[derive(Serialize)]
struct Components {
    schemas: BTreeMap<String, RefOr<Schema>>,
}

/// Of a [`Scenario`], and in it of a promotion (`#/components/schemas/Promotion`): JSON Schema 2020-12, which is also
/// what an OpenAPI 3.1 document holds.
pub fn schema() -> impl Serialize {
    let mut schemas = vec![(Scenario::name().into_owned(), Scenario::schema())];
    Scenario::schemas(&mut schemas);
    let schemas = schemas.into_iter().map(|(name, schema)| (name, one_key(schema))).collect();
    let root = format!("#/components/schemas/{}", Scenario::name());
    Document { dialect: "https://json-schema.org/draft/2020-12/schema", root, components: Components { schemas } }
}

/// An object that says by its key what it is has that key alone.
fn one_key(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::OneOf(kinds)) = &mut schema {
        for kind in &mut kinds.items {
            if let RefOr::T(Schema::Object(object)) = kind {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
    schema
}
