//! Which snapshot is published. The table's word counts; the pointer object only repeats it for the edge.

use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const KIND: &str = "published head";
/// Versions that can be rolled back to.
pub const MAX_HISTORY: usize = 50;

/// The published head of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct PublishHeads<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishHead {
    /// Up by one with every publish and rollback.
    pub version: u64,
    /// The manifest's digest.
    pub manifest: String,
    /// After a rollback: changes are not published by themselves until someone resumes.
    pub pinned: bool,
    /// Newest first, this version included; at most [`MAX_HISTORY`].
    pub history: Vec<PublishedVersion>,
    /// Until then old objects are being removed, and nothing may be built on what lies in the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweeping_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedVersion {
    pub version: u64,
    pub manifest: String,
    pub published_at: Timestamp,
    pub products: u32,
    /// Some: this version shows again what that one showed.
    pub rolled_back_to: Option<u64>,
}

impl PublishHeads<'_> {
    pub async fn get(&self) -> Result<Option<Versioned<PublishHead>>> {
        self.table.get(KIND, keys::publish_head()).await
    }

    /// Moves the head, if it is where it was read. History beyond [`MAX_HISTORY`] is dropped.
    pub async fn put(&self, mut head: PublishHead, expected: Expected) -> Result<Revision> {
        head.history.truncate(MAX_HISTORY);
        self.table.put(KIND, keys::publish_head(), &head, expected, []).await
    }
}
