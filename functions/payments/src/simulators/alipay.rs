//! Alipay's gateway.

use super::{Callback, KeysFailed, Simulators, Trade, TradeState, TriggerEvent, forge, rsa_key};
use crate::alipay::wire::{TIME_FORMAT, encode, time_zone, to_sign};
use crate::keys::{SigningKey, VerifyingKey};
use crate::{AlipayMode, AlipaySettings, Secret};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json as object};
use std::collections::BTreeMap;
use stoa_domain::{Currency, Money};
use url::form_urlencoded;

const APP_ID: &str = "2021000000000001";
const SELLER_ID: &str = "2088000000000001";
/// As Alipay refuses requests that are older.
const MAX_AGE_SECONDS: u64 = 600;

pub(super) struct Platform {
    app_private: String,
    app_key: VerifyingKey,
    key: SigningKey,
    private: String,
    public: String,
}

impl Platform {
    pub(super) fn new() -> Result<Self, KeysFailed> {
        let (_, app_private, app_public) = rsa_key()?;
        let (_, private, public) = rsa_key()?;
        let unusable = |_| KeysFailed("a key just made is unusable".into());
        Ok(Self {
            app_private,
            app_key: VerifyingKey::parse(&app_public).map_err(unusable)?,
            key: SigningKey::parse(&private).map_err(unusable)?,
            private,
            public,
        })
    }

    pub(super) fn settings(&self, url: &str) -> AlipaySettings {
        AlipaySettings {
            app_id: APP_ID.into(),
            seller_id: SELLER_ID.into(),
            app_private_key: Secret::new(self.app_private.clone()),
            alipay_public_key: self.public.clone(),
            mode: AlipayMode::Page,
            gateway_url: format!("{url}/gateway.do"),
        }
    }

    pub(super) fn both_sides(&self) -> Value {
        object!({
            "app_id": APP_ID, "seller_id": SELLER_ID, "app_private_key": self.app_private,
            "alipay_public_key": self.public, "alipay_private_key": self.private,
        })
    }

    pub(super) fn callback(
        &self,
        trade: &Trade,
        event: TriggerEvent,
        id: String,
        forged: bool,
        now: Timestamp,
    ) -> Callback {
        let time = now.to_zoned(time_zone()).strftime(TIME_FORMAT).to_string();
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut put = |name: &str, value: &str| fields.insert(name.into(), value.into());
        for name in ["notify_time", "gmt_create"] {
            put(name, &time);
        }
        put("notify_type", "trade_status_sync");
        put("notify_id", &id);
        put("app_id", APP_ID);
        put("auth_app_id", APP_ID);
        put("charset", "utf-8");
        put("version", "1.0");
        put("trade_no", &trade.reference);
        put("out_trade_no", &trade.payment);
        put("buyer_id", "2088000000009999");
        put("seller_id", SELLER_ID);
        put("subject", "测试 & 100% = \"ok\"");
        put("passback_params", &trade.order);
        put("total_amount", &yuan(trade.minor));
        if trade.currency != "CNY" {
            put("trans_currency", &trade.currency);
        }
        if event == TriggerEvent::Succeeded {
            put("trade_status", "TRADE_SUCCESS");
            put("gmt_payment", &time);
            put("receipt_amount", &yuan(trade.minor));
            put("buyer_pay_amount", &yuan(trade.minor));
            put("fund_bill_list", "[{\"amount\":\"0.01\",\"fundChannel\":\"ALIPAYACCOUNT\"}]");
        } else {
            put("trade_status", "TRADE_CLOSED");
        }
        let signature = self.key.sign(to_sign(&fields).as_bytes()).unwrap_or_default();
        fields.insert("sign".into(), if forged { forge(&signature) } else { signature });
        fields.insert("sign_type".into(), "RSA2".into());
        Callback {
            headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".into())],
            body: encode(&fields).into_bytes(),
        }
    }

