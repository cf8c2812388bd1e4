//! Stripe: a Checkout Session on Stripe's own page, so that no card's number comes near the shop.
//!
//! Rules: docs.stripe.com, "Checkout Sessions", "Expire a Session", "Refunds", "Idempotent requests", "Webhooks" and "Supported currencies".

mod amount;

use crate::config::{Wrong, base_url};
use crate::http::{DEADLINE, Http, HttpError};
use crate::provider::{
    Closing, Outcome, Paying, Place, ProviderError, Refund, RefundState, Refunded, Started, event_id, single,
};
use crate::{CallbackRefusal, Provider, ProviderEvent, Secret, StripeSettings, timed_signature};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method, Request, header};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use stoa_domain::payment::Payment;
use stoa_domain::{OrderId, PaymentId};
use stoa_endpoint::config::PublicUrl;
use url::form_urlencoded::Serializer;

pub(crate) const NAME: &str = "stripe";
/// Answers keep this version's shape whatever the account's own version is.
const API_VERSION: &str = "2024-06-20";
const SIGNATURE_HEADER: &str = "stripe-signature";

pub(crate) struct Stripe {
    secret_key: Secret,
    /// While an endpoint's secret is rolled, Stripe signs with both.
    webhook_keys: Vec<hmac::Key>,
    live: bool,
    base_url: String,
    public_url: PublicUrl,
    http: Http,
}

