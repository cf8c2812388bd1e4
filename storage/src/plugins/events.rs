//! What was done to a plugin, by whom and when. A change of what runs and its entry here are one transaction.

use super::{KIND as PLUGIN, PluginRecord, Plugins};
use crate::calls::Call;
use crate::{Expected, Result, Revision, StoreError, Versioned, body, edition, keys};
use stoa_domain::PluginId;
use stoa_domain::plugin::Event;

const KIND: &str = "plugin event";
/// As many are listed.
pub const MAX_EVENTS: i32 = 100;

impl Plugins<'_> {
    /// Writes the plugin and what was done to it; `event.number` is the record's [`stoa_domain::plugin::Life::changes`].
    pub async fn put_event(&self, plugin: &PluginRecord, expected: Expected, event: &Event) -> Result<Revision> {
        let revision = expected.next();
        let record = body::encode(keys::plugin(&plugin.id), PLUGIN, revision, plugin)?;
        let entry = body::encode(keys::plugin_event(&event.plugin, event.number), KIND, Revision::from_u64(1), event)?;
        let entry = self.table.putting(entry, Expected::Absent)?;
        let writes = vec![self.table.putting(record, expected)?, entry, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(PLUGIN))?;
        Ok(revision)
    }

    /// The last [`MAX_EVENTS`], the newest first.
    pub async fn events(&self, id: &PluginId) -> Result<Vec<Event>> {
        let query = self
            .table
            .query(&keys::plugin_life(id), &format!(" AND begins_with({}, :prefix)", keys::SK))
            .expression_attribute_values(":prefix", body::text(keys::PLUGIN_EVENT))
            .scan_index_forward(false)
            .limit(MAX_EVENTS);
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let decode = |item| body::decode(KIND, item).map(|read: Versioned<Event>| read.value);
        output.items.unwrap_or_default().iter().map(decode).collect()
    }
}
