//! The plugins a merchant installed: what of each runs for whom ([`PluginRecord`], read by every quote), the versions and
//! the history behind it, and what became of their runs.

mod events;
mod failures;
mod record;
mod runs;
mod tally;
mod versions;

pub use events::MAX_EVENTS;
pub use failures::PluginFailures;
pub use record::PluginRecord;
pub use runs::{MAX_RUN_BYTES, PluginRun, RUN_DAYS, RunOutcome};
pub use versions::{PluginAbi, PluginVersion, UploadReport, UploadSizes};

use crate::body;
use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned};
use stoa_domain::PluginId;

const KIND: &str = "plugin";

/// The plugins of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Plugins<'a> {
    pub(crate) table: &'a Table,
}

impl Plugins<'_> {
    pub async fn get(&self, id: &PluginId) -> Result<Option<Versioned<PluginRecord>>> {
        self.table.get(KIND, keys::plugin(id)).await
    }
    /// What changes nothing of what runs; a change that does is [`Plugins::put_event`].
    pub async fn put(&self, plugin: &PluginRecord, expected: Expected) -> Result<Revision> {
        self.table.put(KIND, keys::plugin(&plugin.id), plugin, expected, []).await
    }
    /// All of them, by id.
    pub async fn list(&self) -> Result<Vec<Versioned<PluginRecord>>> {
        self.table.partition(keys::PLUGINS, "").await?.iter().map(|item| body::decode(KIND, item)).collect()
    }
    /// Its versions, history and records stay: a version's name is never given to other bytes.
    pub async fn delete(&self, id: &PluginId, expected: Expected) -> Result<()> {
        self.table.delete(KIND, keys::plugin(id), expected).await
    }
}
