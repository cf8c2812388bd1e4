//! Reviews: read them, publish or decline them, answer them.

use super::{List, PageQuery, Precondition, Stored, with_etag};
use crate::reviews::{ReviewChange, change, find, refused};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::review::{Review, ReviewId, ReviewState};
use stoa_endpoint::access::{Bearer, Grant};
use stoa_endpoint::{ApiError, ErrorBody, Json, Path, Query};
use stoa_storage::{Expected, MAX_REVIEWS_PAGE};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReviewQuery {
    /// `waiting` (what is asked without it), `published` or `declined`.
    state: Option<ReviewState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewDecision {
    /// `published`, `declined`, or `waiting`: as if nobody had decided.
    to: ReviewState,
    /// Its writer reads it, where it is declined. At most 500 characters.
    #[serde(default)]
    why: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewAnswer {
    /// Shown below the review; empty: nothing any more. At most 2000 characters.
    text: String,
}

/// Of one state, newest first, up to 100 a page. Scope: reviews:read
#[utoipa::path(get, path = "/admin/api/reviews", params(ReviewQuery),
    responses((status = 200, body = List<Stored<Review>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<ReviewQuery>,
) -> Result<axum::Json<List<Stored<Review>>>, ApiError> {
    grant.require("reviews:read")?;
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let wanted = query.state.unwrap_or(ReviewState::Waiting);
    let limit = page.limit(50, MAX_REVIEWS_PAGE);
    let reviews = state.store.reviews().list(wanted, page.cursor()?.as_ref(), limit).await;
    Ok(axum::Json(List::of(reviews.map_err(store_error)?, Stored::from)))
}

/// Scope: reviews:read
#[utoipa::path(get, path = "/admin/api/reviews/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Stored<Review>), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    grant.require("reviews:read")?;
    let read = find(&state.store, &ReviewId::new(id).map_err(refused)?).await?;
    Ok(with_etag(StatusCode::OK, read.revision, Stored::from(read)))
}

/// Publishes or declines it, or lets it wait again. The product's rating is exact from then on. Scope: reviews:write
#[utoipa::path(post, path = "/admin/api/reviews/{id}/decision", request_body = ReviewDecision,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Stored<Review>), (status = "default", body = ErrorBody)))]
pub(super) async fn decide(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(ReviewDecision { to, why }): Json<ReviewDecision>,
) -> Result<Response, ApiError> {
    done(&state, &grant, id, &precondition, &ReviewChange::Decide { to, why }).await
}

/// What the shop says to it. Scope: reviews:write
#[utoipa::path(put, path = "/admin/api/reviews/{id}/answer", request_body = ReviewAnswer,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Stored<Review>), (status = "default", body = ErrorBody)))]
pub(super) async fn answer(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(ReviewAnswer { text }): Json<ReviewAnswer>,
) -> Result<Response, ApiError> {
    done(&state, &grant, id, &precondition, &ReviewChange::Answer(text)).await
}

async fn done(
    state: &State,
    grant: &Grant,
    id: String,
    precondition: &Precondition,
    what: &ReviewChange,
) -> Result<Response, ApiError> {
    grant.require("reviews:write")?;
    let id = ReviewId::new(id).map_err(refused)?;
    let read = find(&state.store, &id).await?;
    let Expected::Revision(revision) = precondition.expected(Some(read.revision))? else {
        return Err(ApiError::bad_request("invalid_precondition", "a change of a review takes If-Match only"));
    };
    let changed = change(state, &id, Some(revision), what, &format!("staff:{}", grant.id)).await?;
    Ok(with_etag(StatusCode::OK, changed.revision, Stored::from(changed)))
}
