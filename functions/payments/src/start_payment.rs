//! `GET /payments/{provider}/{payment}?token=…`: where an order's `redirect_url` leads. The provider shows its page, or
//! names the address of one, or gives a code to scan.

use crate::provider::{Paying, Place, ProviderError, Shopper, Started};
use crate::{State, pages, store_error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use std::net::IpAddr;
use stoa_domain::PaymentId;
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::shop::Shop;
use stoa_endpoint::{ApiError, Path, Query};
use stoa_storage::{OrderAndPayment, Revision, StoreError, Versioned};

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

pub(crate) async fn start_payment(
    Shared(state): Shared<State>,
    Path((name, payment)): Path<(String, String)>,
    Query(Token { token }): Query<Token>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let opened = open(&state, &name, &payment, &token).await?;
    let provider = state.provider(&name)?;
    let paying = Paying { shopper: shopper(&headers), ..opened.paying(&token) };
    let now = Timestamp::now();
    let decided = matches!(opened.payment.state, PaymentState::Succeeded | PaymentState::Held);
    let waits = opened.order.state == OrderState::PaymentPending && !opened.order.is_overdue(now);
    // The sandbox's own page says what happened; a provider would take the money again, or for an order that ended.
    let says_so = decided && name == crate::sandbox::NAME;
    if (decided || !waits) && !says_so {
        return Ok(Redirect::to(&opened.status_path).into_response());
    }
    let Started { place, reference } = match provider.start(&paying, now).await {
        Ok(started) => started,
        Err(error) => return Ok(not_started(&paying, &error)),
    };
    if let Some(reference) = reference.filter(|r| Some(r) != opened.payment.provider_reference.as_ref()) {
        remember(&state, &opened, reference).await?;
    }
    Ok(match place {
        Place::Page(page) => (pages::headers(), Html(page.into_string())).into_response(),
        Place::Redirect(url) => Redirect::to(&url).into_response(),
        Place::Scan(code) => (pages::headers(), Html(pages::scan(&paying, &code)?.into_string())).into_response(),
    })
}

/// Keeps the provider's id of the attempt. When an event was faster, its word is the newer one and stays.
async fn remember(state: &State, opened: &Opened, reference: String) -> Result<(), ApiError> {
    let value = Payment { provider_reference: Some(reference), updated_at: Timestamp::now(), ..opened.payment.clone() };
    let payment = Versioned { value, revision: opened.revision };
    match state.store.payments().update(&payment).await {
        Ok(_) | Err(StoreError::RevisionConflict { .. }) => Ok(()),
        Err(error) => Err(store_error(error)),
    }
}

/// The provider does not play along. Nothing was paid, and the order still waits.
fn not_started(paying: &Paying<'_>, error: &ProviderError) -> Response {
    let status = match error {
        ProviderError::Unsupported { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_GATEWAY,
    };
    tracing::error!(payment = %paying.payment.id, provider = paying.payment.provider, %error, "a payment did not start");
    (status, pages::headers(), Html(pages::not_started(paying).into_string())).into_response()
}

fn shopper(headers: &HeaderMap) -> Shopper {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // `Mobile` is what browsers on phones, and only they, say: MDN, "Browser detection using the user agent".
    let on_phone = text(header::USER_AGENT.as_str()).contains("Mobi");
    // The edge puts the shopper's address first; what stands behind are proxies.
    let ip = text("x-forwarded-for").split(',').next().and_then(|first| first.trim().parse::<IpAddr>().ok());
    Shopper { on_phone, ip }
}

/// A payment that the caller's link opened, with its order and shop.
pub(crate) struct Opened {
    pub(crate) payment: Payment,
    pub(crate) status_path: String,
    revision: Revision,
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
            shopper: Shopper::default(),
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
    let read = state.store.payments().with_order(&id).await.map_err(store_error)?.ok_or_else(unknown)?;
    let OrderAndPayment { order, payment, revision, .. } = read;
    if payment.provider != provider {
        return Err(unknown());
    }
    let shop = state.store.shop().settings().await.map_err(store_error)?;
    let shop = shop.ok_or_else(|| ApiError::internal("the table has no shop"))?.value;
    let status_path = state.config.link_key.order_path(&order.id, &order.locale, &shop.default_locale);
    Ok(Opened { payment, status_path, revision, order, shop })
}
