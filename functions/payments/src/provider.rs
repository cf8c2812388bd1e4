//! The seam to payment providers: start a payment, and read what the provider signed.

use axum::http::HeaderMap;
use jiff::Timestamp;
use maud::Markup;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;
use stoa_domain::shop::Shop;
use stoa_domain::{Money, OrderId, PaymentId};

/// One payment provider. Implementations hold their keys; they touch neither table nor clock.
pub trait Provider: Send + Sync {
    /// Part of the routes and of [`Payment::provider`]: lower-case letters.
    fn name(&self) -> &'static str;

    /// What the shopper meets at `/payments/{name}/{payment}`.
    fn start(&self, request: &Paying<'_>) -> Start;

    /// Verifies the raw bytes first, parses them second.
    fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, CallbackRefusal>;
}

/// A payment about to be made, with what a page may say about it.
pub struct Paying<'a> {
    pub payment: &'a Payment,
    pub order: &'a Order,
    pub shop: &'a Shop,
    /// The query string's token; the page's forms pass it on.
    pub token: &'a str,
    /// Back to the order, paid or not.
    pub status_path: &'a str,
    /// The last attempt went wrong on the way: say so.
    pub failed_before: bool,
}

/// Where the shopper goes.
pub enum Start {
    /// A hosted page of ours.
    Page(Markup),
    /// A provider's page, as an absolute URL.
    Redirect(String),
}

/// What a provider says happened, once its signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The same on every delivery of one event.
    pub id: String,
    pub payment: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    pub outcome: Outcome,
    /// The provider's own id of the payment.
    pub reference: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
}

/// Why a callback is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackRefusal {
    #[error("the callback carries no signature")]
    SignatureMissing,
    #[error("the callback's signature does not match its body")]
    SignatureInvalid,
    #[error("the callback was signed more than {tolerance_seconds} s away from now")]
    SignatureExpired { tolerance_seconds: i64 },
    #[error("the callback is signed but not understood: {why}")]
    Malformed { why: String },
}

impl CallbackRefusal {
    /// Stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignatureMissing => "signature_missing",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureExpired { .. } => "signature_expired",
            Self::Malformed { .. } => "malformed_callback",
        }
    }
}
