//! The `Idempotency-Key` header, and the digest of a body that tells a retry from another request.

use crate::ApiError;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use serde::Serialize;

/// 1 to 255 visible ASCII characters, chosen by the client, the same on every retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub const MAX_BYTES: usize = 255;

    pub fn new(text: &str) -> Result<Self, ApiError> {
        if (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ApiError::bad_request(
                "idempotency_key_invalid",
                "Idempotency-Key must be 1 to 255 visible ASCII characters",
            ))
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// A storage key that no other owner can reach: hex SHA-256 of the owner and this key.
    pub fn within(&self, owner: &str) -> String {
        BodyHash::of(&(owner, &self.0)).0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Err(ApiError::bad_request(
                "idempotency_key_missing",
                "send an Idempotency-Key header: the same on every retry of one request",
            ));
        };
        Self::new(value.to_str().unwrap_or_default())
    }
}

/// For writes that may do without.
impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let value = parts.headers.get("idempotency-key");
        value.map(|value| Self::new(value.to_str().unwrap_or_default())).transpose()
    }
}

/// Lower-case hex SHA-256 of a request as the function understood it: white space and field order do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyHash(pub String);

impl BodyHash {
    pub fn of<T: Serialize>(body: &T) -> Self {
        // Wire types are plain structs of text and numbers; one that cannot be written hashes as empty and so only
        // ever equals itself.
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        Self(hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes)))
    }
}
