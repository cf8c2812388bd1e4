//! The input as a function walks through it: values have a number, texts a place in one run of bytes.

use super::json::Json;
use super::nan_box::{self, Boxed, MAX_LENGTH, ReadError};

/// Texts begin here, so that no text is at address zero.
pub(super) const TEXT_BASE: u32 = 64;

/// Made once a run.
#[derive(Debug, Default)]
pub(super) struct InputTree {
    /// Every key and every string, one after the other.
    text: Vec<u8>,
    /// The root is the first.
    nodes: Vec<Node>,
    /// Where texts are whose length does not fit into a value, and their lengths.
    long: Vec<(u32, usize)>,
}

#[derive(Debug)]
enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(Span),
    Array(Vec<u32>),
    Object(Vec<(Span, u32)>),
}

#[derive(Debug, Clone, Copy)]
struct Span {
    at: u32,
    length: u32,
}

impl InputTree {
    /// Of at most 4 GiB, as the limit on input makes sure.
    pub(super) fn new(input: &Json) -> Self {
        let mut tree = Self::default();
        tree.add(input);
        tree
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn root(&self) -> u64 {
        self.boxed(0)
    }

    /// `length` bytes at a place that a function names; None if they are not all within the texts.
    pub(super) fn bytes(&self, at: u32, length: u32) -> Option<&[u8]> {
        let start = at.checked_sub(TEXT_BASE)? as usize;
        self.text.get(start..start.checked_add(length as usize)?)
    }

    /// Of a text, an array or an object; `u32::MAX` of anything else.
    pub(super) fn length(&self, value: u64) -> u32 {
        let found = match nan_box::read(value) {
            Boxed::Text { length, .. } if length < MAX_LENGTH => Some(length),
            Boxed::Text { at, .. } => self.long.iter().find(|(long, _)| *long == at).map(|(_, length)| *length),
            Boxed::Object { node } | Boxed::Array { node } => match self.node(node) {
                Some(Node::Object(members)) => Some(members.len()),
                Some(Node::Array(items)) => Some(items.len()),
                _ => None,
            },
            Boxed::Plain | Boxed::Undecodable => None,
        };
        found.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::MAX)
    }

    /// A member of an object, null if it has none of this name; and how many names were looked at.
    pub(super) fn property(&self, object: u64, key: &[u8]) -> (u64, usize) {
        let members = match nan_box::read(object) {
            Boxed::Object { node } => match self.node(node) {
                Some(Node::Object(members)) => members,
                _ => return (nan_box::error(ReadError::Unreadable), 0),
            },
            Boxed::Undecodable => return (nan_box::error(ReadError::Undecodable), 0),
            _ => return (nan_box::error(ReadError::NotAnObject), 0),
        };
        match members.iter().position(|(name, _)| self.of(*name) == key) {
            Some(place) => (self.boxed(members[place].1), place + 1),
            None => (nan_box::NULL, members.len()),
        }
    }

    /// An item of an array, or the value of an object's member.
    pub(super) fn at_index(&self, value: u64, index: u32) -> u64 {
        let found = match nan_box::read(value) {
            Boxed::Object { node } | Boxed::Array { node } => match self.node(node) {
                Some(Node::Array(items)) => items.get(index as usize).copied(),
                Some(Node::Object(members)) => members.get(index as usize).map(|(_, value)| *value),
                _ => return nan_box::error(ReadError::Unreadable),
            },
            Boxed::Undecodable => return nan_box::error(ReadError::Undecodable),
            _ => return nan_box::error(ReadError::NotIndexable),
        };
        found.map_or(nan_box::error(ReadError::IndexOutOfBounds), |node| self.boxed(node))
    }

