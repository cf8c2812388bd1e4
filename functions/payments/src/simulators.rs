//! Offline stand-ins for WeChat Pay, Alipay and Stripe, and for a carrier ([`CARRIER`]), that speak their wire formats: they verify our requests, sign what
//! they answer and send, with keys of their own made at their start. They take no money and keep nothing.
//!
//! A callback goes out when a shopper decides on the simulator's page, or on [`Simulators::trigger`], which can also send
//! it again, late, changed, forged or not at all. What the simulator itself believes is never changed by that, so that
//! asking it tells the truth.

mod alipay;
mod carrier;
mod control;
mod stripe;
mod wechat;

pub use carrier::{CARRIER, ShipTamper, ShipTrigger};
pub use wechat::WechatMode;

use crate::ProviderSettings;
use crate::http::{DEADLINE, Http, HttpError};
use axum::Router;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use bytes::Bytes;
use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stoa_endpoint::config::PublicUrl;

/// Requests kept for whoever wants to check how they were signed.
const MAX_REQUESTS: usize = 100;
/// Deliveries of one trigger.
pub const MAX_DUPLICATES: u32 = 100;
/// Longest delay of a trigger, in seconds.
pub const MAX_DELAY_SECONDS: u64 = 3600;

/// Of a callback, as the provider sends them.
pub type HeadersAndBody = (Vec<(&'static str, String)>, Vec<u8>);

/// All three. Cheap to clone; clones share their books.
#[derive(Clone)]
pub struct Simulators(Arc<Inner>);

struct Inner {
    /// Where [`Simulators::router`] is served.
    url: String,
    http: Http,
    wechat: wechat::Platform,
    alipay: alipay::Platform,
    stripe: stripe::Platform,
    depot: carrier::Depot,
    trades: Mutex<Vec<Trade>>,
    requests: Mutex<VecDeque<RecordedRequest>>,
}

/// What a simulator needs and the system did not give.
#[derive(Debug, thiserror::Error)]
#[error("the simulators' keys could not be made: {0}")]
pub struct KeysFailed(String);

impl From<rcgen::Error> for KeysFailed {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

/// A payment in a provider's books.
#[derive(Debug, Clone)]
struct Trade {
    provider: &'static str,
    payment: String,
    order: String,
    minor: i64,
    /// As the provider writes it.
    currency: String,
    notify_url: String,
    return_url: String,
    state: TradeState,
    /// The provider's id of the trade.
    reference: String,
    /// Native or H5, page or code: a number belongs to one.
    kind: &'static str,
    /// By the shop's id of the refund.
    refunds: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TradeState {
    Open,
    Paid,
    Failed,
    Expired,
}

/// A request as it arrived, with what is needed to check its signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordedRequest {
    pub method: String,
    /// With the query string.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What to tell the shop of a payment that it started.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub provider: String,
    /// None: the last one that the provider heard of.
    #[serde(default)]
    pub payment: Option<String>,
    pub event: TriggerEvent,
    /// Deliveries beyond the first.
    #[serde(default)]
    pub duplicate: u32,
    #[serde(default)]
    pub delay_seconds: u64,
    #[serde(default)]
    pub tamper: Option<Tamper>,
    /// The simulator knows, but says nothing.
    #[serde(default)]
    pub silent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerEvent {
    #[serde(rename = "payment.succeeded")]
    Succeeded,
    #[serde(rename = "payment.failed")]
    Failed,
}

/// What is wrong with a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// One unit less, well signed.
    Amount,
    /// Another currency, well signed.
    Currency,
    /// Another order's id, well signed.
    Order,
    /// Forged: the signature belongs to something else.
    Signature,
}

/// One delivery, and what the shop said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// None: the shop did not answer.
    pub status: Option<u16>,
    pub answer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    #[error("{provider} has not heard of {}: open the payment's page first", payment.as_deref().unwrap_or("any payment"))]
    UnknownPayment { provider: String, payment: Option<String> },
    #[error("{0}")]
    OutOfRange(String),
}

/// A callback ready to be sent.
struct Callback {
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Simulators {
    /// `url`: where the router will be served. `shop`: where Stripe's events go; the others are told by each payment.
    pub fn new(url: &str, shop: &PublicUrl, mode: WechatMode) -> Result<Self, KeysFailed> {
        Ok(Self(Arc::new(Inner {
            url: url.to_owned(),
            http: Http::default(),
            wechat: wechat::Platform::new(mode)?,
            alipay: alipay::Platform::new()?,
            stripe: stripe::Platform::new(shop.join("/payments/callbacks/stripe")),
            depot: carrier::Depot::new(shop.join("/api/carriers/simulated/events"))?,
            trades: Mutex::default(),
            requests: Mutex::default(),
        })))
    }

    /// What the shop is configured with to meet these providers instead of the real ones.
    pub fn settings(&self) -> ProviderSettings {
        let url = &self.0.url;
        ProviderSettings {
            wechat: Some(self.0.wechat.settings(url)),
            alipay: Some(self.0.alipay.settings(url)),
            stripe: Some(self.0.stripe.settings(url)),
            bank_transfer: None,
        }
    }

    /// The three providers' own paths, none of which meet, the shopper's page, and what only this machine asks.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(wechat::routes())
            .merge(alipay::routes())
            .merge(stripe::routes())
            .merge(carrier::routes())
            .merge(control::routes())
            .with_state(self.clone())
    }

    /// Everything an independent implementation needs to stand on either side: for tests only, for it has both sides'
    /// private keys.
    pub fn both_sides(&self) -> serde_json::Value {
        serde_json::json!({
            "url": self.0.url,
            "wechat": self.0.wechat.both_sides(),
            "alipay": self.0.alipay.both_sides(),
            "stripe": self.0.stripe.both_sides(),
        })
    }

    /// From now on WeChat Pay signs with a certificate that nobody has seen.
    pub fn renew_wechat_certificate(&self) -> Result<(), KeysFailed> {
        self.0.wechat.renew()
    }

    /// Decides a payment and tells the shop, as often and as wrongly as asked; the shop's answers in order.
    pub async fn trigger(&self, trigger: &Trigger) -> Result<Vec<Delivery>, TriggerError> {
        if trigger.duplicate > MAX_DUPLICATES {
            return Err(TriggerError::OutOfRange(format!("duplicate must be at most {MAX_DUPLICATES}")));
        }
        if trigger.delay_seconds > MAX_DELAY_SECONDS {
            return Err(TriggerError::OutOfRange(format!("delay must be at most {MAX_DELAY_SECONDS} s")));
        }
        let trade = self.decide(trigger)?;
        if trigger.silent {
            return Ok(Vec::new());
        }
        tokio::time::sleep(Duration::from_secs(trigger.delay_seconds)).await;
        let mut deliveries = Vec::new();
        for _ in 0..=trigger.duplicate {
            // Signed anew for each delivery, as the providers do.
            match self.callback(&trade, trigger.event, trigger.tamper) {
                Some(callback) => deliveries.push(self.deliver(&trade.notify_url, callback).await),
                None => break,
            }
        }
        Ok(deliveries)
    }

    /// Headers and body of a callback that is not sent.
    pub fn callback_for(
        &self,
        provider: &str,
        payment: &str,
        event: TriggerEvent,
        tamper: Option<Tamper>,
    ) -> Option<HeadersAndBody> {
        let trade = self.trades().iter().rev().find(|t| t.provider == provider && t.payment == payment).cloned()?;
        self.callback(&trade, event, tamper).map(|callback| (callback.headers, callback.body))
    }

    fn decide(&self, trigger: &Trigger) -> Result<Trade, TriggerError> {
        let mut trades = self.trades();
        let wanted = |payment: &str| trigger.payment.as_ref().is_none_or(|wanted| wanted == payment);
        let trade = trades.iter_mut().rev().find(|t| t.provider == trigger.provider && wanted(&t.payment));
        let trade = trade.ok_or_else(|| TriggerError::UnknownPayment {
            provider: trigger.provider.clone(),
            payment: trigger.payment.clone(),
        })?;
        if trade.state != TradeState::Paid {
            trade.state = match trigger.event {
                TriggerEvent::Succeeded => TradeState::Paid,
                TriggerEvent::Failed => TradeState::Failed,
            };
        }
        Ok(trade.clone())
    }

    fn callback(&self, trade: &Trade, event: TriggerEvent, tamper: Option<Tamper>) -> Option<Callback> {
        let mut told = trade.clone();
        match tamper {
            Some(Tamper::Amount) => told.minor -= 1,
            Some(Tamper::Currency) => told.currency = "USD".into(),
            Some(Tamper::Order) => told.order = "ord_another".into(),
            Some(Tamper::Signature) | None => {}
        }
        let forged = tamper == Some(Tamper::Signature);
        let id = match tamper {
            None => format!("{}-{event:?}", trade.reference),
            Some(tamper) => format!("{}-{event:?}-{tamper:?}", trade.reference),
        };
        let now = Timestamp::now();
        match trade.provider {
            crate::wechat::NAME => self.0.wechat.callback(&told, event, id, forged, now),
            crate::alipay::NAME => Some(self.0.alipay.callback(&told, event, id, forged, now)),
            _ => Some(self.0.stripe.callback(&told, event, id, forged, now)),
        }
    }

    async fn deliver(&self, url: &str, callback: Callback) -> Delivery {
        let request = callback.headers.iter().fold(Request::post(url), |r, (name, value)| r.header(*name, value));
        let sent = match request.body(Bytes::from(callback.body)) {
            Ok(request) => self.0.http.send(request, DEADLINE).await,
            Err(error) => Err(HttpError::from(error)),
        };
        match sent {
            Ok(answer) => Delivery {
                status: Some(answer.status.as_u16()),
                answer: String::from_utf8_lossy(&answer.body).into_owned(),
            },
            Err(error) => Delivery { status: None, answer: error.to_string() },
        }
    }

    /// What was given back of a payment, in minor units as its provider counts them.
    pub fn given_back(&self, payment: &str) -> i64 {
        let trades = self.trades();
        trades.iter().filter(|trade| trade.payment == payment).flat_map(|trade| trade.refunds.values()).sum()
    }

    fn trades(&self) -> MutexGuard<'_, Vec<Trade>> {
        self.0.trades.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) {
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let request = RecordedRequest {
            method: method.to_string(),
            path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let mut requests = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == MAX_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }
}

/// A fresh RSA key, as both sides' settings hold it: the private half and the public half in PEM.
fn rsa_key() -> Result<(KeyPair, String, String), KeysFailed> {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let (private, public) = (pair.serialize_pem(), pair.public_key_pem());
    Ok((pair, private, public))
}

/// `wrong` in place of a signature's first letters: as long, as well-formed, and never the right one.
fn forge(signature: &str) -> String {
    let wrong: String = signature.chars().take(8).map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    format!("{wrong}{}", &signature[wrong.len().min(signature.len())..])
}

/// JSON with a status.
fn json(status: StatusCode, body: &serde_json::Value) -> axum::response::Response {
    use axum::response::IntoResponse;
    (status, [(axum::http::header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
