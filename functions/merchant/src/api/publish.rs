//! What is published now.

use crate::{State, store_error};
use axum::extract::State as Shared;
use serde::Serialize;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedBody {
    version: u64,
    /// The manifest's SHA-256.
    manifest: String,
    /// Rolled back by hand: changes are not published until it is let go.
    pinned: bool,
    /// Earlier versions and this one.
    history: Vec<VersionBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VersionBody {
    version: u64,
    manifest: String,
    /// RFC 3339.
    published_at: String,
    products: u32,
    rolled_back_to: Option<u64>,
}

/// The published version and those before it. `stoa publish` rolls back. Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/publish",
    responses((status = 200, body = PublishedBody), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<PublishedBody>, ApiError> {
    grant.require("catalog:read")?;
    let head = state.store.publish_head().get().await.map_err(store_error)?;
    let head = head.ok_or_else(|| ApiError::not_found("published version"))?.value;
    let version = |v: stoa_storage::PublishedVersion| VersionBody {
        version: v.version,
        manifest: v.manifest,
        published_at: v.published_at.to_string(),
        products: v.products,
        rolled_back_to: v.rolled_back_to,
    };
    Ok(axum::Json(PublishedBody {
        version: head.version,
        manifest: head.manifest,
        pinned: head.pinned,
        history: head.history.into_iter().map(version).collect(),
    }))
}
