//! `POST /api/cart/lines {sku, quantity}`: puts something into the cart, making the cart when there is none. Under an
//! `Idempotency-Key` a request puts it there once, however often it comes; the cart itself remembers.

use crate::account::own_cart;
use crate::cart_cookie::{new_cart_id, set_cookie};
use crate::get_cart::{ViewQuery, view};
use crate::place_order::cart_changed;
use crate::price_cart::sellable;
use crate::visitor::{Member, Visitor};
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stoa_domain::cart::{Cart, CartError, CartRequest, MAX_QUANTITY};
use stoa_domain::product::ProductStatus;
use stoa_domain::{CartId, Locale, Sku};
use stoa_endpoint::{ApiError, BodyHash, IdempotencyKey, Json, Query};
use stoa_storage::{Expected, StoreError};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddLine {
    sku: Sku,
    /// 1 to 99, added to what the cart holds.
    quantity: u32,
}

pub(crate) async fn add_line(
    Shared(state): Shared<State>,
    visitor: Visitor,
    key: Option<IdempotencyKey>,
    Query(query): Query<ViewQuery>,
    Json(body): Json<AddLine>,
) -> Result<Response, ApiError> {
    let request = key.map(|key| CartRequest { key: short(key.as_str()), body: short(&body) });
    let AddLine { sku, quantity } = body;
    let found = state.store.products().by_sku(&sku).await.map_err(store_error)?;
    let found = found.filter(|m| m.product.status == ProductStatus::Active).ok_or_else(|| unknown_sku(&sku))?;
    let variant = found.variant().ok_or_else(|| unknown_sku(&sku))?;
    let stock = state.store.stock().get(&sku).await.map_err(store_error)?;
    let available = sellable(variant, stock.as_ref());

    let change = |cart: &mut Cart, now| {
        if let Some(request) = &request
            && !cart.begin(request).map_err(cart_error)?
        {
            return Ok(());
        }
        cart.add(sku.clone(), found.product.id.clone(), quantity, now).map_err(cart_error)?;
        cart.saw(&sku, variant.price);
        let wanted = cart.lines.iter().find(|l| l.sku == sku).map_or(quantity, |l| l.quantity);
        enough(&sku, wanted, available)
    };
    let locale = query.locale.clone();
    let (cart, is_new) = match &visitor.member {
        Some(member) => (change_own(&state, member, locale, change).await?, false),
        None => {
            let (id, is_new) = existing_or_new(&state, visitor.cart.clone()).await?;
            (change_cart(&state, &id, is_new, locale, change).await?, is_new)
        }
    };
    let mut response = Json(view(&state, Some(&cart), &visitor, &query).await?).into_response();
    if is_new {
        response.headers_mut().append(header::SET_COOKIE, set_cookie(&cart.id, &state.config));
    }
    Ok(response)
}

/// Changes the account's cart, or makes it one.
async fn change_own(
    state: &State,
    member: &Member,
    locale: Option<Locale>,
    mut change: impl FnMut(&mut Cart, Timestamp) -> Result<(), ApiError>,
) -> Result<Cart, ApiError> {
    const ATTEMPTS: u32 = 4;
    let mut account = member.account.clone();
    for _ in 0..ATTEMPTS {
        if let Some(own) = own_cart::own(state, &account.value).await? {
            return change_cart(state, &own.value.id, false, locale, change).await;
        }
        let cart = Cart::new(new_cart_id()?, shop_locale(state, locale.clone()).await?, Timestamp::now());
        if let Some(cart) = own_cart::begin(state, &account, cart, &mut change).await? {
            return Ok(cart);
        }
        account = own_cart::again(state, &account.value.id).await?;
    }
    Err(ApiError::unavailable("others kept changing the account's cart"))
}

/// 64 bits of a digest: a cart's few requests do not meet in that.
fn short(what: &(impl Serialize + ?Sized)) -> String {
    BodyHash::of(&what).0.chars().take(16).collect()
}

/// A cookie whose cart is gone gets a new id: nobody can prepare one for somebody else.
async fn existing_or_new(state: &State, id: Option<CartId>) -> Result<(CartId, bool), ApiError> {
    if let Some(id) = id
        && state.store.carts().get(&id).await.map_err(store_error)?.is_some()
    {
        return Ok((id, false));
    }
    Ok((new_cart_id()?, true))
}

/// Reads, changes and writes the cart; begins again when another request of the same shopper was faster. A cart that was
/// there and is gone was ordered meanwhile: its id is not used again, or a late request would make another cart of it.
pub(crate) async fn change_cart(
    state: &State,
    id: &CartId,
    is_new: bool,
    locale: Option<Locale>,
    mut change: impl FnMut(&mut Cart, Timestamp) -> Result<(), ApiError>,
) -> Result<Cart, ApiError> {
    const ATTEMPTS: u32 = 4;
    let mut attempt = 1;
    loop {
        let read = state.store.carts().get(id).await.map_err(store_error)?;
        let expected = Expected::from(&read);
        let now = Timestamp::now();
        let mut cart = match read {
            Some(read) => read.value,
            None if !is_new => return Err(cart_changed()),
            None => Cart::new(id.clone(), shop_locale(state, locale.clone()).await?, now),
        };
        change(&mut cart, now)?;
        match state.store.carts().put(&cart, expected).await {
            Ok(_) => return Ok(cart),
            Err(StoreError::RevisionConflict { .. }) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(store_error(error)),
        }
    }
}

pub(crate) async fn shop_locale(state: &State, wanted: Option<Locale>) -> Result<Locale, ApiError> {
    let shop = crate::price_cart::shop(state).await?;
    Ok(wanted.filter(|l| shop.locales.contains(l)).unwrap_or_else(|| shop.default_locale.clone()))
}

/// 409 when a cart wants more than can be sold.
pub(crate) fn enough(sku: &Sku, wanted: u32, available: u32) -> Result<(), ApiError> {
    if wanted <= available {
        return Ok(());
    }
    let message = match available {
        0 => format!("{sku} is sold out"),
        n => format!("only {n} of {sku} are left"),
    };
    Err(ApiError::conflict("out_of_stock", message).with_details(json!({ "sku": sku, "available": available })))
}

pub(crate) fn cart_error(error: CartError) -> ApiError {
    let message = error.to_string();
    match error {
        CartError::Quantity { got } => ApiError::bad_request("invalid_quantity", message)
            .with_details(json!({ "min": 1, "max": MAX_QUANTITY, "got": got })),
        CartError::TooManyLines => ApiError::conflict("cart_full", message),
        CartError::NotInCart { sku } => unknown_line(&sku),
        CartError::InvalidCode => ApiError::bad_request("invalid_code", message),
        CartError::TooManyCodes => ApiError::conflict("too_many_codes", message),
        CartError::KeyReused => ApiError::conflict("idempotency_key_reused", message),
        CartError::NoSuchCode => ApiError::new(axum::http::StatusCode::NOT_FOUND, "no_such_code", message),
    }
}

pub(crate) fn unknown_line(sku: &Sku) -> ApiError {
    ApiError::new(axum::http::StatusCode::NOT_FOUND, "not_in_cart", format!("{sku} is not in the cart"))
}

fn unknown_sku(sku: &Sku) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "unknown_sku",
        format!("the shop sells nothing with the SKU {sku}"),
    )
}
