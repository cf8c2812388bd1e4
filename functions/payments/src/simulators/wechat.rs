//! WeChat Pay's side of API v3.

use super::{Callback, KeysFailed, Simulators, Trade, TradeState, TriggerEvent, forge, json, rsa_key};
use crate::keys::{SigningKey, VerifyingKey};
use crate::wechat::wire::{ALGORITHM, SCHEME, answer_message, cipher, request_message};
use crate::{Secret, TOLERANCE_SECONDS, WechatKey, WechatSettings};
use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber};
use serde_json::{Value, json as object};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use stoa_endpoint::random;

const APP_ID: &str = "wx00000000000000aa";
const MERCHANT_ID: &str = "1900000001";
const MERCHANT_SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012026010100000000000001";
const API_V3_KEY: &str = "simulated-api-v3-key-of-32-bytes";

/// What the platform signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WechatMode {
    /// Certificates that the shop has to fetch.
    Certificates,
    /// The public key that the shop is configured with.
    PublicKey,
}

pub(super) struct Platform {
    mode: WechatMode,
    merchant_private: String,
    merchant_key: VerifyingKey,
    api_v3_key: LessSafeKey,
    public_key: (SigningKey, String, String),
    /// The last one signs.
    certificates: Mutex<Vec<Certificate>>,
}

struct Certificate {
    serial: String,
    pem: String,
    key: SigningKey,
    private: String,
}

impl Platform {
    pub(super) fn new(mode: WechatMode) -> Result<Self, KeysFailed> {
        let (_, merchant_private, merchant_public) = rsa_key()?;
        let (_, platform_private, platform_public) = rsa_key()?;
        let unusable = |_| KeysFailed("a key just made is unusable".into());
        let platform = Self {
            mode,
            merchant_private,
            merchant_key: VerifyingKey::parse(&merchant_public).map_err(unusable)?,
            api_v3_key: cipher(&Secret::new(API_V3_KEY)).map_err(|(_, rule)| KeysFailed(rule))?,
            public_key: (SigningKey::parse(&platform_private).map_err(unusable)?, platform_private, platform_public),
            certificates: Mutex::default(),
        };
        platform.renew()?;
        Ok(platform)
    }

    pub(super) fn settings(&self, url: &str) -> WechatSettings {
        let key = WechatKey { id: PUBLIC_KEY_ID.into(), key: self.public_key.2.clone() };
        WechatSettings {
            app_id: APP_ID.into(),
            merchant_id: MERCHANT_ID.into(),
            merchant_serial: MERCHANT_SERIAL.into(),
            merchant_private_key: Secret::new(self.merchant_private.clone()),
            api_v3_key: Secret::new(API_V3_KEY),
            public_key: (self.mode == WechatMode::PublicKey).then_some(key),
            base_url: url.to_owned(),
        }
    }

    pub(super) fn both_sides(&self) -> Value {
        let certificates = self.certificates();
        let last = certificates.last();
        object!({
            "app_id": APP_ID, "merchant_id": MERCHANT_ID, "merchant_serial": MERCHANT_SERIAL,
            "merchant_private_key": self.merchant_private, "api_v3_key": API_V3_KEY,
            "public_key_id": PUBLIC_KEY_ID, "public_key": self.public_key.2,
            "platform_private_key": self.public_key.1,
            "certificate_serial": last.map(|c| &c.serial),
            "certificate_private_key": last.map(|c| &c.private),
        })
    }

    pub(super) fn renew(&self) -> Result<(), KeysFailed> {
        let (pair, private, _) = rsa_key()?;
        let key = SigningKey::parse(&private).map_err(|_| KeysFailed("a key just made is unusable".into()))?;
        let mut serial = random::bytes::<20>().map_err(|e| KeysFailed(e.to_string()))?;
        // Positive, and of full length.
        serial[0] = serial[0] & 0x3f | 0x40;
        let pem = certificate(&pair, &serial)?;
        self.certificates().push(Certificate { serial: hex::encode_upper(serial), pem, key, private });
        Ok(())
    }

