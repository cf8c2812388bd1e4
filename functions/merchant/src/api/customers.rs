//! Customers: their figures, segments and points, and what marketing plugins proposed for them.

use super::{List, PageQuery, Precondition, Written, with_etag};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::CustomerId;
use stoa_domain::marketing::{Action, Birthday, Consent, Customer, FollowUp, RefusedAction};
use stoa_domain::promotion::Amounts;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, FieldError, Json, Path, Query};
use stoa_storage::{Forgotten, MarketingAnswer, PersonalData, Versioned};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerBody {
    revision: u64,
    id: String,
    email: String,
    name: String,
    locale: String,
    /// Paid, and not refunded.
    orders: u32,
    spent: Amounts,
    /// RFC 3339.
    first_order_at: Option<String>,
    last_order_at: Option<String>,
    /// `05-17`
    birthday: Option<String>,
    /// That they want messages; none: they do not.
    consent: Option<Consent>,
    segments: Vec<String>,
    points: u64,
    follow_ups: Vec<FollowUp>,
}

impl CustomerBody {
    fn new(read: Versioned<Customer>) -> Self {
        let (revision, customer) = (read.revision.as_u64(), read.value);
        Self {
            revision,
            id: customer.id.to_string(),
            email: customer.email,
            name: customer.name,
            locale: customer.locale.to_string(),
            orders: customer.orders,
            spent: customer.spent,
            first_order_at: customer.first_order_at.map(|at| at.to_string()),
            last_order_at: customer.last_order_at.map(|at| at.to_string()),
            birthday: customer.birthday.map(|birthday| birthday.to_string()),
            consent: customer.consent,
            segments: customer.segments.into_iter().collect(),
            points: customer.points,
            follow_ups: customer.follow_ups,
        }
    }
}

/// A customer, and what plugins proposed for them in the last 60 days, the newest 100 first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerDetails {
    customer: CustomerBody,
    answers: Vec<AnswerBody>,
}

/// What one plugin proposed about one event, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerBody {
    plugin: String,
    version: String,
    /// `ord_…#paid`, `day#2026-11-24`, `follow-up#2026-12-04#remind`
    event: String,
    at: String,
    done: Vec<Action>,
    refused: Vec<RefusedAction>,
    /// The code that was granted.
    coupon: Option<String>,
    /// The message that was written.
    message: Option<String>,
}

impl From<MarketingAnswer> for AnswerBody {
    fn from(answer: MarketingAnswer) -> Self {
        Self {
            plugin: answer.plugin.to_string(),
            version: answer.version.to_string(),
            event: answer.event,
            at: answer.at.to_string(),
            done: answer.done,
            refused: answer.refused,
            coupon: answer.coupon,
            message: answer.message,
        }
    }
}

/// What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeCustomer {
    /// A month and a day, `05-17`; empty to forget it.
    birthday: Option<String>,
    /// Whether they want messages about offers: as they told the shop.
    messages: Option<bool>,
}

/// In no order, up to 100 a page. Scope: customers:read
#[utoipa::path(get, path = "/admin/api/customers", params(PageQuery),
    responses((status = 200, body = List<CustomerBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<List<CustomerBody>>, ApiError> {
    grant.require("customers:read")?;
    let page = state.store.customers().page(query.cursor()?.as_ref(), query.limit(50, 100)).await;
    Ok(axum::Json(List::of(page.map_err(store_error)?, CustomerBody::new)))
}

/// Scope: customers:read
#[utoipa::path(get, path = "/admin/api/customers/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CustomerDetails), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    grant.require("customers:read")?;
    let (customers, id) = (state.store.customers(), CustomerId::new(id)?);
    let (read, answers) = tokio::try_join!(customers.get(&id), customers.answers(&id)).map_err(store_error)?;
    let read = read.ok_or_else(|| ApiError::not_found("customer"))?;
    let (revision, answers) = (read.revision, answers.into_iter().map(AnswerBody::from).collect());
    Ok(with_etag(StatusCode::OK, revision, CustomerDetails { customer: CustomerBody::new(read), answers }))
}

/// Everything the shop has of a customer, for who asks for it: their account, orders, cart and sessions, and what marketing knows.
/// Scope: customers:read
#[utoipa::path(get, path = "/admin/api/customers/{id}/data", params(("id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "default", body = ErrorBody)))]
pub(super) async fn data(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<axum::Json<PersonalData>, ApiError> {
    grant.require("customers:read")?;
    let data = state.store.privacy().data(&CustomerId::new(id)?, Timestamp::now()).await.map_err(store_error)?;
    data.map(axum::Json).ok_or_else(|| ApiError::not_found("customer"))
}

/// How many orders of a forgotten customer there were.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForgottenBody {
    /// Nobody finds them by the address any more; what the law wants kept of them stays.
    orders: u32,
    /// Under way: dealt with by themselves when they are done.
    under_way: u32,
}

/// Forgets a customer who asks for it, but for what the law wants kept of their orders; done again it changes nothing.
/// Scope: customers:write
#[utoipa::path(delete, path = "/admin/api/customers/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ForgottenBody), (status = "default", body = ErrorBody)))]
pub(super) async fn forget(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<axum::Json<ForgottenBody>, ApiError> {
    grant.require("customers:write")?;
    let id = CustomerId::new(id)?;
    let Forgotten { orders, under_way } =
        state.store.privacy().forget(&id, Timestamp::now()).await.map_err(store_error)?;
    tracing::info!(customer = %id, by = grant.id, orders, under_way, "a customer was forgotten");
    Ok(axum::Json(ForgottenBody { orders, under_way }))
}

/// Keeps or forgets a birthday, and writes down whether the customer wants messages. Scope: customers:write
#[utoipa::path(patch, path = "/admin/api/customers/{id}", request_body = ChangeCustomer,
    params(("id" = String, Path), Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn patch(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
    precondition: Precondition,
    Json(body): Json<ChangeCustomer>,
) -> Result<Response, ApiError> {
    grant.require("customers:write")?;
    let (customers, id) = (state.store.customers(), CustomerId::new(id)?);
    let read = customers.get(&id).await.map_err(store_error)?.ok_or_else(|| ApiError::not_found("customer"))?;
    let (revision, mut customer) = (read.revision, read.value);
    if let Some(text) = body.birthday {
        let wrong = |e: stoa_domain::marketing::InvalidBirthday| {
            ApiError::validation(vec![FieldError::new("birthday", "invalid_birthday", e.to_string())])
        };
        customer.birthday = if text.is_empty() { None } else { Some(Birthday::new(&text).map_err(wrong)?) };
    }
    match body.messages {
        Some(true) if customer.consent.is_none() => {
            customer.consent = Some(Consent { at: Timestamp::now(), by: format!("staff:{}", grant.id) });
        }
        Some(false) => customer.consent = None,
        _ => {}
    }
    precondition.save(Some(revision), |expected| customers.put(&customer, expected)).await
}
