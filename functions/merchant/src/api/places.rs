//! Categories and collections.

use super::settings::{clean, handle};
use super::{All, Precondition, Stored, Written};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
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
    parent: Option<CategoryId>,
    handle: String,
    /// Text by language.
    name: Localized,
    #[serde(default)]
    description_html: Localized,
    #[serde(default)]
    position: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectionBody {
    handle: String,
    /// Text by language.
    title: Localized,
    #[serde(default)]
    description_html: Localized,
    /// `{"manual": [product ids]}` or `{"rule": {"all": true, "conditions": […]}}`.
    members: Members,
    #[serde(default)]
    position: u32,
}

/// Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/categories",
    responses((status = 200, body = All<Stored<Category>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list_categories(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<All<Stored<Category>>>, ApiError> {
    grant.require("catalog:read")?;
    let all = state.store.shop().categories().await.map_err(store_error)?;
    Ok(axum::Json(all.into_iter().map(Stored::from).collect()))
}

/// Creates or replaces a category. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/categories/{id}", request_body = CategoryBody,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_category(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<CategoryBody>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = CategoryId::new(id)?;
    let shop = state.store.shop();
    let all = shop.categories().await.map_err(store_error)?;
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
    precondition.save(current, |expected| shop.put_category(&category, expected)).await
}

/// Scope: catalog:write
#[utoipa::path(delete, path = "/admin/api/categories/{id}", params(("id" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete_category(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("catalog:write")?;
    let id = CategoryId::new(id)?;
    let shop = state.store.shop();
    let all = shop.categories().await.map_err(store_error)?;
    if all.iter().any(|c| c.value.parent.as_ref() == Some(&id)) {
        return Err(ApiError::conflict("category_has_children", "move or delete the categories below it first"));
    }
    let current = all.iter().find(|c| c.value.id == id).map(|c| c.revision);
    precondition.remove("category", current, |expected| shop.delete_category(&id, expected)).await
}

/// Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/collections",
    responses((status = 200, body = All<Stored<Collection>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list_collections(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<All<Stored<Collection>>>, ApiError> {
    grant.require("catalog:read")?;
    let all = state.store.shop().collections().await.map_err(store_error)?;
    Ok(axum::Json(all.into_iter().map(Stored::from).collect()))
}

/// Creates or replaces a collection. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/collections/{id}", request_body = CollectionBody,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_collection(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<CollectionBody>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = CollectionId::new(id)?;
    if body.title.is_empty() {
        return Err(ApiError::validation(vec![FieldError::new("title", "required", "a collection has a title")]));
    }
    let shop = state.store.shop();
    let current = shop.collection(&id).await.map_err(store_error)?.map(|read| read.revision);
    let collection = Collection {
        id,
        handle: handle(body.handle)?,
        title: body.title,
        description_html: clean(&body.description_html),
        members: body.members,
        position: body.position,
    };
    precondition.save(current, |expected| shop.put_collection(&collection, expected)).await
}

/// Scope: catalog:write
#[utoipa::path(delete, path = "/admin/api/collections/{id}", params(("id" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete_collection(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("catalog:write")?;
    let id = CollectionId::new(id)?;
    let shop = state.store.shop();
    let current = shop.collection(&id).await.map_err(store_error)?.map(|read| read.revision);
    precondition.remove("collection", current, |expected| shop.delete_collection(&id, expected)).await
}