    fn certificates(&self) -> MutexGuard<'_, Vec<Certificate>> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serial and signature, under the public key or the newest certificate.
    fn sign(&self, message: &[u8]) -> (String, String) {
        let signed = match self.mode {
            WechatMode::PublicKey => (PUBLIC_KEY_ID.to_owned(), self.public_key.0.sign(message)),
            WechatMode::Certificates => match self.certificates().last() {
                Some(last) => (last.serial.clone(), last.key.sign(message)),
                None => Default::default(),
            },
        };
        (signed.0, signed.1.unwrap_or_default())
    }

    fn signature_headers(&self, body: &[u8], now: Timestamp, forged: bool) -> Vec<(&'static str, String)> {
        let seconds = now.as_second().to_string();
        let nonce = random::hex::<16>().unwrap_or_default();
        let (serial, signature) = self.sign(&answer_message(&seconds, &nonce, body));
        vec![
            ("wechatpay-timestamp", seconds),
            ("wechatpay-nonce", nonce),
            ("wechatpay-serial", serial),
            ("wechatpay-signature", if forged { forge(&signature) } else { signature }),
            ("wechatpay-signature-type", SCHEME.to_owned()),
        ]
    }

    fn encrypt(&self, plain: &str, associated: &str) -> Value {
        let nonce = random::hex::<6>().unwrap_or_default();
        let mut bytes = plain.as_bytes().to_vec();
        if let Ok(key_nonce) = Nonce::try_assume_unique_for_key(nonce.as_bytes()) {
            let _ = self.api_v3_key.seal_in_place_append_tag(key_nonce, Aad::from(associated.as_bytes()), &mut bytes);
        }
        object!({
            "algorithm": ALGORITHM, "ciphertext": BASE64.encode(bytes),
            "nonce": nonce, "associated_data": associated,
        })
    }

    /// None: of a payment that failed WeChat Pay says nothing.
    pub(super) fn callback(
        &self,
        trade: &Trade,
        event: TriggerEvent,
        id: String,
        forged: bool,
        now: Timestamp,
    ) -> Option<Callback> {
        if event == TriggerEvent::Failed {
            return None;
        }
        let mut resource = self.encrypt(&transaction(trade, "SUCCESS").to_string(), "transaction");
        resource["original_type"] = "transaction".into();
        let body = object!({
            "id": id, "create_time": now.to_string(), "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功", "resource": resource,
        });
        let body = body.to_string().into_bytes();
        let mut headers = self.signature_headers(&body, now, forged);
        headers.push(("content-type", "application/json".into()));
        Some(Callback { headers, body })
    }

    /// As the merchant signed it, a moment ago; else WeChat Pay's refusal.
    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<(), Box<Response>> {
        let refuse = || Box::new(refusal(StatusCode::UNAUTHORIZED, "SIGN_ERROR", "the signature is wrong"));
        let text = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or_else(refuse)?;
        let parts = text.strip_prefix(SCHEME).ok_or_else(refuse)?.trim();
        let part = |name: &str| {
            let mut pairs = parts.split(',').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(n, _)| *n == name).map(|(_, value)| value.trim_matches('"').to_owned())
        };
        let all = (part("mchid"), part("serial_no"), part("nonce_str"), part("signature"), part("timestamp"));
        let (Some(merchant), Some(serial), Some(nonce), Some(signature), Some(seconds)) = all else {
            return Err(refuse());
        };
        let seconds: i64 = seconds.parse().map_err(|_| refuse())?;
        let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let message = request_message(method, &path, seconds, &nonce, &String::from_utf8_lossy(body));
        let fresh = Timestamp::now().as_second().abs_diff(seconds) <= TOLERANCE_SECONDS.unsigned_abs();
        let ours = merchant == MERCHANT_ID && serial == MERCHANT_SERIAL;
        if fresh && ours && self.merchant_key.verifies(message.as_bytes(), &signature) { Ok(()) } else { Err(refuse()) }
    }
}

/// Self-signed where the real one is Tenpay's: who issued it is not what it is trusted for.
fn certificate(pair: &KeyPair, serial: &[u8]) -> Result<String, KeysFailed> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.serial_number = Some(SerialNumber::from_slice(serial));
    parameters.distinguished_name.push(DnType::CommonName, "Tenpay.com sign (simulated)");
    Ok(parameters.self_signed(pair)?.pem())
}

