//! What staff do about reviews: the API and the console's pages both end here. A review that is published or stops being so
//! changes its product's rating in the same transaction, and the publisher shows it.

use crate::{State, store_error};
use jiff::Timestamp;
use stoa_domain::order::Act;
use stoa_domain::review::{Review, ReviewId, ReviewRefusal, ReviewState};
use stoa_endpoint::{ApiError, FieldError};
use stoa_storage::{Revision, Store, StoreError, Versioned};

/// One thing done about a review.
#[derive(Debug, Clone)]
pub enum ReviewChange {
    /// Published, declined, or waiting again.
    Decide { to: ReviewState, why: String },
    /// What the shop says to it; empty: nothing any more.
    Answer(String),
}

/// Does it, if the review is still at `expected`; without that, at whatever it is. What was done before changes nothing.
pub async fn change(
    state: &State,
    id: &ReviewId,
    expected: Option<Revision>,
    change: &ReviewChange,
    by: &str,
) -> Result<Versioned<Review>, ApiError> {
    let read = find(&state.store, id).await?;
    let mut review = read.value.clone();
    let changed = match change {
        ReviewChange::Decide { to, why } => review.decide(*to, Act { at: Timestamp::now(), by, why }),
        ReviewChange::Answer(text) => review.answer(text),
    };
    if !changed.map_err(refused)? {
        return Ok(read);
    }
    if expected.is_some_and(|expected| expected != read.revision) {
        return Err(store_error(StoreError::RevisionConflict { what: "review" }));
    }
    let revision = state.store.reviews().update(&read, &review).await.map_err(store_error)?;
    tracing::info!(review = %id, by, state = %review.state, "a review changed");
    Ok(Versioned { value: review, revision })
}

pub(crate) async fn find(store: &Store, id: &ReviewId) -> Result<Versioned<Review>, ApiError> {
    store.reviews().get(id).await.map_err(store_error)?.ok_or_else(|| ApiError::not_found("review"))
}

pub(crate) fn refused(refusal: ReviewRefusal) -> ApiError {
    let (code, message) = (refusal.code(), refusal.to_string());
    match refusal {
        ReviewRefusal::Field { field, rule } => {
            ApiError::validation(vec![FieldError::new(field, "invalid", format!("must be {rule}"))])
        }
        ReviewRefusal::NotReceived | ReviewRefusal::Decided => ApiError::conflict(code, message),
    }
}
