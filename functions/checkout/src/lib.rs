//! The checkout: a shopper's cart, its honest price, and the order.
//!
//! | route | file |
//! | --- | --- |
//! | `GET /api/cart` | [`get_cart`] |
//! | `POST /api/cart/lines` | [`add_line`] |
//! | `PUT /api/cart/lines/{sku}` | [`change_line`] |
//! | `DELETE /api/cart/lines/{sku}` | [`remove_line`] |
//! | `POST /api/cart/seen` | [`see_cart`] |
//! | `POST /api/cart/codes` | [`add_code`] |
//! | `DELETE /api/cart/codes/{code}` | [`remove_code`] |
//! | `POST /api/orders` | [`place_order`] |
//! | `GET /api/orders/{id}?token=…` | [`get_order`] |
//! | `POST /api/orders/{id}/returns?token=…` | [`request_return`] |
//! | `PUT /api/orders/{id}/invoice?token=…` | [`ask_for_invoice`] |
//! | `PUT`, `DELETE /api/orders/{id}/reviews/{line}?token=…` | [`write_review`] |
//! | `POST /api/insight` | [`record_insight`] |
//! | `POST /api/unsubscribe` | [`unsubscribe`] |
//! | `/api/account…` | [`account`] |
//!
//! Every price is read from the table and every promotion is run again for every answer: see [`price_cart`].

pub mod account;
mod add_code;
mod add_line;
mod agreed;
pub mod ask_for_invoice;
mod cart_cookie;
pub mod cart_view;
mod change_line;
mod config;
pub mod get_cart;
pub mod get_order;
mod payment_methods;
pub mod place_order;
mod plugin_failures;
mod price_cart;
mod promotion_facts;
mod promotion_uses;
mod promotions;
mod record_insight;
mod remove_code;
mod remove_line;
pub mod request_return;
mod see_cart;
mod setup;
mod shopify_function;
mod signed_quote;
mod unsubscribe;
mod visitor;
pub mod write_review;

pub use config::Config;
pub use payment_methods::PaymentMethods;
pub use promotions::{Candidates, LoadPromotion, RunPromotion};

use axum::Router;
use axum::routing::{delete, get, post, put};
use std::sync::Arc;
use stoa_endpoint::{ApiError, Limits, finish};
use stoa_storage::{Store, StoreError};

/// What every request of this function shares.
#[derive(Clone)]
pub struct State {
    store: Store,
    config: Arc<Config>,
    setup: setup::KnownSetup,
    promotions: promotions::Promotions,
}

impl State {
    /// Runs the table's active plugins on every quote, where the configuration has the key they are signed under.
    pub fn new(store: Store, config: Config) -> Self {
        let loader = config.plugin_verify_key.clone().map(|key| Arc::new(promotions::Runtime::new(key)) as _);
        let promotions = promotions::Promotions::new(store.clone(), loader);
        Self { setup: setup::KnownSetup::new(store.clone()), store, config: Arc::new(config), promotions }
    }

    /// The same, reading eventually consistent: for what is compared with something before it counts.
    fn eventual(&self) -> Self {
        Self { store: self.store.eventual(), ..self.clone() }
    }

    /// The same with another way to make plugins of artefacts.
    pub fn with_promotions(self, loader: Arc<dyn LoadPromotion>) -> Self {
        Self { promotions: promotions::Promotions::new(self.store.clone(), Some(loader)), ..self }
    }
}

/// All routes of the function, with their limits.
pub fn router(state: State) -> Router {
    let routes = Router::new()
        .route("/api/cart", get(get_cart::get_cart))
        .route("/api/cart/lines", post(add_line::add_line))
        .route("/api/cart/lines/{sku}", put(change_line::change_line).delete(remove_line::remove_line))
        .route("/api/cart/seen", post(see_cart::see_cart))
        .route("/api/cart/codes", post(add_code::add_code))
        .route("/api/cart/codes/{code}", delete(remove_code::remove_code))
        .route("/api/orders", post(place_order::place_order))
        .route("/api/orders/{id}", get(get_order::get_order))
        .route("/api/orders/{id}/returns", post(request_return::request_return))
        .route("/api/orders/{id}/invoice", put(ask_for_invoice::ask_for_invoice))
        .route(
            "/api/orders/{id}/reviews/{line}",
            put(write_review::write_review).delete(write_review::take_back_review),
        )
        .route("/api/insight", post(record_insight::record_insight))
        .route("/api/unsubscribe", post(unsubscribe::unsubscribe))
        .merge(account::routes())
        .with_state(state);
    finish(routes, Limits::default())
}

/// What a failing table means to the shopper. Use cases map what they expect before this.
fn store_error(error: StoreError) -> ApiError {
    match error {
        StoreError::Unavailable { .. } | StoreError::RevisionConflict { .. } => ApiError::unavailable(error),
        other => ApiError::internal(other),
    }
}
