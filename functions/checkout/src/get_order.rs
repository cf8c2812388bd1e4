//! `GET /api/orders/{id}?token=…`: an order, for whoever holds its link.

use crate::cart_view::{DiscountView, ShippingView, TaxView, discounts};
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{Address, Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::{Locale, Money, OrderId};
use stoa_endpoint::{ApiError, Json, Path, Query};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    pub order_id: OrderId,
    pub number: String,
    pub state: OrderState,
    pub locale: Locale,
    pub email: String,
    pub placed_at: Timestamp,
    pub lines: Vec<OrderLineView>,
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Option<ShippingView>,
    /// None: the shop said nothing of taxes.
    pub tax: Option<TaxView>,
    pub total: Money,
    pub address: AddressView,
    /// Oldest first.
    pub timeline: Vec<EventView>,
    pub payment: PaymentView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLineView {
    pub sku: String,
    pub handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub discounts: Vec<DiscountView>,
    pub total: Money,
    /// A promotion gives it away; it costs nothing.
    pub gift: bool,
}

/// An address as it is typed and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressView {
    pub name: String,
    #[serde(default)]
    pub phone: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub city: String,
    #[serde(default)]
    pub district: String,
    /// 街道, the fourth level of a Chinese address.
    #[serde(default)]
    pub subdistrict: String,
    pub street: String,
    #[serde(default)]
    pub postal_code: String,
}

/// One step of the order, without who at the shop took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    pub at: Timestamp,
    pub state: OrderState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentView {
    pub state: PaymentState,
    /// Where to pay, while that is possible; within the shop's origin.
    pub redirect_url: Option<String>,
    /// Until when; then the shop cancels the order.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

/// A wrong token, a malformed id and an unknown order all read alike.
pub(crate) async fn get_order(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Token { token }): Query<Token>,
) -> Result<Json<OrderView>, ApiError> {
    let unknown = || ApiError::not_found("order");
    let id = OrderId::new(id).map_err(|_| unknown())?;
    if !state.config.link_key.verify_order(&id, &token) {
        return Err(unknown());
    }
    let read = state.store.orders().with_payment(&id).await.map_err(store_error)?.ok_or_else(unknown)?;
    Ok(Json(OrderView::new(read.order, &read.payment, &state)))
}

impl OrderView {
    fn new(order: Order, payment: &Payment, state: &State) -> Self {
        let payable = order.state == OrderState::PaymentPending
            && !order.is_overdue(Timestamp::now())
            && matches!(payment.state, PaymentState::Pending | PaymentState::Failed);
        let lines = order.lines.into_iter().map(|line| OrderLineView {
            discounts: order
                .quote
                .lines
                .iter()
                .find(|quoted| quoted.sku == line.sku && line.gift.is_none())
                .map(|quoted| discounts(&quoted.allocations))
                .unwrap_or_default(),
            sku: line.sku.to_string(),
            handle: line.handle,
            title: line.title,
            variant_title: line.variant_title,
            quantity: line.quantity,
            unit_price: line.unit_price,
            total: line.total,
            gift: line.gift.is_some(),
        });
        Self {
            lines: lines.collect(),
            order_id: order.id,
            number: order.number,
            state: order.state,
            locale: order.locale,
            email: order.email,
            placed_at: order.placed_at,
            subtotal: order.quote.subtotal,
            discount: order.quote.discount,
            shipping: order.quote.shipping.map(|shipping| ShippingView {
                method: shipping.method,
                name: shipping.name,
                price: shipping.price,
                discounts: discounts(&shipping.allocations),
                total: shipping.total,
            }),
            tax: order.quote.tax.as_ref().map(TaxView::of),
            total: order.quote.total,
            address: order.shipping_address.into(),
            timeline: order.timeline.into_iter().map(|e| EventView { at: e.at, state: e.to }).collect(),
            payment: PaymentView {
                state: payment.state,
                until: order.held_until.filter(|_| payable),
                redirect_url: payable.then(|| state.config.link_key.payment_path(&payment.provider, &payment.id)),
            },
        }
    }
}

impl From<Address> for AddressView {
    fn from(a: Address) -> Self {
        let Address { name, phone, country, region, city, district, subdistrict, street, postal_code } = a;
        Self { name, phone, country, region, city, district, subdistrict, street, postal_code }
    }
}

impl From<AddressView> for Address {
    fn from(a: AddressView) -> Self {
        let AddressView { name, phone, country, region, city, district, subdistrict, street, postal_code } = a;
        Self { name, phone, country, region, city, district, subdistrict, street, postal_code }
    }
}
