//! WeChat Pay, API v3, direct merchant: Native (a code to scan) and H5 (a phone's browser opens WeChat).
//!
//! Rules: pay.weixin.qq.com, "API v3", the pages on Native and H5 payment, payment notification, refunds and signatures.

mod callback;
mod platform_keys;
mod signature;

/// What both ends of the wire need; the simulator is the other one.
#[cfg(feature = "simulators")]
pub(crate) mod wire {
    pub(crate) use super::callback::ALGORITHM;
    pub(crate) use super::platform_keys::cipher;
    pub(crate) use super::signature::{SCHEME, answer as answer_message, request as request_message};
}

use crate::config::{Wrong, base_url};
use crate::http::{Answer, DEADLINE, Http, HttpError};
use crate::keys::SigningKey;
use crate::provider::{Closing, Outcome, Paying, Place, ProviderError, Refund, RefundState, Refunded, Started};
use crate::{CallbackRefusal, Provider, ProviderEvent, WechatSettings};
use async_trait::async_trait;
use axum::http::{HeaderMap, Method, Request, header};
use bytes::Bytes;
use jiff::Timestamp;
use platform_keys::PlatformKeys;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use stoa_domain::payment::Payment;
use stoa_domain::{Currency, Money, OrderId, PaymentId};
use stoa_endpoint::config::PublicUrl;
use stoa_endpoint::random;

pub(crate) const NAME: &str = "wechat";
const CURRENCY: &str = "CNY";
/// Bytes of a description.
const MAX_DESCRIPTION: usize = 127;

pub(crate) struct WechatPay {
    client: WechatClient,
    keys: PlatformKeys,
    app_id: String,
    public_url: PublicUrl,
}

/// What signs and sends requests. Answers are verified by whoever holds the platform's keys.
struct WechatClient {
    merchant_id: String,
    merchant_serial: String,
    key: SigningKey,
    /// Asks for answers under the public key instead of a certificate.
    public_key_id: Option<String>,
    base_url: String,
    http: Http,
}

