//! Promotions: the shop's rules, and trying them on a cart.

use super::{All, File, Precondition, Written, with_etag};
use crate::promotions::{self, PromotionError};
use crate::{State, store_error};
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stoa_domain::promotion::{Amounts, MAX_CODES, Promotion, Scenario, read};
use stoa_domain::quote::Priced;
use stoa_domain::{FieldError as Fault, PromotionId};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path};
use stoa_storage::{Standing, Versioned};
use utoipa::ToSchema;

/// A promotion with its revision, which `If-Match` takes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PromotionBody {
    revision: u64,
    value: Promotion,
    /// What was used of it since it has a limit of uses or a budget; none where it has neither.
    usage: Option<UsageBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageBody {
    /// Orders that got it and were not cancelled.
    uses: u32,
    /// What they were given, gifts at their worth.
    spent: Amounts,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePromotion {
    enabled: bool,
}

impl PromotionBody {
    fn new(read: Versioned<Promotion>, standing: &Standing) -> Self {
        let used = standing.usage(&read.value.id);
        let usage = limited(&read.value).then_some(UsageBody { uses: used.uses, spent: used.spent });
        Self { revision: read.revision.as_u64(), value: read.value, usage }
    }
}

fn limited(promotion: &Promotion) -> bool {
    promotion.limits.uses.is_some() || promotion.limits.budget.is_some()
}

/// All promotions, by id. Scope: promotions:read
#[utoipa::path(get, path = "/admin/api/promotions",
    responses((status = 200, body = All<PromotionBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<All<PromotionBody>>, ApiError> {
    grant.require("promotions:read")?;
    let all = state.store.promotions().list().await.map_err(store_error)?;
    let standing = standing(&state, all.iter().map(|read| &read.value), &[]).await?;
    Ok(axum::Json(all.into_iter().map(|read| PromotionBody::new(read, &standing)).collect()))
}

/// Scope: promotions:read
#[utoipa::path(get, path = "/admin/api/promotions/{id}", params(("id" = String, Path)),
    responses((status = 200, body = PromotionBody), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    grant.require("promotions:read")?;
    let read = find(&state, &PromotionId::new(id)?).await?.ok_or_else(|| ApiError::not_found("promotion"))?;
    let standing = standing(&state, [&read.value], &[]).await?;
    Ok(with_etag(StatusCode::OK, read.revision, PromotionBody::new(read, &standing)))
}

/// Creates or replaces a promotion: docs/promotions.md. Carts are priced with it from then on. What is wrong is said with
/// its path and the rule. Scope: promotions:write
#[utoipa::path(put, path = "/admin/api/promotions/{id}", request_body = Promotion,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    File(body): File,
) -> Result<Response, ApiError> {
    grant.require("promotions:write")?;
    let id = PromotionId::new(id)?;
    let promotion: Promotion = document(&body)?;
    if promotion.id != id {
        let rule = format!("must be {id}, as the address says");
        return Err(ApiError::validation(vec![FieldError::new("id", "another_id", rule)]));
    }
    let current = find(&state, &id).await?.map(|read| read.revision);
    let expected = precondition.expected(current)?;
    let revision = promotions::put(&state.store, &promotion, expected).await.map_err(refused)?;
    tracing::info!(promotion = %id, by = grant.id, "promotion put");
    Ok(with_etag(StatusCode::OK, revision, Written { revision: revision.as_u64() }))
}

/// Switches a promotion on or off. Scope: promotions:write
#[utoipa::path(patch, path = "/admin/api/promotions/{id}", request_body = ChangePromotion,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn change(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<ChangePromotion>,
) -> Result<Response, ApiError> {
    grant.require("promotions:write")?;
    let read = find(&state, &PromotionId::new(id)?).await?.ok_or_else(|| ApiError::not_found("promotion"))?;
    let promotion = Promotion { enabled: body.enabled, ..read.value };
    let promotions = state.store.promotions();
    precondition.save(Some(read.revision), |expected| promotions.put(&promotion, expected)).await
}

/// Removes a promotion. Its codes bring nothing from then on, and belong to whatever is put under its id later; what it was
/// used for stays counted. Scope: promotions:write
#[utoipa::path(delete, path = "/admin/api/promotions/{id}", params(("id" = String, Path), Precondition),
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(super) async fn delete(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
) -> Result<StatusCode, ApiError> {
    grant.require("promotions:write")?;
    let id = PromotionId::new(id)?;
    let promotions = state.store.promotions();
    let current = find(&state, &id).await?.map(|read| read.revision);
    precondition.remove("promotion", current, |expected| promotions.delete(&id, expected)).await
}

/// Prices a cart under the shop's promotions and says why each gave what it gave, or nothing: the body is what `stoa promo
/// eval` reads. Promotions in it are tried beside the shop's, in place of one with the same id. What it does not say of a
/// code or of earlier uses is what the shop knows. Changes nothing. Scope: promotions:read
#[utoipa::path(post, path = "/admin/api/promotions/try", request_body = Scenario,
    responses((status = 200, body = Priced), (status = "default", body = ErrorBody)))]
