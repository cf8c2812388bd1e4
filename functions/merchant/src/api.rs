//! The JSON API under `/admin/api`: one file a resource. Every handler names the scope it needs; every write of a stored
//! value goes through its [`Precondition`].

mod catalog_files;
mod checkout;
mod customers;
mod insight;
mod invoices;
mod marketing;
mod media;
mod messages;
mod orders;
mod places;
pub(crate) mod plugins;
mod products;
mod promotion_codes;
mod promotions;
mod publish;
mod refunds;
mod returns;
mod reviews;
pub(crate) mod search;
mod settings;
mod shopify_functions;
mod stock;

pub(crate) use messages::kind as kind_of_message;

use crate::{State, store_error};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stoa_endpoint::{ApiError, ErrorBody};
use stoa_storage::{Cursor, Expected, Page, Revision, Versioned};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stoa merchant API",
        description = "Catalogue, stock, orders, customers, settings, promotions and plugins of one shop. Send `Authorization: Bearer stoa_…` \
            with a token of the scope each operation names; `stoa token create` makes tokens. Every write takes an \
            `Idempotency-Key` header: sent again with the same key within a day, it changes nothing and answers the same. \
            Values that are stored whole have a revision: `If-Match` with it refuses to overwrite what someone else wrote. \
            Errors are `{\"error\":{\"code\",\"message\",\"details\"},\"request_id\"}` with stable codes."
    ),
    components(schemas(ErrorBody)),
    security(("token" = [])),
    modifiers(&Token),
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("stoa_…").build();
        let components = document.components.get_or_insert_default();
        components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(scheme).into());
    }
}

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(products::list, products::create))
        .routes(routes!(products::get, products::put, products::patch, products::delete))
        .routes(routes!(catalog_files::import))
        .routes(routes!(catalog_files::export))
        .routes(routes!(places::list_categories))
        .routes(routes!(places::put_category, places::delete_category))
        .routes(routes!(places::list_collections))
        .routes(routes!(places::put_collection, places::delete_collection))
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(checkout::get, checkout::put))
        .routes(routes!(settings::list_pages))
        .routes(routes!(settings::put_page, settings::delete_page))
        .routes(routes!(stock::get, stock::set))
        .routes(routes!(stock::adjust))
        .routes(routes!(orders::list))
        .routes(routes!(orders::get))
        .routes(routes!(orders::transition))
        .routes(routes!(orders::ship))
        .routes(routes!(orders::delivered))
        .routes(routes!(refunds::list))
        .routes(routes!(refunds::preview))
        .routes(routes!(refunds::put))
        .routes(routes!(refunds::retry))
        .routes(routes!(refunds::by_hand))
        .routes(routes!(returns::step))
        .routes(routes!(returns::settings, returns::put_settings))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::issue))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::get))
        .routes(routes!(reviews::decide))
        .routes(routes!(reviews::answer))
        .routes(routes!(media::put))
        .routes(routes!(plugins::list))
        .routes(routes!(plugins::versions::put, plugins::patch, plugins::delete))
        .routes(routes!(plugins::versions::list))
        .routes(routes!(shopify_functions::put))
        .routes(routes!(plugins::versions::wasm))
        .routes(routes!(plugins::change::release))
        .routes(routes!(plugins::change::rollback))
        .routes(routes!(plugins::change::pause))
        .routes(routes!(plugins::change::resume))
        .routes(routes!(plugins::change::events))
        .routes(routes!(plugins::runs::list))
        .routes(routes!(plugins::runs::get))
        .routes(routes!(promotions::list))
        .routes(routes!(promotions::get, promotions::put, promotions::change, promotions::delete))
        .routes(routes!(promotions::try_out))
        .routes(routes!(promotion_codes::list, promotion_codes::create))
        .routes(routes!(promotion_codes::change))
        .routes(routes!(customers::list))
        .routes(routes!(customers::get, customers::patch, customers::forget))
        .routes(routes!(customers::data))
        .routes(routes!(messages::list))
        .routes(routes!(messages::sent))
        .routes(routes!(marketing::get, marketing::put))
        .routes(routes!(publish::get))
        .routes(routes!(insight::get))
        .routes(routes!(search::draft, search::put_draft))
        .routes(routes!(search::live, search::make_live))
        .routes(routes!(search::undo))
        .routes(routes!(search::preview))
        .routes(routes!(search::explain))
}

