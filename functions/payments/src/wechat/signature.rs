//! `WECHATPAY2-SHA256-RSA2048`: what is signed in requests, and in answers and callbacks.

use crate::keys::VerifyingKey;
use crate::provider::{CallbackRefusal, TOLERANCE_SECONDS, single};
use axum::http::{HeaderMap, Method};
use jiff::Timestamp;

pub(crate) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// `path` with its query string.
pub(crate) fn request(method: &Method, path: &str, seconds: i64, nonce: &str, body: &str) -> String {
    format!("{method}\n{path}\n{seconds}\n{nonce}\n{body}\n")
}

/// What an answer's or a callback's signature covers.
pub(crate) fn answer(seconds: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    [seconds.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body, b"\n"].concat()
}

/// The signature's parts, each there once and of a sane size; nothing is believed yet.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub(super) serial: &'a str,
    signature: &'a str,
    seconds: &'a str,
    nonce: &'a str,
    expired: bool,
}

impl<'a> Signed<'a> {
    pub(super) fn read(headers: &'a HeaderMap, now: Timestamp) -> Result<Self, CallbackRefusal> {
        let part = |name: &str, max: usize| -> Result<&'a str, CallbackRefusal> {
            let text = single(headers, name)?.ok_or(CallbackRefusal::SignatureMissing)?;
            if (1..=max).contains(&text.len()) { Ok(text) } else { Err(CallbackRefusal::SignatureInvalid) }
        };
        // Another algorithm than ours (there is one for SM2) is another signature.
        if single(headers, "wechatpay-signature-type")?.is_some_and(|kind| kind != SCHEME) {
            return Err(CallbackRefusal::SignatureInvalid);
        }
        let seconds = part("wechatpay-timestamp", 20)?;
        let signed_at: i64 = seconds.parse().map_err(|_| CallbackRefusal::SignatureInvalid)?;
        let expired = now.as_second().abs_diff(signed_at) > TOLERANCE_SECONDS.unsigned_abs();
        Ok(Self {
            serial: part("wechatpay-serial", 64)?,
            // Base64 of at most 8192 bits.
            signature: part("wechatpay-signature", 1400)?,
            nonce: part("wechatpay-nonce", 128)?,
            seconds,
            expired,
        })
    }

    pub(super) fn verify(&self, key: &VerifyingKey, body: &[u8]) -> Result<(), CallbackRefusal> {
        if !key.verifies(&answer(self.seconds, self.nonce, body), self.signature) {
            return Err(CallbackRefusal::SignatureInvalid);
        }
        // After the signature: a stranger learns nothing about our clock.
        if self.expired {
            return Err(CallbackRefusal::SignatureExpired { tolerance_seconds: TOLERANCE_SECONDS });
        }
        Ok(())
    }
}
