//! How the merchant steers the search: a draft that nobody sees, what is live, and what was live before it. What is live
//! changes in one piece and reaches the edge as everything published does.

use crate::body;
use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::search::SearchSettings;

const DRAFT: &str = "search draft";
const LIVE: &str = "search settings";

/// Of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Searches<'a> {
    pub(crate) table: &'a Table,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSearch {
    pub settings: SearchSettings,
    pub since: Timestamp,
    /// Id of the token.
    pub by: String,
}

impl Searches<'_> {
    /// None: nobody began one, and it says what is live.
    pub async fn draft(&self) -> Result<Option<Versioned<SearchSettings>>> {
        self.table.get(DRAFT, keys::search_draft()).await
    }

    pub async fn put_draft(&self, settings: &SearchSettings, expected: Expected) -> Result<Revision> {
        self.table.put(DRAFT, keys::search_draft(), settings, expected, []).await
    }

    /// None: nothing was ever made live.
    pub async fn live(&self) -> Result<Option<Versioned<LiveSearch>>> {
        self.table.get(LIVE, keys::search_live()).await
    }

    /// What [`Searches::undo`] would make live again.
    pub async fn former(&self) -> Result<Option<Versioned<LiveSearch>>> {
        self.table.get(LIVE, keys::search_former()).await
    }

    /// What was live before is kept as the former, in the same transaction. `live` is what was read.
    pub async fn make_live(&self, next: &LiveSearch, live: &Option<Versioned<LiveSearch>>) -> Result<Revision> {
        let expected = Expected::from(live);
        let nothing = || LiveSearch { settings: SearchSettings::default(), since: next.since, by: String::new() };
        let former = live.as_ref().map_or_else(nothing, |live| live.value.clone());
        let revision = expected.next();
        let item = body::encode(keys::search_live(), LIVE, revision, next)?;
        let former = body::encode(keys::search_former(), LIVE, Expected::Any.next(), &former)?;
        let writes = vec![self.table.putting(item, expected)?, self.table.putting(former, Expected::Any)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(LIVE))?;
        Ok(revision)
    }

    /// Makes live again what was before; done twice, nothing has changed. Where `looked_at` says what was live when somebody decided
    /// that, it must still be. Answers what is live now.
    pub async fn undo(&self, since: Timestamp, by: &str, looked_at: Option<Revision>) -> Result<Versioned<LiveSearch>> {
        let (live, former) = (self.live().await?, self.former().await?);
        if looked_at.is_some() && live.as_ref().map(|live| live.revision) != looked_at {
            return Err(StoreError::RevisionConflict { what: LIVE });
        }
        let former = former.ok_or(StoreError::NotFound { what: LIVE })?;
        let next = LiveSearch { settings: former.value.settings, since, by: by.to_owned() };
        let revision = self.make_live(&next, &live).await?;
        Ok(Versioned { value: next, revision })
    }
}
