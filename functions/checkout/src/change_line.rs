//! `PUT /api/cart/lines/{sku} {quantity}`: sets how many; 0 removes the line.

use crate::add_line::{cart_error, change_cart, enough, unknown_line};
use crate::cart_view::CartView;
use crate::get_cart::{ViewQuery, view};
use crate::price_cart::sellable;
use crate::visitor::Visitor;
use crate::{State, store_error};
use axum::extract::State as Shared;
use serde::Deserialize;
use stoa_domain::Sku;
use stoa_endpoint::{ApiError, Json, Path, Query};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeLine {
    /// 0 to 99.
    quantity: u32,
}

pub(crate) async fn change_line(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(sku): Path<Sku>,
    Query(query): Query<ViewQuery>,
    Json(ChangeLine { quantity }): Json<ChangeLine>,
) -> Result<Json<CartView>, ApiError> {
    set_quantity(&state, &visitor, &sku, quantity, &query).await.map(Json)
}

/// Sets one line's quantity and answers the new cart. Less is always allowed, more only of what can be sold.
pub(crate) async fn set_quantity(
    state: &State,
    visitor: &Visitor,
    sku: &Sku,
    quantity: u32,
    query: &ViewQuery,
) -> Result<CartView, ApiError> {
    let missing = || unknown_line(sku);
    let id = visitor.cart.clone().ok_or_else(missing)?;
    let cart = state.store.carts().get(&id).await.map_err(store_error)?.ok_or_else(missing)?.value;
    let has = cart.lines.iter().find(|l| &l.sku == sku).ok_or_else(missing)?.quantity;
    let available = if quantity > has { available(state, sku).await? } else { u32::MAX };
    let cart = change_cart(state, &id, false, query.locale.clone(), |cart, now| {
        enough(sku, quantity, available)?;
        cart.set_quantity(sku, quantity, now).map_err(cart_error)
    })
    .await?;
    view(state, Some(&cart), visitor, query).await
}

async fn available(state: &State, sku: &Sku) -> Result<u32, ApiError> {
    let found = state.store.products().by_sku(sku).await.map_err(store_error)?;
    let stock = state.store.stock().get(sku).await.map_err(store_error)?;
    Ok(found.as_ref().and_then(|m| m.variant()).map_or(0, |variant| sellable(variant, stock.as_ref())))
}
