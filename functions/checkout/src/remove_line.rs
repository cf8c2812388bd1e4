//! `DELETE /api/cart/lines/{sku}`: takes a line out of the cart.

use crate::State;
use crate::cart_view::CartView;
use crate::change_line::set_quantity;
use crate::get_cart::ViewQuery;
use crate::visitor::Visitor;
use axum::extract::State as Shared;
use stoa_domain::Sku;
use stoa_endpoint::{ApiError, Json, Path, Query};

pub(crate) async fn remove_line(
    Shared(state): Shared<State>,
    visitor: Visitor,
    Path(sku): Path<Sku>,
    Query(query): Query<ViewQuery>,
) -> Result<Json<CartView>, ApiError> {
    set_quantity(&state, &visitor, &sku, 0, &query).await.map(Json)
}
