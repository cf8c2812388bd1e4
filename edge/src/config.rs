//! Where the shop's parts are: the worker's text bindings.

/// Bases without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Published objects by plain GET: `{objects_url}/current.json`.
    pub objects_url: String,
    pub checkout_url: String,
    pub payments_url: String,
    pub merchant_url: String,
    /// What `/healthz` tells.
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} must be an http or https address, got {got:?}")]
pub struct InvalidConfig {
    pub variable: &'static str,
    pub got: String,
}

impl Config {
    /// Reads `STOA_OBJECTS_URL`, `STOA_CHECKOUT_URL`, `STOA_PAYMENTS_URL`, `STOA_MERCHANT_URL` and `STOA_VERSION`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfig> {
        let address = |variable: &'static str| {
            let got = lookup(variable).unwrap_or_default();
            match url::Url::parse(&got) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(got.trim_end_matches('/').to_owned()),
                _ => Err(InvalidConfig { variable, got }),
            }
        };
        Ok(Self {
            objects_url: address("STOA_OBJECTS_URL")?,
            checkout_url: address("STOA_CHECKOUT_URL")?,
            payments_url: address("STOA_PAYMENTS_URL")?,
            merchant_url: address("STOA_MERCHANT_URL")?,
            version: lookup("STOA_VERSION").unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
        })
    }

    pub fn for_testing() -> Self {
        Self {
            objects_url: "http://objects.test".into(),
            checkout_url: "http://checkout.test".into(),
            payments_url: "http://payments.test".into(),
            merchant_url: "http://merchant.test".into(),
            version: "test".into(),
        }
    }
}