fn transaction(trade: &Trade, state: &str) -> Value {
    let paid = state == "SUCCESS" || state == "REFUND";
    let mut all = object!({
        "appid": APP_ID, "mchid": MERCHANT_ID, "out_trade_no": trade.payment, "attach": trade.order,
        "trade_state": state, "trade_state_desc": state, "payer": {},
        "amount": { "total": trade.minor, "currency": trade.currency },
    });
    if paid {
        all["transaction_id"] = trade.reference.clone().into();
        all["trade_type"] = trade.kind.into();
        all["bank_type"] = "OTHERS".into();
        all["success_time"] = Timestamp::now().to_string().into();
        all["payer"] = object!({ "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" });
        all["amount"]["payer_total"] = trade.minor.into();
        all["amount"]["payer_currency"] = trade.currency.clone().into();
    }
    all
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &object!({ "code": code, "message": message }))
}

pub(super) fn routes() -> Router<Simulators> {
    Router::new()
        .route("/v3/pay/transactions/{kind}", post(prepay))
        .route("/v3/pay/transactions/out-trade-no/{number}", get(query))
        .route("/v3/pay/transactions/out-trade-no/{number}/close", post(close))
        .route("/v3/refund/domestic/refunds", post(refund))
        .route("/v3/certificates", get(certificates))
}

impl Simulators {
    /// Signed as every answer of WeChat Pay.
    fn wechat_answer(&self, body: &Value) -> Response {
        self.wechat_signed(StatusCode::OK, body.to_string().into_bytes())
    }

