//! Customers and marketing: what happened to an order becomes an event for the shop's marketing plugins, each day begins for
//! every customer, and what plugins propose becomes segments, points, coupons, follow-ups and messages. Those, and what an order's buyer and
//! whoever signs in is told, it sends.
//!
//! | what | where |
//! | --- | --- |
//! | what Lambda delivers | [`mod@event`] |
//! | an order changed: its customer's figures, and what happened | `order_changed` |
//! | a day begins: every customer in turn, and what comes due | `sweep` |
//! | the marketing plugins of the shop, loaded, run and counted | `runner` |
//! | one plugin, one customer, one event: dealt with once | `deal` |
//! | what an order's buyer is told | `order_news` |
//! | the outbox is sent | `send` |
//! | letters, and the mail server | [`mail`] |
//!
//! The stream may repeat itself and a sweep may break off: an answer is written together with everything it comes to, under the
//! condition that it is not there yet (docs/decisions/0016). A plugin that fails costs nothing but its own answer.

mod catch_up;
mod config;
mod deal;
pub mod event;
pub mod mail;
mod order_changed;
mod order_news;
mod round;
mod runner;
mod send;
mod sweep;

pub use catch_up::catch_up;
pub use config::Config;
pub use event::{Event, handle};
pub use mail::{MailConfig, SmtpSettings, Tls};
pub use send::{MAX_ATTEMPTS, MAX_MESSAGES_A_RUN, Sending, send};
pub use sweep::{Swept, sweep};

use mail::Mail;
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

/// The store, the plugins that were loaded, and the mail server. Cheap to clone; one a process.
#[derive(Debug, Clone)]
pub struct Crm {
    pub(crate) store: Store,
    pub(crate) loader: Arc<Loader>,
    pub(crate) mail: Option<Mail>,
}

impl Crm {
    pub fn new(store: Store, config: Config) -> Self {
        let mail = config.mail.map(Mail::new);
        Self { store, loader: Arc::new(Loader::new(config.plugin_verify_key)), mail }
    }
}
