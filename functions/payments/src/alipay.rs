//! Alipay's open platform (OpenAPI 2.0, RSA2, public-key mode): its own page, or a code to scan on ours.
//!
//! Rules: opendocs.alipay.com, alipay.trade.page.pay, .precreate, .query, .close, .refund, .fastpay.refund.query, and the pages
//! on signatures and asynchronous notifications.

mod gateway;
mod notification;

/// What both ends of the wire need; the simulator is the other one.
#[cfg(feature = "simulators")]
pub(crate) mod wire {
    pub(crate) use super::gateway::{TIME_FORMAT, encode, time_zone, to_sign};
}

use crate::config::{AlipayMode, Wrong, base_url};
use crate::http::Http;
use crate::keys::{SigningKey, VerifyingKey};
use crate::provider::{Closing, Outcome, Paying, Place, ProviderError, Refund, RefundState, Refunded, Started};
use crate::{AlipaySettings, CallbackRefusal, Provider, ProviderEvent};
use async_trait::async_trait;
use axum::http::HeaderMap;
use gateway::Gateway;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use stoa_domain::payment::Payment;
use stoa_domain::{Currency, Money, PaymentId};
use stoa_endpoint::config::PublicUrl;

pub(crate) const NAME: &str = "alipay";
const CURRENCY: &str = "CNY";

pub(crate) struct Alipay {
    gateway: Gateway,
    seller_id: String,
    mode: AlipayMode,
    public_url: PublicUrl,
}

impl Alipay {
    pub(crate) fn new(settings: &AlipaySettings, public_url: &PublicUrl, http: Http) -> Result<Self, Wrong> {
        let digits = |text: &str| !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(&settings.app_id) {
            return Err(("alipay.app_id", "must be 1 to 32 digits".into()));
        }
        if !digits(&settings.seller_id) || !settings.seller_id.starts_with("2088") {
            return Err(("alipay.seller_id", "must be digits that begin with 2088".into()));
        }
        let key = SigningKey::parse(settings.app_private_key.reveal())
            .map_err(|e| ("alipay.app_private_key", e.to_string()))?;
        let alipay_key = VerifyingKey::parse(&settings.alipay_public_key)
            .map_err(|e| ("alipay.alipay_public_key", e.to_string()))?;
        let url = base_url(&settings.gateway_url, "alipay.gateway_url")?;
        Ok(Self {
            gateway: Gateway { app_id: settings.app_id.clone(), key, alipay_key, url, http },
            seller_id: settings.seller_id.clone(),
            mode: settings.mode,
            public_url: public_url.clone(),
        })
    }

    fn notify_url(&self) -> String {
        self.public_url.join("/payments/callbacks/alipay")
    }
}

/// A trade as queries describe it, and notifications in the fields of the same names.
#[derive(Debug, Deserialize)]
struct Trade {
    out_trade_no: String,
    trade_no: String,
    trade_status: String,
    /// Yuan with two digits.
    total_amount: String,
    /// Where prices are not in CNY.
    trans_currency: Option<String>,
    /// Yuan given back so far.
    refund_fee: Option<String>,
    /// When it was paid.
    #[serde(alias = "send_pay_date")]
    gmt_payment: Option<String>,
    passback_params: Option<String>,
}

impl Trade {
    /// None: nothing is decided.
    fn event(self, id: String) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let currency =
            Currency::new(self.trans_currency.as_deref().unwrap_or(CURRENCY)).map_err(CallbackRefusal::malformed)?;
        let given_back = match &self.refund_fee {
            Some(fee) => !Money::parse(fee, currency).map_err(CallbackRefusal::malformed)?.is_zero(),
            None => false,
        };
        let outcome = match self.trade_status.as_str() {
            "TRADE_SUCCESS" | "TRADE_FINISHED" if given_back => Outcome::Reversed,
            "TRADE_SUCCESS" | "TRADE_FINISHED" => Outcome::Succeeded,
            // A trade is closed when its time is over, and when all of it was given back.
            "TRADE_CLOSED" if given_back || self.gmt_payment.is_some() => Outcome::Reversed,
            "TRADE_CLOSED" => Outcome::Failed,
            // WAIT_BUYER_PAY, and what is new to us.
            _ => return Ok(None),
        };
        let order = self.passback_params.filter(|text| !text.is_empty());
        Ok(Some(ProviderEvent {
            id,
            payment: PaymentId::new(self.out_trade_no).map_err(CallbackRefusal::malformed)?,
            order: order.map(stoa_domain::OrderId::new).transpose().map_err(CallbackRefusal::malformed)?,
            amount: Some(Money::parse(&self.total_amount, currency).map_err(CallbackRefusal::malformed)?),
            outcome,
            reference: self.trade_no,
        }))
    }
}