    /// The app signed every parameter but the signature itself.
    fn is_genuine(&self, parameters: &BTreeMap<String, String>) -> bool {
        let mut signed = parameters.clone();
        let Some(signature) = signed.remove("sign") else { return false };
        let text = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        let time = DateTime::strptime(TIME_FORMAT, text("timestamp")).and_then(|time| time.to_zoned(time_zone()));
        let fresh = time
            .is_ok_and(|time| Timestamp::now().as_second().abs_diff(time.timestamp().as_second()) <= MAX_AGE_SECONDS);
        fresh
            && text("app_id") == APP_ID
            && text("sign_type") == "RSA2"
            && self.app_key.verifies(to_sign(&signed).as_bytes(), &signature)
    }

    /// The inner object, and the signature of exactly its bytes.
    fn answer(&self, method: &str, inner: &Value) -> Response {
        let inner = inner.to_string();
        let signature = self.key.sign(inner.as_bytes()).unwrap_or_default();
        let name = format!("{}_response", method.replace('.', "_"));
        let body = format!("{{\"{name}\":{inner},\"sign\":\"{signature}\"}}");
        ([(header::CONTENT_TYPE, "text/html;charset=utf-8")], body).into_response()
    }
}

pub(super) fn routes() -> Router<Simulators> {
    Router::new().route("/gateway.do", get(gateway).post(gateway))
}