    /// The name of an object's member.
    pub(super) fn key_at_index(&self, object: u64, index: u32) -> u64 {
        let members = match nan_box::read(object) {
            Boxed::Object { node } => match self.node(node) {
                Some(Node::Object(members)) => members,
                _ => return nan_box::error(ReadError::Unreadable),
            },
            Boxed::Undecodable => return nan_box::error(ReadError::Undecodable),
            _ => return nan_box::error(ReadError::NotAnObject),
        };
        let name = members.get(index as usize).map(|(name, _)| nan_box::text(name.at, name.length as usize));
        name.unwrap_or(nan_box::error(ReadError::IndexOutOfBounds))
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    fn of(&self, span: Span) -> &[u8] {
        self.bytes(span.at, span.length).unwrap_or_default()
    }

    fn boxed(&self, node: u32) -> u64 {
        match self.node(node) {
            Some(Node::Bool(value)) => nan_box::bool(*value),
            Some(Node::Number(value)) => nan_box::number(*value),
            Some(Node::Text(span)) => nan_box::text(span.at, span.length as usize),
            Some(Node::Array(items)) => nan_box::array(node, items.len()),
            Some(Node::Object(members)) => nan_box::object(node, members.len()),
            Some(Node::Null) | None => nan_box::NULL,
        }
    }

    fn add(&mut self, value: &Json) -> u32 {
        let place = self.nodes.len();
        self.nodes.push(Node::Null);
        let node = match value {
            Json::Null => Node::Null,
            Json::Bool(value) => Node::Bool(*value),
            Json::Number(number) => Node::Number(number.as_f64().unwrap_or_default()),
            Json::Text(text) => Node::Text(self.add_text(text)),
            Json::Array(items) => Node::Array(items.iter().map(|item| self.add(item)).collect()),
            Json::Object(members) => {
                let member = |(key, value): &(String, Json)| (self.add_text(key), self.add(value));
                Node::Object(members.iter().map(member).collect())
            }
        };
        self.nodes[place] = node;
        place as u32
    }

    fn add_text(&mut self, text: &str) -> Span {
        let span = Span { at: TEXT_BASE + self.text.len() as u32, length: text.len() as u32 };
        self.text.extend_from_slice(text.as_bytes());
        if text.len() >= MAX_LENGTH {
            self.long.push((span.at, text.len()));
        }
        span
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tree(text: &str) -> InputTree {
        InputTree::new(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn values_are_found_by_name_and_by_place() {
        let tree = tree(r#"{"cart":{"lines":[{"q":2},{"q":3}]},"flag":true}"#);
        let (cart, looked_at) = tree.property(tree.root(), b"cart");
        assert_eq!(looked_at, 1);
        let (lines, _) = tree.property(cart, b"lines");
        assert_eq!(tree.length(lines), 2);
        let (quantity, _) = tree.property(tree.at_index(lines, 1), b"q");
        assert_eq!(quantity, nan_box::number(3.0));
        assert_eq!(tree.property(tree.root(), b"flag").0, nan_box::bool(true));
        let Boxed::Text { at, length } = nan_box::read(tree.key_at_index(tree.root(), 1)) else { panic!() };
        assert_eq!(tree.bytes(at, length as u32), Some(&b"flag"[..]));
    }

    #[test]
    fn what_is_not_there_is_null_or_an_error() {
        let tree = tree(r#"{"a":[1]}"#);
        let (list, _) = tree.property(tree.root(), b"a");
        assert_eq!(tree.property(tree.root(), b"b"), (nan_box::NULL, 1));
        assert_eq!(tree.property(list, b"b").0, nan_box::error(ReadError::NotAnObject));
        assert_eq!(tree.at_index(list, 1), nan_box::error(ReadError::IndexOutOfBounds));
        assert_eq!(tree.at_index(nan_box::NULL, 0), nan_box::error(ReadError::NotIndexable));
        assert_eq!(tree.key_at_index(list, 0), nan_box::error(ReadError::NotAnObject));
        assert_eq!(tree.length(nan_box::bool(true)), u32::MAX);
    }

    #[test]
    fn made_up_values_reach_nothing() {
        let tree = tree(r#"{"a":"text"}"#);
        for value in [nan_box::object(u32::MAX, 1), nan_box::object(1, 1), nan_box::array(u32::MAX, 9)] {
            assert_eq!(tree.at_index(value, 0), nan_box::error(ReadError::Unreadable));
        }
        assert_eq!(tree.property(nan_box::NULL | 9 << 46, b"a").0, nan_box::error(ReadError::Undecodable));
        assert_eq!(tree.bytes(0, 4), None);
        assert_eq!(tree.bytes(TEXT_BASE, 6), None);
        assert_eq!(tree.bytes(u32::MAX, u32::MAX), None);
    }

    #[test]
    fn the_length_of_a_long_text_is_asked_for_apart() {
        let long = "x".repeat(20_000);
        let tree = InputTree::new(&Json::from(long.as_str()));
        assert_eq!(nan_box::read(tree.root()), Boxed::Text { at: TEXT_BASE, length: MAX_LENGTH });
        assert_eq!(tree.length(tree.root()), 20_000);
    }
}
