//! The keys that WeChat Pay signs with: one public key from the settings, certificates from WeChat Pay itself, or both
//! while a merchant moves from the one to the other.
//!
//! A serial we do not know is never a reason to believe, only to ask. A list of certificates counts when it was encrypted
//! with the merchant's API v3 key (AES-256-GCM, so nobody else can have made it), its answer is signed by one of the
//! certificates in it or already known, each certificate bears the serial it is listed under, and its time is now.

use super::callback::{Encrypted, decrypt};
use super::signature::Signed;
use super::{WechatClient, refused};
use crate::config::Wrong;
use crate::keys::VerifyingKey;
use crate::provider::{CallbackRefusal, ProviderError};
use crate::{Secret, WechatSettings};
use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Mutex;

const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";
/// A callback has to be answered within five seconds.
const FETCH_DEADLINE: Duration = Duration::from_secs(3);
/// Anybody can name serials that do not exist: they must not make us ask again and again.
const FETCH_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// WeChat Pay lists one certificate, and two while they are changed.
const MAX_CERTIFICATES: usize = 20;

pub(super) struct PlatformKeys {
    api_v3_key: LessSafeKey,
    public_key: Option<(String, VerifyingKey)>,
    fetched: Mutex<Fetched>,
}

#[derive(Default)]
struct Fetched {
    certificates: HashMap<String, Certificate>,
    last_asked: Option<Timestamp>,
}

#[derive(Clone)]
struct Certificate {
    key: VerifyingKey,
    from: Timestamp,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Listed {
    serial_no: String,
    effective_time: Timestamp,
    expire_time: Timestamp,
    encrypt_certificate: Encrypted,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

impl PlatformKeys {
    pub(super) fn new(settings: &WechatSettings) -> Result<Self, Wrong> {
        let public_key = settings.public_key.as_ref().map(|configured| {
            if !configured.id.starts_with(PUBLIC_KEY_PREFIX) {
                return Err(("wechat.public_key.id", format!("must begin with {PUBLIC_KEY_PREFIX}")));
            }
            let key = VerifyingKey::parse(&configured.key).map_err(|e| ("wechat.public_key.key", e.to_string()))?;
            Ok((configured.id.clone(), key))
        });
        Ok(Self {
            api_v3_key: cipher(&settings.api_v3_key)?,
            public_key: public_key.transpose()?,
            fetched: Mutex::default(),
        })
    }

    pub(super) fn api_v3_key(&self) -> &LessSafeKey {
        &self.api_v3_key
    }

    /// The key of that serial, asking WeChat Pay where it is unknown.
    pub(super) async fn key(
        &self,
        serial: &str,
        client: &WechatClient,
        now: Timestamp,
    ) -> Result<VerifyingKey, CallbackRefusal> {
        if let Some((id, key)) = &self.public_key
            && id == serial
        {
            return Ok(key.clone());
        }
        let well_formed = serial.bytes().all(|b| b.is_ascii_hexdigit());
        if !well_formed {
            return Err(CallbackRefusal::KeyUnknown);
        }
        let serial = normal(serial);
        // Held while asking: others who wait here find what the first one fetched.
        let mut fetched = self.fetched.lock().await;
        if let Some(known) = fetched.at(&serial, now) {
            return Ok(known);
        }
        if fetched.last_asked.is_some_and(|asked| now.duration_since(asked).abs() < FETCH_PAUSE) {
            return Err(CallbackRefusal::KeyUnknown);
        }
        fetched.last_asked = Some(now);
        match self.fetch(client, &fetched, now).await {
            Ok(certificates) => fetched.certificates = certificates,
            Err(error) => {
                tracing::error!(%error, "WeChat Pay's certificates could not be fetched");
                return Err(CallbackRefusal::KeyUnavailable);
            }
        }
        fetched.at(&serial, now).ok_or(CallbackRefusal::KeyUnknown)
    }

    async fn fetch(
        &self,
        client: &WechatClient,
        known: &Fetched,
        now: Timestamp,
    ) -> Result<HashMap<String, Certificate>, ProviderError> {
        let answer = client.send(Method::GET, "/v3/certificates", None, now, FETCH_DEADLINE).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let list: List =
            serde_json::from_slice(&answer.body).map_err(|e| ProviderError::NotUnderstood(e.to_string()))?;
        let mut certificates = HashMap::new();
        for listed in list.data.into_iter().take(MAX_CERTIFICATES) {
            let pem = decrypt(&listed.encrypt_certificate, &self.api_v3_key).map_err(ProviderError::NotBelieved)?;
            let (serial, key) =
                VerifyingKey::of_certificate(&pem).map_err(|e| ProviderError::NotUnderstood(e.to_string()))?;
            if serial != normal(&listed.serial_no) {
                return Err(ProviderError::NotUnderstood("a certificate is listed under another serial".into()));
            }
            certificates.insert(serial, Certificate { key, from: listed.effective_time, until: listed.expire_time });
        }
        let signed = Signed::read(&answer.headers, now).map_err(ProviderError::NotBelieved)?;
        let serial = normal(signed.serial);
        let configured = self.public_key.iter().find(|(id, _)| id == signed.serial).map(|(_, key)| key.clone());
        let key = configured
            .or_else(|| known.at(&serial, now))
            .or_else(|| current(certificates.get(&serial)?, now))
            .ok_or(ProviderError::NotBelieved(CallbackRefusal::KeyUnknown))?;
        signed.verify(&key, &answer.body).map_err(ProviderError::NotBelieved)?;
        Ok(certificates)
    }
}

impl Fetched {
    fn at(&self, serial: &str, now: Timestamp) -> Option<VerifyingKey> {
        current(self.certificates.get(serial)?, now)
    }
}

fn current(certificate: &Certificate, now: Timestamp) -> Option<VerifyingKey> {
    (certificate.from <= now && now < certificate.until).then(|| certificate.key.clone())
}

/// Serials are compared as numbers: upper case, no leading zeros.
fn normal(serial: &str) -> String {
    let upper = serial.to_ascii_uppercase();
    let short = upper.trim_start_matches('0');
    // `serial_text` writes whole bytes.
    if short.len().is_multiple_of(2) { short.to_owned() } else { format!("0{short}") }
}

pub(crate) fn cipher(key: &Secret) -> Result<LessSafeKey, Wrong> {
    let key = UnboundKey::new(&AES_256_GCM, key.reveal().as_bytes());
    key.map(LessSafeKey::new).map_err(|_| ("wechat.api_v3_key", "must be 32 bytes".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_compared_as_numbers() {
        for (given, expected) in [("00ab01", "AB01"), ("c", "0C"), ("0C", "0C"), ("000", "")] {
            assert_eq!(normal(given), expected);
        }
    }
}
