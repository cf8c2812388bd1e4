//! What is wrong with one field of something a person or a file brought.

use serde::Serialize;
use std::fmt;

/// `field` is a path such as `postal_code` or `variants[3].price`, `code` is stable snake case, `message` has the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
    /// The same fault of something that stands at `path`.
    pub fn within(self, path: &str) -> Self {
        let dot = if path.is_empty() || self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        Self { field: format!("{path}{dot}{}", self.field), ..self }
    }
}
impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
impl std::error::Error for FieldError {}
