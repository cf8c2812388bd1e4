//! Requests to Alipay's gateway and its answers: `k=v` of all parameters in the order of their names, signed with RSA2.

use crate::http::{DEADLINE, Http, HttpError};
use crate::keys::{SigningKey, VerifyingKey};
use crate::provider::{CallbackRefusal, ProviderError};
use axum::http::{Request, header};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use url::form_urlencoded::Serializer;

/// Alipay's clocks show China's time, without saying so.
pub(crate) const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

pub(crate) fn time_zone() -> TimeZone {
    TimeZone::fixed(offset(8))
}

pub(super) struct Gateway {
    pub(super) app_id: String,
    pub(super) key: SigningKey,
    pub(super) alipay_key: VerifyingKey,
    pub(super) url: String,
    pub(super) http: Http,
}

/// By name, as they are signed.
type Parameters = BTreeMap<String, String>;

impl Gateway {
    /// The address of a page for the shopper.
    pub(super) fn page(
        &self,
        method: &str,
        parameters: &[(&str, &str)],
        content: &Value,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let all = self.signed(method, parameters, content, now)?;
        Ok(format!("{}?{}", self.url, encode(&all)))
    }

    /// Asks the gateway. `T` is read from verified bytes only; a refusal's code is `sub_code`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &[(&str, &str)],
        content: &Value,
        now: Timestamp,
    ) -> Result<T, ProviderError> {
        let mut query = self.signed(method, parameters, content, now)?;
        // As Alipay's own libraries send it: the content is the body, all the rest the query string.
        let content = query.remove("biz_content").unwrap_or_default();
        let body = encode(&BTreeMap::from([("biz_content".to_owned(), content)]));
        let request = Request::post(format!("{}?{}", self.url, encode(&query)))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
            .body(Bytes::from(body))
            .map_err(HttpError::from)?;
        let answer = self.http.send(request, DEADLINE).await?;
        if !answer.status.is_success() {
            let status = answer.status.as_u16();
            return Err(ProviderError::Refused { status, code: String::new(), message: String::new() });
        }
        read(&answer.body, method, &self.alipay_key)
    }

    fn signed(
        &self,
        method: &str,
        parameters: &[(&str, &str)],
        content: &Value,
        now: Timestamp,
    ) -> Result<Parameters, ProviderError> {
        let time = now.to_zoned(time_zone()).strftime(TIME_FORMAT).to_string();
        let content = content.to_string();
        let common = [
            ("app_id", self.app_id.as_str()),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", &time),
            ("version", "1.0"),
            ("biz_content", &content),
        ];
        let mut all: Parameters =
            common.iter().chain(parameters).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signature = self.key.sign(to_sign(&all).as_bytes());
        let signature = signature.ok_or_else(|| ProviderError::unsupported("key_unusable", "the key did not sign"))?;
        all.insert("sign".into(), signature);
        Ok(all)
    }
}

/// What a signature covers.
pub(crate) fn to_sign(parameters: &Parameters) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

pub(crate) fn encode(parameters: &Parameters) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// `{"alipay_trade_query_response":{…},"sign":"…"}`: the signature covers the inner object's bytes as they were sent.
fn read<T: DeserializeOwned>(body: &[u8], method: &str, key: &VerifyingKey) -> Result<T, ProviderError> {
    #[derive(Deserialize)]
    struct Verdict {
        code: String,
        #[serde(default)]
        msg: String,
        #[serde(default)]
        sub_code: String,
        #[serde(default)]
        sub_msg: String,
    }
    let unclear = |e: serde_json::Error| ProviderError::NotUnderstood(e.to_string());
    let parts: HashMap<&str, &RawValue> = serde_json::from_slice(body).map_err(unclear)?;
    let name = format!("{}_response", method.replace('.', "_"));
    let inner = parts.get(name.as_str()).or_else(|| parts.get("error_response"));
    let inner = inner.ok_or_else(|| ProviderError::NotUnderstood(format!("no {name}")))?.get();
    let signature =
        parts.get("sign").map(|raw| serde_json::from_str::<String>(raw.get())).transpose().map_err(unclear)?;
    let believed = signature.is_some_and(|signature| key.verifies(inner.as_bytes(), &signature));
    let verdict: Verdict = serde_json::from_str(inner).map_err(unclear)?;
    if verdict.code != "10000" {
        // A refusal of the gateway itself bears no signature. It changes nothing but our log, unless it says that there
        // is no such trade.
        let code = if believed { verdict.sub_code } else { String::new() };
        let message = format!("{} {}", verdict.msg, verdict.sub_msg);
        return Err(ProviderError::Refused { status: 200, code, message });
    }
    if !believed {
        return Err(ProviderError::NotBelieved(CallbackRefusal::SignatureInvalid));
    }
    serde_json::from_str(inner).map_err(unclear)
}
