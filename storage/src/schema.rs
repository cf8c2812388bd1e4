//! The table's definition: one place for dev, tests and the deployment template. [`cloudformation`] gives the
//! properties that infra/template.yaml must hold; a test compares them.

use crate::calls::Call;
use crate::keys::{BY_STATE, BY_STATE_PK, BY_STATE_SK, EXPIRES_AT, PK, SK};
use crate::table::Table;
use crate::{Result, StoreError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

/// The stream tells keys only: `publish` reads the items again and so always works on the newest.
const STREAM_VIEW: StreamViewType = StreamViewType::KeysOnly;

/// `Properties` of the `AWS::DynamoDB::Table`, without its name and what only production adds (point-in-time
/// recovery, encryption, tags).
pub fn cloudformation() -> serde_json::Value {
    let attribute = |name: &str| serde_json::json!({"AttributeName": name, "AttributeType": "S"});
    let keys = |hash: &str, range: &str| {
        serde_json::json!([
            {"AttributeName": hash, "KeyType": "HASH"},
            {"AttributeName": range, "KeyType": "RANGE"},
        ])
    };
    serde_json::json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute(PK), attribute(SK), attribute(BY_STATE_PK), attribute(BY_STATE_SK)],
        "KeySchema": keys(PK, SK),
        "GlobalSecondaryIndexes": [{
            "IndexName": BY_STATE,
            "KeySchema": keys(BY_STATE_PK, BY_STATE_SK),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        "StreamSpecification": {"StreamViewType": STREAM_VIEW.as_str()},
        "TimeToLiveSpecification": {"AttributeName": EXPIRES_AT, "Enabled": true},
    })
}

pub(crate) async fn create_table(table: &Table) -> Result<()> {
    let refused = |e: &(dyn std::error::Error + 'static)| StoreError::unavailable("CreateTable", e);
    let key = |name: &str, key_type: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().map_err(|e| refused(&e))
    };
    let keys =
        |hash: &str, range: &str| Ok::<_, StoreError>(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?]);
    let attributes = [PK, SK, BY_STATE_PK, BY_STATE_SK]
        .into_iter()
        .map(|name| {
            let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            attribute.build().map_err(|e| refused(&e))
        })
        .collect::<Result<Vec<_>>>()?;
    let index = GlobalSecondaryIndex::builder()
        .index_name(BY_STATE)
        .set_key_schema(Some(keys(BY_STATE_PK, BY_STATE_SK)?))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .map_err(|e| refused(&e))?;
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(STREAM_VIEW)
        .build()
        .map_err(|e| refused(&e))?;
    let created = table
        .client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .set_key_schema(Some(keys(PK, SK)?))
        .global_secondary_indexes(index)
        .stream_specification(stream)
        .call()
        .await;
    match created {
        Err(e) if e.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => return Ok(()),
        Err(e) => return Err(refused(&e)),
        Ok(_) => {}
    }
    let ttl =
        TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build().map_err(|e| refused(&e))?;
    table
        .client
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(ttl)
        .call()
        .await
        .map_err(|e| StoreError::unavailable("UpdateTimeToLive", &e))?;
    Ok(())
}