impl WechatPay {
    pub(crate) fn new(settings: &WechatSettings, public_url: &PublicUrl, http: Http) -> Result<Self, Wrong> {
        let digits = |text: &str| !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(&settings.merchant_id) {
            return Err(("wechat.merchant_id", "must be 1 to 32 digits".into()));
        }
        let serial = &settings.merchant_serial;
        if serial.is_empty() || serial.len() > 64 || !serial.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(("wechat.merchant_serial", "must be the certificate's serial in hex".into()));
        }
        if settings.app_id.is_empty() || !settings.app_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(("wechat.app_id", "must be letters and digits".into()));
        }
        let key = SigningKey::parse(settings.merchant_private_key.reveal())
            .map_err(|e| ("wechat.merchant_private_key", e.to_string()))?;
        let client = WechatClient {
            merchant_id: settings.merchant_id.clone(),
            merchant_serial: serial.clone(),
            key,
            public_key_id: settings.public_key.as_ref().map(|key| key.id.clone()),
            base_url: base_url(&settings.base_url, "wechat.base_url")?,
            http,
        };
        let keys = PlatformKeys::new(settings)?;
        Ok(Self { client, keys, app_id: settings.app_id.clone(), public_url: public_url.clone() })
    }

    /// One call: signed, answered, the answer's signature verified. `T` is read from verified bytes only.
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        now: Timestamp,
    ) -> Result<T, ProviderError> {
        let answer = self.believed(method, path, body, now).await?;
        serde_json::from_slice(&answer).map_err(|e| ProviderError::NotUnderstood(e.to_string()))
    }

    /// The answer's bytes, once their signature held; none where there is nothing to say.
    async fn believed(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        now: Timestamp,
    ) -> Result<Bytes, ProviderError> {
        let answer = self.client.send(method, path, body, now, DEADLINE).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let signed = signature::Signed::read(&answer.headers, now).map_err(ProviderError::NotBelieved)?;
        let key = self.keys.key(signed.serial, &self.client, now).await.map_err(ProviderError::NotBelieved)?;
        signed.verify(&key, &answer.body).map_err(ProviderError::NotBelieved)?;
        Ok(answer.body)
    }

    async fn prepay(&self, paying: &Paying<'_>, h5: bool, now: Timestamp) -> Result<Place, ProviderError> {
        #[derive(Deserialize)]
        struct Prepaid {
            code_url: Option<String>,
            h5_url: Option<String>,
        }
        let mut body = json!({
            "appid": self.app_id,
            "mchid": self.client.merchant_id,
            "description": cut(&paying.description(), MAX_DESCRIPTION),
            "out_trade_no": trade_no(&paying.payment.id)?,
            "attach": paying.order.id.as_str(),
            "notify_url": self.public_url.join("/payments/callbacks/wechat"),
            "amount": { "total": in_fen(paying.payment.amount)?, "currency": CURRENCY },
        });
        if h5 {
            let ip = paying.shopper.ip.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
            body["scene_info"] = json!({ "payer_client_ip": ip.to_string(), "h5_info": { "type": "Wap" } });
        }
        let path = if h5 { "/v3/pay/transactions/h5" } else { "/v3/pay/transactions/native" };
        let prepaid: Prepaid = self.call(Method::POST, path, Some(&body), now).await?;
        match (prepaid.h5_url, prepaid.code_url) {
            (Some(url), _) if h5 => {
                let mut url = url::Url::parse(&url).map_err(|e| ProviderError::NotUnderstood(e.to_string()))?;
                url.query_pairs_mut().append_pair("redirect_url", &self.public_url.join(paying.status_path));
                Ok(Place::Redirect(url.into()))
            }
            (_, Some(code)) if !h5 => Ok(Place::Scan(code)),
            _ => Err(ProviderError::NotUnderstood("neither code_url nor h5_url".into())),
        }
    }

    fn event(&self, id: String, transaction: Transaction) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        if transaction.mchid != self.client.merchant_id {
            return Err(CallbackRefusal::NotOurs { what: "merchant" });
        }
        // A transaction that nobody paid may come without the app.
        if transaction.appid.as_ref().is_some_and(|app| *app != self.app_id) {
            return Err(CallbackRefusal::NotOurs { what: "app" });
        }
        let outcome = match transaction.trade_state.as_str() {
            "SUCCESS" => Outcome::Succeeded,
            "REFUND" => Outcome::Reversed,
            "CLOSED" | "REVOKED" | "PAYERROR" => Outcome::Failed,
            // NOTPAY, USERPAYING, ACCEPT, and what is new to us.
            _ => return Ok(None),
        };
        let amount = transaction.amount.map(|a| Currency::new(&a.currency).map(|c| Money::new(a.total, c))).transpose();
        let payment = PaymentId::new(transaction.out_trade_no).map_err(CallbackRefusal::malformed)?;
        Ok(Some(ProviderEvent {
            id,
            order: transaction.attach.map(OrderId::new).transpose().map_err(CallbackRefusal::malformed)?,
            amount: amount.map_err(CallbackRefusal::malformed)?,
            outcome,
            reference: transaction.transaction_id.unwrap_or_else(|| payment.to_string()),
            payment,
        }))
    }
}

impl WechatClient {
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        now: Timestamp,
        deadline: Duration,
    ) -> Result<Answer, ProviderError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let nonce = random::hex::<16>().map_err(|e| ProviderError::NotUnderstood(e.to_string()))?;
        let seconds = now.as_second();
        let message = signature::request(&method, path, seconds, &nonce, &body);
        let signature = self.key.sign(message.as_bytes());
        let signature = signature.ok_or_else(|| ProviderError::unsupported("key_unusable", "the key did not sign"))?;
        let (merchant, serial) = (&self.merchant_id, &self.merchant_serial);
        let authorization = format!(
            "{} mchid=\"{merchant}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{seconds}\",serial_no=\"{serial}\"",
            signature::SCHEME
        );
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_url))
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("stoa/", env!("CARGO_PKG_VERSION")));
        if let Some(id) = &self.public_key_id {
            request = request.header("wechatpay-serial", id);
        }
        let request = request.body(Bytes::from(body)).map_err(HttpError::from)?;
        Ok(self.http.send(request, deadline).await?)
    }
}

/// A payment as notifications and queries describe it.
#[derive(Debug, Deserialize)]
struct Transaction {
    appid: Option<String>,
    mchid: String,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: String,
    /// What we sent: the order.
    attach: Option<String>,
    amount: Option<Amount>,
}

#[derive(Debug, Deserialize)]
struct Amount {
    /// What was ordered, in fen. What the payer paid is less when WeChat Pay gives a coupon.
    total: i64,
    #[serde(default = "cny")]
    currency: String,
}

fn cny() -> String {
    CURRENCY.to_owned()
}

