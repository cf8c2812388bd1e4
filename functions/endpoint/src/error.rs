//! The one error shape of every API: a stable code, a message with the rule, details for machines, the request id.
//!
//! ```json
//! {"error":{"code":"out_of_stock","message":"only 2 of MUG-1 are left","details":{"available":2}},"request_id":"01J…"}
//! ```

use crate::RequestId;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A refusal or a failure. The cause is logged once, when the answer is made, and never sent.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub status: StatusCode,
    /// Snake case and stable: clients branch on it.
    pub code: &'static str,
    /// For people: says the rule, never an internal.
    pub message: String,
    pub details: Option<Value>,
    #[source]
    cause: Option<Cause>,
}

/// One input field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where, as a path into the body: `address.postal_code`.
    pub field: String,
    /// Snake case and stable: `required`, `too_long`.
    pub code: String,
    pub message: String,
}

impl FieldError {
    /// `code` is snake case and stable, `message` says the rule.
    pub fn new(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}

/// What is sent for every [`ApiError`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
    /// The same as the answer's `x-request-id`; logs carry it.
    pub request_id: String,
}

/// The refusal itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    pub code: String,
    pub message: String,
    /// What a program needs to react; its shape belongs to the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
}

impl ApiError {
    /// Any refusal; `code` is snake case and stays for ever.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None, cause: None }
    }
    /// 400.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
    /// 401, with `WWW-Authenticate`: no token, an unknown one, or one past its time. All three read alike.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "send a valid token as `Authorization: Bearer stoa_…`")
    }
    /// 403: the token is good, but lacks `scope`.
    pub fn forbidden(scope: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", format!("this needs a token with the scope {scope}"))
            .with_details(json!({ "scope": scope }))
    }
    /// 404: `what` is a noun such as `order`.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }
    /// 409.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }
    /// 422 `validation_failed` with every broken field in `details.fields`.
    pub fn validation(fields: Vec<FieldError>) -> Self {
        let names = fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>().join(", ");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", format!("please correct: {names}"))
            .with_details(json!({ "fields": fields }))
    }
    /// 500: a bug or a broken part of ours.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on our side; it has been recorded",
        )
        .caused_by(cause)
    }
    /// 503 with `Retry-After`: a part we need does not answer; nothing is known to have happened.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "this is not available right now; please try again")
            .caused_by(cause)
    }
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
    /// Keeps the cause for the log.
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    fn log(&self) {
        let cause = self.cause.as_deref().map(chain).unwrap_or_default();
        if self.status.is_server_error() {
            tracing::error!(code = self.code, status = self.status.as_u16(), cause, "request failed");
        } else {
            tracing::info!(code = self.code, status = self.status.as_u16(), cause, "request refused");
        }
    }
}

/// `outer: inner: innermost`, without repeating what an outer message already says.
fn chain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let inner = source.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        next = source.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status;
        let body = ErrorBody {
            error: ErrorDetail { code: self.code.to_owned(), message: self.message, details: self.details },
            request_id: RequestId::current().to_string(),
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"stoa\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<stoa_domain::id::InvalidId> for ApiError {
    fn from(error: stoa_domain::id::InvalidId) -> Self {
        Self::bad_request("invalid_id", error.to_string())
    }
}
