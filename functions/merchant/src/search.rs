//! How a merchant steers the search: the draft, making it live and taking that back, and what it would show. Lists are
//! made by the code that makes the shop's own (search-index's `steer`), over the same published objects.

mod compare;
mod published;

pub use compare::{Change, Compared, Question, Row, Side, ask, compare};
pub use published::{Published, PublishedError};

pub(crate) use published::Cache;

use crate::store_error;
use jiff::Timestamp;
use stoa_domain::search::{MAX_SETTINGS_BYTES, SearchSettings};
use stoa_endpoint::{ApiError, FieldError};
use stoa_storage::{Expected, LiveSearch, Revision, Store, Versioned};

/// What a change begins with: the draft, or where nobody began one what is live. The revision of the draft.
pub(crate) async fn draft(store: &Store) -> Result<(SearchSettings, Option<Revision>), ApiError> {
    if let Some(Versioned { value, revision }) = store.search().draft().await.map_err(store_error)? {
        return Ok((value, Some(revision)));
    }
    let live = store.search().live().await.map_err(store_error)?;
    Ok((live.map(|live| live.value.settings).unwrap_or_default(), None))
}

/// Keeps what shoppers do not see yet. Rules are kept in the order of their ids.
pub(crate) async fn put_draft(
    store: &Store,
    mut settings: SearchSettings,
    expected: Expected,
) -> Result<Revision, ApiError> {
    let own = settings.validate().into_iter();
    let mut faults: Vec<FieldError> = own.map(|f| FieldError::new(f.field, f.code, f.message)).collect();
    let bytes = serde_json::to_vec(&settings).map_err(ApiError::internal)?.len();
    if bytes > MAX_SETTINGS_BYTES {
        let rule = format!("the settings have at most {MAX_SETTINGS_BYTES} bytes as JSON, got {bytes}");
        faults.push(FieldError::new("", "settings_too_large", rule));
    }
    if !faults.is_empty() {
        return Err(ApiError::validation(faults));
    }
    settings.rules.sort_by(|a, b| a.id.cmp(&b.id));
    store.search().put_draft(&settings, expected).await.map_err(store_error)
}

/// Makes the draft live, if it is still the one that was looked at.
pub(crate) async fn make_live(store: &Store, looked_at: Expected, by: &str) -> Result<Revision, ApiError> {
    let draft = store.search().draft().await.map_err(store_error)?;
    let draft = draft.ok_or_else(|| ApiError::not_found("search draft"))?;
    if matches!(looked_at, Expected::Revision(revision) if revision != draft.revision) {
        return Err(store_error(stoa_storage::StoreError::RevisionConflict { what: "search draft" }));
    }
    let live = store.search().live().await.map_err(store_error)?;
    // Sent twice: what was live before stays the one to go back to.
    if let Some(live) = live.as_ref().filter(|live| live.value.settings == draft.value) {
        return Ok(live.revision);
    }
    let next = LiveSearch { settings: draft.value, since: Timestamp::now(), by: by.to_owned() };
    store.search().make_live(&next, &live).await.map_err(store_error)
}
