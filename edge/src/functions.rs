//! What the edge says to the functions: the checkout's JSON API for its own pages, and what passes through a proxy.
//! The types are this side's reading of the wire: unknown fields are ignored.

pub mod account;

use crate::http::Request;
use crate::platform::{CallError, Incoming, Outgoing, Platform};
use crate::view::segment;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use stoa_domain::order::{Address, InvoiceRequest, InvoiceState, LinePieces, OrderState, ReturnState, TrackingEvent};
use stoa_domain::payment::PaymentState;
use stoa_domain::place::Destination;
use stoa_domain::product::Media;
use stoa_domain::review::{ReviewState, Stars};
use stoa_domain::{Locale, Money};

const MAX_ANSWER_BYTES: usize = 1 << 20;
const TIMEOUT_MS: u32 = 10_000;

#[derive(Debug, Clone, Deserialize)]
pub struct CartView {
    pub lines: Vec<CartLine>,
    pub item_count: u64,
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Option<Shipping>,
    #[serde(default)]
    pub shipping_methods: Vec<ShippingMethod>,
    #[serde(default)]
    pub unavailable_shipping_methods: Vec<UnavailableMethod>,
    pub tax: Option<Tax>,
    /// What it is priced for, as far as that is known.
    #[serde(default)]
    pub country: String,
    /// Signed: an order that sends it takes this total or is refused with what changed.
    pub quote: Option<String>,
    #[serde(default)]
    pub payment_methods: Vec<String>,
    pub total: Money,
    #[serde(default)]
    pub messages: Vec<String>,
    #[serde(default)]
    pub gifts: Vec<Gift>,
    #[serde(default)]
    pub codes: Vec<Code>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct UnavailableMethod {
    pub name: String,
    pub code: String,
    pub most_grams: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Tax {
    pub included: bool,
    #[serde(default)]
    pub estimated: bool,
    #[serde(default)]
    pub rows: Vec<TaxRow>,
    pub total: Money,
}

#[derive(Debug, Clone, Deserialize)]
pub struct TaxRow {
    pub name: String,
    pub millionths: u32,
    pub tax: Money,
}

/// Something that is not as it was shown.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    pub what: String,
    pub sku: Option<String>,
    pub before: Option<Money>,
    pub now: Option<Money>,
    pub quantity_before: Option<u32>,
    pub quantity_now: Option<u32>,
}

/// Pieces that a promotion gives away.
#[derive(Debug, Clone, Deserialize)]
pub struct Gift {
    pub sku: String,
    pub handle: String,
    pub title: String,
    #[serde(default)]
    pub variant_title: String,
    pub image: Option<Media>,
    pub quantity: u32,
    pub promotion_title: String,
    #[serde(default)]
    pub reason: String,
    pub value: Money,
}

/// A code that the shopper typed.
#[derive(Debug, Clone, Deserialize)]
pub struct Code {
    pub code: String,
    /// Of the promotion that it brings in; empty where a plugin knows the code, or nobody.
    #[serde(default)]
    pub title: String,
    /// None: it applied.
    pub why_not: Option<WhyNot>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct WhyNot {
    pub text_key: String,
    pub missing_amount: Option<Money>,
    pub missing_quantity: Option<u64>,
    /// In the words of a plugin.
    pub said: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CartLine {
    pub sku: String,
    pub handle: String,
    pub title: String,
    #[serde(default)]
    pub variant_title: String,
    pub image: Option<Media>,
    pub quantity: u32,
    /// How many can be sold; none where stock is not counted.
    pub available: Option<u32>,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
    pub subtotal: Money,
    #[serde(default)]
    pub discounts: Vec<Discount>,
    pub total: Money,
    pub problem: Option<String>,
    /// What one piece cost when the shopper last saw it, where that was another price.
    pub price_before: Option<Money>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Discount {
    pub title: String,
    #[serde(default)]
    pub reason: String,
    pub amount: Money,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Shipping {
    pub method: String,
    #[serde(default)]
    pub name: String,
    pub price: Money,
    #[serde(default)]
    pub discounts: Vec<Discount>,
    pub total: Money,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ShippingMethod {
    pub id: String,
    pub name: String,
    pub price: Money,
    pub free_from: Option<Money>,
    #[serde(default)]
    pub promise: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct PlacedOrder {
    pub status_url: String,
    pub payment: StartedPayment,
}

#[derive(Debug, Clone, Deserialize)]
pub struct StartedPayment {
    pub redirect_url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderView {
    pub number: String,
    pub state: OrderState,
    pub lines: Vec<OrderLine>,
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Option<Shipping>,
    pub tax: Option<Tax>,
    pub total: Money,
    pub address: Address,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub timeline: Vec<OrderEvent>,
    pub payment: OrderPayment,
    #[serde(default)]
    pub shipments: Vec<OrderShipment>,
    #[serde(default)]
    pub refunds: Vec<OrderRefund>,
    #[serde(default)]
    pub returns: Vec<OrderReturn>,
    #[serde(default)]
    pub reviews: Vec<OrderReview>,
    pub invoice: Option<OrderInvoice>,
    #[serde(default)]
    pub invoice_open: bool,
    pub returnable_until: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderReturn {
    pub number: u32,
    pub state: ReturnState,
    #[serde(default)]
    pub lines: Vec<LinePieces>,
    pub requested_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderInvoice {
    pub state: InvoiceState,
    pub asked: InvoiceRequest,
    #[serde(default)]
    pub number: Option<String>,
    #[serde(default)]
    pub link: Option<String>,
}

/// What may be reviewed, and what was said of it.
#[derive(Debug, Clone, Deserialize)]
pub struct OrderReview {
    pub line: u32,
    pub written: Option<WrittenReview>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct WrittenReview {
    pub state: ReviewState,
    pub stars: Stars,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub text: String,
    pub name: String,
    /// Why it is not published.
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub answer: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderShipment {
    pub number: u32,
    #[serde(default)]
    pub carrier: String,
    #[serde(default)]
    pub tracking_number: String,
    #[serde(default)]
    pub lines: Vec<LinePieces>,
    pub sent_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    #[serde(default)]
    pub tracking: Vec<TrackingEvent>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderRefund {
    pub amount: Money,
    pub done: bool,
    #[serde(default)]
    pub reason: String,
    pub requested_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderLine {
    pub handle: String,
    pub title: String,
    #[serde(default)]
    pub variant_title: String,
    pub quantity: u32,
    #[serde(default)]
    pub discounts: Vec<Discount>,
    pub total: Money,
    #[serde(default)]
    pub gift: bool,
    #[serde(default)]
    pub returnable: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderEvent {
    pub at: Timestamp,
    pub state: OrderState,
    #[serde(default)]
    pub what: Step,
    pub amount: Option<Money>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    ShipmentSent,
    ShipmentDelivered,
    RefundRequested,
    RefundSucceeded,
    #[default]
    #[serde(other)]
    State,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderPayment {
    pub state: PaymentState,
    pub redirect_url: Option<String>,
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A refusal of the API, or no answer worth the name.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiFailure {
    /// The function is down, overloaded or broken: nobody knows whether it did anything.
    Unavailable,
    Refused {
        status: u16,
        code: String,
        message: String,
        details: Value,
    },
}

pub struct Answer<T> {
    pub value: T,
    pub set_cookies: Vec<String>,
}

/// One shopper's conversation with the checkout: their cookie and request id go along.
pub struct Checkout<'a, P> {
    platform: &'a P,
    base: &'a str,
    request: &'a Request,
    locale: &'a Locale,
}

impl<'a, P: Platform> Checkout<'a, P> {
    pub fn new(platform: &'a P, base: &'a str, request: &'a Request, locale: &'a Locale) -> Self {
        Self { platform, base, request, locale }
    }

    /// As it would be sent to `to`; where nothing of it is known, as for the shop's own country.
    pub async fn cart(&self, shipping: Option<&str>, to: &Destination) -> Result<Answer<CartView>, ApiFailure> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("locale", self.locale.as_str());
        let parts = [("country", &to.country), ("region", &to.region), ("postal_code", &to.postal_code)];
        for (name, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
            query.append_pair(name, text);
        }
        if let Some(method) = shipping {
            query.append_pair("shipping", method);
        }
        self.call("GET", &format!("/api/cart?{}", query.finish()), None, None).await
    }
    pub async fn add(&self, sku: &str, quantity: u32) -> Result<Answer<Value>, ApiFailure> {
        let path = format!("/api/cart/lines?locale={}", self.locale);
        self.call("POST", &path, Some(json!({"sku": sku, "quantity": quantity})), None).await
    }
    pub async fn change(&self, sku: &str, quantity: u32) -> Result<Answer<Value>, ApiFailure> {
        let path = format!("/api/cart/lines/{}?locale={}", segment(sku), self.locale);
        self.call("PUT", &path, Some(json!({"quantity": quantity})), None).await
    }
    pub async fn remove(&self, sku: &str) -> Result<Answer<Value>, ApiFailure> {
        self.call("DELETE", &format!("/api/cart/lines/{}?locale={}", segment(sku), self.locale), None, None).await
    }
    /// The shopper has seen what changed since the cart was filled.
    pub async fn seen(&self) -> Result<Answer<Value>, ApiFailure> {
        self.call("POST", &format!("/api/cart/seen?locale={}", self.locale), None, None).await
    }
    pub async fn add_code(&self, code: &str) -> Result<Answer<Value>, ApiFailure> {
        let path = format!("/api/cart/codes?locale={}", self.locale);
        self.call("POST", &path, Some(json!({"code": code})), None).await
    }
    pub async fn remove_code(&self, code: &str) -> Result<Answer<Value>, ApiFailure> {
        self.call("DELETE", &format!("/api/cart/codes/{}?locale={}", segment(code), self.locale), None, None).await
    }
    /// `key` makes a second press of the button the same order.
    pub async fn place_order(&self, body: Value, key: &str) -> Result<Answer<PlacedOrder>, ApiFailure> {
        self.call("POST", "/api/orders", Some(body), Some(key)).await
    }
    pub async fn order(&self, id: &str, token: &str) -> Result<Answer<OrderView>, ApiFailure> {
        self.call("GET", &format!("/api/orders/{}?token={}", segment(id), segment(token)), None, None).await
    }

    /// By the signature of an offer's link.
    pub async fn unsubscribe(&self, customer: &str, token: &str) -> Result<Answer<Value>, ApiFailure> {
        self.call("POST", "/api/unsubscribe", Some(json!({"customer": customer, "token": token})), None).await
    }

    /// Sent twice it is one return.
    pub async fn request_return(&self, id: &str, token: &str, body: Value) -> Result<Answer<OrderView>, ApiFailure> {
        let path = format!("/api/orders/{}/returns?token={}", segment(id), segment(token));
        self.call("POST", &path, Some(body), None).await
    }

    /// Sent twice it is one request.
    pub async fn ask_for_invoice(&self, id: &str, token: &str, body: Value) -> Result<Answer<OrderView>, ApiFailure> {
        let path = format!("/api/orders/{}/invoice?token={}", segment(id), segment(token));
        self.call("PUT", &path, Some(body), None).await
    }

    /// Sent twice it is one review.
    pub async fn review(&self, id: &str, token: &str, line: u32, body: Value) -> Result<Answer<OrderView>, ApiFailure> {
        self.call("PUT", &review_path(id, token, line), Some(body), None).await
    }
    pub async fn take_back_review(&self, id: &str, token: &str, line: u32) -> Result<Answer<OrderView>, ApiFailure> {
        self.call("DELETE", &review_path(id, token, line), None, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> Result<Answer<T>, ApiFailure> {
        let mut headers = forwarded(self.request);
        headers.push(("accept", "application/json".into()));
        headers.extend(self.request.header("cookie").map(|c| ("cookie", c.to_owned())));
        headers.extend(self.request.header("user-agent").map(|agent| ("user-agent", agent.to_owned())));
        headers.extend(body.is_some().then(|| ("content-type", "application/json".to_owned())));
        headers.extend(idempotency_key.map(|key| ("idempotency-key", key.to_owned())));
        let outgoing = Outgoing {
            method,
            url: format!("{}{path}", self.base),
            headers,
            body: body.map(|b| b.to_string().into_bytes()),
            max_bytes: MAX_ANSWER_BYTES,
            timeout_ms: TIMEOUT_MS,
        };
        read(self.platform.call(outgoing).await, |line| self.platform.log(line))
    }
}

fn review_path(id: &str, token: &str, line: u32) -> String {
    format!("/api/orders/{}/reviews/{line}?token={}", segment(id), segment(token))
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetail,
}
#[derive(Deserialize)]
struct RefusalDetail {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Value,
}

fn read<T: DeserializeOwned>(answer: Result<Incoming, CallError>, log: impl Fn(&str)) -> Result<Answer<T>, ApiFailure> {
    let answer = answer.map_err(|e| {
        log(&e.to_string());
        ApiFailure::Unavailable
    })?;
    let unavailable = |e: serde_json::Error| {
        log(&format!("the checkout answered {} with something else: {e}", answer.status));
        ApiFailure::Unavailable
    };
    match answer.status {
        200..=299 => {
            let set_cookies =
                answer.headers.iter().filter(|(n, _)| n == "set-cookie").map(|(_, v)| v.clone()).collect();
            let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
            Ok(Answer { value: serde_json::from_slice(body).map_err(unavailable)?, set_cookies })
        }
        400..=499 => {
            let Refusal { error } = match serde_json::from_slice(&answer.body) {
                Ok(refusal) => refusal,
                // By what stands in front of the checkout, which was not asked.
                Err(_) if answer.status == 429 => return Err(ApiFailure::Unavailable),
                Err(error) => return Err(unavailable(error)),
            };
            Err(ApiFailure::Refused {
                status: answer.status,
                code: error.code,
                message: error.message,
                details: error.details,
            })
        }
        status => {
            log(&format!("the checkout answered {status}"));
            Err(ApiFailure::Unavailable)
        }
    }
}

/// Whose request this is: the function sees the shop's own host, not its internal one.
pub fn forwarded(request: &Request) -> Vec<(&'static str, String)> {
    let (proto, host) = request.origin.split_once("://").unwrap_or(("https", &request.origin));
    let mut headers = vec![("x-forwarded-host", host.to_owned()), ("x-forwarded-proto", proto.to_owned())];
    headers.extend(request.header("x-request-id").map(|id| ("x-request-id", id.to_owned())));
    headers.extend(request.header("cf-connecting-ip").map(|ip| ("x-forwarded-for", ip.to_owned())));
    headers
}

/// Headers that belong to one connection or to the edge, and never pass a proxy.
pub fn passes(name: &str) -> bool {
    const STAYS: [&str; 17] = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "expect",
        "accept-encoding",
    ];
    !STAYS.contains(&name) && !name.starts_with("cf-")
}

/// How large a body each proxied part takes.
pub fn max_body_bytes(plain: &crate::route::Plain<'_>) -> usize {
    match plain {
        crate::route::Plain::Merchant => 32 << 20,
        _ => 1 << 20,
    }
}
