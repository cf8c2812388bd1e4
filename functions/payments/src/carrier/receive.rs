//! `POST /api/carriers/{carrier}/events`: a carrier says what became of parcels. The raw body is verified before anything of it
//! is read; what was told before is answered and changes nothing.

use super::{Notice, tell};
use crate::{CallbackRefusal, State, store_error};
use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_endpoint::{ApiError, Json, Path};
use stoa_storage::{Begun, IdempotencyKey, StoreError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// Something of it was new.
    Recorded,
    /// All of it was known.
    Ignored,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Receipt {
    result: Told,
}

pub(crate) async fn receive_events(
    Shared(state): Shared<State>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Receipt>, ApiError> {
    let body =
        body.map_err(|e| ApiError::new(e.status(), "body_unreadable", "the body could not be read").caused_by(e))?;
    let carrier = state.config.carriers.get(&code).ok_or_else(|| ApiError::not_found("carrier"))?;
    let now = Timestamp::now();
    let notice = carrier.verify(&headers, &body, now).map_err(|refusal| {
        tracing::warn!(carrier = code, code = refusal.code(), "a carrier's word was not believed");
        let status = match refusal {
            CallbackRefusal::NotExpected => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        ApiError::new(status, refusal.code(), refusal.to_string())
    })?;
    let key = IdempotencyKey::new("carrier_events", &format!("{code}:{}", notice.id)).map_err(ApiError::internal)?;
    let hash = hex::encode(digest::digest(&digest::SHA256, &body));
    match state.store.idempotency().find(&key, &hash).await.map_err(store_error)? {
        Begun::Same(_) => return Ok(Json(Receipt { result: Told::Ignored })),
        Begun::Different => {
            let rule = "these events were told before under the same id, with other words";
            return Err(ApiError::conflict("event_id_reused", rule));
        }
        Begun::New | Begun::InFlight => {}
    }
    let result = record(&state, &code, &notice, now).await?;
    // Only now: what broke off before is told again, and what of it was written is known then.
    state.store.idempotency().finish(&key, &hash, "{}").await.map_err(store_error)?;
    tracing::info!(carrier = code, ?result, "a carrier's word was taken");
    Ok(Json(Receipt { result }))
}

async fn record(state: &State, code: &str, notice: &Notice, now: Timestamp) -> Result<Told, ApiError> {
    let failed = |error: StoreError| store_error(error);
    let (mut known, mut new) = (false, false);
    for (number, events) in &notice.parcels {
        for parcel in state.store.orders().parcels(code, number).await.map_err(failed)? {
            known = true;
            new |= tell(&state.store, code, (&parcel.order, parcel.shipment), events, now).await.map_err(failed)?;
        }
    }
    if !known {
        // Perhaps the parcel's label was faster than whoever ships: the carrier says it again.
        let rule = "the shop has no parcel with this tracking number";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_parcel", rule));
    }
    Ok(if new { Told::Recorded } else { Told::Ignored })
}
