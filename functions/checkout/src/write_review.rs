//! `PUT` and `DELETE /api/orders/{id}/reviews/{line}?token=…`: whoever holds an order's link says what they think of something
//! that arrived, says it otherwise while nobody at the shop has read it, or takes it back. Sent twice it is one review.

use crate::get_order::{OrderView, Token, open, shown};
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use stoa_domain::review::{Review, ReviewId, ReviewRefusal, ReviewText};
use stoa_endpoint::{ApiError, FieldError, Json, Path, Query};
use stoa_storage::{OrderAndPayment, StoreError};

/// So often it is written anew when staff decide meanwhile.
const ATTEMPTS: u32 = 5;

pub(crate) async fn write_review(
    Shared(state): Shared<State>,
    Path((id, line)): Path<(String, usize)>,
    Query(Token { token }): Query<Token>,
    Json(body): Json<ReviewText>,
) -> Result<Json<OrderView>, ApiError> {
    let OrderAndPayment { order, payment, .. } = open(&state, id, &token).await?;
    let reviews = state.store.reviews();
    let mut conflict = StoreError::RevisionConflict { what: "review" };
    for _ in 0..ATTEMPTS {
        let before = reviews.get(&ReviewId::of(&order.id, line)).await.map_err(store_error)?;
        let known = before.as_ref().map(|read| &read.value);
        let Some(review) = Review::write(&order, line, known, &body, Timestamp::now()).map_err(refused)? else {
            return shown(&state, order, &payment).await;
        };
        let written = match &before {
            Some(before) => reviews.update(before, &review).await,
            None => reviews.add(&review).await,
        };
        match written {
            Ok(_) => {
                tracing::info!(review = %review.id, stars = review.stars.get(), "a review was written");
                return shown(&state, order, &payment).await;
            }
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(store_error(conflict))
}

pub(crate) async fn take_back_review(
    Shared(state): Shared<State>,
    Path((id, line)): Path<(String, usize)>,
    Query(Token { token }): Query<Token>,
) -> Result<Json<OrderView>, ApiError> {
    let OrderAndPayment { order, payment, .. } = open(&state, id, &token).await?;
    let reviews = state.store.reviews();
    let mut conflict = StoreError::RevisionConflict { what: "review" };
    for _ in 0..ATTEMPTS {
        let Some(before) = reviews.get(&ReviewId::of(&order.id, line)).await.map_err(store_error)? else {
            return shown(&state, order, &payment).await;
        };
        match reviews.remove(&before).await {
            Ok(()) => {
                tracing::info!(review = %before.value.id, "a review was taken back");
                return shown(&state, order, &payment).await;
            }
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(store_error(conflict))
}

fn refused(refusal: ReviewRefusal) -> ApiError {
    let (code, message) = (refusal.code(), refusal.to_string());
    match refusal {
        ReviewRefusal::Field { field, rule } => {
            ApiError::validation(vec![FieldError::new(field, "invalid", format!("must be {rule}"))])
        }
        ReviewRefusal::NotReceived | ReviewRefusal::Decided => ApiError::conflict(code, message),
    }
}
