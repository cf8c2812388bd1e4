//! Values of an output with their paths, so that whatever is wrong is said with its place.

use super::Failure;
use crate::shopify::Json;
use stoa_domain::promotion::MAX_REASON_CHARS;

pub(super) struct Place<'a> {
    pub(super) path: String,
    pub(super) value: &'a Json,
}

impl<'a> Place<'a> {
    pub(super) fn root(value: &'a Json) -> Self {
        Self { path: String::new(), value }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        self.value.get(name)
    }

    pub(super) fn member(&self, name: &str) -> Result<Place<'a>, Failure> {
        let path = self.below(name);
        match self.get(name) {
            Some(value) => Ok(Place { path, value }),
            None => Err(Failure::BadOutput(format!("{path} is missing"))),
        }
    }

    /// Refuses what is no object, and members that the schema does not have.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Failure> {
        let Json::Object(members) = self.value else {
            return Err(Failure::BadOutput(format!("{} must be an object", self.here())));
        };
        match members.iter().find(|(name, value)| *value != Json::Null && !names.contains(&name.as_str())) {
            Some((name, _)) => Err(unsupported(&self.below(&short(name)), "there is no such member".to_owned())),
            None => Ok(()),
        }
    }

    /// The only member of an object that is one of several things.
    pub(super) fn one_of(&self) -> Result<(&'a str, Place<'a>), Failure> {
        let members = match self.value {
            Json::Object(members) => members.as_slice(),
            _ => &[],
        };
        let mut set = members.iter().filter(|(_, value)| *value != Json::Null);
        match (set.next(), set.next()) {
            (Some((name, value)), None) => Ok((name, Place { path: self.below(&short(name)), value })),
            _ => Err(Failure::BadOutput(format!("{} must have exactly one member", self.here()))),
        }
    }

    pub(super) fn list(&self, name: &str, most: usize) -> Result<Vec<Place<'a>>, Failure> {
        let Place { path, value } = self.member(name)?;
        let Json::Array(items) = value else {
            return Err(Failure::BadOutput(format!("{path} must be a list")));
        };
        if items.len() > most {
            return Err(Failure::BadOutput(format!("{path} has at most {most} items, got {}", items.len())));
        }
        let item = |(at, value)| Place { path: format!("{path}[{at}]"), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, Failure> {
        let Place { path, value } = self.member(name)?;
        match value {
            Json::Text(text) => Ok(text),
            _ => Err(Failure::BadOutput(format!("{path} must be a string"))),
        }
    }

    /// A number of pieces, at least one; None where there is none.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let whole = match value {
            // A function that knows only floats writes 2.0.
            Json::Number(number) => number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()),
            _ => None,
        };
        match whole.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0) {
            Some(count) => Ok(Some(count)),
            None => Err(Failure::BadOutput(format!("{} must be a whole number above zero", self.below(name)))),
        }
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn here(&self) -> &str {
        if self.path.is_empty() { "the output" } else { &self.path }
    }
}

pub(super) fn unsupported(path: &str, rule: String) -> Failure {
    Failure::Unsupported { path: path.to_owned(), rule }
}

/// What the shopper reads: the function's message in the domain's bounds, else the promotion's title.
pub(super) fn reason(message: Option<&Json>, title: &str) -> Result<String, Failure> {
    let text = match message {
        None => title,
        Some(Json::Text(text)) if text.trim().is_empty() => title,
        Some(Json::Text(text)) => text.trim(),
        Some(_) => return Err(Failure::BadOutput("a message must be a string".to_owned())),
    };
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    Ok(text.chars().take(MAX_REASON_CHARS).map(visible).collect())
}

/// A text of the function's, short enough for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
