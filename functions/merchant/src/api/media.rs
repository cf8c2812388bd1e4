//! Pictures.

use super::File;
use crate::media::{MediaError, ingest};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use stoa_domain::product::Media;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody};

/// Stores a PNG, JPEG or WebP of at most 5 MB in several widths. The same bytes answer the same, which is what a product's
/// image takes as its `media`. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/media",
    request_body(content = String, content_type = "image/png"),
    responses((status = 200, body = Media), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    File(picture): File,
) -> Result<axum::Json<Media>, ApiError> {
    grant.require("catalog:write")?;
    let media = ingest(state.store.objects(), picture.into()).await.map_err(|error| match error {
        MediaError::Store(error) => store_error(error),
        error @ MediaError::Encode { .. } => ApiError::internal(error),
        error => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string()),
    })?;
    Ok(axum::Json(media))
}
