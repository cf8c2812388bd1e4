//! Shipments: some pieces of an order on their way. An order may leave in several.

use super::refusal::text;
use super::{Act, Happened, LinePieces, Order, OrderRefusal, OrderState, StockMove, StockMoveKind, carrier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most shipments of one order.
pub const MAX_SHIPMENTS: usize = 50;
const MAX_CARRIER_CHARS: usize = 60;
const MAX_TRACKING_CHARS: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shipment {
    /// Within its order, from 1.
    pub number: u32,
    /// The code of one of [`super::CARRIERS`], or another carrier's name; empty where nobody says.
    pub carrier: String,
    /// Letters, digits and dashes; empty where there is none.
    pub tracking_number: String,
    pub lines: Vec<LinePieces>,
    /// The number of the return for which it was sent.
    #[serde(default)]
    pub replaces: Option<u32>,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub sent_at: Timestamp,
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub delivered_at: Option<Timestamp>,
    /// What its carrier said of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking: Vec<super::TrackingEvent>,
}

impl Shipment {
    /// The carrier's name as people read it.
    pub fn carrier_name(&self, chinese: bool) -> &str {
        carrier(&self.carrier).map_or(&self.carrier, |known| if chinese { known.name_zh } else { known.name })
    }

    /// The parcel's page at its carrier, where that is known.
    pub fn tracking_url(&self) -> Option<String> {
        carrier(&self.carrier)?.page(&self.tracking_number)
    }
}

/// A parcel about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parcel {
    /// None: everything that is still to be shipped.
    pub lines: Option<Vec<LinePieces>>,
    pub carrier: String,
    pub tracking_number: String,
}

impl Order {
    /// Pieces leave the house: the order is shipped when they were the last. Answers what leaves the stock.
    pub fn ship(&mut self, parcel: &Parcel, act: Act<'_>) -> Result<Vec<StockMove>, OrderRefusal> {
        // Which of them it becomes is decided below; that it may become one is the same question.
        if !matches!(self.state, OrderState::Paid | OrderState::PartlyShipped) {
            return Err(super::IllegalTransition { from: self.state, to: OrderState::Shipped }.into());
        }
        let (carrier, tracking_number) = checked(self, &parcel.carrier, &parcel.tracking_number)?;
        let lines = parcel.lines.clone().unwrap_or_else(|| self.all_to_ship());
        if lines.is_empty() {
            return Err(OrderRefusal::NothingToShip);
        }
        self.check_pieces(&lines, |line| self.to_ship(line))?;
        let moves = self.moves(lines.iter().map(|p| (p.line, p.quantity, StockMoveKind::Consume)));
        let number = self.next_shipment();
        self.shipments.push(Shipment {
            number,
            carrier,
            tracking_number,
            lines,
            replaces: None,
            sent_at: act.at,
            delivered_at: None,
            tracking: Vec::new(),
        });
        let to = if self.all_to_ship().is_empty() { OrderState::Shipped } else { OrderState::PartlyShipped };
        self.record(to, Happened::ShipmentSent { shipment: number }, act)?;
        Ok(moves)
    }

    pub(super) fn next_shipment(&self) -> u32 {
        u32::try_from(self.shipments.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// One parcel arrived: the order is delivered when it was the last. Said again it changes nothing; answers whether it did.
    pub fn deliver_shipment(&mut self, number: u32, act: Act<'_>) -> Result<bool, OrderRefusal> {
        let unknown = OrderRefusal::Unknown { what: "shipment" };
        let shipment = self.shipments.iter_mut().find(|shipment| shipment.number == number).ok_or(unknown)?;
        if shipment.delivered_at.is_some() {
            return Ok(false);
        }
        shipment.delivered_at = Some(act.at);
        let arrived = self.shipments.iter().all(|shipment| shipment.delivered_at.is_some());
        let to = if arrived && self.state == OrderState::Shipped { OrderState::Delivered } else { self.state };
        self.record(to, Happened::ShipmentDelivered { shipment: number }, act)?;
        Ok(true)
    }

    /// Everything arrived.
    pub fn deliver(&mut self, act: Act<'_>) -> Result<(), OrderRefusal> {
        self.transition(OrderState::Delivered, act.at, act.by, act.why)?;
        for shipment in &mut self.shipments {
            shipment.delivered_at.get_or_insert(act.at);
        }
        Ok(())
    }
}

/// Carrier and tracking number of one more parcel, as they are stored.
pub(super) fn checked(order: &Order, carrier: &str, tracking_number: &str) -> Result<(String, String), OrderRefusal> {
    let (carrier, tracking_number) = (carrier.trim(), tracking_number.trim());
    text("carrier", carrier, MAX_CARRIER_CHARS, "a known carrier's code or a name of at most 60 characters")?;
    let printed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if tracking_number.len() > MAX_TRACKING_CHARS || !tracking_number.chars().all(printed) {
        let rule = "at most 40 letters, digits and dashes";
        return Err(OrderRefusal::Field { field: "tracking_number", rule });
    }
    if order.shipments.len() >= MAX_SHIPMENTS {
        return Err(OrderRefusal::TooMany { what: "shipments", max: MAX_SHIPMENTS });
    }
    Ok((carrier.to_owned(), tracking_number.to_owned()))
}
