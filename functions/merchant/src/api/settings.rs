//! The shop's settings, its content pages and its policies.

use super::{All, Precondition, Stored, Written};
use crate::catalog::html;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use stoa_domain::shop::{ContentPage, PageKind, Shop};
use stoa_domain::{Handle, Localized};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use utoipa::ToSchema;

/// Scope: settings:read
#[utoipa::path(get, path = "/admin/api/shop",
    responses((status = 200, body = Stored<Shop>), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<Shop>>, ApiError> {
    grant.require("settings:read")?;
    let read = state.store.shop().settings().await.map_err(store_error)?;
    Ok(axum::Json(read.ok_or_else(|| ApiError::not_found("shop"))?.into()))
}

/// Saves all settings. The currency cannot change once there are products. Scope: settings:write
#[utoipa::path(put, path = "/admin/api/shop", request_body = Shop, params(Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    precondition: Precondition,
    Json(shop): Json<Shop>,
) -> Result<Response, ApiError> {
    grant.require("settings:write")?;
    let settings = state.store.shop();
    let current = settings.settings().await.map_err(store_error)?;
    let mut errors = Vec::new();
    if shop.name.is_empty() {
        errors.push(FieldError::new("name", "required", "a shop has a name"));
    }
    if shop.locales.first() != Some(&shop.default_locale) {
        errors.push(FieldError::new("locales", "default_first", "the default locale is the first of the locales"));
    }
    if shop.shipping_methods.iter().any(|m| m.price.currency != shop.currency || m.price.is_negative()) {
        let rule = "shipping prices are in the shop's currency and not below zero";
        errors.push(FieldError::new("shipping_methods", "invalid_price", rule));
    }
    if current.as_ref().is_some_and(|c| c.value.currency != shop.currency) {
        let any = state.store.products().page(None, 1).await.map_err(store_error)?;
        if !any.items.is_empty() {
            let rule = "the currency cannot change while there are products priced in it";
            errors.push(FieldError::new("currency", "currency_in_use", rule));
        }
    }
    if !errors.is_empty() {
        return Err(ApiError::validation(errors));
    }
    precondition.save(current.map(|c| c.revision), |expected| settings.put_settings(&shop, expected)).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PageBody {
    /// Text by language.
    title: Localized,
    /// HTML by language; everything outside the allow-list is removed.
    body_html: Localized,
}

/// Pages and policies. Scope: settings:read
#[utoipa::path(get, path = "/admin/api/pages",
    responses((status = 200, body = All<Stored<ContentPage>>), (status = "default", body = ErrorBody)))]
pub(super) async fn list_pages(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<All<Stored<ContentPage>>>, ApiError> {
    grant.require("settings:read")?;
    let pages = state.store.shop().pages().await.map_err(store_error)?;
    Ok(axum::Json(pages.into_iter().map(Stored::from).collect()))
}

/// Creates or replaces a page; `kind` is `page` or `policy`. Scope: settings:write
#[utoipa::path(put, path = "/admin/api/pages/{kind}/{handle}", request_body = PageBody,
    params(("kind" = PageKind, Path), ("handle" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_page(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((kind, handle)): Path<(PageKind, String)>,
    precondition: Precondition,
    Json(body): Json<PageBody>,
) -> Result<Response, ApiError> {
    grant.require("settings:write")?;
    let handle = self::handle(handle)?;
    let shop = state.store.shop();
    let current = shop.page(kind, &handle).await.map_err(store_error)?.map(|read| read.revision);
    let page = ContentPage { handle, kind, title: body.title, body_html: clean(&body.body_html) };
    precondition.save(current, |expected| shop.put_page(&page, expected)).await
}

/// Scope: settings:write
#[utoipa::path(delete, path = "/admin/api/pages/{kind}/{handle}",
    params(("kind" = PageKind, Path), ("handle" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete_page(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((kind, handle)): Path<(PageKind, String)>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("settings:write")?;
    let handle = self::handle(handle)?;
    let shop = state.store.shop();
    let current = shop.page(kind, &handle).await.map_err(store_error)?.map(|read| read.revision);
    precondition.remove("page", current, |expected| shop.delete_page(kind, &handle, expected)).await
}

pub(super) fn handle(text: String) -> Result<Handle, ApiError> {
    Handle::new(text).map_err(|e| ApiError::bad_request("invalid_handle", e.to_string()))
}

pub(super) fn clean(text: &Localized) -> Localized {
    text.iter().fold(Localized::default(), |all, (locale, t)| all.with(locale.clone(), html::clean(t)))
}
