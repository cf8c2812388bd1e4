//! What every HTTP function of the shop shares: the error shape, extractors that refuse with it, the request id, limits,
//! access tokens, idempotency keys, signed links and settings from the environment. No storage, no Lambda: the bins
//! mount the routers.
//!
//! A function builds its routes and hands them to [`finish`]:
//!
//! ```
//! use axum::{Router, routing::get};
//! let router: Router = stoa_endpoint::finish(Router::new().route("/healthz", get(|| async { "ok" })), Default::default());
//! ```

pub mod access;
pub mod config;
mod error;
mod extract;
mod idempotency;
mod layers;
pub mod link;
pub mod random;
mod request_id;
mod telemetry;

pub use error::{ApiError, ErrorBody, ErrorDetail, FieldError};
pub use extract::{Json, Path, Query};
pub use idempotency::{BodyHash, IdempotencyKey};
pub use layers::{Limits, finish};
pub use link::LinkKey;
pub use request_id::RequestId;
pub use telemetry::{init_tracing, quiet};
