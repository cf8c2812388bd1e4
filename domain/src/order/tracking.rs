//! What carriers say of a parcel, in one set of words for all of them. Carriers say things twice, late and out of order; a
//! parcel's timeline is the same whichever way they came.

use super::refusal::OrderRefusal;
use super::{Act, Order, Shipment};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most events that are kept of a parcel: its first and its newest.
pub const MAX_TRACKING_EVENTS: usize = 40;
const MAX_PLACE_CHARS: usize = 80;
const MAX_SAID_CHARS: usize = 160;
/// A carrier's label may be older than the shop's word that the parcel left.
const BEFORE_SENT: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Clocks differ, and some carriers leave out their time zone.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ParcelEvent))]
pub struct TrackingEvent {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    pub state: TrackingState,
    /// Where, as the carrier writes it; empty where it does not.
    #[serde(default)]
    pub place: String,
    /// In the carrier's own words.
    #[serde(default)]
    pub said: String,
}

/// In the order in which they happen to most parcels: what happens in one second is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ParcelState))]
#[serde(rename_all = "snake_case")]
pub enum TrackingState {
    LabelMade,
    PickedUp,
    InTransit,
    OutForDelivery,
    /// It did not go as planned: nobody was at home, customs asks, it was damaged.
    Exception,
    Delivered,
    /// On its way back to the shop, or there.
    Returned,
}

impl TrackingState {
    pub const ALL: [Self; 7] = {
        use TrackingState::*;
        [LabelMade, PickedUp, InTransit, OutForDelivery, Exception, Delivered, Returned]
    };
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LabelMade => "label_made",
            Self::PickedUp => "picked_up",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::Exception => "exception",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for TrackingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TrackingEvent {
    /// As it is kept: a carrier's words are cut and cleaned, never refused.
    fn kept(&self) -> Self {
        let clean = |text: &str, most: usize| {
            let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            text.trim().chars().take(most).collect()
        };
        let (place, said) = (clean(&self.place, MAX_PLACE_CHARS), clean(&self.said, MAX_SAID_CHARS));
        Self { at: self.at, state: self.state, place, said }
    }
}

impl Shipment {
    /// Nothing more is expected of it.
    pub fn is_over(&self) -> bool {
        let back = self.tracking.last().is_some_and(|event| event.state == TrackingState::Returned);
        self.delivered_at.is_some() || back
    }

    /// Puts in what is new; answers whether anything was.
    fn learn(&mut self, events: &[TrackingEvent], now: Timestamp) -> bool {
        let known = self.tracking.clone();
        let earliest = self.sent_at.saturating_sub(BEFORE_SENT).unwrap_or(Timestamp::MIN);
        let latest = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let believed = events.iter().filter(|event| (earliest..=latest).contains(&event.at));
        for event in believed.map(TrackingEvent::kept) {
            if !self.tracking.contains(&event) {
                self.tracking.push(event);
            }
        }
        let order = |event: &TrackingEvent| (event.at, event.state, event.place.clone(), event.said.clone());
        self.tracking.sort_by_key(order);
        let surplus = self.tracking.len().saturating_sub(MAX_TRACKING_EVENTS);
        if surplus > 0 {
            self.tracking.drain(1..=surplus);
        }
        self.tracking != known
    }
}

impl Order {
    /// A carrier says what became of a parcel. Where it says that it was delivered the parcel has arrived, as if staff had said
    /// so. Answers whether anything changed: what was known does not.
    pub fn track(&mut self, number: u32, events: &[TrackingEvent], act: Act<'_>) -> Result<bool, OrderRefusal> {
        let unknown = OrderRefusal::Unknown { what: "shipment" };
        let parcel = self.shipments.iter_mut().find(|parcel| parcel.number == number).ok_or(unknown)?;
        let learned = parcel.learn(events, act.at);
        let delivered = parcel.tracking.iter().any(|event| event.state == TrackingState::Delivered);
        let arrived = delivered && self.deliver_shipment(number, act)?;
        Ok(learned || arrived)
    }
}
