//! Where the table and the buckets are.

use aws_sdk_dynamodb::config::interceptors::InterceptorContext;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError};
use aws_sdk_s3::config::{Credentials, Region, retry::RetryConfig};
use std::time::Duration;

/// `Debug` never shows the secret key.
#[derive(Debug, Clone)]
pub struct Config {
    pub table: String,
    /// Read by everyone over plain HTTP: the published snapshot and pictures.
    pub public_bucket: String,
    /// Import files, plugin artefacts.
    pub private_bucket: String,
    /// Another endpoint than AWS's own, `http://127.0.0.1:8000`.
    pub dynamodb_endpoint: Option<String>,
    /// The same for S3; buckets are then part of the path.
    pub s3_endpoint: Option<String>,
    /// Fixed keys; None: the SDK's own chain (environment, the function's role).
    pub keys: Option<Keys>,
}

/// An access key pair of a local server.
#[derive(Clone)]
pub struct Keys {
    pub access_key: String,
    pub secret_key: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} must be {rule}, got {got:?}")]
pub struct ConfigError {
    pub variable: &'static str,
    pub rule: &'static str,
    pub got: String,
}

impl Config {
    /// Reads `STOA_TABLE`, `STOA_PUBLIC_BUCKET` and `STOA_PRIVATE_BUCKET`; region, keys and endpoints come from the
    /// SDK's own variables (`AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB`, …).
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from(|name| std::env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let name = |key: &'static str, default: &str| {
            let value = variable(key).unwrap_or_else(|| default.to_owned());
            let well_formed = (3..=63).contains(&value.len())
                && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
            if well_formed {
                Ok(value)
            } else {
                Err(ConfigError {
                    variable: key,
                    rule: "3 to 63 letters, digits, hyphens, underscores and points",
                    got: value.chars().take(80).collect(),
                })
            }
        };
        let endpoint = |key: &str| variable(key).or_else(|| variable("AWS_ENDPOINT_URL")).filter(|v| !v.is_empty());
        Ok(Self {
            table: name("STOA_TABLE", "stoa")?,
            public_bucket: name("STOA_PUBLIC_BUCKET", "stoa-public")?,
            private_bucket: name("STOA_PRIVATE_BUCKET", "stoa-private")?,
            dynamodb_endpoint: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            s3_endpoint: endpoint("AWS_ENDPOINT_URL_S3"),
            keys: None,
        })
    }

    /// Local servers at these addresses (see [`crate::embedded`]), with their usual names.
    pub fn local(dynamodb_endpoint: impl Into<String>, s3_endpoint: impl Into<String>, keys: Keys) -> Self {
        Self {
            table: "stoa".to_owned(),
            public_bucket: "stoa-public".to_owned(),
            private_bucket: "stoa-private".to_owned(),
            dynamodb_endpoint: Some(dynamodb_endpoint.into()),
            s3_endpoint: Some(s3_endpoint.into()),
            keys: Some(keys),
        }
    }

    pub(crate) async fn sdk(&self) -> aws_config::SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(20))
            .build();
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .retry_config(retries())
            .timeout_config(timeouts);
        if let Some(keys) = &self.keys {
            loader = loader.region(Region::new("us-east-1")).credentials_provider(Credentials::new(
                &keys.access_key,
                &keys.secret_key,
                None,
                None,
                "stoa",
            ));
        }
        loader.load().await
    }

    pub(crate) fn dynamodb(&self, sdk: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Config {
        let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        config.retry_classifier(CollisionsPass).build()
    }

    /// Over a wire of the caller's: no socket, no clock but the wire's, and a budget of retries of its own, which all
    /// other clients of a process share.
    #[cfg(feature = "embedded")]
    pub(crate) fn over(wire: &crate::embedded::memory::OverWire) -> aws_sdk_dynamodb::Config {
        use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
        use aws_sdk_dynamodb::config::retry::RetryPartition;
        aws_sdk_dynamodb::Config::builder()
            .behavior_version_latest()
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("none", "none", None, None, "stoa"))
            .endpoint_url("http://table.invalid")
            .http_client(wire.client())
            .sleep_impl(wire.clone())
            .retry_config(retries())
            .retry_partition(RetryPartition::custom("wire").build())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_classifier(CollisionsPass)
            .build()
    }

    pub(crate) fn s3(&self, sdk: &aws_config::SdkConfig) -> aws_sdk_s3::Config {
        let mut config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(self.s3_endpoint.is_some());
        config.set_endpoint_url(self.s3_endpoint.clone());
        config.build()
    }
}

/// Four tries with jittered backoff: a function answers within its timeout or fails while the shopper waits.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(50))
}

/// A single write that meets a transaction on the same item fails at once; the next moment it would succeed.
#[derive(Debug)]
struct CollisionsPass;

impl ClassifyRetry for CollisionsPass {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = match context.output_or_error() {
            Some(Err(error)) => error.as_operation_error(),
            _ => None,
        };
        let collided = error.is_some_and(|e| {
            e.downcast_ref::<PutItemError>().is_some_and(PutItemError::is_transaction_conflict_exception)
                || e.downcast_ref::<UpdateItemError>().is_some_and(UpdateItemError::is_transaction_conflict_exception)
                || e.downcast_ref::<DeleteItemError>().is_some_and(DeleteItemError::is_transaction_conflict_exception)
        });
        if collided { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "CollisionsPass"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_refused_with_its_variable() {
        let error = Config::from(|name| (name == "STOA_TABLE").then(|| "a b".to_owned())).map(|c| c.table);
        assert_eq!(error.map_err(|e| e.variable), Err("STOA_TABLE"));
    }
}
