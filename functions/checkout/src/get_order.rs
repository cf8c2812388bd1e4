//! `GET /api/orders/{id}?token=…`: an order, for whoever holds its link.

use crate::cart_view::{DiscountView, ShippingView, TaxView, discounts};
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stoa_domain::order::{
    Address, Happened, Invoice, InvoiceRequest, InvoiceState, LinePieces, Order, OrderEvent, OrderSettings, OrderState,
    RefundState, RefundStatus, Return, ReturnState, ReturnWish, Shipment, TrackingEvent,
};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::review::{Review, ReviewId, ReviewState, Stars};
use stoa_domain::{Locale, Money, OrderId};
use stoa_endpoint::{ApiError, Json, Path, Query};
use stoa_storage::OrderAndPayment;

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
    pub shipments: Vec<ShipmentView>,
    pub refunds: Vec<RefundView>,
    pub refund_status: RefundStatus,
    pub returns: Vec<ReturnView>,
    pub invoice: Option<InvoiceView>,
    /// Whether one may be asked for now, or what was asked for be changed.
    pub invoice_open: bool,
    /// Of each product that may be reviewed, in the order of its lines.
    pub reviews: Vec<ReviewView>,
    /// Until when pieces may be sent back. None: not at all, or not now.
    pub returnable_until: Option<Timestamp>,
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
    /// Pieces that may be sent back now.
    pub returnable: u32,
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

/// One step of the order, without who at the shop took it. What did not work at the provider is the shop's to mend, and is
/// left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    pub at: Timestamp,
    /// The order's state from then on.
    pub state: OrderState,
    pub what: Step,
    /// What a refund is about.
    pub amount: Option<Money>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    State,
    ShipmentSent,
    ShipmentDelivered,
    RefundRequested,
    RefundSucceeded,
}

impl EventView {
    fn of(event: &OrderEvent) -> Option<Self> {
        let (what, amount) = match &event.what {
            Happened::State => (Step::State, None),
            Happened::ShipmentSent { .. } => (Step::ShipmentSent, None),
            Happened::ShipmentDelivered { .. } => (Step::ShipmentDelivered, None),
            Happened::RefundRequested { amount, .. } => (Step::RefundRequested, Some(*amount)),
            Happened::RefundSucceeded { amount, .. } => (Step::RefundSucceeded, Some(*amount)),
            // Returns are shown by themselves, each in its state.
            Happened::RefundFailed { .. } | Happened::RefundRetried { .. } | Happened::Return { .. } => return None,
            // So is the invoice.
            Happened::Invoice { .. } => return None,
        };
        Some(Self { at: event.at, state: event.to, what, amount: amount.filter(|amount| !amount.is_zero()) })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnView {
    pub number: u32,
    pub state: ReturnState,
    pub lines: Vec<LinePieces>,
    pub wish: ReturnWish,
    pub requested_at: Timestamp,
}

impl From<&Return> for ReturnView {
    fn from(ret: &Return) -> Self {
        let Return { number, state, wish, requested_at, .. } = *ret;
        Self { number, state, lines: ret.lines.clone(), wish, requested_at }
    }
}

/// An invoice that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    pub state: InvoiceState,
    pub asked: InvoiceRequest,
    /// Once it was issued.
    pub number: Option<String>,
    /// Where it can be read, if it can.
    pub link: Option<String>,
}

impl From<Invoice> for InvoiceView {
    fn from(invoice: Invoice) -> Self {
        let Invoice { state, asked, issued, asked_at: _ } = invoice;
        let (number, link) = issued.map(|issued| (issued.number, issued.link)).unzip();
        Self { state, asked, number, link: link.filter(|link| !link.is_empty()) }
    }
}

/// What the buyer said of a product, or may say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    /// The position of its line, counted from 0: what a review is written under.
    pub line: u32,
    pub written: Option<WrittenReview>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenReview {
    pub state: ReviewState,
    pub stars: Stars,
    pub title: String,
    pub text: String,
    pub name: String,
    /// Why it was declined, in the shop's words.
    pub why: String,
    pub answer: String,
}

impl From<Review> for WrittenReview {
    fn from(review: Review) -> Self {
        let why = review.decided.map(|decided| decided.why).filter(|_| review.state == ReviewState::Declined);
        let Review { state, stars, title, text, name, answer, .. } = review;
        Self { state, stars, title, text, name, why: why.unwrap_or_default(), answer }
    }
}

/// A parcel, and where its carrier shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentView {
    pub number: u32,
    /// A known carrier's code, or another one's name.
    pub carrier: String,
    pub tracking_number: String,
    pub tracking_url: Option<String>,
    pub lines: Vec<LinePieces>,
    pub sent_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    /// What the carrier said of it, oldest first.
    pub tracking: Vec<TrackingEvent>,
}