async fn gateway(
    State(simulators): State<Simulators>,
    (http_method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    simulators.record(&http_method, &uri, &headers, &body);
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let parameters: BTreeMap<String, String> = pairs
        .chain(form_urlencoded::parse(&body))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let method = text("method");
    let platform = &simulators.0.alipay;
    if !platform.is_genuine(&parameters) {
        let refusal = failed("40002", "Invalid Arguments", "isv.invalid-signature");
        return platform.answer(&method, &refusal);
    }
    let content: Value = serde_json::from_str(&text("biz_content")).unwrap_or_default();
    let asked = Asked { content, notify_url: text("notify_url"), return_url: text("return_url") };
    match method.as_str() {
        "alipay.trade.page.pay" => match simulators.alipay_create(&asked, "page") {
            Ok(number) => Redirect::to(&format!("/pay/alipay/{number}")).into_response(),
            Err(refusal) => (StatusCode::OK, refusal.to_string()).into_response(),
        },
        "alipay.trade.precreate" => {
            let created = simulators.alipay_create(&asked, "qr").map(|number| {
                object!({
                    "code": "10000", "msg": "Success", "out_trade_no": number,
                    "qr_code": format!("https://qr.alipay.com/{number}"),
                })
            });
            platform.answer(&method, &created.unwrap_or_else(|refusal| refusal))
        }
        "alipay.trade.query" => platform.answer(&method, &simulators.alipay_query(&asked)),
        "alipay.trade.close" => platform.answer(&method, &simulators.alipay_close(&asked)),
        "alipay.trade.refund" => platform.answer(&method, &simulators.alipay_refund(&asked)),
        "alipay.trade.fastpay.refund.query" => platform.answer(&method, &simulators.alipay_refund_query(&asked)),
        _ => platform.answer(&method, &failed("40004", "Business Failed", "isv.invalid-method")),
    }
}

struct Asked {
    content: Value,
    notify_url: String,
    return_url: String,
}

impl Asked {
    fn text(&self, name: &str) -> String {
        self.content[name].as_str().unwrap_or_default().to_owned()
    }
    fn fen(&self, name: &str) -> Option<i64> {
        let currency = Currency::new("CNY").ok()?;
        Money::parse(&self.text(name), currency).ok().map(|money| money.minor).filter(|minor| *minor > 0)
    }
}

impl Simulators {
    /// The trade's number, or the refusal.
    fn alipay_create(&self, asked: &Asked, kind: &'static str) -> Result<String, Value> {
        let number = asked.text("out_trade_no");
        let minor = asked.fen("total_amount").filter(|_| !number.is_empty() && !asked.text("subject").is_empty());
        let minor = minor.ok_or_else(|| failed("40004", "Business Failed", "ACQ.INVALID_PARAMETER"))?;
        let mut trades = self.trades();
        match trades.iter().find(|t| t.provider == crate::alipay::NAME && t.payment == number) {
            Some(trade) if trade.state == TradeState::Paid => {
                Err(failed("40004", "Business Failed", "ACQ.TRADE_HAS_SUCCESS"))
            }
            Some(trade) if trade.state == TradeState::Expired => {
                Err(failed("40004", "Business Failed", "ACQ.TRADE_HAS_CLOSE"))
            }
            Some(trade) if trade.minor != minor => Err(failed("40004", "Business Failed", "ACQ.CONTEXT_INCONSISTENT")),
            Some(_) => Ok(number),
            None => {
                let reference = format!("2026{:024}", trades.len() + 1);
                trades.push(Trade {
                    provider: crate::alipay::NAME,
                    payment: number.clone(),
                    order: asked.text("passback_params"),
                    minor,
                    currency: "CNY".into(),
                    notify_url: asked.notify_url.clone(),
                    return_url: asked.return_url.clone(),
                    state: TradeState::Open,
                    reference,
                    kind,
                    refunds: BTreeMap::new(),
                });
                Ok(number)
            }
        }
    }

    fn alipay_trade(&self, asked: &Asked) -> Option<Trade> {
        let number = asked.text("out_trade_no");
        self.trades().iter().find(|t| t.provider == crate::alipay::NAME && t.payment == number).cloned()
    }

    fn alipay_query(&self, asked: &Asked) -> Value {
        let Some(trade) = self.alipay_trade(asked) else { return not_exist() };
        let status = match trade.state {
            TradeState::Open => "WAIT_BUYER_PAY",
            TradeState::Paid => "TRADE_SUCCESS",
            TradeState::Failed | TradeState::Expired => "TRADE_CLOSED",
        };
        object!({
            "code": "10000", "msg": "Success", "out_trade_no": trade.payment, "trade_no": trade.reference,
            "trade_status": status, "total_amount": yuan(trade.minor), "buyer_user_id": "2088000000009999",
        })
    }

    fn alipay_close(&self, asked: &Asked) -> Value {
        let number = asked.text("out_trade_no");
        let mut trades = self.trades();
        match trades.iter_mut().find(|t| t.provider == crate::alipay::NAME && t.payment == number) {
            None => not_exist(),
            Some(trade) if trade.state != TradeState::Open => {
                failed("40004", "Business Failed", "ACQ.REASON_TRADE_STATUS_INVALID")
            }
            Some(trade) => {
                trade.state = TradeState::Expired;
                object!({
                    "code": "10000", "msg": "Success", "out_trade_no": number, "trade_no": trade.reference,
                })
            }
        }
    }

    fn alipay_refund(&self, asked: &Asked) -> Value {
        let (number, id) = (asked.text("out_trade_no"), asked.text("out_request_no"));
        let mut trades = self.trades();
        let trade = trades.iter_mut().find(|t| t.provider == crate::alipay::NAME && t.payment == number);
        let Some(trade) = trade.filter(|t| t.state == TradeState::Paid) else { return not_exist() };
        let Some(amount) = asked.fen("refund_amount") else {
            return failed("40004", "Business Failed", "ACQ.INVALID_PARAMETER");
        };
        let known = trade.refunds.get(&id).copied();
        let given: i64 = trade.refunds.values().sum();
        if known.is_some_and(|known| known != amount) || (known.is_none() && given + amount > trade.minor) {
            return failed("40004", "Business Failed", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
        }
        trade.refunds.insert(id, amount);
        let given: i64 = trade.refunds.values().sum();
        object!({
            "code": "10000", "msg": "Success", "out_trade_no": trade.payment, "trade_no": trade.reference,
            "fund_change": if known.is_some() { "N" } else { "Y" }, "refund_fee": yuan(given),
        })
    }

    fn alipay_refund_query(&self, asked: &Asked) -> Value {
        let Some(trade) = self.alipay_trade(asked) else { return not_exist() };
        let mut answer = object!({ "code": "10000", "msg": "Success", "out_trade_no": trade.payment });
        if let Some(amount) = trade.refunds.get(&asked.text("out_request_no")) {
            answer["refund_status"] = "REFUND_SUCCESS".into();
            answer["refund_amount"] = yuan(*amount).into();
        }
        answer
    }
}

fn not_exist() -> Value {
    failed("40004", "Business Failed", "ACQ.TRADE_NOT_EXIST")
}

fn failed(code: &str, message: &str, sub_code: &str) -> Value {
    object!({ "code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_code })
}

fn yuan(minor: i64) -> String {
    Currency::new("CNY").map(|currency| Money::new(minor, currency).to_decimal()).unwrap_or_default()
}
