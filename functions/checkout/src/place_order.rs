//! `POST /api/orders`: the cart becomes an order with a payment to be made.
//!
//! Everything is read and priced again, and compared with what the shopper saw; then the order with its payment, stock, what its
//! promotions and codes are used for and the cart's removal are written in one transaction. A retry with the same key after
//! any crash finds either nothing or all of it: the order's id follows from cart and key, and the answer from the order, so
//! there is no half-way.
//!
//! Who the shopper is is known only now, by their address. Until then the cart is priced in their favour; where that was
//! too much, the cart remembers them, so that the total they see next is the one they can order at.

use crate::account::change_account::keep_address;
use crate::add_line::enough;
use crate::agreed::Agreed;
use crate::cart_view::titles;
use crate::get_order::AddressView;
use crate::price_cart::{Asked, Item, Offer, PricedCart, Problem, price_cart};
use crate::promotion_uses::uses;
use crate::visitor::Visitor;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Address, Happened, Order, OrderEvent, OrderLine, OrderState, order_id, order_number};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::place::Destination;
use stoa_domain::quote::GiftLine;
use stoa_domain::{CartId, CustomerId, Locale, Money, OrderId, PaymentId};
use stoa_endpoint::{ApiError, BodyHash, FieldError, IdempotencyKey, Json};
use stoa_storage::{PlaceOrder, Placed, Reservation, StoreError, Versioned, customer_key};

/// How often an order is priced anew when others used a promotion between our reading and our writing.
const ROUNDS: u32 = 8;
/// How many numbers an order may have, where others have the first ones.
const NUMBERS: u32 = 4;

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
    /// The cart view's `quote`: what the shopper was shown. Anything else is refused with what changed.
    #[serde(default)]
    pub quote: Option<String>,
    /// Instead of a quote, by who shows no page: another total is refused with the new one.
    #[serde(default)]
    pub expected_total: Option<Money>,
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
    visitor: Visitor,
    key: IdempotencyKey,
    Json(request): Json<OrderRequest>,
) -> Result<Response, ApiError> {
    let member = visitor.customer().cloned();
    let Visitor { cart, member: account } = visitor;
    let cart_id = cart.ok_or_else(cart_empty)?;
    let key = key.within(&format!("orders\n{cart_id}")).chars().take(32).collect();
    let placing = Placing { key, hash: BodyHash::of(&request).0, cart_id, member, request };
    for turn in 0..NUMBERS {
        match place_as(&state, &placing, &number(&placing.key, turn)?).await {
            Ok(answer) => {
                if let Some(member) = account {
                    let address = Address::from(trimmed(placing.request.address));
                    keep_address(&state, member.account, &address).await;
                }
                return Ok((StatusCode::CREATED, Json(answer)).into_response());
            }
            Err(Refusal::NumberTaken) => {}
            Err(Refusal::Told(refusal)) => return Err(*refusal),
        }
    }
    Err(ApiError::unavailable("all numbers that an order might have are taken"))
}

/// What is asked for.
struct Placing {
    cart_id: CartId,
    /// 128 bits of a digest of the cart and the client's key. Nobody else can name the cart: strangers cannot meet in one.
    key: String,
    /// Of the request's body.
    hash: String,
    /// Who is signed in.
    member: Option<CustomerId>,
    request: OrderRequest,
}

enum Refusal {
    /// By an order of another key.
    NumberTaken,
    Told(Box<ApiError>),
}

impl From<ApiError> for Refusal {
    fn from(refusal: ApiError) -> Self {
        Self::Told(Box::new(refusal))
    }
}

async fn place_as(state: &State, placing: &Placing, number: &str) -> Result<PlacedOrder, Refusal> {
    // What is placed was read cheaply: everything that could be older than it is stands under a condition of the transaction,
    // or in the total that the shopper saw. A refusal is never told on the strength of such a reading.
    let refusal = match attempt(&state.eventual(), placing, number).await {
        Ok(answer) => return Ok(answer),
        Err(Refusal::NumberTaken) => return Err(Refusal::NumberTaken),
        Err(Refusal::Told(_)) => match attempt(state, placing, number).await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => refusal,
        },
    };
    // The same request came before, or its twin at the same time: its cart is gone, and perhaps the stock.
    let id = order_id(number).ok_or_else(|| ApiError::internal("an order's number is no id"))?;
    match state.store.orders().placed(&id, &placing.key, &placing.hash).await.map_err(refused)? {
        Some(before) => Ok(answer(state, &before.order, &before.payment, &before.shop_locale)),
        None => Err(refusal),
    }
}

/// Of a cart and a key there is one order: its number, and so its id, follow from them. Placing it again finds it, and so the
/// order itself is the record of its request, for as long as it exists. Two keys may meet in a number's 40 bits: who comes
/// second has the number of the next `turn`.
fn number(key: &str, turn: u32) -> Result<String, ApiError> {
    let digest = BodyHash::of(&(key, turn)).0;
    let bits = digest.get(..10).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let [_, _, _, bits @ ..] = bits.ok_or_else(|| ApiError::internal("a digest is too short"))?.to_be_bytes();
    Ok(order_number(bits))
}

