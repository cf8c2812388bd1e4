//! `POST /api/cart/codes {code}`: the cart keeps a code; whether it applies, and why not, its view says.

use crate::State;
use crate::add_line::{cart_error, change_cart};
use crate::cart_view::CartView;
use crate::get_cart::{ViewQuery, view};
use crate::visitor::Visitor;
use axum::extract::State as Shared;
use serde::Deserialize;
use stoa_domain::CartId;
use stoa_endpoint::{ApiError, Json, Query};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddCode {
    /// 1 to 64 characters, in any case.
    code: String,
}

pub(crate) async fn add_code(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Query(query): Query<ViewQuery>,
    Json(AddCode { code }): Json<AddCode>,
) -> Result<Json<CartView>, ApiError> {
    let id = with_goods(&state, visitor.cart.clone()).await?;
    let cart = change_cart(&state, &id, false, query.locale.clone(), |cart, now| {
        cart.add_code(&code, now).map_err(cart_error)
    });
    view(&state, Some(&cart.await?), &visitor, &query).await.map(Json)
}

/// A code is for something: no cart is made for it.
async fn with_goods(state: &State, id: Option<CartId>) -> Result<CartId, ApiError> {
    let nothing = || ApiError::conflict("cart_empty", "there is nothing in the cart that a code could be for");
    let id = id.ok_or_else(nothing)?;
    let cart = state.store.carts().get(&id).await.map_err(crate::store_error)?;
    cart.filter(|cart| !cart.value.lines.is_empty()).map(|_| id).ok_or_else(nothing)
}
