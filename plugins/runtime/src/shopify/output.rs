//! The output as a function builds it, value by value, under the rules of Shopify's API: each call says what became of
//! it, and a function that goes on after a refusal keeps what was well written before.

use super::json::{Json, packed_list, packed_text};
use std::sync::Arc;

/// Arrays and objects within one another.
const MAX_DEPTH: usize = 100;
/// Names of all shapes of one run.
const MAX_SHAPE_KEYS: usize = 10_000;

/// What a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Written {
    Ok = 0,
    ExpectedKey = 2,
    ObjectLength = 3,
    Already = 4,
    NotAnObject = 5,
    NotFinished = 6,
    ArrayLength = 7,
    NotAnArray = 8,
    NotAShape = 9,
    ShapeLength = 10,
    InvalidShape = 11,
    ShapeDefinition = 12,
}

/// A limit that ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutputLimit {
    #[error("the output has more than {0} bytes")]
    Bytes(usize),
    #[error("the output has more than {MAX_DEPTH} arrays and objects within one another")]
    Depth,
    #[error("the output's shapes have more than {MAX_SHAPE_KEYS} keys")]
    ShapeKeys,
}

#[derive(Debug)]
pub(super) struct Output {
    /// The innermost last.
    open: Vec<Open>,
    root: Option<Json>,
    bytes: usize,
    allowed: usize,
    shapes: Vec<Arc<[String]>>,
    /// A shape that is being defined, and how many keys it was said to have.
    new_shape: Option<(usize, Vec<String>)>,
    shape_keys: usize,
}

#[derive(Debug)]
enum Open {
    Object { length: usize, key: Option<String>, members: Vec<(String, Json)> },
    Array { length: usize, items: Vec<Json> },
    Shaped { keys: Arc<[String]>, members: Vec<(String, Json)> },
}

impl Output {
    pub(super) fn new(allowed: usize) -> Self {
        Self { open: Vec::new(), root: None, bytes: 0, allowed, shapes: Vec::new(), new_shape: None, shape_keys: 0 }
    }

    /// The whole output, if it is finished.
    pub(super) fn finished(self) -> Option<Json> {
        self.root.filter(|_| self.open.is_empty())
    }

    /// What a function that asks whether it is done is told.
    pub(super) fn is_finished(&self) -> Written {
        if self.root.is_some() && self.open.is_empty() { Written::Ok } else { Written::NotFinished }
    }

    /// Whether a text can come now: as a value, or as a key. It need not be known yet.
    pub(super) fn may_write_text(&self) -> Written {
        match self.open.last() {
            Some(Open::Object { length, key: None, members }) if members.len() >= *length => Written::ObjectLength,
            Some(Open::Object { .. }) => Written::Ok,
            _ => self.may_write(),
        }
    }

    pub(super) fn text(&mut self, text: String) -> Result<Written, OutputLimit> {
        let may = self.may_write_text();
        if may != Written::Ok {
            return Ok(may);
        }
        self.count(packed_text(text.len()))?;
        if let Some(Open::Object { key: key @ None, .. }) = self.open.last_mut() {
            *key = Some(text);
        } else {
            self.put(Json::Text(text));
        }
        Ok(Written::Ok)
    }

    /// Null, a bool or a number.
    pub(super) fn scalar(&mut self, value: Json) -> Result<Written, OutputLimit> {
        let may = self.may_write();
        if may == Written::Ok {
            self.count(value.packed_len())?;
            self.put(value);
        }
        Ok(may)
    }

    pub(super) fn start_object(&mut self, length: usize) -> Result<Written, OutputLimit> {
        self.start(packed_list(length), Open::Object { length, key: None, members: Vec::new() })
    }

    pub(super) fn finish_object(&mut self) -> Written {
        match self.open.last() {
            Some(Open::Object { length, key, members }) if members.len() != *length || key.is_some() => {
                Written::ObjectLength
            }
            Some(Open::Object { .. }) => self.finish(),
            _ => Written::NotAnObject,
        }
    }

