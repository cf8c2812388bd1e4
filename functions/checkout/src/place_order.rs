//! `POST /api/orders`: the cart becomes an order with a payment to be made.
//!
//! Everything is read and priced again, and compared with what the shopper saw; then order, payment, stock, what its
//! promotions and codes are used for, the cart's removal and the answer under the idempotency key are written in one
//! transaction. A retry with the same key after any crash finds either nothing or all of it: the payment's address follows
//! from its id, so there is no half-way.
//!
//! Who the shopper is is known only now, by their address. Until then the cart is priced in their favour; where that was
//! too much, the cart remembers them, so that the total they see next is the one they can order at.

use crate::add_line::enough;
use crate::cart_cookie::CartCookie;
use crate::cart_view::titles;
use crate::get_order::AddressView;
use crate::price_cart::{Asked, Item, Offer, PricedCart, Problem, price_cart};
use crate::promotion_uses::uses;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Address, Happened, Order, OrderEvent, OrderLine, OrderState, order_id, order_number};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::quote::GiftLine;
use stoa_domain::{CartId, CustomerId, Locale, Money, OrderId, PaymentId};
use stoa_endpoint::{ApiError, BodyHash, FieldError, IdempotencyKey, Json, random};
use stoa_storage::{
    Begun, IdempotencyKey as StoredKey, PlaceOrder, Placed, Reservation, StoreError, Versioned, customer_key,
};

/// How often an order is priced anew when others used a promotion between our reading and our writing.
const ROUNDS: u32 = 8;

/// The request's body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    pub email: String,
    pub address: AddressView,
    pub shipping_method: String,
    /// One of the cart's `payment_methods`; the first where there is none.
    #[serde(default)]
    pub payment_method: Option<String>,
    /// The language of the order's pages and messages.
    pub locale: Locale,
    /// The shopper asks for messages about offers.
    #[serde(default)]
    pub marketing_consent: bool,
    /// What the shopper was shown; another total is refused with the new one.
    pub expected_total: Money,
}

/// The answer, the same for every retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedOrder {
    pub order_id: OrderId,
    pub number: String,
    /// The order's signed page, within the shop's origin.
    pub status_url: String,
    pub payment: PlacedPayment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedPayment {
    pub id: PaymentId,
    pub provider: String,
    /// Where the shopper pays, or the order's page where there is nothing to pay; a URL reference to be resolved against the shop's origin.
    pub redirect_url: String,
}

pub(crate) async fn place_order(
    Shared(state): Shared<State>,
    CartCookie(cart): CartCookie,
    key: IdempotencyKey,
    Json(request): Json<OrderRequest>,
) -> Result<Response, ApiError> {
    let cart_id = cart.ok_or_else(cart_empty)?;
    let hash = BodyHash::of(&request).0;
    // Keys belong to a cart: strangers cannot meet in one.
    let key = StoredKey::new("orders", &key.within(cart_id.as_str())).map_err(ApiError::internal)?;
    if let Some(earlier) = answered(&state, &key, &hash).await? {
        return Ok(created(earlier));
    }
    match attempt(&state, cart_id, key.clone(), hash.clone(), request).await {
        Ok(answer) => Ok(created(answer)),
        // The same request, sent twice at once: its twin may have emptied the cart or taken the stock meanwhile.
        Err(refusal) => answered(&state, &key, &hash).await?.map(created).ok_or(refusal),
    }
}

/// The answer this request was given before, if it was.
async fn answered(state: &State, key: &StoredKey, hash: &str) -> Result<Option<String>, ApiError> {
    match state.store.idempotency().find(key, hash).await.map_err(store_error)? {
        Begun::Same(answer) => Ok(Some(answer)),
        Begun::Different => Err(key_reused()),
        Begun::New | Begun::InFlight => Ok(None),
    }
}

