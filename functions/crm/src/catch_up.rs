//! Going through orders again: after batches that were lost, and for a shop that had orders before it had a CRM.

use crate::order_changed::order_changed;
use crate::round::Round;
use crate::{Crm, CrmError};
use jiff::Timestamp;
use stoa_domain::OrderId;
use stoa_storage::MAX_ORDERS_PAGE;

/// Goes through the orders placed since then, all of them without one, the oldest first; answers how many. What was gone
/// through before changes nothing.
pub async fn catch_up(crm: &Crm, since: Option<Timestamp>, now: Timestamp) -> Result<usize, CrmError> {
    let mut ids: Vec<OrderId> = Vec::new();
    let mut cursor = None;
    loop {
        let page = crm.store.orders().list(None, cursor.as_ref(), MAX_ORDERS_PAGE).await?;
        let wanted = |placed_at: Timestamp| since.is_none_or(|since| placed_at >= since);
        let all = page.items.iter().all(|order| wanted(order.value.placed_at));
        ids.extend(page.items.into_iter().filter(|order| wanted(order.value.placed_at)).map(|order| order.value.id));
        cursor = page.next.filter(|_| all);
        if cursor.is_none() {
            break;
        }
    }
    let Some(round) = Round::begin(crm, now).await? else { return Ok(0) };
    for id in ids.iter().rev() {
        order_changed(&round, id).await?;
    }
    round.end().await;
    Ok(ids.len())
}