    pub(super) fn start_array(&mut self, length: usize) -> Result<Written, OutputLimit> {
        self.start(packed_list(length), Open::Array { length, items: Vec::new() })
    }

    pub(super) fn finish_array(&mut self) -> Written {
        match self.open.last() {
            Some(Open::Array { length, items }) if items.len() != *length => Written::ArrayLength,
            Some(Open::Array { .. }) => self.finish(),
            _ => Written::NotAnArray,
        }
    }

    pub(super) fn define_shape(&mut self, keys: usize) -> Written {
        if self.new_shape.is_some() {
            return Written::ShapeDefinition;
        }
        self.new_shape = Some((keys, Vec::new()));
        Written::Ok
    }

    pub(super) fn define_shape_key(&mut self, key: String) -> Result<Written, OutputLimit> {
        let Some((length, keys)) = self.new_shape.as_mut().filter(|(length, keys)| keys.len() < *length) else {
            return Ok(Written::ShapeDefinition);
        };
        debug_assert!(keys.len() < *length);
        self.shape_keys += 1;
        if self.shape_keys > MAX_SHAPE_KEYS {
            return Err(OutputLimit::ShapeKeys);
        }
        keys.push(key);
        Ok(Written::Ok)
    }

    /// And its number.
    pub(super) fn finish_shape_definition(&mut self) -> (Written, u32) {
        match self.new_shape.take() {
            Some((length, keys)) if keys.len() == length => {
                self.shapes.push(keys.into());
                (Written::Ok, (self.shapes.len() - 1) as u32)
            }
            open => {
                self.new_shape = open;
                (Written::ShapeDefinition, 0)
            }
        }
    }

    pub(super) fn start_shaped_object(&mut self, shape: usize) -> Result<Written, OutputLimit> {
        let Some(keys) = self.shapes.get(shape).cloned() else { return Ok(Written::InvalidShape) };
        self.start(packed_list(keys.len()), Open::Shaped { keys, members: Vec::new() })
    }

    pub(super) fn finish_shaped_object(&mut self) -> Written {
        match self.open.last() {
            Some(Open::Shaped { keys, members }) if members.len() != keys.len() => Written::ShapeLength,
            Some(Open::Shaped { .. }) => self.finish(),
            _ => Written::NotAShape,
        }
    }

    /// Whether a value that is no key can come now.
    fn may_write(&self) -> Written {
        match self.open.last() {
            None if self.root.is_some() => Written::Already,
            Some(Open::Object { key: None, .. }) => Written::ExpectedKey,
            Some(Open::Array { length, items }) if items.len() >= *length => Written::ArrayLength,
            Some(Open::Shaped { keys, members }) if members.len() >= keys.len() => Written::ShapeLength,
            _ => Written::Ok,
        }
    }

    fn start(&mut self, bytes: usize, open: Open) -> Result<Written, OutputLimit> {
        let may = self.may_write();
        if may == Written::Ok {
            if self.open.len() >= MAX_DEPTH {
                return Err(OutputLimit::Depth);
            }
            self.count(bytes)?;
            self.open.push(open);
        }
        Ok(may)
    }

    fn finish(&mut self) -> Written {
        let value = match self.open.pop() {
            Some(Open::Object { members, .. } | Open::Shaped { members, .. }) => Json::Object(members),
            Some(Open::Array { items, .. }) => Json::Array(items),
            None => return Written::NotAnObject,
        };
        self.put(value);
        Written::Ok
    }

