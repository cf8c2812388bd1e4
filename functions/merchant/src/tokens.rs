//! API tokens: made here and by `stoa token create`, shown once, stored as a hash, taken back by `stoa token revoke`.

use crate::State;
use jiff::{Timestamp, ToSpan};
use stoa_endpoint::ApiError;
use stoa_endpoint::access::{AccessToken, Grant, Grants};
use stoa_storage::{Expected, Store, TokenRecord};

/// Everything a token may allow.
pub const SCOPES: [&str; 16] = [
    "catalog:read",
    "catalog:write",
    "customers:read",
    "customers:write",
    "stock:read",
    "stock:write",
    "orders:read",
    "orders:write",
    "plugins:read",
    "plugins:write",
    "promotions:read",
    "promotions:write",
    "reviews:read",
    "reviews:write",
    "settings:read",
    "settings:write",
];
/// Longest life of a token.
pub const MAX_DAYS: u32 = 365;
/// How much of a token's hash is its id. It gives nothing away: the token has 256 random bits.
const ID_DIGITS: usize = 8;

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
    #[error(
        "a token is named by its id, {ID_DIGITS} or more of its digits as `stoa token list` shows them, got {got:?}"
    )]
    Id { got: String },
    #[error("there is no token {id}")]
    Unknown { id: String },
    #[error("{id} names more than one token: give more of its digits")]
    Ambiguous { id: String },
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

/// The digits by which people tell tokens apart, and [`revoke`] finds one.
pub fn id(record: &TokenRecord) -> &str {
    record.hash.get(..ID_DIGITS).unwrap_or(&record.hash)
}

/// Takes a token back: the next request with it is refused. One that was taken back before stays as it is. `named` is
/// its id, more of its hash, or the name and id as orders' timelines have them (`warehouse#1a2b3c4d`).
pub async fn revoke(store: &Store, named: &str, now: Timestamp) -> Result<TokenRecord, TokenError> {
    let digits = named.rsplit('#').next().unwrap_or(named).to_ascii_lowercase();
    if !(ID_DIGITS..=64).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(TokenError::Id { got: named.chars().take(80).collect() });
    }
    let mut found = store.tokens().list().await?.into_iter().filter(|read| read.value.hash.starts_with(&digits));
    let Some(read) = found.next() else { return Err(TokenError::Unknown { id: digits.clone() }) };
    if found.next().is_some() {
        return Err(TokenError::Ambiguous { id: digits.clone() });
    }
    let expected = read.unchanged();
    let mut record = read.value;
    if record.revoked_at.is_none() {
        record.revoked_at = Some(now);
        store.tokens().put(&record, expected).await?;
    }
    Ok(record)
}

/// Whether a token still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    Active,
    Expired,
    Revoked,
}

impl TokenState {
    pub fn of(record: &TokenRecord, now: Timestamp) -> Self {
        match record.revoked_at {
            Some(_) => Self::Revoked,
            None if record.expires_at <= now => Self::Expired,
            None => Self::Active,
        }
    }
    /// As in JSON: `active`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
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
        // The name is for timelines; the id tells tokens of one name apart.
        Ok(record.map(|r| Grant { id: format!("{}#{}", r.name, id(&r)), scopes: r.scopes, expires_at: r.expires_at }))
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
