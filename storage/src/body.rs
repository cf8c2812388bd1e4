//! Items: keys, a revision, and the value as JSON in `body`. Short bodies are text, which staff can read in the
//! console; longer ones are deflated, which keeps a product of 2,048 variants within DynamoDB's 400 kB and most
//! products within two write units. See docs/decisions/0007-item-bodies.md.

use crate::keys::{Key, PK, SK};
use crate::{Result, Revision, StoreError, Versioned};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;
use std::io::Read;

/// JSON up to this many bytes is stored as text: with keys and attributes it is one unit to write. More would cost a second
/// one, which deflating mostly saves.
const MAX_TEXT_BYTES: usize = 768;
/// DynamoDB's limit is 400 kB an item, names included.
const MAX_BODY_BYTES: usize = 390_000;
/// What a deflated body may grow to.
const MAX_JSON_BYTES: u64 = 16 << 20;

pub(crate) const KIND: &str = "kind";
pub(crate) const REV: &str = "rev";
const BODY: &str = "body";

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}
pub(crate) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn key_item(key: Key) -> Item {
    HashMap::from([(PK.to_owned(), AttributeValue::S(key.pk)), (SK.to_owned(), AttributeValue::S(key.sk))])
}

pub(crate) fn encode<T: Serialize>(key: Key, kind: &'static str, revision: Revision, value: &T) -> Result<Item> {
    let mut item = key_item(key);
    item.insert(KIND.to_owned(), text(kind));
    item.insert(REV.to_owned(), number(revision));
    item.insert(BODY.to_owned(), body(kind, value)?);
    Ok(item)
}

pub(crate) fn body<T: Serialize>(kind: &'static str, value: &T) -> Result<AttributeValue> {
    let corrupt = |why: String| StoreError::Corrupt { what: kind, why };
    let json = serde_json::to_string(value).map_err(|e| corrupt(e.to_string()))?;
    if json.len() <= MAX_TEXT_BYTES {
        return Ok(AttributeValue::S(json));
    }
    let mut deflated = Vec::with_capacity(json.len() / 3);
    DeflateEncoder::new(json.as_bytes(), Compression::fast())
        .read_to_end(&mut deflated)
        .map_err(|e| corrupt(e.to_string()))?;
    if deflated.len() > MAX_BODY_BYTES || json.len() as u64 > MAX_JSON_BYTES {
        return Err(StoreError::TooLarge { what: kind, bytes: deflated.len(), max: MAX_BODY_BYTES });
    }
    Ok(AttributeValue::B(Blob::new(deflated)))
}

pub(crate) fn decode<T: DeserializeOwned>(kind: &'static str, item: &Item) -> Result<Versioned<T>> {
    let corrupt = |why: String| StoreError::Corrupt { what: kind, why };
    let value = match item.get(BODY) {
        Some(AttributeValue::S(json)) => serde_json::from_str(json),
        Some(AttributeValue::B(deflated)) => {
            let mut json = Vec::with_capacity(deflated.as_ref().len() * 4);
            DeflateDecoder::new(deflated.as_ref())
                .take(MAX_JSON_BYTES)
                .read_to_end(&mut json)
                .map_err(|e| corrupt(e.to_string()))?;
            serde_json::from_slice(&json)
        }
        _ => return Err(corrupt("it has no body".to_owned())),
    }
    .map_err(|e| corrupt(e.to_string()))?;
    let revision = integer(item, REV).ok_or_else(|| corrupt("it has no revision".to_owned()))?;
    Ok(Versioned { value, revision: Revision(revision) })
}

/// A number attribute, where there is one and it fits.
pub(crate) fn integer<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}