#[async_trait]
impl Provider for WechatPay {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, paying: &Paying<'_>, now: Timestamp) -> Result<Started, ProviderError> {
        let h5 = paying.shopper.on_phone;
        match self.prepay(paying, h5, now).await {
            // Begun on another kind of screen: a number belongs to one of the two, and a new number could be paid twice.
            Err(error) if error.refusal() == Some("OUT_TRADE_NO_USED") => {
                Ok(self.prepay(paying, !h5, now).await?.into())
            }
            // Paid a moment ago: the order's page says so as soon as the callback is here.
            Err(error) if error.refusal() == Some("ORDERPAID") => {
                Ok(Place::Redirect(self.public_url.join(paying.status_path)).into())
            }
            other => Ok(other?.into()),
        }
    }

    async fn read(&self, payment: &Payment, now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        let (number, merchant) = (trade_no(&payment.id)?, &self.client.merchant_id);
        let path = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={merchant}");
        let transaction: Transaction = match self.call(Method::GET, &path, None, now).await {
            Err(error) if matches!(error.refusal(), Some("ORDER_NOT_EXIST" | "ORDERNOTEXIST")) => return Ok(None),
            other => other?,
        };
        let id = format!("read:{}:{}", transaction.trade_state, transaction.transaction_id.as_deref().unwrap_or("-"));
        self.event(id, transaction).map_err(ProviderError::NotBelieved)
    }

    async fn close(&self, payment: &Payment, now: Timestamp) -> Result<Closing, ProviderError> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", trade_no(&payment.id)?);
        let body = json!({ "mchid": self.client.merchant_id });
        match self.believed(Method::POST, &path, Some(&body), now).await {
            Ok(_) => Ok(Closing::Closed),
            Err(error) => match error.refusal() {
                // WeChat Pay knows a trade once its code was made.
                Some("ORDER_CLOSED" | "ORDER_NOT_EXIST" | "ORDERNOTEXIST") => Ok(Closing::Closed),
                Some("ORDERPAID" | "USERPAYING") => Ok(Closing::NotOpen),
                _ => Err(error),
            },
        }
    }

    async fn refund(&self, refund: &Refund<'_>, now: Timestamp) -> Result<Refunded, ProviderError> {
        #[derive(Deserialize)]
        struct Answer {
            refund_id: String,
            status: String,
        }
        let body = json!({
            "out_trade_no": trade_no(&refund.payment.id)?,
            "out_refund_no": refund.id,
            "reason": cut(refund.reason, 80),
            "amount": {
                "refund": in_fen(refund.amount)?,
                "total": in_fen(refund.payment.amount)?,
                "currency": CURRENCY,
            },
        });
        let answer: Answer = self.call(Method::POST, "/v3/refund/domestic/refunds", Some(&body), now).await?;
        let state = match answer.status.as_str() {
            "SUCCESS" => RefundState::Succeeded,
            "PROCESSING" => RefundState::Pending,
            // CLOSED and ABNORMAL: the money found no way back.
            _ => RefundState::Failed,
        };
        Ok(Refunded { state, reference: answer.refund_id })
    }

    async fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let signed = signature::Signed::read(headers, now)?;
        let key = self.keys.key(signed.serial, &self.client, now).await?;
        signed.verify(&key, body)?;
        match callback::open(body, self.keys.api_v3_key())? {
            Some((id, transaction)) => self.event(id, transaction),
            None => Ok(None),
        }
    }
}

/// WeChat Pay's codes are the reason; its words are for our log.
fn refused(answer: &Answer) -> ProviderError {
    #[derive(Deserialize, Default)]
    struct Refusal {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let said: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    ProviderError::Refused { status: answer.status.as_u16(), code: said.code, message: said.message }
}

/// A payment's id as the merchant's number of the trade.
fn trade_no(id: &PaymentId) -> Result<&str, ProviderError> {
    let text = id.as_str();
    let fits = (6..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let rule = "WeChat Pay takes payment ids of 6 to 32 letters, digits, `_` and `-`";
    if fits { Ok(text) } else { Err(ProviderError::unsupported("payment_id_unsuitable", rule)) }
}

fn in_fen(amount: Money) -> Result<i64, ProviderError> {
    if amount.currency.code() != CURRENCY {
        return Err(ProviderError::unsupported("currency_not_supported", "WeChat Pay takes CNY only"));
    }
    Ok(amount.minor)
}

/// As many whole characters as fit into `max` bytes.
fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
