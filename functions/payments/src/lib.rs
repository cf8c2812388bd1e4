//! Payments: where a shopper pays, and where providers say that somebody did.
//!
//! | route | file |
//! | --- | --- |
//! | `GET /payments/{provider}/{payment}?token=…` | [`start_payment`] sends the shopper to pay |
//! | `POST /payments/callbacks/{provider}` | [`receive_callback`] believes nothing that is not signed |
//! | `/payments/sandbox/…` | [`sandbox`]: a provider of the shop's own, for dev, tests and demonstrations |
//!
//! A provider's word moves money states only when payment, order, amount and currency all match what was placed;
//! otherwise the payment is held for a person.

mod config;
mod provider;
mod receive_callback;
pub mod sandbox;
mod start_payment;

pub use config::Config;
pub use provider::{CallbackRefusal, Outcome, Provider, ProviderEvent, Start};
pub use receive_callback::{Receipt, Receiving};

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;
use stoa_endpoint::{ApiError, Limits, finish};
use stoa_storage::{Store, StoreError};

/// What every request of this function shares.
#[derive(Clone)]
pub struct State {
    store: Store,
    config: Arc<Config>,
    providers: Arc<[Box<dyn Provider>]>,
    sender: sandbox::Sender,
}

impl State {
    /// With the sandbox provider, when the configuration has its secret.
    pub fn new(store: Store, config: Config) -> Self {
        let sandbox = config.sandbox_secret.as_deref().map(sandbox::Sandbox::new);
        let providers = sandbox.into_iter().map(|p| Box::new(p) as Box<dyn Provider>).collect();
        Self { store, config: Arc::new(config), providers, sender: sandbox::Sender::default() }
    }

    fn provider(&self, name: &str) -> Result<&dyn Provider, ApiError> {
        self.providers
            .iter()
            .map(AsRef::as_ref)
            .find(|p| p.name() == name)
            .ok_or_else(|| ApiError::not_found("payment provider"))
    }
}

/// All routes of the function, with their limits.
pub fn router(state: State) -> Router {
    let routes = Router::new()
        .route("/payments/callbacks/{provider}", post(receive_callback::receive_callback))
        .route("/payments/sandbox.css", get(sandbox::style))
        .route("/payments/{provider}/{payment}", get(start_payment::start_payment).post(sandbox::decide))
        .with_state(state);
    finish(routes, Limits::default())
}

/// What a failing table means to the caller.
fn store_error(error: StoreError) -> ApiError {
    match error {
        StoreError::Unavailable { .. } | StoreError::RevisionConflict { .. } => ApiError::unavailable(error),
        other => ApiError::internal(other),
    }
}
