//! `GET /payments/{provider}/{payment}?token=…`: where an order's `redirect_url` leads. The provider shows its page, or
//! names the address of one.

use crate::provider::{Paying, Start};
use crate::sandbox::page_headers;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use stoa_domain::PaymentId;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;
use stoa_domain::shop::Shop;
use stoa_endpoint::{ApiError, Path, Query};

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

pub(crate) async fn start_payment(
    Shared(state): Shared<State>,
    Path((provider, payment)): Path<(String, String)>,
    Query(Token { token }): Query<Token>,
) -> Result<Response, ApiError> {
    let opened = open(&state, &provider, &payment, &token).await?;
    Ok(match state.provider(&provider)?.start(&opened.paying(&token)) {
        Start::Page(page) => (page_headers(), Html(page.into_string())).into_response(),
        Start::Redirect(url) => Redirect::to(&url).into_response(),
    })
}

/// A payment that the caller's link opened, with its order and shop.
pub(crate) struct Opened {
    pub(crate) payment: Payment,
    pub(crate) status_path: String,
    order: Order,
    shop: Shop,
}

impl Opened {
    pub(crate) fn paying<'a>(&'a self, token: &'a str) -> Paying<'a> {
        Paying {
            payment: &self.payment,
            order: &self.order,
            shop: &self.shop,
            token,
            status_path: &self.status_path,
            failed_before: false,
        }
    }
}

/// Reads the payment behind a link. A wrong token, an unknown payment and another provider's payment all read alike.
pub(crate) async fn open(state: &State, provider: &str, payment: &str, token: &str) -> Result<Opened, ApiError> {
    let unknown = || ApiError::not_found("payment");
    let id = PaymentId::new(payment).map_err(|_| unknown())?;
    if !state.config.link_key.verify_payment(&id, token) {
        return Err(unknown());
    }
    let payment = state.store.payments().get(&id).await.map_err(store_error)?.ok_or_else(unknown)?.value;
    if payment.provider != provider {
        return Err(unknown());
    }
    let order = state.store.orders().get(&payment.order).await.map_err(store_error)?.ok_or_else(unknown)?.value;
    let shop = state.store.shop().settings().await.map_err(store_error)?;
    let shop = shop.ok_or_else(|| ApiError::internal("the table has no shop"))?.value;
    let status_path = state.config.link_key.order_path(&order.id, &order.locale, &shop.default_locale);
    Ok(Opened { payment, status_path, order, shop })
}
