//! Publishing: what changed in the table reaches the edge as new immutable objects and one moved pointer.
//!
//! - [`apply`] publishes changed products, stock and shop settings on top of the published snapshot.
//! - [`rebuild`] publishes everything from the table.
//! - [`rollback`] shows an earlier version again and pins it; [`resume`] goes back to the table's truth.
//! - [`handle`] does it for the events of the table's stream.
//! - [`prune`] removes what no version names that can still be shown.
//!
//! The head in the table decides who wins; a publisher that lost reads everything again. The pointer object follows
//! the head and is put right by every later run.

mod apply;
mod catalogue;
mod changes;
mod event;
mod head;
mod prune;
mod rebuild;
mod related;
mod search;
mod size;

pub use apply::apply;
pub use changes::ChangeSet;
pub use event::{Event, handle};
pub use head::{Target, rollback};
pub use prune::{KEEP, Pruned, prune};
pub use rebuild::{rebuild, resume};

use stoa_domain::category::CategoryError;
use stoa_domain::snapshot::SnapshotError;
use stoa_search_index::IndexError;
use stoa_storage::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("the categories are not a tree: {0}")]
    Categories(#[from] CategoryError),
    #[error("the manifest {digest} cannot be read: {why}")]
    Manifest { digest: String, why: String },
    #[error("the search settings could not be written: {0}")]
    SearchSettings(#[from] serde_json::Error),
    #[error("the shop needs its settings before anything can be published")]
    NoShop,
    #[error("version {version} is not in the history; the oldest is {oldest}")]
    UnknownVersion { version: u64, oldest: u64 },
    #[error(
        "version {version} has format {format}, which the edge of this release cannot read; `stoa publish rebuild` shows the table"
    )]
    OldFormat { version: u64, format: u32 },
    #[error("nothing was published yet")]
    NothingPublished,
    #[error(
        "the edge may hold at most {max_bytes} bytes of a published catalogue, {products} products take {bytes} \
         [catalogue_too_large]"
    )]
    TooLarge { products: u32, bytes: u64, max_bytes: u64 },
    #[error("other publishers kept winning")]
    Contended,
    #[error("a worker thread stopped: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

impl PublishError {
    /// For callers that act on one error; the others are told by their text.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "catalogue_too_large",
            _ => "publish_failed",
        }
    }
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// A new version is out.
    New {
        version: u64,
        products: u32,
        /// Objects that had to be uploaded, and their bytes.
        objects: usize,
        bytes: u64,
    },
    /// Nothing that anyone can see changed (stock went from 40 to 39).
    Unchanged { version: u64 },
    /// The shop is pinned to a version by a rollback.
    Pinned { version: u64 },
}

/// How far a publish has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: usize,
    /// 0 while it is not known.
    pub total: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Products read from the table.
    Reading,
    /// The search index is written.
    Indexing,
    /// Objects uploaded.
    Uploading,
}

/// Called now and then from the publishing task; it must be quick.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);
