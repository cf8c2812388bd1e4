//! How many runs of a version failed lately, counted by all processes together: one counter a minute, added to in place.
//! A version is counted anew from each change of its plugin, so that what is resumed starts with its whole budget.

use super::Plugins;
use crate::calls::Call;
use crate::keys::{self, EXPIRES_AT, SK};
use crate::{Result, StoreError, body};
use jiff::Timestamp;
use stoa_domain::PluginId;
use stoa_domain::plugin::Tally;

const RUNS: &str = "runs";
const FAILURES: &str = "failures";
/// Longer than any budget looks back.
const KEEP_SECONDS: i64 = 2 * 60 * 60;

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

impl Plugins<'_> {
    /// Adds to the counter of this minute.
    pub async fn add_tally(&self, id: &PluginId, change: u64, digest: &str, new: Tally, now: Timestamp) -> Result<()> {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(body::key_item(keys::plugin_tally(id, change, digest, minute(now)))))
            .update_expression(format!("ADD {RUNS} :runs, {FAILURES} :failures SET {EXPIRES_AT} = :gone"))
            .expression_attribute_values(":runs", body::number(new.runs))
            .expression_attribute_values(":failures", body::number(new.failures))
            .expression_attribute_values(":gone", body::number(now.as_second().saturating_add(KEEP_SECONDS)))
            .call()
            .await
            .map(drop)
            .map_err(|e| StoreError::unavailable("UpdateItem", &e))
    }

    /// Of this minute and the `minutes` before it.
    pub async fn tally(&self, id: &PluginId, change: u64, digest: &str, minutes: u8, now: Timestamp) -> Result<Tally> {
        let first = keys::plugin_tally(id, change, digest, minute(now).saturating_sub(i64::from(minutes)));
        let last = keys::plugin_tally(id, change, digest, minute(now));
        let query = self
            .table
            .query(&first.pk, &format!(" AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":first", body::text(first.sk))
            .expression_attribute_values(":last", body::text(last.sk));
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let add = |sum: Tally, item: body::Item| Tally {
            runs: sum.runs.saturating_add(body::integer(&item, RUNS).unwrap_or(0)),
            failures: sum.failures.saturating_add(body::integer(&item, FAILURES).unwrap_or(0)),
        };
        Ok(output.items.unwrap_or_default().into_iter().fold(Tally::default(), add))
    }
}
