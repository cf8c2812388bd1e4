//! Parcels by their carrier and tracking number, as carriers name them. The facts of a parcel are its order's; beside it stands
//! an item of its own, written in the order's transactions, which says whose it is and when its carrier is to be asked again.

use super::Orders;
use crate::body::{self, Item, text};
use crate::calls::Call;
use crate::keys::{self, BY_STATE, BY_STATE_PK, BY_STATE_SK, Key, PK, SK};
use crate::table::{Table, page_size};
use crate::{Expected, Result, StoreError, Versioned};
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::OrderId;
use stoa_domain::order::{Order, Shipment};

const KIND: &str = "parcel";
/// Most parcels that are asked about at a time.
pub const MAX_PARCELS_PAGE: u32 = 100;
/// One box holds goods of so many orders at most.
const MAX_ORDERS_A_PARCEL: i32 = 20;

/// A parcel that left with a carrier and a tracking number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedParcel {
    pub order: OrderId,
    /// Within its order.
    pub shipment: u32,
    pub carrier: String,
    pub tracking_number: String,
    pub sent_at: Timestamp,
    /// How often its carrier was asked.
    pub asked: u32,
}

impl Orders<'_> {
    /// Whose parcels have this tracking number with this carrier, over or not.
    pub async fn parcels(&self, carrier: &str, tracking_number: &str) -> Result<Vec<TrackedParcel>> {
        let query = self.table.query(&keys::parcels(carrier, tracking_number), "").limit(MAX_ORDERS_A_PARCEL);
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        output.items().iter().map(|item| body::decode(KIND, item).map(|read| read.value)).collect()
    }

    /// Parcels under way whose carrier is to be asked by now, those that wait longest first, 1 to [`MAX_PARCELS_PAGE`]. What
    /// was asked moves on in the list, so the next call has the next ones. Eventually consistent, as the index is.
    pub async fn parcels_to_ask(&self, now: Timestamp, limit: u32) -> Result<Vec<Versioned<TrackedParcel>>> {
        let limit = page_size(limit, MAX_PARCELS_PAGE)?;
        let query = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(BY_STATE)
            .key_condition_expression(format!("{BY_STATE_PK} = :list AND {BY_STATE_SK} < :until"))
            .expression_attribute_values(":list", text(keys::PARCELS))
            .expression_attribute_values(":until", text(keys::parcels_until(now)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let part = |item: &Item, name: &str| body::string(item, name).unwrap_or_default().to_owned();
        let keys = output.items().iter().map(|item| Key { pk: part(item, PK), sk: part(item, SK) }).collect();
        let items = self.table.items(keys, true).await?;
        // The index may be behind: one that is over has no place in it any more.
        let waits = items.iter().filter(|item| body::string(item, BY_STATE_PK).is_some());
        waits.map(|item| body::decode(KIND, item)).collect()
    }

    /// Its carrier was asked and is asked again at `next`; None: nobody asks about it any more. Changes nothing where the
    /// parcel was over meanwhile.
    pub async fn asked_about(&self, read: &Versioned<TrackedParcel>, next: Option<Timestamp>) -> Result<()> {
        let expected = read.unchanged();
        let parcel = TrackedParcel { asked: read.value.asked.saturating_add(1), ..read.value.clone() };
        match self.table.put_item(KIND, item(&parcel, expected, next)?, expected).await {
            Err(StoreError::RevisionConflict { .. }) => Ok(()),
            other => other,
        }
    }
}

/// One for each parcel that is new or just over.
pub(super) fn writes(table: &Table, before: &Order, after: &Order) -> Result<Vec<TransactWriteItem>> {
    let was_over = |number| before.shipments.iter().find(|old| old.number == number).map(Shipment::is_over);
    let named =
        after.shipments.iter().filter(|parcel| !parcel.carrier.is_empty() && !parcel.tracking_number.is_empty());
    let changed = named.filter(|parcel| was_over(parcel.number) != Some(parcel.is_over()));
    let write = |parcel: &Shipment| {
        let tracked = TrackedParcel {
            order: after.id.clone(),
            shipment: parcel.number,
            carrier: parcel.carrier.clone(),
            tracking_number: parcel.tracking_number.clone(),
            sent_at: parcel.sent_at,
            asked: 0,
        };
        let next = (!parcel.is_over()).then_some(parcel.sent_at);
        table.putting(item(&tracked, Expected::Any, next)?, Expected::Any)
    };
    changed.map(write).collect()
}

fn item(parcel: &TrackedParcel, expected: Expected, next: Option<Timestamp>) -> Result<Item> {
    let TrackedParcel { order, shipment, carrier, tracking_number, .. } = parcel;
    let key = keys::parcel(carrier, tracking_number, order, *shipment);
    let mut item = body::encode(key, KIND, expected.next(), parcel)?;
    if let Some(next) = next {
        item.insert(BY_STATE_PK.to_owned(), text(keys::PARCELS));
        item.insert(BY_STATE_SK.to_owned(), text(keys::parcel_time(next, order, *shipment)));
    }
    Ok(item)
}
