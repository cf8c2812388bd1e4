//! An order: what was bought at which price, where it goes, and what happens to it after it was placed.
//!
//! | what | where |
//! | --- | --- |
//! | the states and every legal change of them | [`state`] |
//! | every change as an event: who, when, why | [`timeline`] |
//! | parcels, and the carriers that the shop knows | [`shipment`], [`carrier`](mod@carrier) |
//! | what carriers say of parcels | [`tracking`] |
//! | giving money back | [`refund`] |
//! | invoices that buyers ask for | [`invoice`] |
//! | pieces that come back | [`returned`] |
//! | what the shop decides about orders | [`settings`] |
//! | what stays when its buyer is forgotten | `forget` |
//! | numbers that are read out loud | [`number`] |

pub mod carrier;
mod forget;
pub mod invoice;
pub mod number;
mod paid;
mod pieces;
pub mod refund;
mod refusal;
pub mod returned;
pub mod settings;
pub mod shipment;
pub mod state;
pub mod timeline;
pub mod tracking;

pub use carrier::{CARRIERS, Carrier, carrier};
pub use invoice::{Invoice, InvoiceKind, InvoiceRequest, InvoiceState, IssuedInvoice};
pub use number::{order_id, order_number, read_order_number};
pub use pieces::{LinePieces, StockMove, StockMoveKind};
pub use refund::{Decision, Refund, RefundId, RefundRequest, RefundState, RefundStatus, Requested};
pub use refusal::OrderRefusal;
pub use returned::{
    Inspection, InspectionResult, Return, ReturnReason, ReturnRequest, ReturnState, ReturnStep, ReturnWish,
};
pub use settings::OrderSettings;
pub use shipment::{Parcel, Shipment};
pub use state::{IllegalTransition, OrderState, TRANSITIONS};
pub use timeline::{Act, Happened, OrderEvent, check_timeline};
pub use tracking::{MAX_TRACKING_EVENTS, TrackingEvent, TrackingState};

use crate::payment::MAX_HOLD;
use crate::quote::Quote;
use crate::{CartId, Locale, Money, OrderId, PaymentId, ProductId, PromotionId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Order {
    pub id: OrderId,
    /// What people read out loud: `S-4F7K-2M9Q`.
    pub number: String,
    pub state: OrderState,
    pub locale: Locale,
    pub email: String,
    /// Whether they asked for messages about offers when they ordered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marketing_consent: bool,
    /// Its buyer wants to be forgotten: what of it only serves to reach them goes once nothing is left to be done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forget: bool,
    pub shipping_address: Address,
    pub lines: Vec<OrderLine>,
    /// As it was accepted; nothing is priced again.
    pub quote: Quote,
    pub cart: CartId,
    pub payment: PaymentId,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub placed_at: Timestamp,
    /// How long its stock is held for it: who has not paid by then has lost it. None: it never waited, or it is from before
    /// orders had an end, and waits for [`MAX_HOLD`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub held_until: Option<Timestamp>,
    /// Oldest first.
    pub timeline: Vec<OrderEvent>,
    /// In the order in which they left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
    /// In the order in which they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// In the order in which they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// What its buyer asked for, and what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
}

/// What the shopper saw when buying: later edits of the product do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderLine {
    pub sku: Sku,
    pub product: ProductId,
    pub handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub total: Money,
    /// The promotion that gives it away: then its total is zero. None: it was bought.
    #[serde(default)]
    pub gift: Option<PromotionId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Address {
    pub name: String,
    pub phone: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Province or state.
    pub region: String,
    pub city: String,
    pub district: String,
    /// 街道, 镇 or 乡: the fourth level of a Chinese address.
    #[serde(default)]
    pub subdistrict: String,
    pub street: String,
    pub postal_code: String,
}

impl Order {
    /// Whether it still waits for its payment though its time is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let until =
            self.held_until.unwrap_or_else(|| self.placed_at.saturating_add(MAX_HOLD).unwrap_or(Timestamp::MAX));
        self.state == OrderState::PaymentPending && now >= until
    }
}
