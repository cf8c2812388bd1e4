//! The sandbox: a provider of the shop's own that takes no money but behaves as a provider does, with a hosted page,
//! signed callbacks over HTTP that may be repeated, and nothing that works without them.

mod page;
mod send;

use crate::provider::{
    Closing, Paying, Place, ProviderError, Refund, RefundState, Refunded, Started, event_id, single,
};
use crate::start_payment::{Opened, open};
use crate::{CallbackRefusal, Outcome, Provider, ProviderEvent, State, pages, timed_signature};
use async_trait::async_trait;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::{Currency, Money, OrderId, PaymentId};
use stoa_endpoint::{ApiError, Path, Query};

/// The header of a callback: `t=1764000000,v1=<hex HMAC-SHA256 of "t.body">`; several `v1` while a secret is changed.
pub const SIGNATURE_HEADER: &str = "stoa-signature";
pub(crate) const NAME: &str = "sandbox";

/// The provider's side that the shop knows: the shared secret.
pub struct Sandbox {
    key: aws_lc_rs::hmac::Key,
}

impl Sandbox {
    /// `secret`: 32 bytes or more.
    pub fn new(secret: &[u8]) -> Self {
        Self { key: aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret) }
    }
    /// The [`SIGNATURE_HEADER`]'s value for `body` sent at `now`.
    pub fn sign(&self, body: &[u8], now: Timestamp) -> String {
        timed_signature::sign(&self.key, body, now.as_second())
    }
}

/// The body of a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// At most 128 characters.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: CallbackKind,
    pub data: CallbackData,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallbackKind {
    #[serde(rename = "payment.succeeded")]
    Succeeded,
    #[serde(rename = "payment.failed")]
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackData {
    pub payment: PaymentId,
    pub order: OrderId,
    /// Minor units.
    pub amount: i64,
    pub currency: Currency,
    /// The sandbox's own id of the payment.
    pub reference: String,
}

impl Callback {
    /// What the sandbox says about a payment it was shown. The same decision is the same event, however often it is made.
    pub fn about(payment: &Payment, kind: CallbackKind) -> Self {
        let word = if kind == CallbackKind::Succeeded { "succeeded" } else { "failed" };
        Self {
            id: format!("evt_{}_{word}", payment.id),
            kind,
            data: CallbackData {
                payment: payment.id.clone(),
                order: payment.order.clone(),
                amount: payment.amount.minor,
                currency: payment.amount.currency,
                reference: format!("sbx_{}", payment.id),
            },
        }
    }
}

#[async_trait]
impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, paying: &Paying<'_>, _now: Timestamp) -> Result<Started, ProviderError> {
        Ok(Place::Page(page::render(paying)).into())
    }

    /// The sandbox keeps no books: what it says, it says by callback.
    async fn read(&self, _payment: &Payment, _now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        Ok(None)
    }

    /// Its page asks the order, which was cancelled.
    async fn close(&self, _payment: &Payment, _now: Timestamp) -> Result<Closing, ProviderError> {
        Ok(Closing::Closed)
    }

    /// No money moved, so it is back at once.
    async fn refund(&self, refund: &Refund<'_>, _now: Timestamp) -> Result<Refunded, ProviderError> {
        Ok(Refunded { state: RefundState::Succeeded, reference: format!("sbx_{}", refund.id) })
    }

    async fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let header = single(headers, SIGNATURE_HEADER)?.ok_or(CallbackRefusal::SignatureMissing)?;
        timed_signature::verify(&self.key, header, body, now.as_second())?;
        let callback: Callback = serde_json::from_slice(body).map_err(CallbackRefusal::malformed)?;
        Ok(Some(ProviderEvent {
            id: event_id(callback.id)?,
            payment: callback.data.payment,
            order: Some(callback.data.order),
            amount: Some(Money::new(callback.data.amount, callback.data.currency)),
            outcome: match callback.kind {
                CallbackKind::Succeeded => Outcome::Succeeded,
                CallbackKind::Failed => Outcome::Failed,
            },
            reference: callback.data.reference,
        }))
    }
}

/// The page's form.
#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pay,
    Decline,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

/// `POST /payments/sandbox/{payment}?token=…`: the shopper pressed Pay or Decline. The sandbox tells the shop by
/// callback, as any provider would, and sends the shopper back; if the shop does not take the word, the page says so.
pub(crate) async fn decide(
    Shared(state): Shared<State>,
    Path((provider, payment)): Path<(String, String)>,
    Query(Token { token }): Query<Token>,
    form: Result<axum::Form<Decision>, axum::extract::rejection::FormRejection>,
) -> Result<Response, ApiError> {
    let Some(secret) = state.config.sandbox_secret.as_deref().filter(|_| provider == NAME) else {
        return Err(ApiError::not_found("payment provider"));
    };
    let axum::Form(decision) =
        form.map_err(|e| ApiError::bad_request("invalid_action", "action must be pay or decline").caused_by(e))?;
    let opened = open(&state, &provider, &payment, &token).await?;
    let kind = match decision.action {
        Action::Pay => CallbackKind::Succeeded,
        Action::Decline => CallbackKind::Failed,
    };
    if opened.payment.state != PaymentState::Succeeded {
        let callback = Callback::about(&opened.payment, kind);
        let body = serde_json::to_vec(&callback).map_err(ApiError::internal)?;
        let signature = Sandbox::new(secret).sign(&body, Timestamp::now());
        let url = state.config.public_url.join("/payments/callbacks/sandbox");
        if let Err(error) = send::send(&state.http, &url, &signature, body).await {
            tracing::error!(error = %error, "the sandbox's callback did not arrive");
            return Ok(retry_page(&opened, &token));
        }
    }
    Ok(Redirect::to(&opened.status_path).into_response())
}

fn retry_page(opened: &Opened, token: &str) -> Response {
    let page = page::render(&Paying { failed_before: true, ..opened.paying(token) });
    (StatusCode::BAD_GATEWAY, pages::headers(), Html(page.into_string())).into_response()
}