/// Places the order, and answers it as JSON.
async fn attempt(
    state: &State,
    cart_id: CartId,
    key: StoredKey,
    hash: String,
    request: OrderRequest,
) -> Result<String, ApiError> {
    let request = checked(request)?;
    let customer = customer_key(&request.email)?;
    let cart = read_cart(state, &cart_id).await?;
    let mut round = 1;
    loop {
        let asked = Asked {
            cart: Some(&cart_id),
            lines: &cart.value.lines,
            codes: &cart.value.codes,
            customer: Some(&customer),
            locale: Some(&request.locale),
            country: Some(&request.address.country),
            shipping: Some(&request.shipping_method),
        };
        let priced = price_cart(state, &asked).await?;
        orderable(&priced)?;
        let provider = state.config.payment_methods.choose(request.payment_method.as_deref(), priced.shop.currency)?;
        if priced.quote.total != request.expected_total {
            remember(state, cart, customer).await;
            return Err(another_total(&priced, request.expected_total, round > 1));
        }
        let (order, payment) = compose(provider, &cart.value, &priced, &request)?;
        let status_url = state.config.link_key.order_path(&order.id, &order.locale, &priced.shop.default_locale);
        let redirect_url = match payment.state {
            PaymentState::Succeeded => status_url.clone(),
            _ => state.config.link_key.payment_path(&payment.provider, &payment.id),
        };
        let answer = PlacedOrder {
            order_id: order.id.clone(),
            number: order.number.clone(),
            status_url,
            payment: PlacedPayment { id: payment.id.clone(), provider: payment.provider.clone(), redirect_url },
        };
        let response = serde_json::to_string(&answer).map_err(ApiError::internal)?;
        let placing = PlaceOrder {
            order,
            payment,
            reservations: reservations(&priced),
            uses: uses(&priced, customer.clone()),
            cart: (cart_id.clone(), cart.revision),
            idempotency: key.clone(),
            request_hash: hash.clone(),
            response: response.clone(),
        };
        match state.store.orders().place(placing).await {
            Ok(Placed::New) => {
                tracing::info!(order = %answer.order_id, number = answer.number, "order placed");
                return Ok(response);
            }
            Ok(Placed::Same(earlier)) => return Ok(earlier),
            // Somebody took the last use: what it costs without is asked about, if it costs something else.
            Err(StoreError::PromotionUsedUp) if round < ROUNDS => round += 1,
            Err(error) => return Err(refused(error)),
        }
    }
}

/// So that the cart's next view is priced for who they are. The refusal stands without it, too.
async fn remember(state: &State, cart: Versioned<Cart>, customer: CustomerId) {
    if cart.value.customer.as_ref() == Some(&customer) {
        return;
    }
    let expected = cart.unchanged();
    let cart = Cart { customer: Some(customer), ..cart.value };
    if let Err(error) = state.store.carts().put(&cart, expected).await {
        tracing::warn!(%error, "the cart does not remember its customer");
    }
}

