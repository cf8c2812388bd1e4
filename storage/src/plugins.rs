//! The plugins a merchant installed: what of each runs for whom ([`PluginRecord`]), the versions and the history behind it,
//! and what became of their runs. Every quote needs all records as they are this moment: each write of one raises the edition
//! ([`crate::Store::edition`]).

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
use crate::edition;
use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned};
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
        let revision = expected.next();
        let record = body::encode(keys::plugin(&plugin.id), KIND, revision, plugin)?;
        let writes = vec![self.table.putting(record, expected)?, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(revision)
    }
    /// All of them, by id.
    pub async fn list(&self) -> Result<Vec<Versioned<PluginRecord>>> {
        self.table.partition(keys::PLUGINS, "").await?.iter().map(|item| body::decode(KIND, item)).collect()
    }
    /// The same for a quote, which must not go without every plugin because one cannot be read: what is wrong is said beside.
    pub async fn readable(&self) -> Result<(Vec<PluginRecord>, Vec<StoreError>)> {
        let (mut read, mut broken) = (Vec::new(), Vec::new());
        for item in self.table.partition(keys::PLUGINS, "").await? {
            match body::decode::<PluginRecord>(KIND, &item) {
                Ok(plugin) => read.push(plugin.value),
                Err(error) => broken.push(error),
            }
        }
        Ok((read, broken))
    }
    /// Its versions, history and records stay: a version's name is never given to other bytes.
    pub async fn delete(&self, id: &PluginId, expected: Expected) -> Result<()> {
        let writes = vec![self.table.deleting(keys::plugin(id), expected)?, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))
    }
}