#[async_trait]
impl Provider for Alipay {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, paying: &Paying<'_>, now: Timestamp) -> Result<Started, ProviderError> {
        #[derive(Deserialize)]
        struct Precreated {
            qr_code: String,
        }
        let mut content = json!({
            "out_trade_no": trade_no(&paying.payment.id)?,
            "total_amount": in_yuan(paying.payment.amount)?,
            "subject": subject(&paying.description()),
            "seller_id": self.seller_id,
        });
        let notify_url = self.notify_url();
        if self.mode == AlipayMode::Qr {
            let parameters = [("notify_url", notify_url.as_str())];
            let method = "alipay.trade.precreate";
            let precreated: Precreated = self.gateway.call(method, &parameters, &content, now).await?;
            return Ok(Place::Scan(precreated.qr_code).into());
        }
        content["product_code"] = json!("FAST_INSTANT_TRADE_PAY");
        // Ids need no escaping, which Alipay asks for here.
        content["passback_params"] = json!(paying.order.id.as_str());
        let return_url = self.public_url.join(paying.status_path);
        let parameters = [("notify_url", notify_url.as_str()), ("return_url", return_url.as_str())];
        Ok(Place::Redirect(self.gateway.page("alipay.trade.page.pay", &parameters, &content, now)?).into())
    }

    async fn read(&self, payment: &Payment, now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        let content = json!({ "out_trade_no": trade_no(&payment.id)? });
        let trade: Trade = match self.gateway.call("alipay.trade.query", &[], &content, now).await {
            // Alipay knows a trade once the buyer opened it.
            Err(error) if error.refusal() == Some("ACQ.TRADE_NOT_EXIST") => return Ok(None),
            other => other?,
        };
        if trade.out_trade_no != payment.id.as_str() {
            return Err(ProviderError::NotUnderstood("the answer is about another trade".into()));
        }
        let id = format!("read:{}:{}", trade.trade_status, trade.trade_no);
        trade.event(id).map_err(ProviderError::NotBelieved)
    }

    async fn close(&self, payment: &Payment, now: Timestamp) -> Result<Closing, ProviderError> {
        #[derive(Deserialize)]
        struct Answer {
            out_trade_no: String,
        }
        let content = json!({ "out_trade_no": trade_no(&payment.id)? });
        match self.gateway.call::<Answer>("alipay.trade.close", &[], &content, now).await {
            Ok(answer) if answer.out_trade_no == payment.id.as_str() => Ok(Closing::Closed),
            Ok(_) => Err(ProviderError::NotUnderstood("the answer is about another trade".into())),
            Err(error) => match error.refusal() {
                Some("ACQ.TRADE_NOT_EXIST") => Ok(Closing::Closed),
                Some("ACQ.REASON_TRADE_STATUS_INVALID" | "ACQ.TRADE_STATUS_ERROR") => Ok(Closing::NotOpen),
                _ => Err(error),
            },
        }
    }

    async fn refund(&self, refund: &Refund<'_>, now: Timestamp) -> Result<Refunded, ProviderError> {
        #[derive(Deserialize)]
        struct Answer {
            trade_no: String,
            /// `Y` when this call moved the money; `N` when an earlier one did, or none yet.
            fund_change: Option<String>,
        }
        #[derive(Deserialize)]
        struct Query {
            refund_status: Option<String>,
        }
        let number = trade_no(&refund.payment.id)?;
        let content = json!({
            "out_trade_no": number,
            "refund_amount": in_yuan(refund.amount)?,
            "out_request_no": refund.id,
            "refund_reason": refund.reason,
        });
        let answer: Answer = self.gateway.call("alipay.trade.refund", &[], &content, now).await?;
        let moved = match answer.fund_change.as_deref() {
            Some("Y") => true,
            _ => {
                let content = json!({ "out_trade_no": number, "out_request_no": refund.id });
                let query: Query = self.gateway.call("alipay.trade.fastpay.refund.query", &[], &content, now).await?;
                query.refund_status.as_deref() == Some("REFUND_SUCCESS")
            }
        };
        let state = if moved { RefundState::Succeeded } else { RefundState::Pending };
        Ok(Refunded { state, reference: format!("{}:{}", answer.trade_no, refund.id) })
    }

    async fn verify_callback(
        &self,
        _headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        let notification = notification::verify(body, &self.gateway.alipay_key, now)?;
        if notification.app_id != self.gateway.app_id {
            return Err(CallbackRefusal::NotOurs { what: "app" });
        }
        if notification.seller_id != self.seller_id {
            return Err(CallbackRefusal::NotOurs { what: "seller" });
        }
        notification.trade.event(notification.id)
    }

    /// These seven bytes and nothing else, or Alipay sends it again for a day.
    fn receipt(&self) -> Option<&'static str> {
        Some("success")
    }
}

fn trade_no(id: &PaymentId) -> Result<&str, ProviderError> {
    let text = id.as_str();
    let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let rule = "Alipay takes payment ids of 1 to 64 letters, digits and `_`";
    if fits { Ok(text) } else { Err(ProviderError::unsupported("payment_id_unsuitable", rule)) }
}

fn in_yuan(amount: Money) -> Result<String, ProviderError> {
    if amount.currency.code() != CURRENCY {
        return Err(ProviderError::unsupported("currency_not_supported", "Alipay takes CNY only"));
    }
    Ok(amount.to_decimal())
}

/// Alipay refuses `/`, `=`, `&` and the like in a subject, and more than 256 characters.
fn subject(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, '/' | '=' | '&' | '<' | '>' | '"' | '\'') { ' ' } else { c })
        .take(256)
        .collect()
}