    fn wechat_signed(&self, status: StatusCode, body: Vec<u8>) -> Response {
        let signed = self.0.wechat.signature_headers(&body, Timestamp::now(), false);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        for (name, value) in signed {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn wechat_checked(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Box<Response>> {
        self.record(method, uri, headers, body);
        self.0.wechat.check(method, uri, headers, body)
    }
}

async fn prepay(
    State(simulators): State<Simulators>,
    Path(kind): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.wechat_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    let parameter = |message: &str| refusal(StatusCode::BAD_REQUEST, "PARAM_ERROR", message);
    let kind = match kind.as_str() {
        "native" => "NATIVE",
        "h5" => "MWEB",
        _ => return refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "no such path"),
    };
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else { return parameter("the body is not JSON") };
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let (payment, minor) = (text("out_trade_no"), asked["amount"]["total"].as_i64().unwrap_or(0));
    if text("appid") != APP_ID || text("mchid") != MERCHANT_ID || minor < 1 || asked["amount"]["currency"] != "CNY" {
        return parameter("appid, mchid or amount");
    }
    if !(6..=32).contains(&payment.len()) || text("notify_url").is_empty() || text("description").len() > 127 {
        return parameter("out_trade_no, notify_url or description");
    }
    if kind == "MWEB" && asked["scene_info"]["payer_client_ip"].as_str().is_none() {
        return parameter("scene_info.payer_client_ip");
    }
    let mut trades = simulators.trades();
    let reference = format!("4200{:024}", trades.len() + 1);
    match trades.iter().find(|t| t.provider == crate::wechat::NAME && t.payment == payment) {
        Some(trade) if trade.state == TradeState::Paid => {
            return refusal(StatusCode::BAD_REQUEST, "ORDERPAID", "the order is paid");
        }
        Some(trade) if trade.state == TradeState::Expired => {
            return refusal(StatusCode::BAD_REQUEST, "ORDER_CLOSED", "the order is closed");
        }
        Some(trade) if trade.kind != kind || trade.minor != minor => {
            return refusal(StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED", "the number is used");
        }
        Some(_) => {}
        None => trades.push(Trade {
            provider: crate::wechat::NAME,
            order: text("attach"),
            minor,
            currency: "CNY".into(),
            notify_url: text("notify_url"),
            return_url: String::new(),
            state: TradeState::Open,
            reference,
            kind,
            refunds: BTreeMap::new(),
            payment: payment.clone(),
        }),
    }
    drop(trades);
    let url = &simulators.0.url;
    simulators.wechat_answer(&match kind {
        "NATIVE" => object!({ "code_url": format!("weixin://wxpay/bizpayurl?pr={payment}") }),
        _ => object!({ "h5_url": format!("{url}/pay/wechat/{payment}?prepay_id=wx{payment}") }),
    })
}

async fn query(
    State(simulators): State<Simulators>,
    Path(number): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Response {
    if let Err(refused) = simulators.wechat_checked(&method, &uri, &headers, b"") {
        return *refused;
    }
    let trade = simulators.trades().iter().find(|t| t.provider == crate::wechat::NAME && t.payment == number).cloned();
    let Some(trade) = trade else {
        return refusal(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "no such order");
    };
    let state = match trade.state {
        TradeState::Open => "NOTPAY",
        TradeState::Paid if trade.refunds.is_empty() => "SUCCESS",
        TradeState::Paid => "REFUND",
        TradeState::Failed => "PAYERROR",
        TradeState::Expired => "CLOSED",
    };
    simulators.wechat_answer(&transaction(&trade, state))
}

async fn close(
    State(simulators): State<Simulators>,
    Path(number): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.wechat_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if asked["mchid"] != MERCHANT_ID {
        return refusal(StatusCode::BAD_REQUEST, "PARAM_ERROR", "mchid");
    }
    let mut trades = simulators.trades();
    match trades.iter_mut().find(|t| t.provider == crate::wechat::NAME && t.payment == number) {
        None => return refusal(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "no such order"),
        Some(trade) if trade.state == TradeState::Paid => {
            return refusal(StatusCode::BAD_REQUEST, "ORDERPAID", "the order is paid");
        }
        Some(trade) => trade.state = TradeState::Expired,
    }
    drop(trades);
    simulators.wechat_signed(StatusCode::NO_CONTENT, Vec::new())
}

async fn refund(
    State(simulators): State<Simulators>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Response {
    if let Err(refused) = simulators.wechat_checked(&method, &uri, &headers, &body) {
        return *refused;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let amount = asked["amount"]["refund"].as_i64().unwrap_or(0);
    let id = text("out_refund_no");
    let mut trades = simulators.trades();
    let number = text("out_trade_no");
    let trade = trades.iter_mut().find(|t| t.provider == crate::wechat::NAME && t.payment == number);
    let Some(trade) = trade.filter(|t| t.state == TradeState::Paid) else {
        return refusal(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", "no such paid order");
    };
    let given: i64 = trade.refunds.iter().filter(|(known, _)| **known != id).map(|(_, amount)| amount).sum();
    let same = trade.refunds.get(&id).is_none_or(|known| *known == amount);
    if id.is_empty() || amount < 1 || asked["amount"]["total"] != trade.minor || given + amount > trade.minor || !same {
        return refusal(StatusCode::FORBIDDEN, "INVALID_REQUEST", "the amounts do not fit");
    }
    trade.refunds.insert(id.clone(), amount);
    let answer = object!({
        "refund_id": format!("5030{}", trade.reference), "out_refund_no": id, "transaction_id": trade.reference,
        "out_trade_no": trade.payment, "channel": "ORIGINAL", "status": "SUCCESS",
        "create_time": Timestamp::now().to_string(),
        "amount": { "total": trade.minor, "refund": amount, "currency": "CNY" },
    });
    drop(trades);
    simulators.wechat_answer(&answer)
}

async fn certificates(
    State(simulators): State<Simulators>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Response {
    if let Err(refused) = simulators.wechat_checked(&method, &uri, &headers, b"") {
        return *refused;
    }
    let now = Timestamp::now();
    let listed: Vec<Value> = simulators
        .0
        .wechat
        .certificates()
        .iter()
        .map(|certificate| {
            object!({
                "serial_no": certificate.serial,
                "effective_time": (now - SignedDuration::from_hours(24)).to_string(),
                "expire_time": (now + SignedDuration::from_hours(24 * 365)).to_string(),
                "encrypt_certificate": simulators.0.wechat.encrypt(&certificate.pem, "certificate"),
            })
        })
        .collect();
    simulators.wechat_answer(&object!({ "data": listed }))
}
