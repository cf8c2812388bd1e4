//! How far an import of a file has come, by the file's digest: a killed import goes on where it was. Kept for a week.

use crate::body;
use crate::keys::{self, EXPIRES_AT};
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const KIND: &str = "import";
const KEEP_HOURS: i64 = 7 * 24;

/// The imports of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Imports<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// Lower-case hex SHA-256 of the file and its mapping.
    pub digest: String,
    /// Rows (or lines) that are done: begin after these.
    pub rows_done: u64,
    /// None while it is not known.
    pub rows_total: Option<u64>,
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub refused: u64,
    pub finished: bool,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Imports<'_> {
    pub async fn get(&self, digest: &str) -> Result<Option<Versioned<ImportProgress>>> {
        self.table.get(KIND, keys::import(digest)).await
    }
    pub async fn put(&self, progress: &ImportProgress, expected: Expected) -> Result<Revision> {
        let expires_at = progress.updated_at.saturating_add(KEEP_HOURS.hours()).map_or(i64::MAX, |t| t.as_second());
        let extra = [(EXPIRES_AT, body::number(expires_at))];
        self.table.put(KIND, keys::import(&progress.digest), progress, expected, extra).await
    }
    pub async fn delete(&self, digest: &str) -> Result<()> {
        self.table.delete(KIND, keys::import(digest), Expected::Any).await
    }
}
