//! A handle is the part of a URL that names a product, a collection or a page.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Lower-case letters of any script, digits and single hyphens; 1 to 255 bytes. `blue-mug`, `青花-杯`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a handle must be 1 to 255 bytes of lower-case letters, digits and single hyphens, got {got:?}")]
pub struct InvalidHandle {
    pub got: String,
}

impl Handle {
    pub const MAX_BYTES: usize = 255;

    pub fn new(text: impl Into<String>) -> Result<Self, InvalidHandle> {
        let text = text.into();
        if text.len() <= Self::MAX_BYTES && !text.is_empty() && Self::slug(&text) == text {
            Ok(Self(text))
        } else {
            Err(InvalidHandle { got: text.chars().take(80).collect() })
        }
    }

    /// Makes a handle of any text, as Shopify does: lower case, everything but letters and digits to single hyphens.
    pub fn from_text(text: &str) -> Result<Self, InvalidHandle> {
        let mut slug = Self::slug(text);
        while slug.len() > Self::MAX_BYTES {
            slug.pop();
        }
        Self::new(slug.trim_end_matches('-'))
    }

    fn slug(text: &str) -> String {
        let mut slug = String::with_capacity(text.len());
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        if slug.ends_with('-') {
            slug.pop();
        }
        slug
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Handle {
    type Error = InvalidHandle;
    fn try_from(text: String) -> Result<Self, InvalidHandle> {
        Self::new(text)
    }
}
impl From<Handle> for String {
    fn from(handle: Handle) -> String {
        handle.0
    }
}
