//! Asks carriers about the parcels under way: for those who tell nothing by themselves, and for what they told and nobody heard.

use crate::State;
use crate::carrier::tell;
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use stoa_storage::{MAX_PARCELS_PAGE, StoreError, TrackedParcel, Versioned};

/// Nobody is asked about a parcel that left so long ago.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24 * 45);
/// Between two questions about one parcel, at most so many times the carrier's own pace.
const MAX_BACKOFF: u32 = 12;
/// Parcels of one run; the next run has the next ones.
const A_RUN: u32 = MAX_PARCELS_PAGE;
/// Questions at once: what carriers let one merchant ask.
const CONCURRENCY: usize = 4;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tracked {
    /// Parcels whose carrier was asked.
    pub asked: usize,
    /// Of these, about how many it said something new.
    pub moved: usize,
    /// The carrier could not be asked or not be understood; it is asked again later.
    pub failed: usize,
    /// Nobody asks about these any more: they are too old, or their carrier cannot be asked.
    pub ended: usize,
    /// More wait than one run asks about.
    pub more: bool,
}

enum Asked {
    Moved,
    Nothing,
    Failed,
    Ended,
}

/// Asks about the parcels whose turn it is.
pub fn track_parcels(state: &State, now: Timestamp) -> BoxFuture<'_, Result<Tracked, StoreError>> {
    Box::pin(async move {
        let due = state.store.orders().parcels_to_ask(now, A_RUN).await?;
        let mut done = Tracked { more: due.len() == A_RUN as usize, ..Tracked::default() };
        let asked: Vec<Asked> = futures::stream::iter(due)
            .map(|parcel| async move { one(state, &parcel, now).await })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        for one in asked {
            done.asked += usize::from(!matches!(one, Asked::Ended));
            match one {
                Asked::Moved => done.moved += 1,
                Asked::Nothing => {}
                Asked::Failed => done.failed += 1,
                Asked::Ended => done.ended += 1,
            }
        }
        Ok(done)
    })
}

async fn one(state: &State, read: &Versioned<TrackedParcel>, now: Timestamp) -> Result<Asked, StoreError> {
    let parcel = &read.value;
    let carrier = state.config.carriers.get(&parcel.carrier);
    let young = now.duration_since(parcel.sent_at) <= MAX_AGE;
    let Some((carrier, pace)) = carrier.filter(|_| young).and_then(|carrier| Some((carrier, carrier.pace()?))) else {
        state.store.orders().asked_about(read, None).await?;
        return Ok(Asked::Ended);
    };
    let answer = carrier.ask(&parcel.tracking_number).await;
    // First when it is asked again: where the rest fails it is not asked at once, over and over.
    let wait = pace.saturating_mul(parcel.asked.clamp(1, MAX_BACKOFF).try_into().unwrap_or(1));
    state.store.orders().asked_about(read, now.saturating_add(wait).ok()).await?;
    match answer {
        Ok(events) => {
            let new = tell(&state.store, &parcel.carrier, (&parcel.order, parcel.shipment), &events, now).await?;
            Ok(if new { Asked::Moved } else { Asked::Nothing })
        }
        Err(error) => {
            tracing::warn!(order = %parcel.order, carrier = parcel.carrier, %error, "a parcel could not be asked about");
            Ok(Asked::Failed)
        }
    }
}
