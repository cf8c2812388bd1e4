//! Reads JSON that people write: an error names the path and the rule, and has a stable code.

use crate::FieldError;
use serde::de::{Deserialize, Deserializer};

/// The beginnings of serde's own messages, and what each is called here.
const CODES: [(&str, &str); 6] = [
    ("unknown field", "unknown_field"),
    ("unknown variant", "unknown_kind"),
    ("missing field", "required"),
    ("duplicate field", "repeated_field"),
    ("invalid type", "wrong_type"),
    ("invalid length", "wrong_type"),
];
const MAX_MESSAGE_CHARS: usize = 400;

/// Reads a value of any format that serde knows. Codes: `unknown_field`, `unknown_kind`, `required`, `repeated_field`,
/// `wrong_type`, and `invalid_value` for what a type itself refuses and for what is not of the format at all.
pub fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(from).map_err(|error| {
        let path = error.path().to_string();
        let message: String = error.into_inner().to_string().chars().take(MAX_MESSAGE_CHARS).collect();
        let code = CODES.iter().find(|(start, _)| message.starts_with(start)).map_or("invalid_value", |(_, code)| code);
        FieldError::new(if path == "." { String::new() } else { path }, code, message)
    })
}
