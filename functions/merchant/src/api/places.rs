//! Categories and collections.

use super::settings::{clean, handle};
use super::{Stored, Written, expected, written};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::category::{Category, MAX_DEPTH};
use stoa_domain::collection::{Collection, Members};
use stoa_domain::{CategoryId, CollectionId, Localized};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoryBody {
    /// The category above it; none for a root.
    #[schema(value_type = Option<String>)]
    parent: Option<CategoryId>,
    handle: String,
    /// Text by language.
    #[schema(value_type = Object)]
    name: Localized,
    #[serde(default)]
    #[schema(value_type = Object)]
    description_html: Localized,
    #[serde(default)]
    position: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectionBody {
    handle: String,
    /// Text by language.
    #[schema(value_type = Object)]
    title: Localized,
    #[serde(default)]
    #[schema(value_type = Object)]
    description_html: Localized,
    /// `{"manual": [product ids]}` or `{"rule": {"all": true, "conditions": […]}}`.
    #[schema(value_type = Object)]
    members: Members,
    #[serde(default)]
    position: u32,
}

/// Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/categories",
    responses((status = 200, body = Vec<Object>), (status = "default", body = ErrorBody)))]
pub(super) async fn list_categories(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Vec<Stored<Category>>>, ApiError> {
    grant.require("catalog:read")?;
    let all = state.store.shop().categories().await.map_err(store_error)?;
    Ok(axum::Json(all.into_iter().map(Stored::from).collect()))
}

/// Creates or replaces a category. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/categories/{id}", request_body = CategoryBody,
    params(("id" = String, Path), ("if-match" = Option<String>, Header, description = "the revision that was read")),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_category(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<CategoryBody>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = CategoryId::new(id)?;
    let all = state.store.shop().categories().await.map_err(store_error)?;
    if body.name.is_empty() {
        return Err(ApiError::validation(vec![FieldError::new("name", "required", "a category has a name")]));
    }
    // Walking up from the parent must end at a root, in time and without meeting the category itself.
    let mut above = body.parent.clone();
    let mut depth = 1;
    while let Some(parent) = above {
        let found = all.iter().find(|c| c.value.id == parent);
        depth += 1;
        if found.is_none() || parent == id || depth > MAX_DEPTH {
            let rule = format!("a parent exists, is not below its child, and there are at most {MAX_DEPTH} levels");
            return Err(ApiError::validation(vec![FieldError::new("parent", "invalid_parent", rule)]));
        }
        above = found.and_then(|c| c.value.parent.clone());
    }
    let current = all.iter().find(|c| c.value.id == id).map(|c| c.revision);
    let category = Category {
        id,
        parent: body.parent,
        handle: handle(body.handle)?,
        name: body.name,
        description_html: clean(&body.description_html),
        position: body.position,
    };
    let expected = expected(&headers, current)?;
    Ok(written(state.store.shop().put_category(&category, expected).await.map_err(store_error)?))
}

/// Scope: catalog:write
#[utoipa::path(delete, path = "/admin/api/categories/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete_category(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    grant.require("catalog:write")?;
    let id = CategoryId::new(id)?;
    let all = state.store.shop().categories().await.map_err(store_error)?;
    let current = all.iter().find(|c| c.value.id == id).ok_or_else(|| ApiError::not_found("category"))?;
    if all.iter().any(|c| c.value.parent.as_ref() == Some(&id)) {
        return Err(ApiError::conflict("category_has_children", "move or delete the categories below it first"));
    }
    let expected = expected(&headers, Some(current.revision))?;
    state.store.shop().delete_category(&id, expected).await.map_err(store_error)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/collections",
    responses((status = 200, body = Vec<Object>), (status = "default", body = ErrorBody)))]
pub(super) async fn list_collections(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Vec<Stored<Collection>>>, ApiError> {
    grant.require("catalog:read")?;
    let all = state.store.shop().collections().await.map_err(store_error)?;
    Ok(axum::Json(all.into_iter().map(Stored::from).collect()))
}

/// Creates or replaces a collection. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/collections/{id}", request_body = CollectionBody,
    params(("id" = String, Path), ("if-match" = Option<String>, Header, description = "the revision that was read")),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_collection(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<CollectionBody>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = CollectionId::new(id)?;
    if body.title.is_empty() {
        return Err(ApiError::validation(vec![FieldError::new("title", "required", "a collection has a title")]));
    }
    let current = state.store.shop().collection(&id).await.map_err(store_error)?;
    let collection = Collection {
        id,
        handle: handle(body.handle)?,
        title: body.title,
        description_html: clean(&body.description_html),
        members: body.members,
        position: body.position,
    };
    let expected = expected(&headers, current.map(|c| c.revision))?;
    Ok(written(state.store.shop().put_collection(&collection, expected).await.map_err(store_error)?))
}

/// Scope: catalog:write
#[utoipa::path(delete, path = "/admin/api/collections/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete_collection(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    grant.require("catalog:write")?;
    let id = CollectionId::new(id)?;
    let current = state.store.shop().collection(&id).await.map_err(store_error)?;
    let current = current.ok_or_else(|| ApiError::not_found("collection"))?;
    let expected = expected(&headers, Some(current.revision))?;
    state.store.shop().delete_collection(&id, expected).await.map_err(store_error)?;
    Ok(StatusCode::NO_CONTENT)
}