/// A body that is a file: its bytes, at most [`crate::MAX_BODY_BYTES`].
struct File(Bytes);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let refuse = |e: BytesRejection| match e.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let rule = format!("a body must be at most {} bytes", crate::MAX_BODY_BYTES);
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", rule)
            }
            status => ApiError::new(status, "unreadable_body", e.body_text()),
        };
        Bytes::from_request(request, state).await.map(Self).map_err(refuse)
    }
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Most items on the page.
    limit: Option<u32>,
}

impl PageQuery {
    fn cursor(&self) -> Result<Option<Cursor>, ApiError> {
        self.cursor.as_deref().map(Cursor::new).transpose().map_err(crate::store_error)
    }
    fn limit(&self, default: u32, max: u32) -> u32 {
        self.limit.unwrap_or(default).min(max)
    }
}

/// Items, and the cursor of the next page where there is one.
#[derive(Debug, Serialize, ToSchema)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    fn of<V>(page: Page<V>, view: impl FnMut(V) -> T) -> Self {
        let next = page.next.map(|next| next.as_str().to_owned());
        Self { items: page.items.into_iter().map(view).collect(), next }
    }
}

/// Everything of its kind: there are few of these.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
struct All<T>(Vec<T>);

impl<T> FromIterator<T> for All<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// A stored value with its revision, which `If-Match` takes.
#[derive(Debug, Serialize, ToSchema)]
struct Stored<T> {
    revision: u64,
    value: T,
}

impl<T> From<Versioned<T>> for Stored<T> {
    fn from(read: Versioned<T>) -> Self {
        Self { revision: read.revision.as_u64(), value: read.value }
    }
}

/// The answer to a write.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    revision: u64,
}

fn with_etag(status: StatusCode, revision: Revision, body: impl Serialize) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// What a write expects to find: `If-Match: "7"` revision 7, `If-Match: *` anything that is there, `If-None-Match: *`
/// nothing. Without either the last writer wins.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Header)]
struct Precondition {
    /// The revision that was read, as its ETag: `"7"`. `*`: whatever is there.
    #[param(rename = "if-match")]
    if_match: Option<String>,
    /// `*`: only where nothing is yet.
    #[param(rename = "if-none-match")]
    if_none_match: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Precondition {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let text = |name| parts.headers.get(name).map(|v| v.to_str().unwrap_or_default().trim().to_owned());
        Ok(Self { if_match: text(header::IF_MATCH), if_none_match: text(header::IF_NONE_MATCH) })
    }
}

impl Precondition {
    /// What the table must hold, when it holds `current` now.
    fn expected(&self, current: Option<Revision>) -> Result<Expected, ApiError> {
        if self.if_none_match.as_deref() == Some("*") {
            return Ok(Expected::Absent);
        }
        let was = || current.map_or(Expected::Absent, Expected::Revision);
        match self.if_match.as_deref() {
            None => Ok(was()),
            Some("*") if current.is_some() => Ok(was()),
            Some(etag) => match etag.trim_matches('"').parse() {
                Ok(revision) => Ok(Expected::Revision(Revision::from_u64(revision))),
                Err(_) => Err(ApiError::new(
                    StatusCode::PRECONDITION_FAILED,
                    "revision_conflict",
                    "If-Match must be a revision such as \"7\", and the thing must exist",
                )),
            },
        }
    }

    /// The value to change, and what its write expects; 404 where there is none.
    fn change<T>(&self, what: &str, current: Option<Versioned<T>>) -> Result<(T, Expected), ApiError> {
        let current = current.ok_or_else(|| ApiError::not_found(what))?;
        let expected = self.expected(Some(current.revision))?;
        Ok((current.value, expected))
    }

    /// Creates or replaces what is `current` now; answers its new revision.
    async fn save<F>(&self, current: Option<Revision>, put: impl FnOnce(Expected) -> F) -> Result<Response, ApiError>
    where
        F: Future<Output = stoa_storage::Result<Revision>>,
    {
        let revision = put(self.expected(current)?).await.map_err(store_error)?;
        Ok(with_etag(StatusCode::OK, revision, Written { revision: revision.as_u64() }))
    }

    /// Removes what is `current` now; 404 where nothing is.
    async fn remove<F>(
        &self,
        what: &str,
        current: Option<Revision>,
        delete: impl FnOnce(Expected) -> F,
    ) -> Result<StatusCode, ApiError>
    where
        F: Future<Output = stoa_storage::Result<()>>,
    {
        let current = current.ok_or_else(|| ApiError::not_found(what))?;
        delete(self.expected(Some(current))?).await.map_err(store_error)?;
        Ok(StatusCode::NO_CONTENT)
    }
}
