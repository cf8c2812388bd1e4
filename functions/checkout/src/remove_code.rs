//! `DELETE /api/cart/codes/{code}`: takes a code off the cart.

use crate::add_line::{cart_error, change_cart};
use crate::cart_view::CartView;
use crate::get_cart::{ViewQuery, view};
use crate::visitor::Visitor;
use crate::{State, store_error};
use axum::extract::State as Shared;
use stoa_domain::cart::CartError;
use stoa_endpoint::{ApiError, Json, Path, Query};

pub(crate) async fn remove_code(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(query): Query<ViewQuery>,
) -> Result<Json<CartView>, ApiError> {
    let missing = || cart_error(CartError::NoSuchCode);
    let id = visitor.cart.clone().ok_or_else(missing)?;
    state.store.carts().get(&id).await.map_err(store_error)?.ok_or_else(missing)?;
    let change = change_cart(&state, &id, false, query.locale.clone(), |cart, now| {
        cart.remove_code(&code, now).map_err(cart_error)
    });
    view(&state, Some(&change.await?), &visitor, &query).await.map(Json)
}