impl Stripe {
    pub(crate) fn new(settings: &StripeSettings, public_url: &PublicUrl, http: Http) -> Result<Self, Wrong> {
        let key = settings.secret_key.reveal();
        let mode = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"));
        let live = match mode.and_then(|rest| rest.split_once('_')) {
            Some(("live", id)) if !id.is_empty() => true,
            Some(("test", id)) if !id.is_empty() => false,
            _ => return Err(("stripe.secret_key", "must begin with sk_live_, rk_live_, sk_test_ or rk_test_".into())),
        };
        if !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(("stripe.secret_key", "must be letters, digits and `_`".into()));
        }
        let secrets = &settings.webhook_secrets;
        let well_formed = |secret: &Secret| secret.reveal().len() >= 32 && secret.reveal().starts_with("whsec_");
        if secrets.is_empty() || secrets.len() > 3 || !secrets.iter().all(well_formed) {
            return Err(("stripe.webhook_secrets", "must be one to three that begin with whsec_".into()));
        }
        let webhook_keys = secrets.iter().map(|s| hmac::Key::new(hmac::HMAC_SHA256, s.reveal().as_bytes())).collect();
        Ok(Self {
            secret_key: settings.secret_key.clone(),
            webhook_keys,
            live,
            base_url: base_url(&settings.base_url, "stripe.base_url")?,
            public_url: public_url.clone(),
            http,
        })
    }

    /// The same `idempotency_key` has one effect, and for a day at least the same answer.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        idempotency_key: Option<&str>,
    ) -> Result<T, ProviderError> {
        #[derive(Deserialize, Default)]
        struct Refusal {
            #[serde(default)]
            error: Detail,
        }
        #[derive(Deserialize, Default)]
        struct Detail {
            code: Option<String>,
            #[serde(rename = "type")]
            kind: Option<String>,
            message: Option<String>,
        }
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.secret_key.reveal()))
            .header("stripe-version", API_VERSION)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Bytes::from(body)).map_err(HttpError::from)?;
        let answer = self.http.send(request, DEADLINE).await?;
        if !answer.status.is_success() {
            let said = serde_json::from_slice::<Refusal>(&answer.body).unwrap_or_default().error;
            return Err(ProviderError::Refused {
                status: answer.status.as_u16(),
                code: said.code.or(said.kind).unwrap_or_default(),
                message: said.message.unwrap_or_default(),
            });
        }
        serde_json::from_slice(&answer.body).map_err(|e| ProviderError::NotUnderstood(e.to_string()))
    }

    async fn session(&self, id: &str) -> Result<Session, ProviderError> {
        self.call(Method::GET, &session_path(id)?, &[], None).await
    }

    /// The refund of this payment that was made under the shop's own id.
    async fn known_refund(&self, intent: &str, id: &str) -> Result<Option<StripeRefund>, ProviderError> {
        #[derive(Deserialize)]
        struct Made {
            data: Vec<StripeRefund>,
        }
        let query =
            Serializer::new(String::new()).append_pair("payment_intent", intent).append_pair("limit", "100").finish();
        let made: Made = self.call(Method::GET, &format!("/v1/refunds?{query}"), &[], None).await?;
        Ok(made.data.into_iter().find(|refund| refund.metadata.get("refund").is_some_and(|known| known == id)))
    }

    /// `earlier`: the session before this one, which ran out. One key for each makes one session of many tries.
    async fn open_session(&self, paying: &Paying<'_>, earlier: Option<&str>) -> Result<Session, ProviderError> {
        let Paying { payment, order, .. } = paying;
        let (minor, currency) = amount::to_stripe(payment.amount)?;
        let (minor, currency) = (minor.to_string(), currency.to_ascii_lowercase());
        let back = self.public_url.join(paying.status_path);
        let (description, zh) = (paying.description(), order.locale.language() == "zh");
        let form = [
            ("mode", "payment"),
            ("client_reference_id", payment.id.as_str()),
            ("metadata[payment]", payment.id.as_str()),
            ("metadata[order]", order.id.as_str()),
            // On the payment too, where staff look for it in Stripe's dashboard.
            ("payment_intent_data[metadata][payment]", payment.id.as_str()),
            ("payment_intent_data[metadata][order]", order.id.as_str()),
            // One line of the whole total: what was ordered is the shop's to show, and nothing is added up twice.
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", currency.as_str()),
            ("line_items[0][price_data][unit_amount]", minor.as_str()),
            ("line_items[0][price_data][product_data][name]", description.as_str()),
            // Otherwise Stripe may charge in another currency than the order's.
            ("adaptive_pricing[enabled]", "false"),
            ("locale", if zh { "zh" } else { "auto" }),
            ("success_url", back.as_str()),
            ("cancel_url", back.as_str()),
        ];
        let key = format!("start:{}:{}", payment.id, earlier.unwrap_or("first"));
        self.call(Method::POST, "/v1/checkout/sessions", &form, Some(&key)).await
    }

    /// None: the session is not of this shop. An account may have others'.
    fn event(id: String, session: Session, outcome: Outcome) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let mut metadata = session.metadata.unwrap_or_default();
        let (Some(payment), Some(order)) = (metadata.remove("payment"), metadata.remove("order")) else {
            return Ok(None);
        };
        if session.client_reference_id.as_ref() != Some(&payment) {
            return Err(CallbackRefusal::malformed("client_reference_id and metadata.payment differ"));
        }
        let minor = session.amount_total.ok_or_else(|| CallbackRefusal::malformed("amount_total is missing"))?;
        let currency = session.currency.ok_or_else(|| CallbackRefusal::malformed("currency is missing"))?;
        Ok(Some(ProviderEvent {
            id: event_id(id)?,
            payment: PaymentId::new(payment).map_err(CallbackRefusal::malformed)?,
            order: Some(OrderId::new(order).map_err(CallbackRefusal::malformed)?),
            amount: Some(amount::from_stripe(minor, &currency).map_err(CallbackRefusal::malformed)?),
            outcome,
            reference: session.id,
        }))
    }

    /// Any of the secrets is enough.
    fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), CallbackRefusal> {
        let mut refusal = CallbackRefusal::SignatureInvalid;
        for key in &self.webhook_keys {
            match timed_signature::verify(key, header, body, now.as_second()) {
                Ok(()) => return Ok(()),
                Err(CallbackRefusal::SignatureInvalid) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }
}

fn session_path(id: &str) -> Result<String, ProviderError> {
    if id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(format!("/v1/checkout/sessions/{id}"));
    }
    Err(ProviderError::NotUnderstood("the payment's reference is no session".into()))
}

/// A Checkout Session.
#[derive(Debug, Deserialize)]
struct Session {
    id: String,
    /// `open`, `complete`, `expired`.
    status: Option<String>,
    /// Where it is paid, while it is open.
    url: Option<String>,
    /// `paid`, `unpaid`, `no_payment_required`.
    #[serde(default)]
    payment_status: String,
    payment_intent: Option<String>,
    client_reference_id: Option<String>,
    /// What is to be paid, in Stripe's smallest unit of `currency`.
    amount_total: Option<i64>,
    currency: Option<String>,
    metadata: Option<HashMap<String, String>>,
}

impl Session {
    fn place(self) -> Option<Started> {
        let url = self.url.filter(|_| self.status.as_deref() == Some("open"))?;
        Some(Started { place: Place::Redirect(url), reference: Some(self.id) })
    }
}

