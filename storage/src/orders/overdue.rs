//! Which orders nobody paid in time. The index tells from its keys alone, so what is not over yet costs next to nothing,
//! however long it waits; and a sweep that does not come to the end begins where it stopped.

use super::{KIND, Orders};
use crate::body::{self, text};
use crate::calls::Call;
use crate::keys::{self, BY_STATE, BY_STATE_PK, BY_STATE_SK};
use crate::table::page_size;
use crate::{Cursor, Expected, MAX_ORDERS_PAGE, Page, Result, StoreError, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::OrderId;
use stoa_domain::order::OrderState;

/// Keys that one request looks at, some 150 bytes each.
const KEYS_A_REQUEST: i32 = 2_000;
/// Requests of one page: an hour's orders of the busiest shop.
const REQUESTS: u32 = 5;

/// How far a sweep has come. None: it came to the end.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    after: Option<Cursor>,
}

impl Orders<'_> {
    /// Orders that wait for payment and whose time was over at `now`, oldest first, 1 to 100 a page. Eventually consistent, as
    /// the index is: each is to be read before anything is done about it. A page may be empty and have a next one.
    pub async fn overdue(&self, now: Timestamp, after: Option<&Cursor>, limit: u32) -> Result<Page<OrderId>> {
        let limit = page_size(limit, MAX_ORDERS_PAGE)?;
        let mut items = Vec::new();
        // Before every time.
        let mut after = after.map_or("0", Cursor::as_str).to_owned();
        for _ in 0..REQUESTS {
            let query = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .index_name(BY_STATE)
                .key_condition_expression(format!("{BY_STATE_PK} = :state AND {BY_STATE_SK} > :after"))
                .expression_attribute_values(":state", text(keys::orders_in(OrderState::PaymentPending)))
                .expression_attribute_values(":after", text(&after))
                .limit(KEYS_A_REQUEST);
            let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
            for item in output.items() {
                let time = body::string(item, BY_STATE_SK).unwrap_or_default();
                if keys::held_until(time).is_none_or(|until| until <= now.as_second()) {
                    items.extend(order_id(item));
                }
                after = time.to_owned();
                if items.len() == limit {
                    return Ok(Page { items, next: Some(Cursor(after)) });
                }
            }
            if output.last_evaluated_key().is_none() {
                return Ok(Page { items, next: None });
            }
        }
        Ok(Page { items, next: Some(Cursor(after)) })
    }

    /// Where the last sweep stopped. None: at the end.
    pub async fn sweep_stopped_at(&self) -> Result<Option<Cursor>> {
        let read: Option<Versioned<Progress>> = self.table.get(KIND, keys::order_sweep()).await?;
        Ok(read.and_then(|progress| progress.value.after))
    }

    /// Two sweeps at once overwrite each other's note, and one of them goes over the same orders again: that harms nothing.
    pub async fn note_sweep(&self, after: Option<Cursor>) -> Result<()> {
        self.table.put(KIND, keys::order_sweep(), &Progress { after }, Expected::Any, []).await.map(drop)
    }
}

fn order_id(item: &body::Item) -> Option<OrderId> {
    body::string(item, keys::PK)?.strip_prefix("ORDER#").and_then(|id| OrderId::new(id).ok())
}
