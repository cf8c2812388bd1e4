//! Codes of a promotion: one that the merchant names, or a batch of random ones.

use super::promotions::refused;
use super::{List, PageQuery, Precondition, Written};
use crate::promotions::NewCodes;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::PromotionId;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_storage::{MAX_CODES_PAGE, PromotionCode, Standing, Versioned, customer_key};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeBody {
    revision: u64,
    code: String,
    batch: Option<String>,
    enabled: bool,
    /// RFC 3339.
    starts_at: Option<String>,
    ends_at: Option<String>,
    /// Whether it is one customer's own.
    owned: bool,
    max_uses: Option<u32>,
    /// Orders with it since it is limited, by itself or by its promotion; none where it is not.
    uses: Option<u32>,
    created_at: String,
}

impl CodeBody {
    fn new(read: Versioned<PromotionCode>, limited: bool, standing: &Standing) -> Self {
        let code = read.value;
        let time = |at: Timestamp| at.to_string();
        let limited = limited || code.max_uses.is_some();
        Self {
            revision: read.revision.as_u64(),
            uses: limited.then(|| standing.uses_of_code(&code.code)),
            code: code.code,
            batch: code.batch,
            enabled: code.enabled,
            starts_at: code.starts_at.map(time),
            ends_at: code.ends_at.map(time),
            owned: code.customer.is_some(),
            max_uses: code.max_uses,
            created_at: time(code.created_at),
        }
    }
}

/// Either `code` or `count`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateCodes {
    /// The code itself, 1 to 64 characters; shoppers type it in any case.
    code: Option<String>,
    /// How many random ones to make, at most 1000.
    count: Option<u32>,
    /// Before each random code.
    #[serde(default)]
    prefix: String,
    /// What they are called together; made where it is missing.
    batch: Option<String>,
    /// RFC 3339, included.
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Timestamp>,
    /// Not included.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// Only whoever orders with this address may use them; it is not kept, but its hash is.
    customer_email: Option<String>,
    /// Orders with each of them.
    max_uses: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeCodes {
    batch: Option<String>,
    codes: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeCode {
    enabled: bool,
}

/// By their text, up to 100 a page. Scope: promotions:read
#[utoipa::path(get, path = "/admin/api/promotions/{id}/codes", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = List<CodeBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<List<CodeBody>>, ApiError> {
    grant.require("promotions:read")?;
    let id = PromotionId::new(id)?;
    let promotions = state.store.promotions();
    let promotion = promotions.get(&id).await.map_err(store_error)?.ok_or_else(|| ApiError::not_found("promotion"))?;
    let (cursor, limit) = (query.cursor()?, query.limit(MAX_CODES_PAGE, MAX_CODES_PAGE));
    let page = promotions.codes(&id, cursor.as_ref(), limit).await.map_err(store_error)?;
    let texts: Vec<String> = page.items.iter().map(|read| read.value.code.clone()).collect();
    let standing = promotions.standing(&[], &texts, None).await.map_err(store_error)?;
    let limited = promotion.value.limits.uses_per_code.is_some();
    Ok(axum::Json(List::of(page, |read| CodeBody::new(read, limited, &standing))))
}

/// Gives out one code, or makes a batch of random ones without letters that are taken for others. Scope: promotions:write
#[utoipa::path(post, path = "/admin/api/promotions/{id}/codes", request_body = CreateCodes,
    params(("id" = String, Path)),
    responses((status = 201, body = MadeCodes), (status = "default", body = ErrorBody)))]
pub(super) async fn create(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    Json(body): Json<CreateCodes>,
) -> Result<(StatusCode, axum::Json<MadeCodes>), ApiError> {
    grant.require("promotions:write")?;
    let id = PromotionId::new(id)?;
    let customer = body.customer_email.as_deref().map(owner).transpose()?;
    let new = NewCodes {
        code: body.code,
        count: body.count,
        prefix: body.prefix,
        batch: body.batch,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        customer,
        max_uses: body.max_uses,
    };
    let made = new.make(&state.store, &id, Timestamp::now()).await.map_err(refused)?;
    tracing::info!(promotion = %id, codes = made.len(), by = grant.id, "promotion codes made");
    let batch = made.first().and_then(|code| code.batch.clone());
    let codes = made.into_iter().map(|code| code.code).collect();
    Ok((StatusCode::CREATED, axum::Json(MadeCodes { batch, codes })))
}

fn owner(email: &str) -> Result<stoa_domain::CustomerId, ApiError> {
    let email = email.trim();
    stoa_domain::email::validate(email)
        .map_err(|e| ApiError::validation(vec![FieldError::new("customer_email", e.code, e.message)]))?;
    Ok(customer_key(email)?)
}

/// Switches a code on or off. Scope: promotions:write
#[utoipa::path(patch, path = "/admin/api/promotions/{id}/codes/{code}", request_body = ChangeCode,
    params(("id" = String, Path), ("code" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn change(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path((id, code)): Path<(String, String)>,
    precondition: Precondition,
    Json(body): Json<ChangeCode>,
) -> Result<Response, ApiError> {
    grant.require("promotions:write")?;
    let id = PromotionId::new(id)?;
    let promotions = state.store.promotions();
    let read = promotions.code(&code).await.map_err(store_error)?.filter(|read| read.value.promotion == id);
    let read = read.ok_or_else(|| ApiError::not_found("code"))?;
    let code = PromotionCode { enabled: body.enabled, ..read.value };
    precondition.save(Some(read.revision), |expected| promotions.change_code(&code, expected)).await
}
