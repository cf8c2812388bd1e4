//! The catalogue as files, for what fits into one request. Bigger files: `stoa catalog import`.

use super::{File, PageQuery};
use crate::catalog::{
    Export, ImportError, Mapping, Observer, Options, ProductChange, RowError, Summary, import as import_file,
};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Query};
use utoipa::{IntoParams, ToSchema};

/// Changes and errors listed in one report; the counts are always whole.
const MAX_LISTED: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// For JSON lines with foreign field names: a mapping that comes with Stoa, `icecat`.
    mapping: Option<String>,
}

/// What the import did, or would do.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Report {
    summary: Summary,
    /// The first 500 products that were (or would be) written.
    changes: Vec<ProductChange>,
    /// The first 500 broken rules.
    errors: Vec<RowError>,
}

impl Observer for Report {
    fn change(&mut self, change: &ProductChange) {
        if self.changes.len() < MAX_LISTED {
            self.changes.push(change.clone());
        }
    }
    fn refused(&mut self, error: &RowError) {
        if self.errors.len() < MAX_LISTED {
            self.errors.push(error.clone());
        }
    }
}

/// Imports a CSV (either of Shopify's dialects) or JSON lines of at most 5 MB. Good products land, bad ones are listed.
/// Scope: catalog:write
#[utoipa::path(post, path = "/admin/api/catalog/imports", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Report), (status = "default", body = ErrorBody)))]
pub(super) async fn import(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<ImportQuery>,
    File(file): File,
) -> Result<axum::Json<Report>, ApiError> {
    grant.require("catalog:write")?;
    let mapping =
        query.mapping.as_deref().map(|name| Mapping::built_in(name).ok_or_else(unknown_mapping)).transpose()?;
    let options = Options { dry_run: query.dry_run, mapping, ..Default::default() };
    let mut report = Report::default();
    let summary = import_file(&state.store, Cursor::new(file), options, &mut report).await.map_err(refuse)?;
    Ok(axum::Json(Report { summary, ..report }))
}

fn unknown_mapping() -> ApiError {
    ApiError::bad_request("unknown_mapping", "a mapping is one that comes with Stoa: icecat")
}

fn refuse(error: ImportError) -> ApiError {
    match error {
        ImportError::NoShop => super::products::no_shop(),
        ImportError::Store(error) => store_error(error),
        ImportError::File { code, .. } => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string()),
        ImportError::Mapping(_) => ApiError::bad_request("invalid_mapping", error.to_string()),
        ImportError::Read(_) => ApiError::bad_request("unreadable", error.to_string()),
        ImportError::Interrupted(_) => ApiError::internal(error),
    }
}

/// Up to 500 products as a CSV in Shopify's current dialect. `x-next-cursor` says where the next page begins.
/// Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/catalog/export", params(PageQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = "default", body = ErrorBody)))]
pub(super) async fn export(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<PageQuery>,
) -> Result<Response, ApiError> {
    grant.require("catalog:read")?;
    let mut csv = Vec::new();
    let mut file = Export::open(&state.store, &mut csv).await.map_err(ApiError::internal)?;
    let cursor = query.cursor()?;
    let (_, next) =
        file.page(&state.store, cursor.as_ref(), query.limit(250, 500)).await.map_err(ApiError::internal)?;
    file.finish().map_err(ApiError::internal)?;
    let mut response = csv.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"products.csv\""));
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(next.as_str()).ok()) {
        headers.insert("x-next-cursor", next);
    }
    Ok(response)
}
