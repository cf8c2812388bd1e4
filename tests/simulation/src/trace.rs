//! The steps of a run as a person reads them. Ids are random, so each gets a name when it is first seen: the same seed
//! writes the same lines.

use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use stoa_storage::embedded::memory::Request;

/// A part of a key that is as long as this was made by chance, and so was an order's.
const ID_LENGTH: usize = 16;
const ORDER_ID: &str = "ord_";

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub number: usize,
    pub actor: String,
    pub operation: String,
    /// What went wrong on the way, by design.
    pub fault: Option<&'static str>,
    pub result: String,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5}  {:<28} {}", self.number, self.actor, self.operation)?;
        if let Some(fault) = self.fault {
            write!(f, "  ✗ {fault}")?;
        }
        if self.result.is_empty() { Ok(()) } else { write!(f, "  → {}", self.result) }
    }
}

/// Names given to ids so far.
#[derive(Default)]
pub(crate) struct Names {
    known: HashMap<String, String>,
    counted: HashMap<String, usize>,
}

impl Names {
    /// What a request asks for.
    pub(crate) fn request(&mut self, request: &Request) -> String {
        let body = &request.body;
        let mut keys: Vec<String> = match request.operation.as_str() {
            "TransactWriteItems" => writes(body).map(|(verb, write)| format!("{verb} {}", self.key(write))).collect(),
            "BatchGetItem" => batch(body).map(|key| self.key(key)).collect(),
            "Query" => {
                let values = body["ExpressionAttributeValues"].as_object().into_iter().flatten();
                values.filter_map(|(_, value)| value["S"].as_str()).map(|text| self.name(text)).collect()
            }
            "PutItem" => vec![self.key(&body["Item"])],
            _ => vec![self.key(&body["Key"])],
        };
        keys.sort();
        format!("{} {}", request.operation, keys.join(", "))
    }

    /// `CART#6f…` is `CART#1`; a sort key is left out where it says no more.
    pub(crate) fn key(&mut self, item: &Value) -> String {
        let (pk, sk) = (item["pk"]["S"].as_str().unwrap_or_default(), item["sk"]["S"].as_str().unwrap_or_default());
        let name = self.name(pk);
        if pk.split('#').next() == Some(sk) { name } else { format!("{name}/{}", self.name(sk)) }
    }

    fn name(&mut self, text: &str) -> String {
        let kind = text.split('#').next().unwrap_or_default().to_owned();
        let parts = text.split('#').map(|part| {
            if (part.len() < ID_LENGTH && !part.starts_with(ORDER_ID)) || part == kind {
                return part.to_owned();
            }
            if let Some(name) = self.known.get(part) {
                return name.clone();
            }
            let count = self.counted.entry(kind.clone()).or_default();
            *count += 1;
            self.known.insert(part.to_owned(), count.to_string());
            count.to_string()
        });
        parts.collect::<Vec<_>>().join("#")
    }
}

/// The writes of a transaction: what each does, and the part that holds its key.
fn writes(body: &Value) -> impl Iterator<Item = (String, &Value)> {
    let items = body["TransactItems"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_object()?.iter().next())
        .map(|(verb, write)| (verb.to_lowercase(), if verb == "Put" { &write["Item"] } else { &write["Key"] }))
}

/// The keys of a batch.
pub(crate) fn batch(body: &Value) -> impl Iterator<Item = &Value> {
    let tables = body["RequestItems"].as_object().into_iter().flatten();
    tables.flat_map(|(_, asked)| asked["Keys"].as_array().into_iter().flatten())
}
