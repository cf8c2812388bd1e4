//! Customers and marketing: what happened to an order becomes an event for the shop's marketing plugins, each day begins for
//! every customer, and what plugins propose becomes segments, points, coupons, follow-ups and messages that wait to be sent.
//!
//! | what | where |
//! | --- | --- |
//! | what Lambda delivers | [`mod@event`] |
//! | an order changed: its customer's figures, and what happened | `order_changed` |
//! | a day begins: every customer in turn, and what comes due | `sweep` |
//! | the marketing plugins of the shop, loaded, run and counted | `runner` |
//! | one plugin, one customer, one event: dealt with once | `deal` |
//!
//! The stream may repeat itself and a sweep may break off: an answer is written together with everything it comes to, under the
//! condition that it is not there yet (docs/decisions/0016). A plugin that fails costs nothing but its own answer.

mod catch_up;
mod config;
mod deal;
pub mod event;
mod order_changed;
mod round;
mod runner;
mod sweep;

pub use catch_up::catch_up;
pub use config::Config;
pub use event::{Event, handle};
pub use sweep::{Swept, sweep};

use runner::Loader;
use std::sync::Arc;
use stoa_storage::{Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum CrmError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an id that the shop made is none: {0}")]
    Id(#[from] stoa_domain::id::InvalidId),
    #[error("the system gave no random bytes")]
    Random,
    #[error("others kept changing the customer {customer}")]
    Contended { customer: stoa_domain::CustomerId },
    #[error("{failed} of {orders} orders could not be gone through: {first}")]
    Orders { failed: usize, orders: usize, first: Box<CrmError> },
}

/// The store, and the plugins that were loaded. Cheap to clone; one a process.
#[derive(Debug, Clone)]
pub struct Crm {
    pub(crate) store: Store,
    pub(crate) loader: Arc<Loader>,
}

impl Crm {
    pub fn new(store: Store, config: Config) -> Self {
        Self { store, loader: Arc::new(Loader::new(config.plugin_verify_key)) }
    }
}
