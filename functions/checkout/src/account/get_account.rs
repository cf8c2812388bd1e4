//! `GET /api/account`: what the account's owner sees. `?brief=true`: without orders and sessions, for a form that wants filling in.

use super::end_session::ID_DIGITS;
use crate::get_order::AddressView;
use crate::visitor::Member;
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Order, OrderState};
use stoa_domain::{Locale, Money, OrderId};
use stoa_endpoint::{ApiError, Json, Query};
use stoa_storage::MAX_ORDERS_PAGE;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub email: String,
    pub created_at: Timestamp,
    /// Whether they get offers by mail.
    pub offers: bool,
    /// The last used first.
    pub addresses: Vec<AddressView>,
    /// Of the address, those placed before there was an account, too; the newest first, a hundred at most.
    pub orders: Vec<OrderSummary>,
    /// The last used first.
    pub sessions: Vec<SessionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSummary {
    pub order_id: OrderId,
    pub number: String,
    pub state: OrderState,
    pub placed_at: Timestamp,
    pub pieces: u32,
    pub total: Money,
    /// Its signed page, within the shop's origin.
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: String,
    pub browser: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// The one that asks.
    pub current: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccountQuery {
    brief: bool,
}

pub(crate) async fn get_account(
    Shared(state): Shared<State>,
    member: Member,
    Query(AccountQuery { brief }): Query<AccountQuery>,
) -> Result<Json<AccountView>, ApiError> {
    let account = member.account.value;
    let (customers, orders, accounts) = (state.store.customers(), state.store.orders(), state.store.accounts());
    let (customer, mut orders, sessions, shop) = tokio::try_join!(
        async { customers.get(&account.id).await.map_err(store_error) },
        async {
            if brief {
                Ok(Vec::new())
            } else {
                orders.of_customer(&account.id, MAX_ORDERS_PAGE).await.map_err(store_error)
            }
        },
        async {
            if brief {
                Ok(Vec::new())
            } else {
                accounts.sessions(&account.id, Timestamp::now()).await.map_err(store_error)
            }
        },
        crate::price_cart::shop(&state),
    )?;
    orders.sort_by_key(|order| std::cmp::Reverse(order.placed_at));
    let session = |session: stoa_storage::Session| SessionView {
        current: session.hash == member.session.hash,
        id: session.hash.chars().take(ID_DIGITS).collect(),
        browser: session.browser,
        created_at: session.created_at,
        seen_at: session.seen_at,
    };
    Ok(Json(AccountView {
        email: account.email,
        created_at: account.created_at,
        offers: customer.is_some_and(|read| read.value.consent.is_some()),
        addresses: account.addresses.into_iter().map(AddressView::from).collect(),
        orders: orders.iter().map(|order| summary(&state, order, &shop.default_locale)).collect(),
        sessions: sessions.into_iter().map(session).collect(),
    }))
}

fn summary(state: &State, order: &Order, shop_locale: &Locale) -> OrderSummary {
    OrderSummary {
        order_id: order.id.clone(),
        number: order.number.clone(),
        state: order.state,
        placed_at: order.placed_at,
        pieces: order.lines.iter().map(|line| line.quantity).sum(),
        total: order.quote.total,
        url: state.config.link_key.order_path(&order.id, &order.locale, shop_locale),
    }
}
