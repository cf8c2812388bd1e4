//! Values with their revision, and pages of them.

use crate::StoreError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Changes with every write of an item. Compare, never compute with it; as text it is an ETag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub(crate) u64);

impl Revision {
    /// The number as it was shown by `Display`.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What must be stored for a write to happen; otherwise it fails with [`StoreError::RevisionConflict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the write creates.
    Absent,
    /// Exactly this revision: the write replaces what the caller has read.
    Revision(Revision),
    /// Anything: the last writer wins. For seeding and for values with one writer.
    Any,
}

impl Expected {
    /// The revision to write: one up from what is expected, or the clock in microseconds where nothing is known.
    pub(crate) fn next(self) -> Revision {
        match self {
            Self::Absent => Revision(1),
            Self::Revision(Revision(n)) => Revision(n + 1),
            Self::Any => Revision(u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(1)),
        }
    }
}

impl<T> From<&Option<Versioned<T>>> for Expected {
    fn from(read: &Option<Versioned<T>>) -> Self {
        read.as_ref().map_or(Self::Absent, |v| Self::Revision(v.revision))
    }
}

/// A value as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    pub value: T,
    pub revision: Revision,
}

impl<T> Versioned<T> {
    /// Expects what was read still to be there.
    pub fn unchanged(&self) -> Expected {
        Expected::Revision(self.revision)
    }
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Versioned<U> {
        Versioned { value: f(self.value), revision: self.revision }
    }
}

/// One page of a list. `next` is None on the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

/// Where the next page begins. Opaque, at most 400 bytes; pass it back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(pub(crate) String);

impl Cursor {
    pub const MAX_BYTES: usize = 400;
    /// Takes a cursor from a request; what it means is checked when it is used.
    pub fn new(text: impl Into<String>) -> Result<Self, StoreError> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_BYTES || text.chars().any(char::is_control) {
            return Err(StoreError::InvalidCursor);
        }
        Ok(Self(text))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Cursor {
    type Error = StoreError;
    fn try_from(text: String) -> Result<Self, StoreError> {
        Self::new(text)
    }
}
impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.0
    }
}
