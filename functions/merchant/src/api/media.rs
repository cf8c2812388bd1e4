//! Pictures.

use super::File;
use crate::media::{MediaError, ingest};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Serialize;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody};
use utoipa::ToSchema;

/// A stored picture, as a product's image takes it: `media/{digest}-{width}.webp` for each of `widths`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MediaBody {
    digest: String,
    widths: Vec<u16>,
    width: u16,
    height: u16,
}

/// Stores a PNG, JPEG or WebP of at most 5 MB in several widths. The same bytes answer the same. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/media",
    request_body(content = String, content_type = "image/png"),
    responses((status = 200, body = MediaBody), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    File(picture): File,
) -> Result<axum::Json<MediaBody>, ApiError> {
    grant.require("catalog:write")?;
    let media = ingest(state.store.objects(), picture.into()).await.map_err(|error| match error {
        MediaError::Store(error) => store_error(error),
        error @ MediaError::Encode { .. } => ApiError::internal(error),
        error => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string()),
    })?;
    Ok(axum::Json(MediaBody { digest: media.digest, widths: media.widths, width: media.width, height: media.height }))
}
