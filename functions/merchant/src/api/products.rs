//! Products.

use super::{List, PageQuery, Precondition, with_etag};
use crate::catalog::{CategoryPaths, Context, Known, ProductRecord, RowError, build, new_product_id, to_record};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use stoa_domain::product::{Product, ProductStatus};
use stoa_domain::{Locale, Localized, ProductId};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_storage::{Expected, Versioned};
use utoipa::ToSchema;

/// A product with its revision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProductBody {
    /// What `If-Match` takes; also the answer's ETag.
    revision: u64,
    /// RFC 3339.
    updated_at: String,
    product: ProductRecord,
}

fn body(read: &Versioned<Product>, categories: &CategoryPaths, default: &Locale) -> ProductBody {
    ProductBody {
        revision: read.revision.as_u64(),
        updated_at: read.value.updated_at.to_string(),
        product: to_record(&read.value, categories, default),
    }
}

/// What views and builds of products need of the shop.
async fn shop(state: &State) -> Result<(CategoryPaths, Context), ApiError> {
    let data = state.store.shop().all().await.map_err(store_error)?;
    let settings = data.settings.ok_or_else(no_shop)?.value;
    let context =
        Context { currency: settings.currency, default_locale: settings.default_locale, now: Timestamp::now() };
    Ok((CategoryPaths::new(data.categories.into_iter().map(|c| c.value)), context))
}

pub(super) fn no_shop() -> ApiError {
    ApiError::conflict("no_shop", "save the shop's settings first: products need its currency and language")
}

/// Products by id, up to 100 a page. Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/catalog/products", params(PageQuery),
    responses((status = 200, body = List<ProductBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<List<ProductBody>>, ApiError> {
    grant.require("catalog:read")?;
    let (categories, context) = shop(&state).await?;
    let page =
        state.store.products().page(query.cursor()?.as_ref(), query.limit(50, 100)).await.map_err(store_error)?;
    Ok(axum::Json(List::of(page, |read| body(&read, &categories, &context.default_locale))))
}

/// One product. Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/catalog/products/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ProductBody), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    grant.require("catalog:read")?;
    let read = find(&state, &ProductId::new(id)?).await?.ok_or_else(|| ApiError::not_found("product"))?;
    let (categories, context) = shop(&state).await?;
    Ok(with_etag(StatusCode::OK, read.revision, body(&read, &categories, &context.default_locale)))
}

/// Creates a product; its id is made where the body names none. Scope: catalog:write
#[utoipa::path(post, path = "/admin/api/catalog/products", request_body = ProductRecord,
    responses((status = 201, body = ProductBody), (status = "default", body = ErrorBody)))]
pub(super) async fn create(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Json(record): Json<ProductRecord>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = record.id.as_deref().map(ProductId::new).transpose()?.unwrap_or_else(new_product_id);
    save(&state, id, record, None, Expected::Absent, StatusCode::CREATED).await
}

/// Creates the product, or replaces it: fields that are absent get their defaults. Scope: catalog:write
#[utoipa::path(put, path = "/admin/api/catalog/products/{id}", request_body = ProductRecord,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = ProductBody), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(record): Json<ProductRecord>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = ProductId::new(id)?;
    let current = find(&state, &id).await?;
    let expected = precondition.expected(current.as_ref().map(|c| c.revision))?;
    save(&state, id, record, current.map(|c| cleared(c.value)), expected, StatusCode::OK).await
}

/// Changes the fields that are given. Scope: catalog:write
#[utoipa::path(patch, path = "/admin/api/catalog/products/{id}", request_body = ProductRecord,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = ProductBody), (status = "default", body = ErrorBody)))]
pub(super) async fn patch(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(record): Json<ProductRecord>,
) -> Result<Response, ApiError> {
    grant.require("catalog:write")?;
    let id = ProductId::new(id)?;
    let (current, expected) = precondition.change("product", find(&state, &id).await?)?;
    save(&state, id, record, Some(current), expected, StatusCode::OK).await
}

/// Removes the product; its stock stays. Scope: catalog:write
#[utoipa::path(delete, path = "/admin/api/catalog/products/{id}",
    params(("id" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("catalog:write")?;
    let id = ProductId::new(id)?;
    let current = find(&state, &id).await?.map(|read| read.revision);
    let products = state.store.products();
    precondition.remove("product", current, |expected| products.delete(&id, expected)).await
}

async fn find(state: &State, id: &ProductId) -> Result<Option<Versioned<Product>>, ApiError> {
    state.store.products().get(id).await.map_err(store_error)
}

/// What a replacement keeps: the name in the URL, stored pictures, known variants, the time it came.
fn cleared(product: Product) -> Product {
    Product {
        status: ProductStatus::Active,
        title: Localized::default(),
        description_html: Localized::default(),
        brand: None,
        product_type: None,
        category: None,
        tags: Vec::new(),
        attributes: Vec::new(),
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        ..product
    }
}

async fn save(
    state: &State,
    id: ProductId,
    record: ProductRecord,
    existing: Option<Product>,
    expected: Expected,
    status: StatusCode,
) -> Result<Response, ApiError> {
    if record.id.as_deref().is_some_and(|own| own != id.as_str()) {
        let error = FieldError::new("id", "id_mismatch", "the body's id must be the path's");
        return Err(ApiError::validation(vec![error]));
    }
    let (_, context) = shop(state).await?;
    let category = match &record.category {
        Some(path) => {
            let found = crate::catalog::find_category(&state.store, &context.default_locale, path).await;
            Some(found.map_err(store_error)?.map_err(|problem| refused(vec![problem.into()]))?)
        }
        None => None,
    };
    let known = Known { id, existing: existing.as_ref(), category };
    let mut built = build(&record, known, &context)
        .map_err(|problems| refused(problems.into_iter().map(RowError::from).collect()))?;
    built.product.updated_at = context.now;
    let revision = state.store.products().put(&built.product, expected).await.map_err(store_error)?;
    if !built.stock.is_empty() {
        state.store.stock().set_many(&built.stock).await.map_err(store_error)?;
    }
    let (categories, _) = shop(state).await?;
    let read = Versioned { value: built.product, revision };
    Ok(with_etag(status, revision, body(&read, &categories, &context.default_locale)))
}

fn refused(errors: Vec<RowError>) -> ApiError {
    ApiError::validation(errors.into_iter().map(|e| FieldError::new(e.column, e.code, e.message)).collect())
}
