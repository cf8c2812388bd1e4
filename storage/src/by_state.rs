//! The lists of the sparse index, a page at a time: orders, refunds, codes, messages. Eventually consistent, as the index is;
//! what stands behind a place is read as it is now.

use crate::body::{self, Item, text};
use crate::calls::Call;
use crate::keys::{BY_STATE, BY_STATE_PK, BY_STATE_SK, Key, PK, SK};
use crate::table::Table;
use crate::{Cursor, Page, Result, StoreError};
use std::collections::HashMap;

/// One entry of a list: where it stands in it, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) at: String,
    pub(crate) key: Key,
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    Lowest,
    Highest,
}

impl Table {
    /// Up to `limit` places of a list, from the cursor on.
    pub(crate) async fn places(
        &self,
        list: String,
        first: First,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<Place>> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(BY_STATE)
            .scan_index_forward(first == First::Lowest)
            .expression_attribute_values(":list", text(list))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let beyond = if first == First::Lowest { ">" } else { "<" };
        query = match cursor {
            None => query.key_condition_expression(format!("{BY_STATE_PK} = :list")),
            Some(cursor) => query
                .key_condition_expression(format!("{BY_STATE_PK} = :list AND {BY_STATE_SK} {beyond} :last"))
                .expression_attribute_values(":last", text(cursor.as_str())),
        };
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        let place =
            |item: &Item| Place { at: part(item, BY_STATE_SK), key: Key { pk: part(item, PK), sk: part(item, SK) } };
        Ok(output.items().iter().map(place).collect())
    }

    /// One page of a list.
    pub(crate) async fn page_of(
        &self,
        list: String,
        first: First,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Place>> {
        // One more than asked: whether there is a next page is then known.
        Ok(page(self.places(list, first, cursor, limit + 1).await?, limit))
    }

    /// What stands behind these places, in their order. What is gone is left out.
    pub(crate) async fn items_at(&self, places: &[Place]) -> Result<Vec<Item>> {
        let keys = places.iter().map(|place| place.key.clone()).collect();
        let keyed = |item: Item| (Key { pk: part(&item, PK), sk: part(&item, SK) }, item);
        let mut found: HashMap<Key, Item> = self.items(keys, true).await?.into_iter().map(keyed).collect();
        Ok(places.iter().filter_map(|place| found.remove(&place.key)).collect())
    }
}

/// The first `limit` places, and where the next page begins if there are more.
pub(crate) fn page(mut places: Vec<Place>, limit: usize) -> Page<Place> {
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).map(|place| Cursor(place.at.clone()));
    Page { items: places, next }
}

fn part(item: &Item, name: &str) -> String {
    body::string(item, name).unwrap_or_default().to_owned()
}
