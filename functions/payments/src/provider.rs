//! The seam to payment providers: start a payment, ask about it, give money back, and read what the provider signed.

use crate::http::HttpError;
use async_trait::async_trait;
use axum::http::HeaderMap;
use jiff::Timestamp;
use maud::Markup;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;
use stoa_domain::shop::Shop;
use stoa_domain::{Money, OrderId, PaymentId};

/// How far the time in a signature may be from ours, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

/// One payment provider. Implementations hold their keys and speak to their provider; they touch neither table nor clock.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Part of the routes and of [`Payment::provider`]: lower-case letters and underscores.
    fn name(&self) -> &'static str;

    /// What the shopper meets at `/payments/{name}/{payment}`. Started again, a payment is still the same one at the
    /// provider: it cannot be paid twice.
    async fn start(&self, paying: &Paying<'_>, now: Timestamp) -> Result<Started, ProviderError>;

    /// What the provider says of a payment now. None while nothing is decided, or when it never heard of it.
    async fn read(&self, payment: &Payment, now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError>;

    /// Makes an unpaid payment unpayable. Asked about one that ended it changes nothing.
    async fn close(&self, payment: &Payment, now: Timestamp) -> Result<Closing, ProviderError>;

    /// Gives money back. The same [`Refund::id`] is the same refund, however often it is asked for.
    async fn refund(&self, refund: &Refund<'_>, now: Timestamp) -> Result<Refunded, ProviderError>;

    /// Verifies the raw bytes first, parses them second. None: genuine, but nothing that decides a payment.
    async fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal>;

    /// The body that the provider wants to read when a callback was taken. None: it looks at the status only.
    fn receipt(&self) -> Option<&'static str> {
        None
    }
}

/// A payment about to be made, with what a page may say about it.
pub struct Paying<'a> {
    pub payment: &'a Payment,
    pub order: &'a Order,
    pub shop: &'a Shop,
    /// The query string's token; the page's forms pass it on.
    pub token: &'a str,
    /// Back to the order, paid or not: a path within the shop.
    pub status_path: &'a str,
    /// The last attempt went wrong on the way: say so.
    pub failed_before: bool,
    pub shopper: Shopper,
}

impl Paying<'_> {
    /// What the shopper reads at the provider: the shop's name and the order's number.
    pub fn description(&self) -> String {
        format!("{} {}", self.shop.name.get(&self.order.locale, &self.shop.default_locale), self.order.number)
    }
}

/// What a provider wants to know of the shopper's end.
#[derive(Debug, Clone, Default)]
pub struct Shopper {
    /// A phone can open the provider's app; any other screen shows a code to scan.
    pub on_phone: bool,
    /// None when the way here does not tell.
    pub ip: Option<std::net::IpAddr>,
}

/// A payment that was started.
pub struct Started {
    pub place: Place,
    /// The provider's id of this attempt, to be kept with the payment.
    pub reference: Option<String>,
}

/// Where the shopper goes.
pub enum Place {
    /// A hosted page of ours.
    Page(Markup),
    /// A provider's page, as an absolute URL.
    Redirect(String),
    /// A code to scan with the provider's app; its text.
    Scan(String),
}

impl From<Place> for Started {
    fn from(place: Place) -> Self {
        Self { place, reference: None }
    }
}

/// What a provider says happened, once its signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The same on every delivery of one event.
    pub id: String,
    pub payment: PaymentId,
    /// None where the provider gives only the payment's id back.
    pub order: Option<OrderId>,
    /// What was to be paid. A payment that failed may come without.
    pub amount: Option<Money>,
    pub outcome: Outcome,
    /// The provider's own id of the payment.
    pub reference: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
    /// It was paid, and given back at least in part, without the shop having asked.
    Reversed,
}

/// What became of asking a provider to close a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Nobody can pay it any more, or the provider never had it.
    Closed,
    /// It is not open, and what it is only [`Provider::read`] tells: it may have been paid a moment ago.
    NotOpen,
}

/// Money to give back.
#[derive(Debug, Clone)]
pub struct Refund<'a> {
    pub payment: &'a Payment,
    /// 1 to 64 letters, digits, `_` and `-`.
    pub id: &'a str,
    /// All of the payment or a part of it.
    pub amount: Money,
    /// The shopper may read it.
    pub reason: &'a str,
}

/// A refund that the provider took on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    pub state: RefundState,
    /// The provider's own id of the refund.
    pub reference: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    Succeeded,
    /// The money is on its way; asking again with the same id tells more.
    Pending,
    /// The provider gave up: a person must look.
    Failed,
}

/// Why a provider did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("{rule}")]
    Unsupported { code: &'static str, rule: String },
    #[error("the provider could not be asked: {0}")]
    Http(#[from] HttpError),
    #[error("the provider refused with {status} {code}: {message}")]
    Refused { status: u16, code: String, message: String },
    #[error("the provider's answer is not signed by it: {0}")]
    NotBelieved(CallbackRefusal),
    #[error("the provider's answer is not understood: {0}")]
    NotUnderstood(String),
}

impl ProviderError {
    pub(crate) fn unsupported(code: &'static str, rule: impl Into<String>) -> Self {
        Self::Unsupported { code, rule: rule.into() }
    }
    /// The provider's own code, where it refused.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
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
    #[error("{name} must be there once")]
    Repeated { name: String },
    #[error("the callback is signed with a key that the provider does not list")]
    KeyUnknown,
    #[error("the key that the callback is signed with could not be fetched")]
    KeyUnavailable,
    #[error("the callback is genuine but for another {what}")]
    NotOurs { what: &'static str },
    #[error("this provider sends no callbacks")]
    NotExpected,
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
            Self::Repeated { .. } => "repeated",
            Self::KeyUnknown => "signing_key_unknown",
            Self::KeyUnavailable => "signing_key_unavailable",
            Self::NotOurs { .. } => "not_ours",
            Self::NotExpected => "not_expected",
            Self::Malformed { .. } => "malformed_callback",
        }
    }

    pub(crate) fn malformed(why: impl std::fmt::Display) -> Self {
        Self::Malformed { why: why.to_string() }
    }
}

/// The one value of a header. `None` when it is absent; a second value is an attempt to show two readers two things.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, CallbackRefusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(CallbackRefusal::Repeated { name: name.to_owned() });
    }
    // What is not visible ASCII is no signature, time or serial.
    first.map(|value| value.to_str().map_err(|_| CallbackRefusal::SignatureInvalid)).transpose()
}

/// An event's id as the replay record can hold it.
pub(crate) fn event_id(id: String) -> Result<String, CallbackRefusal> {
    if id.is_empty() || id.len() > 128 || id.chars().any(char::is_control) {
        return Err(CallbackRefusal::malformed("the event's id must be 1 to 128 bytes without control characters"));
    }
    Ok(id)
}
