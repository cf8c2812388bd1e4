//! Payments: where a shopper pays, and where providers say that somebody did.
//!
//! | route | file |
//! | --- | --- |
//! | `GET /payments/{provider}/{payment}?token=…` | [`start_payment`] sends the shopper to pay |
//! | `POST /payments/callbacks/{provider}` | [`receive_callback`] believes nothing that is not signed |
//! | `/payments/sandbox/…` | [`sandbox`]: a provider of the shop's own, for dev, tests and demonstrations |
//! | `POST /api/carriers/{carrier}/events` | [`carrier`]: what becomes of parcels, in the words of those who carry them |
//!
//! Stripe, Alipay, WeChat Pay and bank transfer stand behind one [`Provider`]; docs/payments.md says how each is
//! configured. [`reconcile`] asks about what no callback decided, [`sweep_unpaid`] ends orders that nobody paid in time, and
//! [`refund()`] gives back what orders ask for. A provider's word moves money states only when payment,
//! order, amount and currency all match what was placed; otherwise the payment is held for a person ([`settle`]).
//!
//! Carriers are here, too, for they are called back and asked as providers are (docs/decisions/0025): [`track_parcels`] asks them.

mod alipay;
mod bank_transfer;
pub mod carrier;
mod config;
mod http;
mod keys;
mod pages;
mod provider;
mod receive_callback;
mod reconcile;
mod refund;
pub mod sandbox;
mod settle;
#[cfg(feature = "simulators")]
pub mod simulators;
mod start_payment;
mod stripe;
mod sweep_unpaid;
mod timed_signature;
mod track_parcels;
mod wechat;

pub use bank_transfer::received_by_hand;
pub use config::{AlipayMode, AlipaySettings, BankAccount, Config, ProviderSettings, Providers, StripeSettings};
pub use config::{WechatKey, WechatSettings};
pub use http::HttpError;
pub use keys::Secret;
pub use provider::{
    CallbackRefusal, Closing, Outcome, Paying, Place, Provider, ProviderError, ProviderEvent, Refund, RefundState,
    Refunded, Shopper, Started, TOLERANCE_SECONDS,
};
pub use receive_callback::Receipt;
pub use reconcile::{Reconciled, reconcile};
pub use refund::{Refunding, refund};
pub use settle::{Receiving, settle};
pub use sweep_unpaid::{Swept, sweep_unpaid};
pub use track_parcels::{Tracked, track_parcels};

use config::Wrong;

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
    providers: Arc<[Arc<dyn Provider>]>,
    http: http::Http,
}

impl State {
    /// With the configuration's providers, and the sandbox when it has its secret.
    pub fn new(store: Store, config: Config) -> Self {
        let sandbox = config.sandbox_secret.as_deref().map(sandbox::Sandbox::new);
        let sandbox = sandbox.into_iter().map(|p| Arc::new(p) as Arc<dyn Provider>);
        let providers = sandbox.chain(config.providers.all().cloned()).collect();
        Self { store, config: Arc::new(config), providers, http: http::Http::default() }
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
        .route("/api/carriers/{carrier}/events", post(carrier::receive::receive_events))
        .route("/payments/sandbox.css", get(pages::style))
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
