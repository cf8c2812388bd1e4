//! A notification's body, once its signature held: an envelope with an encrypted resource.

use super::Transaction;
use crate::provider::{CallbackRefusal, event_id};
use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

pub(crate) const ALGORITHM: &str = "AEAD_AES_256_GCM";

#[derive(Deserialize)]
struct Notification {
    id: String,
    event_type: String,
    resource: Encrypted,
}

#[derive(Deserialize)]
pub(super) struct Encrypted {
    algorithm: String,
    ciphertext: String,
    nonce: String,
    #[serde(default)]
    associated_data: String,
}

/// The event's id and its transaction. None: about something else, such as a refund.
pub(super) fn open(body: &[u8], key: &LessSafeKey) -> Result<Option<(String, Transaction)>, CallbackRefusal> {
    let notification: Notification = serde_json::from_slice(body).map_err(CallbackRefusal::malformed)?;
    if !notification.event_type.starts_with("TRANSACTION.") {
        return Ok(None);
    }
    let plain = decrypt(&notification.resource, key)?;
    let transaction = serde_json::from_slice(&plain).map_err(CallbackRefusal::malformed)?;
    Ok(Some((event_id(notification.id)?, transaction)))
}

/// Fails alike for a wrong key and for changed bytes.
pub(super) fn decrypt(encrypted: &Encrypted, key: &LessSafeKey) -> Result<Vec<u8>, CallbackRefusal> {
    if encrypted.algorithm != ALGORITHM {
        return Err(CallbackRefusal::malformed(format!("the resource's algorithm must be {ALGORITHM}")));
    }
    let nonce = Nonce::try_assume_unique_for_key(encrypted.nonce.as_bytes());
    let nonce = nonce.map_err(|_| CallbackRefusal::malformed("the resource's nonce must be 12 bytes"))?;
    let mut bytes = BASE64
        .decode(&encrypted.ciphertext)
        .map_err(|_| CallbackRefusal::malformed("the resource's ciphertext must be base64"))?;
    let associated = Aad::from(encrypted.associated_data.as_bytes());
    let plain = key
        .open_in_place(nonce, associated, &mut bytes)
        .map_err(|_| CallbackRefusal::malformed("the resource does not decrypt under the API v3 key"))?;
    let length = plain.len();
    bytes.truncate(length);
    Ok(bytes)
}