#[derive(Deserialize)]
struct StripeRefund {
    id: String,
    status: String,
    /// In Stripe's smallest unit.
    amount: i64,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

impl From<StripeRefund> for Refunded {
    fn from(refund: StripeRefund) -> Self {
        let state = match refund.status.as_str() {
            "succeeded" => RefundState::Succeeded,
            "pending" | "requires_action" => RefundState::Pending,
            _ => RefundState::Failed,
        };
        Self { state, reference: refund.id }
    }
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: Box<serde_json::value::RawValue>,
}

#[async_trait]
impl Provider for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, paying: &Paying<'_>, _now: Timestamp) -> Result<Started, ProviderError> {
        let earlier = paying.payment.provider_reference.as_deref();
        if let Some(id) = earlier {
            let session = self.session(id).await?;
            if session.status.as_deref() == Some("complete") {
                // Paid, or on its way: the order's page says so as soon as the callback is here.
                return Ok(Place::Redirect(self.public_url.join(paying.status_path)).into());
            }
            if let Some(started) = session.place() {
                return Ok(started);
            }
        }
        let session = self.open_session(paying, earlier).await?;
        session.place().ok_or_else(|| ProviderError::NotUnderstood("the session is not open".into()))
    }

    async fn read(&self, payment: &Payment, _now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        let Some(id) = payment.provider_reference.as_deref() else { return Ok(None) };
        let session = self.session(id).await?;
        if session.payment_status != "paid" {
            return Ok(None);
        }
        Self::event(format!("read:paid:{id}"), session, Outcome::Succeeded).map_err(ProviderError::NotBelieved)
    }

    async fn close(&self, payment: &Payment, _now: Timestamp) -> Result<Closing, ProviderError> {
        let Some(id) = payment.provider_reference.as_deref() else { return Ok(Closing::Closed) };
        let expired: Result<Session, _> =
            self.call(Method::POST, &format!("{}/expire", session_path(id)?), &[], None).await;
        let session = match expired {
            // Only an open session can be expired; Stripe has no code for the others.
            Err(ProviderError::Refused { status: 400, .. }) => self.session(id).await?,
            other => other?,
        };
        let closed = session.status.as_deref() == Some("expired");
        Ok(if closed { Closing::Closed } else { Closing::NotOpen })
    }

    async fn refund(&self, refund: &Refund<'_>, _now: Timestamp) -> Result<Refunded, ProviderError> {
        let none = || ProviderError::unsupported("not_paid", "the payment was not paid at Stripe");
        let session = self.session(refund.payment.provider_reference.as_deref().ok_or_else(none)?).await?;
        let intent = session.payment_intent.ok_or_else(none)?;
        let (minor, _) = amount::to_stripe(refund.amount)?;
        // An idempotency key is forgotten after a day, and until then it answers what it answered first.
        if let Some(known) = self.known_refund(&intent, refund.id).await? {
            return if known.amount == minor {
                Ok(known.into())
            } else {
                Err(ProviderError::unsupported("refund_id_reused", "the refund was made at Stripe with another amount"))
            };
        }
        let minor = minor.to_string();
        let form = [
            ("payment_intent", intent.as_str()),
            ("amount", minor.as_str()),
            ("metadata[refund]", refund.id),
            ("metadata[reason]", refund.reason),
        ];
        let key = format!("refund:{}:{}", refund.payment.id, refund.id);
        let made: StripeRefund = self.call(Method::POST, "/v1/refunds", &form, Some(&key)).await?;
        Ok(made.into())
    }

    async fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let header = single(headers, SIGNATURE_HEADER)?.ok_or(CallbackRefusal::SignatureMissing)?;
        self.verify(header, body, now)?;
        let event: Event = serde_json::from_slice(body).map_err(CallbackRefusal::malformed)?;
        if event.livemode != self.live {
            return Err(CallbackRefusal::NotOurs { what: "mode (live or test)" });
        }
        let outcome = match event.kind.as_str() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => Outcome::Succeeded,
            "checkout.session.async_payment_failed" => Outcome::Failed,
            _ => return Ok(None),
        };
        let session: Session = serde_json::from_str(event.data.object.get()).map_err(CallbackRefusal::malformed)?;
        // A completed session may still wait for a bank; then another event tells the end.
        if outcome == Outcome::Succeeded && session.payment_status != "paid" {
            return Ok(None);
        }
        Self::event(event.id, session, outcome)
    }
}
