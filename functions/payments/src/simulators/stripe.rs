//! Stripe's API, as far as a shop with Checkout Sessions asks it.

use super::{Callback, Simulators, Trade, TradeState, TriggerEvent, forge, json};
use crate::{Secret, StripeSettings, timed_signature};
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json as object};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use url::form_urlencoded;

const SECRET_KEY: &str = "sk_test_simulated0000000000000000";
const WEBHOOK_SECRET: &str = "whsec_simulated00000000000000000000";

pub(super) struct Platform {
    notify_url: String,
    /// Idempotency key → the request and what it was answered.
    answered: Mutex<HashMap<String, (Vec<u8>, Value)>>,
}

impl Platform {
    pub(super) fn new(notify_url: String) -> Self {
        Self { notify_url, answered: Mutex::default() }
    }

    pub(super) fn settings(&self, url: &str) -> StripeSettings {
        StripeSettings {
            secret_key: Secret::new(SECRET_KEY),
            webhook_secrets: vec![Secret::new(WEBHOOK_SECRET)],
            base_url: url.to_owned(),
        }
    }

    pub(super) fn both_sides(&self) -> Value {
        object!({ "secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET })
    }

    pub(super) fn callback(
        &self,
        trade: &Trade,
        event: TriggerEvent,
        id: String,
        forged: bool,
        now: Timestamp,
    ) -> Callback {
        let kind = match event {
            TriggerEvent::Succeeded => "checkout.session.completed",
            TriggerEvent::Failed => "checkout.session.async_payment_failed",
        };
        let mut session = session(trade);
        session["payment_status"] = if event == TriggerEvent::Succeeded { "paid" } else { "unpaid" }.into();
        let body = object!({
            "id": format!("evt_{id}"), "object": "event", "api_version": "2024-06-20", "created": now.as_second(),
            "livemode": false, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
            "type": kind, "data": { "object": session },
        });
        let body = body.to_string().into_bytes();
        let key = hmac::Key::new(hmac::HMAC_SHA256, WEBHOOK_SECRET.as_bytes());
        let header = timed_signature::sign(&key, &body, now.as_second());
        let header = match header.split_once("v1=") {
            Some((time, tag)) if forged => format!("{time}v1={}", forge(tag).to_ascii_lowercase()),
            _ => header,
        };
        let headers =
            vec![("stripe-signature", header), ("content-type", "application/json; charset=utf-8".to_owned())];
        Callback { headers, body }
    }
}

fn session(trade: &Trade) -> Value {
    let status = match trade.state {
        TradeState::Open => "open",
        TradeState::Paid | TradeState::Failed => "complete",
        TradeState::Expired => "expired",
    };
    let paid = trade.state == TradeState::Paid;
    object!({
        "id": trade.reference, "object": "checkout.session", "mode": "payment", "livemode": false,
        "status": status, "payment_status": if paid { "paid" } else { "unpaid" },
        "url": (status == "open").then_some(&trade.return_url),
        "payment_intent": paid.then(|| format!("pi_{}", trade.reference)),
        "client_reference_id": trade.payment,
        "metadata": { "payment": trade.payment, "order": trade.order },
        "amount_total": trade.minor, "amount_subtotal": trade.minor,
        "currency": trade.currency.to_ascii_lowercase(),
        "customer_details": { "email": "buyer@example.com" },
    })
}

pub(super) fn routes() -> Router<Simulators> {
    Router::new()
        .route("/v1/checkout/sessions", post(create))
        .route("/v1/checkout/sessions/{id}", get(retrieve))
        .route("/v1/checkout/sessions/{id}/expire", post(expire))
        .route("/v1/refunds", post(refund).get(refunds))
}

type Form = HashMap<String, String>;

impl Simulators {
    fn stripe_checked(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Box<Response>> {
        self.record(method, uri, headers, body);
        let bearer = format!("Bearer {SECRET_KEY}");
        let known = headers.get(header::AUTHORIZATION).is_some_and(|value| *value == *bearer);
        if known { Ok(()) } else { Err(Box::new(refusal(StatusCode::UNAUTHORIZED, None, "Invalid API Key provided"))) }
    }

    /// The same key has one effect; another request under it is refused.
    fn stripe_once(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        work: impl FnOnce(Form) -> Result<Value, Box<Response>>,
    ) -> Response {
        let form: Form = form_urlencoded::parse(body).into_owned().collect();
        let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut answered = self.0.stripe.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((earlier, answer)) = key.as_ref().and_then(|key| answered.get(key)) {
            if earlier != body {
                let message = "Keys for idempotent requests can only be used with the same parameters";
                return refusal(StatusCode::BAD_REQUEST, Some("idempotency_error"), message);
            }
            return json(StatusCode::OK, answer);
        }
        match work(form) {
            Ok(answer) => {
                if let Some(key) = key {
                    answered.insert(key, (body.to_vec(), answer.clone()));
                }
                json(StatusCode::OK, &answer)
            }
            Err(refused) => *refused,
        }
    }
}

async fn create(
    State(simulators): State<Simulators>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.stripe_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    simulators.stripe_once(&headers, &body, |form| {
        let text = |name: &str| form.get(name).cloned().unwrap_or_default();
        let price = "line_items[0][price_data]";
        let minor: i64 = text(&format!("{price}[unit_amount]")).parse().unwrap_or(0);
        let complete = text("mode") == "payment"
            && minor > 0
            && text("line_items[0][quantity]") == "1"
            && !text(&format!("{price}[product_data][name]")).is_empty()
            && url::Url::parse(&text("success_url")).is_ok();
        if !complete {
            return Err(Box::new(refusal(
                StatusCode::BAD_REQUEST,
                Some("parameter_missing"),
                "Missing required param",
            )));
        }
        let mut trades = simulators.trades();
        let payment = text("client_reference_id");
        let reference = format!("cs_test_{:020}", trades.len() + 1);
        trades.push(Trade {
            provider: crate::stripe::NAME,
            order: text("metadata[order]"),
            minor,
            currency: text(&format!("{price}[currency]")),
            notify_url: simulators.0.stripe.notify_url.clone(),
            return_url: format!(
                "{}/pay/stripe/{payment}?redirect_url={}",
                simulators.0.url,
                escape(&text("success_url"))
            ),
            state: TradeState::Open,
            reference,
            kind: "session",
            refunds: BTreeMap::new(),
            payment,
        });
        Ok(trades.last().map(session).unwrap_or_default())
    })
}

fn escape(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn retrieve(
    State(simulators): State<Simulators>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Response {
    if let Err(refused) = simulators.stripe_checked(&method, &uri, &headers, b"") {
        return *refused;
    }
    match simulators.trades().iter().find(|t| t.reference == id) {
        Some(trade) => json(StatusCode::OK, &session(trade)),
        None => refusal(StatusCode::NOT_FOUND, Some("resource_missing"), "No such checkout.session"),
    }
}

async fn expire(
    State(simulators): State<Simulators>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.stripe_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    match simulators.trades().iter_mut().find(|t| t.reference == id && t.state == TradeState::Open) {
        Some(trade) => {
            trade.state = TradeState::Expired;
            json(StatusCode::OK, &session(trade))
        }
        None => refusal(StatusCode::BAD_REQUEST, None, "Only Checkout Sessions with a status of open can be expired"),
    }
}

async fn refund(
    State(simulators): State<Simulators>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.stripe_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    simulators.stripe_once(&headers, &body, |form| {
        let mut trades = simulators.trades();
        let intent = form.get("payment_intent").cloned().unwrap_or_default();
        let paid = trades.iter_mut().find(|t| t.state == TradeState::Paid && format!("pi_{}", t.reference) == intent);
        let Some(trade) = paid else {
            return Err(Box::new(refusal(StatusCode::NOT_FOUND, Some("resource_missing"), "No such payment_intent")));
        };
        let given: i64 = trade.refunds.values().sum();
        let left = trade.minor - given;
        let amount = form.get("amount").map_or(left, |text| text.parse().unwrap_or(0));
        if amount < 1 || amount > left {
            let message = "Refund amount is greater than unrefunded amount on charge";
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, Some("amount_too_large"), message)));
        }
        let id = form.get("metadata[refund]").cloned().unwrap_or_else(|| format!("{}", trade.refunds.len()));
        trade.refunds.insert(id.clone(), amount);
        Ok(made(trade, &id, amount))
    })
}

fn made(trade: &Trade, id: &str, amount: i64) -> Value {
    object!({
        "id": format!("re_{}_{id}", trade.reference), "object": "refund", "amount": amount, "currency": trade.currency,
        "payment_intent": format!("pi_{}", trade.reference), "status": "succeeded", "metadata": { "refund": id },
    })
}

async fn refunds(
    State(simulators): State<Simulators>,
    Query(asked): Query<Form>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Response {
    if let Err(refused) = simulators.stripe_checked(&method, &uri, &headers, b"") {
        return *refused;
    }
    let intent = asked.get("payment_intent").cloned().unwrap_or_default();
    let trades = simulators.trades();
    let of = trades.iter().filter(|trade| format!("pi_{}", trade.reference) == intent);
    let data: Vec<Value> =
        of.flat_map(|trade| trade.refunds.iter().map(|(id, amount)| made(trade, id, *amount))).collect();
    json(StatusCode::OK, &object!({ "object": "list", "data": data, "has_more": false }))
}

fn refusal(status: StatusCode, code: Option<&str>, message: &str) -> Response {
    let kind = if code == Some("idempotency_error") { "idempotency_error" } else { "invalid_request_error" };
    json(status, &object!({ "error": { "type": kind, "code": code, "message": message } }))
}
