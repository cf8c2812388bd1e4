//! What shoppers searched for, an item a day. Days vanish after [`INSIGHT_DAYS`].

use crate::keys::{self, EXPIRES_AT, Key};
use crate::table::Table;
use crate::{Expected, Result, Revision, Versioned, body};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use stoa_domain::insight::{Day, INSIGHT_DAYS};

const KIND: &str = "search insight";

/// Of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Insights<'a> {
    pub(crate) table: &'a Table,
}

impl Insights<'_> {
    pub async fn get(&self, day: Date) -> Result<Option<Versioned<Day>>> {
        self.table.get(KIND, keys::search_insight(day)).await
    }

    /// The days of a period that anything is known of, in no order. It may be a moment old.
    pub async fn between(&self, from: Date, to: Date) -> Result<Vec<(Date, Day)>> {
        let days = from.series(jiff::ToSpan::day(1)).take_while(|day| *day <= to);
        let keys: Vec<Key> = days.map(keys::search_insight).collect();
        let items = self.table.items(keys, false).await?;
        let read = |item| {
            let day = body::string(item, keys::SK).and_then(|day| day.parse().ok());
            Ok(day.zip(Some(body::decode::<Day>(KIND, item)?.value)))
        };
        Ok(items.iter().map(read).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Writes the day, if what is stored is as expected.
    pub async fn put(&self, day: Date, figures: &Day, expected: Expected) -> Result<Revision> {
        let begins = day.to_zoned(TimeZone::UTC).map_or(i64::MAX, |day| day.timestamp().as_second());
        let expires_at = begins.saturating_add(INSIGHT_DAYS * 24 * 3_600);
        let expires_at = [(EXPIRES_AT, body::number(expires_at))];
        self.table.put(KIND, keys::search_insight(day), figures, expected, expires_at).await
    }
}
