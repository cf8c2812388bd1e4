//! `POST /api/cart/seen`: the shopper has seen what the cart's items cost now; the cart shows no change of them any more.

use crate::add_line::change_cart;
use crate::cart_view::CartView;
use crate::get_cart::{ViewQuery, view};
use crate::visitor::Visitor;
use crate::{State, store_error};
use axum::extract::State as Shared;
use stoa_domain::{Money, Sku};
use stoa_endpoint::{ApiError, Json, Query};

pub(crate) async fn see_cart(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(query): Query<ViewQuery>,
) -> Result<Json<CartView>, ApiError> {
    let cart = match &visitor.cart {
        Some(id) => state.store.carts().get(id).await.map_err(store_error)?,
        None => None,
    };
    let shown = view(&state, cart.as_ref().map(|c| &c.value), &visitor, &query).await?;
    let changed: Vec<(Sku, Money)> = shown
        .lines
        .iter()
        .filter(|line| line.price_before.is_some())
        .filter_map(|line| Some((Sku::new(line.sku.clone()).ok()?, line.unit_price)))
        .collect();
    let Some(id) = visitor.cart.clone().filter(|_| !changed.is_empty()) else { return Ok(Json(shown)) };
    let cart = change_cart(&state, &id, false, query.locale.clone(), |cart, _| {
        changed.iter().for_each(|(sku, price)| cart.saw(sku, *price));
        Ok(())
    })
    .await?;
    view(&state, Some(&cart), &visitor, &query).await.map(Json)
}
