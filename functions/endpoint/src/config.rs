//! Settings from the environment: a wrong value stops the start with the variable's name and the rule.

use url::Url;

/// Which variable is wrong, and what it must be. Never quotes a secret's value.
#[derive(Debug, thiserror::Error)]
#[error("{variable} must be {rule}")]
pub struct ConfigError {
    pub variable: &'static str,
    pub rule: String,
}

impl ConfigError {
    pub fn new(variable: &'static str, rule: impl Into<String>) -> Self {
        Self { variable, rule: rule.into() }
    }
}

/// The variable's text; absent and empty are the same.
pub fn optional(variable: &'static str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.is_empty())
}

/// The variable's text, or an error with `rule`.
pub fn required(variable: &'static str, rule: &str) -> Result<String, ConfigError> {
    optional(variable).ok_or_else(|| ConfigError::new(variable, format!("{rule}; it is not set")))
}

/// Bytes written as hex, at least `min_bytes` of them.
pub fn hex_bytes(variable: &'static str, min_bytes: usize) -> Result<Vec<u8>, ConfigError> {
    let rule = format!("at least {} hex digits", min_bytes * 2);
    let text = required(variable, &rule)?;
    let bytes = hex::decode(text.trim()).map_err(|_| ConfigError::new(variable, &rule))?;
    if bytes.len() < min_bytes { Err(ConfigError::new(variable, rule)) } else { Ok(bytes) }
}

/// `STOA_PUBLIC_URL`: where shoppers reach the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    pub const VARIABLE: &'static str = "STOA_PUBLIC_URL";
    const RULE: &'static str = "the shop's origin such as https://shop.example, without a path";

    pub fn from_env() -> Result<Self, ConfigError> {
        Self::new(&required(Self::VARIABLE, Self::RULE)?)
    }
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        Url::parse(text)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host() && u.path() == "/")
            .filter(|u| u.query().is_none() && u.fragment().is_none() && u.username().is_empty())
            .map(Self)
            .ok_or_else(|| ConfigError::new(Self::VARIABLE, Self::RULE))
    }
    /// Cookies are `Secure` exactly then.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
    /// `path` starts with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}