fn created(answer: String) -> Response {
    (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

async fn read_cart(state: &State, id: &CartId) -> Result<Versioned<Cart>, ApiError> {
    let cart = state.store.carts().get(id).await.map_err(store_error)?;
    cart.filter(|c| !c.value.lines.is_empty()).ok_or_else(cart_empty)
}

/// The request without outer white space, or every fault at once.
fn checked(mut request: OrderRequest) -> Result<OrderRequest, ApiError> {
    let a = &mut request.address;
    for text in [
        &mut request.email,
        &mut a.name,
        &mut a.phone,
        &mut a.country,
        &mut a.region,
        &mut a.city,
        &mut a.district,
        &mut a.street,
        &mut a.postal_code,
    ] {
        *text = text.trim().to_owned();
    }
    let mut faults = Vec::new();
    if let Err(e) = stoa_domain::email::validate(&request.email) {
        faults.push(FieldError::new(e.field, e.code, e.message));
    }
    for e in Address::from(request.address.clone()).validate() {
        faults.push(FieldError::new(format!("address.{}", e.field), e.code, e.message));
    }
    if faults.is_empty() { Ok(request) } else { Err(ApiError::validation(faults)) }
}

fn orderable(priced: &PricedCart) -> Result<(), ApiError> {
    for item in &priced.items {
        let sku = &item.line.sku;
        match (item.problem(), &item.offer) {
            (None, _) => {}
            (Some(Problem::Gone), _) | (_, None) => {
                return Err(ApiError::conflict("item_gone", format!("{sku} is not sold any more"))
                    .with_details(json!({ "sku": sku })));
            }
            (Some(_), Some(offer)) => enough(sku, item.line.quantity, offer.available)?,
        }
    }
    Ok(())
}

/// `used_up`: because others took what was left of a promotion while this order was being placed.
fn another_total(priced: &PricedCart, expected: Money, used_up: bool) -> ApiError {
    let total = priced.quote.total;
    let (code, message) = if used_up {
        ("promotion_used_up", "a promotion or code was used up meanwhile; please look at the new total")
    } else {
        ("total_changed", "the total is another than the one that was shown; please look again")
    };
    ApiError::conflict(code, message).with_details(json!({ "total": total, "expected_total": expected }))
}

fn compose(
    provider: &str,
    cart: &Cart,
    priced: &PricedCart,
    request: &OrderRequest,
) -> Result<(Order, Payment), ApiError> {
    let now = Timestamp::now();
    let number = order_number(random::bytes()?);
    let order_id = order_id(&number).ok_or_else(|| ApiError::internal("an order's number is no id"))?;
    let payment_id = PaymentId::new(format!("pay_{}", ulid::Ulid::generate()))?;
    let placed = OrderEvent {
        at: now,
        to: OrderState::PaymentPending,
        by: "shopper".into(),
        why: "placed".into(),
        what: Happened::State,
    };
    let bought = priced.items.iter().filter_map(|item| order_line(item, priced));
    let given = priced.quote.gifts.iter().filter_map(|gift| gift_line(gift, priced));
    let mut order = Order {
        id: order_id.clone(),
        number,
        state: OrderState::PaymentPending,
        locale: priced.locale.clone(),
        email: request.email.clone(),
        marketing_consent: request.marketing_consent,
        shipping_address: request.address.clone().into(),
        lines: bought.chain(given).collect(),
        quote: priced.quote.clone(),
        cart: cart.id.clone(),
        payment: payment_id.clone(),
        placed_at: now,
        timeline: vec![placed],
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
    };
    // No provider takes a payment of nothing.
    let free = priced.quote.total.is_zero();
    if free {
        order.transition(OrderState::Paid, now, "system", "nothing to pay").map_err(ApiError::internal)?;
    }
    let payment = Payment {
        id: payment_id,
        order: order_id,
        provider: provider.to_owned(),
        amount: priced.quote.total,
        state: if free { PaymentState::Succeeded } else { PaymentState::Pending },
        provider_reference: None,
        created_at: now,
        updated_at: now,
    };
    Ok((order, payment))
}

fn order_line(item: &Item, priced: &PricedCart) -> Option<OrderLine> {
    let offer = item.offer.as_ref()?;
    let quoted = priced.quote.lines.iter().find(|l| l.sku == item.line.sku)?;
    let (title, variant_title) = titles(&offer.product, offer.variant()?, &priced.locale, &priced.shop.default_locale);
    Some(OrderLine {
        sku: item.line.sku.clone(),
        product: item.line.product.clone(),
        handle: offer.product.handle.to_string(),
        title,
        variant_title,
        quantity: item.line.quantity,
        unit_price: quoted.unit_price,
        total: quoted.total,
        gift: None,
    })
}

fn gift_line(gift: &GiftLine, priced: &PricedCart) -> Option<OrderLine> {
    let offer = priced.gifts.get(&gift.sku)?;
    let variant = offer.variant()?;
    let (title, variant_title) = titles(&offer.product, variant, &priced.locale, &priced.shop.default_locale);
    Some(OrderLine {
        sku: gift.sku.clone(),
        product: offer.product.id.clone(),
        handle: offer.product.handle.to_string(),
        title,
        variant_title,
        quantity: gift.quantity,
        unit_price: variant.price,
        total: Money::zero(priced.shop.currency),
        gift: Some(gift.promotion.clone()),
    })
}

/// What the order takes from the shelf, gifts too; nothing where stock is not counted.
fn reservations(priced: &PricedCart) -> Vec<Reservation> {
    let taken = |offer: &Offer, quantity: u32| {
        let variant = offer.variant().filter(|variant| variant.track_stock)?;
        Some(Reservation { sku: variant.sku.clone(), quantity, beyond_stock: variant.backorder })
    };
    let bought = priced.items.iter().filter_map(|item| taken(item.offer.as_ref()?, item.line.quantity));
    let given = priced.quote.gifts.iter().filter_map(|gift| taken(priced.gifts.get(&gift.sku)?, gift.quantity));
    bought.chain(given).collect()
}

fn refused(error: StoreError) -> ApiError {
    match error {
        // Somebody took the last ones between our reading and our writing.
        StoreError::OutOfStock { sku, available } => {
            enough(&sku, available.saturating_add(1), available).err().unwrap_or_else(cart_changed)
        }
        StoreError::IdempotencyKeyReused => key_reused(),
        StoreError::RevisionConflict { .. } => cart_changed(),
        StoreError::TooManyLines { .. } | StoreError::TooMany { .. } => {
            ApiError::conflict("order_too_large", error.to_string())
        }
        // Again and again, while others did the same.
        StoreError::PromotionUsedUp => ApiError::unavailable(error),
        other => store_error(other),
    }
}

fn cart_empty() -> ApiError {
    ApiError::conflict("cart_empty", "there is nothing in the cart to order")
}
fn cart_changed() -> ApiError {
    ApiError::conflict("cart_changed", "the cart was changed meanwhile; please look again")
}
fn key_reused() -> ApiError {
    ApiError::conflict("idempotency_key_reused", "this Idempotency-Key belongs to another request; use a new one")
}