impl From<Shipment> for ShipmentView {
    fn from(shipment: Shipment) -> Self {
        let tracking_url = shipment.tracking_url();
        let Shipment { number, carrier, tracking_number, lines, sent_at, delivered_at, tracking, replaces: _ } =
            shipment;
        Self { number, carrier, tracking_number, tracking_url, lines, sent_at, delivered_at, tracking }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundView {
    pub amount: Money,
    /// The money was sent back; else it will be.
    pub done: bool,
    pub reason: String,
    pub requested_at: Timestamp,
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
    pub(crate) token: String,
}

pub(crate) async fn get_order(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Token { token }): Query<Token>,
) -> Result<Json<OrderView>, ApiError> {
    let OrderAndPayment { order, payment, .. } = open(&state, id, &token).await?;
    shown(&state, order, &payment).await
}

/// The order behind a link. A wrong token, a malformed id and an unknown order all read alike.
pub(crate) async fn open(state: &State, id: String, token: &str) -> Result<OrderAndPayment, ApiError> {
    let unknown = || ApiError::not_found("order");
    let id = OrderId::new(id).map_err(|_| unknown())?;
    if !state.config.link_key.verify_order(&id, token) {
        return Err(unknown());
    }
    state.store.orders().with_payment(&id).await.map_err(store_error)?.ok_or_else(unknown)
}

pub(crate) async fn shown(state: &State, order: Order, payment: &Payment) -> Result<Json<OrderView>, ApiError> {
    let settings = state.store.orders().settings().await.map_err(store_error)?;
    let reviews = reviews(state, &order).await?;
    Ok(Json(OrderView { reviews, ..OrderView::new(order, payment, &settings, state) }))
}

async fn reviews(state: &State, order: &Order) -> Result<Vec<ReviewView>, ApiError> {
    let lines = order.reviewable();
    let ids: Vec<ReviewId> = lines.iter().map(|line| ReviewId::of(&order.id, *line)).collect();
    let mut written = state.store.reviews().get_many(&ids).await.map_err(store_error)?;
    let of = |(line, id): (usize, &ReviewId)| {
        let at = written.iter().position(|read| read.value.id == *id);
        let written = at.map(|at| WrittenReview::from(written.swap_remove(at).value));
        ReviewView { line: u32::try_from(line).unwrap_or(u32::MAX), written }
    };
    Ok(lines.into_iter().zip(&ids).map(of).collect())
}

impl OrderView {
    fn new(order: Order, payment: &Payment, settings: &OrderSettings, state: &State) -> Self {
        let returnable_until = order.returnable_until(settings.return_days).filter(|until| *until >= Timestamp::now());
        let pieces = |line: usize| u32::try_from(line).map_or(0, |line| order.returnable_pieces(line));
        let may = returnable_until.is_some();
        let returnable: Vec<u32> = (0..order.lines.len()).map(|line| if may { pieces(line) } else { 0 }).collect();
        let returns = order.returns.iter().map(ReturnView::from).collect();
        let payable = order.state == OrderState::PaymentPending
            && !order.is_overdue(Timestamp::now())
            && matches!(payment.state, PaymentState::Pending | PaymentState::Failed);
        let (refund_status, invoice_open) = (order.refund_status(), order.invoice_is_open());
        let shown = order.refunds.iter().filter(|refund| !refund.amount.is_zero());
        let refunds = shown.map(|refund| RefundView {
            amount: refund.amount,
            done: refund.state == RefundState::Succeeded,
            reason: refund.reason.clone(),
            requested_at: refund.requested_at,
        });
        let refunds = refunds.collect();
        let lines = order.lines.into_iter().zip(returnable).map(|(line, returnable)| OrderLineView {
            returnable,
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
            timeline: order.timeline.iter().filter_map(EventView::of).collect(),
            shipments: order.shipments.into_iter().map(ShipmentView::from).collect(),
            refunds,
            refund_status,
            returns,
            invoice: order.invoice.map(InvoiceView::from),
            invoice_open,
            reviews: Vec::new(),
            returnable_until,
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