    /// Where a value may come, and is counted.
    fn put(&mut self, value: Json) {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::Object { key, members, .. }) => members.extend(key.take().map(|key| (key, value))),
            Some(Open::Array { items, .. }) => items.push(value),
            Some(Open::Shaped { keys, members }) => {
                let key = keys.get(members.len()).cloned();
                self.bytes += key.as_ref().map_or(0, |key| packed_text(key.len()));
                members.extend(key.map(|key| (key, value)));
            }
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), OutputLimit> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.allowed { Err(OutputLimit::Bytes(self.allowed)) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key(output: &mut Output, text: &str) -> Written {
        output.text(text.to_owned()).unwrap()
    }

    #[test]
    fn an_object_takes_as_many_members_as_it_said() {
        let mut output = Output::new(1_000);
        assert_eq!(output.start_object(2).unwrap(), Written::Ok);
        assert_eq!(output.scalar(true.into()).unwrap(), Written::ExpectedKey);
        assert_eq!(key(&mut output, "a"), Written::Ok);
        assert_eq!(output.scalar(false.into()).unwrap(), Written::Ok);
        assert_eq!(output.finish_object(), Written::ObjectLength);
        assert_eq!(key(&mut output, "b"), Written::Ok);
        assert_eq!(output.start_array(1).unwrap(), Written::Ok);
        assert_eq!(output.finish_object(), Written::NotAnObject);
        assert_eq!(output.finish_array(), Written::ArrayLength);
        assert_eq!(output.scalar(Json::Null).unwrap(), Written::Ok);
        assert_eq!(output.scalar(Json::Null).unwrap(), Written::ArrayLength);
        assert_eq!(output.finish_array(), Written::Ok);
        assert_eq!(key(&mut output, "c"), Written::ObjectLength);
        assert_eq!(output.is_finished(), Written::NotFinished);
        assert_eq!(output.finish_object(), Written::Ok);
        assert_eq!(output.start_object(0).unwrap(), Written::Already);
        let written = serde_json::to_string(&output.finished().unwrap()).unwrap();
        assert_eq!(written, r#"{"a":false,"b":[null]}"#);
    }

    #[test]
    fn a_shape_names_the_members_once() {
        let mut output = Output::new(1_000);
        assert_eq!(output.define_shape_key("a".into()).unwrap(), Written::ShapeDefinition);
        assert_eq!(output.define_shape(2), Written::Ok);
        assert_eq!(output.define_shape(1), Written::ShapeDefinition);
        assert_eq!(output.define_shape_key("x".into()).unwrap(), Written::Ok);
        assert_eq!(output.finish_shape_definition(), (Written::ShapeDefinition, 0));
        assert_eq!(output.define_shape_key("y".into()).unwrap(), Written::Ok);
        assert_eq!(output.define_shape_key("z".into()).unwrap(), Written::ShapeDefinition);
        assert_eq!(output.finish_shape_definition(), (Written::Ok, 0));
        assert_eq!(output.start_shaped_object(1).unwrap(), Written::InvalidShape);
        assert_eq!(output.start_shaped_object(0).unwrap(), Written::Ok);
        assert_eq!(key(&mut output, "first"), Written::Ok);
        assert_eq!(output.finish_shaped_object(), Written::ShapeLength);
        assert_eq!(output.scalar(true.into()).unwrap(), Written::Ok);
        assert_eq!(output.scalar(true.into()).unwrap(), Written::ShapeLength);
        assert_eq!(output.finish_object(), Written::NotAnObject);
        assert_eq!(output.finish_shaped_object(), Written::Ok);
        let written = serde_json::to_string(&output.finished().unwrap()).unwrap();
        assert_eq!(written, r#"{"x":"first","y":true}"#);
    }

    #[test]
    fn what_is_too_large_or_too_deep_ends_the_run() {
        let mut output = Output::new(20);
        assert_eq!(output.text("x".repeat(20)), Err(OutputLimit::Bytes(20)));
        let mut output = Output::new(1_000);
        for _ in 0..MAX_DEPTH {
            assert_eq!(output.start_array(u32::MAX as usize).unwrap(), Written::Ok);
        }
        assert_eq!(output.start_array(1), Err(OutputLimit::Depth));
        assert_eq!(output.finished(), None);
    }
}
