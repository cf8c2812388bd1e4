//! What the merchant does: the catalogue as files, pictures, API tokens, and the JSON API under `/admin/api`.
//!
//! | what | where |
//! | --- | --- |
//! | import and export of the catalogue | [`catalog`] |
//! | pictures | [`media`], and [`fetch`] for those elsewhere |
//! | orders: what staff do to them | [`orders`] |
//! | reviews: what staff do about them | [`reviews`] |
//! | what shoppers searched for | `insight` |
//! | plugins: uploading versions, what runs for whom | [`plugins`] |
//! | how the search is steered, and what that shows | [`search`] |
//! | promotions and their codes | [`promotions`] |
//! | tokens with scopes | [`tokens`] |
//! | the API, one file a resource | `api` |
//! | `/admin`: pages for staff in a browser | `console` |
//! | `/admin` itself: the API's reference | `reference` |
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
pub mod catalog;
mod config;
mod console;
pub mod fetch;
mod idempotent;
mod insight;
pub mod media;
pub mod orders;
pub mod plugins;
pub mod promotions;
mod reference;
pub mod reviews;
pub mod search;
pub mod tokens;

pub use config::Config;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use stoa_endpoint::{ApiError, Limits, finish};
use stoa_storage::{Store, StoreError};

/// Largest body: an import, a picture or a plugin. Below Lambda's 6 MB with base64's overhead for binary bodies.
pub const MAX_BODY_BYTES: usize = 5 * 1024 * 1024;

/// What every request of this function shares.
#[derive(Clone)]
pub struct State {
    store: Store,
    config: Arc<Config>,
    published: Arc<search::Cache>,
}

impl State {
    pub fn new(store: Store, config: Config) -> Self {
        Self { store, config: Arc::new(config), published: Arc::default() }
    }
}

/// All routes of the function, with their limits.
pub fn router(state: State) -> Router {
    let (api, document) = api::routes().split_for_parts();
    let document = Arc::new(document);
    let json = axum::Json(document.clone());
    let reference = Arc::new(reference::Reference::new(&document));
    let routes = api
        .layer(from_fn_with_state(state.clone(), idempotent::replay))
        .route("/admin/api/openapi.json", get(move || async move { json.clone() }))
        .merge(console::routes(reference))
        .with_state(state);
    finish(routes, Limits { body_bytes: MAX_BODY_BYTES, time: Duration::from_secs(60) })
}

/// What a refusing or failing table means to the caller.
pub(crate) fn store_error(error: StoreError) -> ApiError {
    let message = error.to_string();
    match error {
        StoreError::NotFound { what } => ApiError::not_found(what),
        StoreError::RevisionConflict { .. } => {
            ApiError::new(axum::http::StatusCode::PRECONDITION_FAILED, "revision_conflict", message)
        }
        StoreError::HandleTaken { .. } => ApiError::conflict("handle_taken", message),
        StoreError::SkuTaken { .. } => ApiError::conflict("sku_taken", message),
        StoreError::StockOutOfRange { .. } => ApiError::conflict("stock_out_of_range", message),
        StoreError::StockNotThere { .. } => ApiError::conflict("stock_not_there", message),
        StoreError::RefundIdTaken { .. } => ApiError::conflict("refund_id_taken", message),
        StoreError::CodeTaken { .. } => ApiError::conflict("code_taken", message),
        StoreError::TooLarge { .. } => ApiError::bad_request("too_large", message),
        StoreError::PageSize { .. } => ApiError::bad_request("page_size", message),
        StoreError::InvalidCursor => ApiError::bad_request("invalid_cursor", message),
        StoreError::Unavailable { .. } => ApiError::unavailable(error),
        error => ApiError::internal(error),
    }
}