pub(super) async fn try_out(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    File(body): File,
) -> Result<axum::Json<Priced>, ApiError> {
    grant.require("promotions:read")?;
    let mut scenario: Scenario = document(&body)?;
    let stored = state.store.promotions().list().await.map_err(store_error)?.into_iter().map(|read| read.value);
    let drafted = |promotion: &Promotion| scenario.promotions.iter().any(|draft| draft.id == promotion.id);
    let stored: Vec<Promotion> = stored.filter(|promotion| !drafted(promotion)).collect();
    scenario.promotions.extend(stored);
    for promotion in &scenario.promotions {
        promotions::check(promotion).map_err(refused)?;
    }
    let context = &mut scenario.context;
    // Codes beyond these say `too_many_codes`, whatever they are.
    let codes: Vec<String> = context.codes.iter().take(MAX_CODES).map(|code| code.code.clone()).collect();
    let standing = standing(&state, &scenario.promotions, &codes).await?;
    for code in context.codes.iter_mut().filter(|code| code.coupon.is_none()) {
        code.coupon = standing.coupon(&code.code);
    }
    for promotion in scenario.promotions.iter().filter(|promotion| limited(promotion)) {
        context.usage.entry(promotion.id.clone()).or_insert_with(|| standing.usage(&promotion.id));
    }
    for zone in scenario.promotions.iter().filter_map(|promotion| promotion.schedule.time_zone.as_ref()) {
        if let Ok(known) = TimeZone::get(zone) {
            let now = context.now;
            context.local_times.entry(zone.clone()).or_insert_with(|| now.to_zoned(known).datetime());
        }
    }
    scenario.evaluate().map(axum::Json).map_err(invalid)
}

async fn standing<'a>(
    state: &State,
    promotions: impl IntoIterator<Item = &'a Promotion>,
    codes: &[String],
) -> Result<Standing, ApiError> {
    let limited = promotions.into_iter().filter(|promotion| limited(promotion)).map(|promotion| promotion.id.clone());
    let limited: Vec<PromotionId> = limited.collect();
    state.store.promotions().standing(&limited, codes, None).await.map_err(store_error)
}

async fn find(state: &State, id: &PromotionId) -> Result<Option<Versioned<Promotion>>, ApiError> {
    state.store.promotions().get(id).await.map_err(store_error)
}

/// JSON that people write: what cannot be read is told with its path.
fn document<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let value = read(&mut from).map_err(|fault| invalid(vec![fault]))?;
    from.end().map_err(|error| ApiError::bad_request("invalid_json", error.to_string()))?;
    Ok(value)
}

fn invalid(faults: Vec<Fault>) -> ApiError {
    ApiError::validation(faults.into_iter().map(|f| FieldError::new(f.field, f.code, f.message)).collect())
}

pub(super) fn refused(error: PromotionError) -> ApiError {
    match error {
        PromotionError::Invalid(faults) => invalid(faults),
        PromotionError::TooManyPromotions => ApiError::conflict("too_many_promotions", error.to_string()),
        PromotionError::NoSuchPromotion => ApiError::not_found("promotion"),
        PromotionError::Random => ApiError::internal(error),
        PromotionError::Store(error) => store_error(error),
    }
}
