//! JSON as a function reads and writes it: the keys keep their order, and sizes are counted as Shopify counts them.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;
use std::fmt;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Json>),
    /// As they were written; of a repeated key the last counts.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Not null: what a function leaves out and what it sets to null mean the same.
    pub fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value).filter(|value| **value != Json::Null)
    }

    /// Bytes in MessagePack, the measure of Shopify's limits on input and output.
    pub fn packed_len(&self) -> usize {
        match self {
            Json::Null | Json::Bool(_) => 1,
            Json::Number(number) => packed_number(number),
            Json::Text(text) => packed_text(text.len()),
            Json::Array(items) => packed_list(items.len()) + items.iter().map(Json::packed_len).sum::<usize>(),
            Json::Object(members) => {
                let member = |(key, value): &(String, Json)| packed_text(key.len()) + value.packed_len();
                packed_list(members.len()) + members.iter().map(member).sum::<usize>()
            }
        }
    }
}

/// Bytes of a text of so many bytes, its head included.
pub(super) fn packed_text(bytes: usize) -> usize {
    let head = match bytes {
        0..32 => 1,
        32..256 => 2,
        256..65_536 => 3,
        _ => 5,
    };
    head + bytes
}

/// Bytes of the head of an array or object with so many members.
pub(super) fn packed_list(members: usize) -> usize {
    match members {
        0..16 => 1,
        16..65_536 => 3,
        _ => 5,
    }
}

fn packed_number(number: &Number) -> usize {
    let width = |magnitude: u64| match magnitude {
        0..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    };
    match (number.as_u64(), number.as_i64()) {
        (Some(0..128), _) | (None, Some(-32..0)) => 1,
        (Some(positive), _) => width(positive),
        // A negative number has one bit less of each width.
        (None, Some(negative)) => width(negative.unsigned_abs().saturating_sub(1).saturating_mul(2)),
        (None, None) => 9,
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(number) => number.serialize(serializer),
            Json::Text(text) => serializer.serialize_str(text),
            Json::Array(items) => serializer.collect_seq(items),
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn keys_keep_their_order() {
        let text = r#"{"z":1,"a":[true,null,-2.5],"m":{"y":"é","b":{}}}"#;
        assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
    }

    #[test]
    fn of_a_repeated_key_the_last_counts() {
        assert_eq!(read(r#"{"a":1,"a":2}"#).get("a"), Some(&Json::Number(2.into())));
        assert_eq!(read(r#"{"a":null}"#).get("a"), None);
    }

    #[test]
    fn sizes_are_those_of_message_pack() {
        let sizes = [
            ("null", 1),
            ("127", 1),
            ("128", 2),
            ("256", 3),
            ("65536", 5),
            ("4294967296", 9),
            ("-32", 1),
            ("-33", 2),
            ("-128", 2),
            ("-129", 3),
            ("1.5", 9),
            (r#""abc""#, 4),
            ("[1,2]", 3),
            (r#"{"a":1}"#, 4),
        ];
        for (text, bytes) in sizes {
            assert_eq!(read(text).packed_len(), bytes, "{text}");
        }
        assert_eq!(Json::from("x".repeat(300)).packed_len(), 303);
    }
}
