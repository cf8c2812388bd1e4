//! How the search is steered: rules, words and weights, as a draft and live; what a draft would show, and why.

use super::{Precondition, Stored, Written, with_etag};
use crate::search::{self, Compared, Published, PublishedError, Question};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use stoa_domain::search::SearchSettings;
use stoa_domain::{CategoryId, Locale, ProductId};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Json};
use stoa_search_index::Explanation;
use stoa_search_index::steer::Steered;
use stoa_storage::{LiveSearch, Versioned};
use utoipa::ToSchema;

const SHOWN: usize = 24;
const MAX_SHOWN: u16 = 200;

/// What nobody sees yet; where no draft was begun, what is live, with the revision 0. Scope: settings:read
#[utoipa::path(get, path = "/admin/api/search/draft",
    responses((status = 200, body = Stored<SearchSettings>), (status = "default", body = ErrorBody)))]
pub(super) async fn draft(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<SearchSettings>>, ApiError> {
    grant.require("settings:read")?;
    let (value, revision) = search::draft(&state.store).await?;
    Ok(axum::Json(Stored { revision: revision.map_or(0, |revision| revision.as_u64()), value }))
}

/// Rules, words and weights for later. Scope: settings:write
#[utoipa::path(put, path = "/admin/api/search/draft", request_body = SearchSettings, params(Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn put_draft(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    precondition: Precondition,
    Json(settings): Json<SearchSettings>,
) -> Result<Response, ApiError> {
    grant.require("settings:write")?;
    let current = state.store.search().draft().await.map_err(store_error)?.map(|read| read.revision);
    let expected = precondition.expected(current)?;
    let revision = search::put_draft(&state.store, settings, expected).await?;
    Ok(with_etag(StatusCode::OK, revision, Written { revision: revision.as_u64() }))
}

/// What shoppers see, since when, and who made it so.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LiveBody {
    settings: SearchSettings,
    /// RFC 3339.
    since: String,
    /// Id of the token.
    by: String,
}

fn live_body(read: Versioned<LiveSearch>) -> Stored<LiveBody> {
    let LiveSearch { settings, since, by } = read.value;
    Stored { revision: read.revision.as_u64(), value: LiveBody { settings, since: since.to_string(), by } }
}

/// 404 while nothing was ever made live. Scope: settings:read
#[utoipa::path(get, path = "/admin/api/search/live",
    responses((status = 200, body = Stored<LiveBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn live(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<LiveBody>>, ApiError> {
    grant.require("settings:read")?;
    let read = state.store.search().live().await.map_err(store_error)?;
    Ok(axum::Json(live_body(read.ok_or_else(|| ApiError::not_found("search settings"))?)))
}

/// Makes the draft live; `If-Match` is the revision of the draft that was looked at. Shoppers see it within seconds.
/// Scope: settings:write
#[utoipa::path(post, path = "/admin/api/search/live", params(Precondition),
    responses((status = 200, body = Written), (status = "default", body = ErrorBody)))]
pub(super) async fn make_live(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    grant.require("settings:write")?;
    let current = state.store.search().draft().await.map_err(store_error)?.map(|read| read.revision);
    let looked_at = precondition.expected(current)?;
    let revision = search::make_live(&state.store, looked_at, &grant.id).await?;
    Ok(with_etag(StatusCode::OK, revision, Written { revision: revision.as_u64() }))
}

/// Makes live again what was live before; once more takes that back. The draft stays. Scope: settings:write
#[utoipa::path(post, path = "/admin/api/search/undo",
    responses((status = 200, body = Stored<LiveBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn undo(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
) -> Result<axum::Json<Stored<LiveBody>>, ApiError> {
    grant.require("settings:write")?;
    let read = state.store.search().undo(Timestamp::now(), &grant.id, None).await.map_err(store_error)?;
    Ok(axum::Json(live_body(read)))
}

/// A search, or with `category` that category's page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewBody {
    #[serde(default)]
    q: String,
    /// The shop's default where there is none.
    locale: Option<Locale>,
    category: Option<CategoryId>,
    /// RFC 3339: as it will be then.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// How many products of either side, at most 200.
    shown: Option<u16>,
}

/// What the shop shows now beside what the draft would show, with the places of each product. Scope: settings:read
#[utoipa::path(post, path = "/admin/api/search/preview", request_body = PreviewBody,
    responses((status = 200, body = Compared), (status = "default", body = ErrorBody)))]
pub(super) async fn preview(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Json(body): Json<PreviewBody>,
) -> Result<axum::Json<Compared>, ApiError> {
    grant.require("settings:read")?;
    let published = published(&state).await?;
    let question = Question {
        text: body.q,
        locale: body.locale.unwrap_or_else(|| published.view.shop.default_locale.clone()),
        category: body.category,
        at: body.at.unwrap_or_else(Timestamp::now),
    };
    let shown = body.shown.map_or(SHOWN, |shown| usize::from(shown.min(MAX_SHOWN)));
    Ok(axum::Json(previewed(&state, &published, &question, shown).await?))
}

/// Live beside the draft, over the version that is published now.
pub(crate) async fn previewed(
    state: &State,
    published: &Published,
    question: &Question,
    shown: usize,
) -> Result<Compared, ApiError> {
    let (draft, _) = search::draft(&state.store).await?;
    let side = |settings: SearchSettings| {
        let merits = published.merits(settings.merit);
        search::ask(published, &published.steering(settings), &merits, question).map_err(ApiError::internal)
    };
    let (live, draft) = (side(published.settings.clone())?, side(draft)?);
    Ok(search::compare((published, live), (published, draft), &question.locale, shown))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainBody {
    q: String,
    product: ProductId,
    /// The shop's default where there is none.
    locale: Option<Locale>,
    /// By the draft instead of what is live.
    #[serde(default)]
    draft: bool,
}

/// Why a product has the score it has: concepts add up; merit, boost and closeness multiply. docs/search.md says what
/// each part is. Scope: settings:read
#[utoipa::path(post, path = "/admin/api/search/explain", request_body = ExplainBody,
    responses((status = 200, body = Explanation), (status = "default", body = ErrorBody)))]
pub(super) async fn explain(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Json(body): Json<ExplainBody>,
) -> Result<axum::Json<Explanation>, ApiError> {
    grant.require("settings:read")?;
    let published = published(&state).await?;
    let locale = body.locale.unwrap_or_else(|| published.view.shop.default_locale.clone());
    let explained = explained(&state, &published, &body.q, &locale, &body.product, body.draft).await?;
    Ok(axum::Json(explained))
}

pub(crate) async fn explained(
    state: &State,
    published: &Published,
    text: &str,
    locale: &Locale,
    product: &ProductId,
    by_draft: bool,
) -> Result<Explanation, ApiError> {
    let settings = if by_draft { search::draft(&state.store).await?.0 } else { published.settings.clone() };
    let merits = published.merits(settings.merit);
    let steering = published.steering(settings);
    let steered = Steered { index: published.index(), steering: &steering, merits: &merits, catalogue: published };
    let plan = steering.for_query(text, locale, Timestamp::now());
    let explained = steered.explain(text, locale, &plan, product).map_err(ApiError::internal)?;
    explained.ok_or_else(|| ApiError::not_found("published product"))
}

pub(crate) async fn published(state: &State) -> Result<Arc<Published>, ApiError> {
    state.published.now(&state.store).await.map_err(|error| match error {
        PublishedError::Store(error) => store_error(error),
        PublishedError::Nothing => ApiError::conflict(PublishedError::Nothing.code(), error.to_string()),
        error => ApiError::internal(error),
    })
}
