//! `POST /api/insight {entries}`: what shoppers searched for in the last seconds, counted by one isolate of the edge. It adds
//! to the day's figures; what they keep and what they do not is in [`stoa_domain::insight`].
//!
//! Whoever knows this address can send it, so it is believed no more than a shopper's browser: a bounded number of bounded
//! counts. A batch that is lost, or comes when others keep writing, is not worth a retry by the edge.

use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use stoa_domain::Locale;
use stoa_domain::insight::{Counts, Entry, MAX_ENTRIES, Words};
use stoa_endpoint::{ApiError, Json};
use stoa_storage::{Expected, StoreError, Versioned};

/// Isolates that write at once try again this often.
const MAX_ROUNDS: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    entries: Vec<BatchEntry>,
}

#[derive(Debug, Deserialize)]
struct BatchEntry {
    locale: Locale,
    /// None: words that are not kept as words.
    words: Option<String>,
    #[serde(flatten)]
    counts: Counts,
}

pub(crate) async fn record_insight(
    Shared(state): Shared<State>,
    Json(Batch { entries }): Json<Batch>,
) -> Result<StatusCode, ApiError> {
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        let rule = format!("a batch must have 1 to {MAX_ENTRIES} entries, got {}", entries.len());
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "insight_batch_size", rule));
    }
    let entries: Vec<Entry> = entries.into_iter().map(entry).collect();
    add(&state, &entries, TimeZone::UTC.to_datetime(Timestamp::now()).date()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Words that may not be kept count without them.
fn entry(sent: BatchEntry) -> Entry {
    let words = sent.words.and_then(|words| Words::new(&words).ok());
    Entry { locale: sent.locale, words, counts: sent.counts }
}

async fn add(state: &State, entries: &[Entry], day: Date) -> Result<(), ApiError> {
    let insights = state.store.insights();
    for _ in 0..MAX_ROUNDS {
        let read = insights.get(day).await.map_err(store_error)?;
        let expected = read.as_ref().map_or(Expected::Absent, Versioned::unchanged);
        let mut figures = read.map(|read| read.value).unwrap_or_default();
        figures.add(entries.iter().cloned(), |locale, words| state.config.link_key.search_mark(locale, words));
        match insights.put(day, &figures, expected).await {
            Ok(_) => return Ok(()),
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(ApiError::unavailable(StoreError::RevisionConflict { what: "search insight" }))
}
