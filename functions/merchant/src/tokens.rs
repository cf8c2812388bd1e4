//! API tokens: made here and by `stoa token create`, shown once, stored as a hash.

use crate::State;
use jiff::{Timestamp, ToSpan};
use stoa_endpoint::ApiError;
use stoa_endpoint::access::{AccessToken, Grant, Grants};
use stoa_storage::{Expected, Store, TokenRecord};

/// Everything a token may allow.
pub const SCOPES: [&str; 10] = [
    "catalog:read",
    "catalog:write",
    "stock:read",
    "stock:write",
    "orders:read",
    "orders:write",
    "plugins:read",
    "plugins:write",
    "settings:read",
    "settings:write",
];
/// Longest life of a token.
pub const MAX_DAYS: u32 = 365;

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("a scope must be one of {}, got {got:?}", SCOPES.join(", "))]
    UnknownScope { got: String },
    #[error("a token needs at least one scope")]
    NoScope,
    #[error("a token lives 1 to {MAX_DAYS} days, got {got}")]
    Days { got: u32 },
    #[error("a token's name has 1 to 100 characters")]
    Name,
    #[error("the token could not be made")]
    Random,
    #[error(transparent)]
    Store(#[from] stoa_storage::StoreError),
}

/// A new token's text, to be shown once, and what was stored.
#[derive(Debug)]
pub struct NewToken {
    pub token: AccessToken,
    pub record: TokenRecord,
}

/// Makes and stores a token. `all` as a scope means every scope.
pub async fn create(
    store: &Store,
    name: &str,
    scopes: &[String],
    days: u32,
    now: Timestamp,
) -> Result<NewToken, TokenError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(TokenError::Days { got: days });
    }
    let scopes: Vec<String> = if scopes.iter().any(|s| s == "all") {
        SCOPES.iter().map(|s| (*s).to_owned()).collect()
    } else {
        scopes.to_vec()
    };
    if scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        return Err(TokenError::UnknownScope { got: unknown.clone() });
    }
    let token = AccessToken::generate().map_err(|_| TokenError::Random)?;
    let expires_at = now.checked_add((i64::from(days) * 24).hours()).map_err(|_| TokenError::Days { got: days })?;
    let record = TokenRecord {
        hash: token.hash(),
        name: name.to_owned(),
        scopes,
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    store.tokens().put(&record, Expected::Absent).await?;
    Ok(NewToken { token, record })
}

/// `30d`, `12w` or a plain number of days.
pub fn parse_days(text: &str) -> Result<u32, String> {
    let (number, factor) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let days = number.parse::<u32>().ok().and_then(|n| n.checked_mul(factor)).filter(|d| (1..=MAX_DAYS).contains(d));
    days.ok_or_else(|| format!("must be 1d to {MAX_DAYS}d, got {text:?}"))
}

impl Grants for State {
    async fn find(&self, hash: &str) -> Result<Option<Grant>, ApiError> {
        let found = self.store.tokens().get(hash).await.map_err(ApiError::unavailable)?;
        let record = found.map(|read| read.value).filter(|record| record.revoked_at.is_none());
        // The name is for timelines; the hash's beginning tells tokens of one name apart.
        Ok(record.map(|r| Grant {
            id: format!("{}#{}", r.name, &r.hash[..8.min(r.hash.len())]),
            scopes: r.scopes,
            expires_at: r.expires_at,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_days;

    #[test]
    fn days_are_read_with_their_unit() {
        for (text, days) in
            [("30d", Some(30)), ("2w", Some(14)), ("7", Some(7)), ("0d", None), ("366d", None), ("x", None)]
        {
            assert_eq!(parse_days(text).ok(), days, "{text}");
        }
    }
}
