//! Access tokens of staff and programs: `stoa_` and 64 hex digits (256 random bits). Only their SHA-256 is ever stored,
//! and a token is found by that digest, so neither a stolen table nor a timing of the comparison gives a token away.

use crate::ApiError;
use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use jiff::Timestamp;

const PREFIX: &str = "stoa_";

/// A token's text, shown once when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// 256 bits from the operating system. Fails only when it gives none.
    pub fn generate() -> Result<Self, ApiError> {
        crate::random::hex::<32>().map(|digits| Self(format!("{PREFIX}{digits}")))
    }
    /// None unless the text has a token's form.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let well_formed = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        well_formed.then(|| Self(text.to_owned()))
    }
    /// To be shown to its owner, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
    /// Lower-case hex SHA-256 of the text: what is stored and looked up.
    pub fn hash(&self) -> String {
        hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.0.as_bytes()))
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// What a stored token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Names the token in logs and timelines.
    pub id: String,
    /// `catalog:read`, `orders:write`, …
    pub scopes: Vec<String>,
    pub expires_at: Timestamp,
}

impl Grant {
    /// 403 unless the token carries `scope`.
    pub fn require(&self, scope: &str) -> Result<(), ApiError> {
        if self.scopes.iter().any(|s| s == scope) { Ok(()) } else { Err(ApiError::forbidden(scope)) }
    }
}

/// Where tokens are kept. A function's state implements it over its table.
pub trait Grants: Send + Sync {
    /// The grant stored under this digest, expired or not.
    fn find(&self, hash: &str) -> impl Future<Output = Result<Option<Grant>, ApiError>> + Send;
}

/// The caller's grant, from `Authorization: Bearer stoa_…`. 401 when there is none, or when its time is over.
#[derive(Debug, Clone)]
pub struct Bearer(pub Grant);

impl<S: Grants> FromRequestParts<S> for Bearer {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| AccessToken::parse(token.trim()))
            .ok_or_else(ApiError::unauthorized)?;
        match state.find(&token.hash()).await? {
            Some(grant) if grant.expires_at > Timestamp::now() => Ok(Self(grant)),
            _ => Err(ApiError::unauthorized()),
        }
    }
}