/// Follows from what is stored, so that it is the same at any later time.
fn answer(state: &State, order: &Order, payment: &Payment, shop_locale: &Locale) -> PlacedOrder {
    let link_key = &state.config.link_key;
    let status_url = link_key.order_path(&order.id, &order.locale, shop_locale);
    let redirect_url = match payment.amount.is_zero() {
        true => status_url.clone(),
        false => link_key.payment_path(&payment.provider, &payment.id),
    };
    let payment = PlacedPayment { id: payment.id.clone(), provider: payment.provider.clone(), redirect_url };
    PlacedOrder { order_id: order.id.clone(), number: order.number.clone(), status_url, payment }
}

async fn attempt(state: &State, placing: &Placing, number: &str) -> Result<PlacedOrder, Refusal> {
    let request = checked(placing.request.clone())?;
    let cart_id = placing.cart_id.clone();
    let customer = customer_key(&request.email).map_err(ApiError::from)?;
    let to = Destination::from(&Address::from(request.address.clone()));
    let agreed = Agreed::of(state, &cart_id, &request)?;
    let cart = read_cart(state, &cart_id).await?;
    let mut round = 1;
    loop {
        let asked = Asked {
            cart: Some(&cart_id),
            lines: &cart.value.lines,
            codes: &cart.value.codes,
            customer: Some(&customer),
            is_member: placing.member.as_ref() == Some(&customer),
            locale: Some(&request.locale),
            to: Some(&to),
            shipping: Some(&request.shipping_method),
            ordering: true,
        };
        let priced = price_cart(state, &asked).await?;
        orderable(&priced)?;
        let provider = state.config.payment_methods.choose(request.payment_method.as_deref(), priced.shop.currency)?;
        if let Err(refusal) = agreed.holds(&priced.quote, round > 1) {
            remember(state, cart, customer).await;
            return Err(refusal.into());
        }
        let hold = state.config.payment_methods.hold(provider);
        let (order, payment) = compose(number, provider, hold, &cart.value, &priced, &request)?;
        let shop_locale = priced.shop.default_locale.clone();
        let answered = answer(state, &order, &payment, &shop_locale);
        let order = PlaceOrder {
            order,
            payment,
            reservations: reservations(&priced),
            uses: uses(&priced, customer.clone()),
            cart: (cart_id.clone(), cart.revision),
            key: placing.key.clone(),
            request_hash: placing.hash.clone(),
            shop_locale,
        };
        match state.store.orders().place(order).await {
            Ok(Placed::New) => {
                tracing::info!(order = %answered.order_id, number = answered.number, "order placed");
                return Ok(answered);
            }
            Ok(Placed::Same(before)) => {
                return Ok(answer(state, &before.order, &before.payment, &before.shop_locale));
            }
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

async fn read_cart(state: &State, id: &CartId) -> Result<Versioned<Cart>, ApiError> {
    let cart = state.store.carts().get(id).await.map_err(store_error)?;
    cart.filter(|c| !c.value.lines.is_empty()).ok_or_else(cart_empty)
}

/// Without outer white space.
fn trimmed(mut address: AddressView) -> AddressView {
    let a = &mut address;
    for text in [
        &mut a.name,
        &mut a.phone,
        &mut a.country,
        &mut a.region,
        &mut a.city,
        &mut a.district,
        &mut a.subdistrict,
        &mut a.street,
        &mut a.postal_code,
    ] {
        *text = text.trim().to_owned();
    }
    address
}

/// The request without outer white space, or every fault at once.
fn checked(request: OrderRequest) -> Result<OrderRequest, ApiError> {
    let (email, address) = (request.email.trim().to_owned(), trimmed(request.address));
    let request = OrderRequest { email, address, ..request };
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

fn compose(
    number: &str,
    provider: &str,
    hold: SignedDuration,
    cart: &Cart,
    priced: &PricedCart,
    request: &OrderRequest,
) -> Result<(Order, Payment), ApiError> {
    let now = Timestamp::now();
    let id = order_id(number).ok_or_else(|| ApiError::internal("an order's number is no id"))?;
    let payment_id = id.payment().ok_or_else(|| ApiError::internal("an order's id is not of our making"))?;
    let placed = OrderEvent {
        at: now,
        to: OrderState::PaymentPending,
        by: "shopper".into(),
        why: "placed".into(),
        what: Happened::State,
    };
    let bought = priced.items.iter().filter_map(|item| order_line(item, priced));
    let given = priced.quote.gifts.iter().filter_map(|gift| gift_line(gift, priced));
    // No provider takes a payment of nothing.
    let free = priced.quote.total.is_zero();
    let mut order = Order {
        id: id.clone(),
        number: number.to_owned(),
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
        held_until: (!free).then_some(now + hold),
        timeline: vec![placed],
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        invoice: None,
        forget: false,
    };
    if free {
        order.transition(OrderState::Paid, now, "system", "nothing to pay").map_err(ApiError::internal)?;
    }
    let payment = Payment {
        id: payment_id,
        order: id.clone(),
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

fn refused(error: StoreError) -> Refusal {
    let told = match error {
        StoreError::OrderNumberTaken => return Refusal::NumberTaken,
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
    };
    told.into()
}

fn cart_empty() -> ApiError {
    ApiError::conflict("cart_empty", "there is nothing in the cart to order")
}
pub(crate) fn cart_changed() -> ApiError {
    ApiError::conflict("cart_changed", "the cart was changed meanwhile; please look again")
}
fn key_reused() -> ApiError {
    ApiError::conflict("idempotency_key_reused", "this Idempotency-Key belongs to another request; use a new one")
}
