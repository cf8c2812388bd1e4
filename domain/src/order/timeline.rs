//! What happened to an order: every change is an event that says who, when and why. The console and the shopper's page
//! show the same list.

use super::{IllegalTransition, InvoiceState, Order, OrderState, RefundId, ReturnState};
use crate::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderEvent {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The order's state from then on; the one before where the event left it alone.
    pub to: OrderState,
    /// `shopper`, `staff:{token}`, `provider:{name}`, `system`.
    pub by: String,
    pub why: String,
    #[serde(default)]
    pub what: Happened,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderHappened))]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// The order's state, and nothing else.
    #[default]
    State,
    /// Pieces left the house.
    ShipmentSent {
        shipment: u32,
    },
    ShipmentDelivered {
        shipment: u32,
    },
    RefundRequested {
        refund: RefundId,
        amount: Money,
    },
    RefundSucceeded {
        refund: RefundId,
        amount: Money,
    },
    /// The provider gave up: a person must look.
    RefundFailed {
        refund: RefundId,
        amount: Money,
    },
    /// A return is in this state from then on.
    Return {
        number: u32,
        state: ReturnState,
    },
    /// The invoice is in this state from then on.
    Invoice {
        state: InvoiceState,
    },
    /// A failed refund is asked for again.
    RefundRetried {
        refund: RefundId,
        amount: Money,
    },
}

/// Who changes an order, when and why: what each of its events carries.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    pub at: Timestamp,
    pub by: &'a str,
    pub why: &'a str,
}

impl Order {
    /// Moves to `to` and writes it down; the order is untouched when the move is illegal.
    pub fn transition(
        &mut self,
        to: OrderState,
        at: Timestamp,
        by: impl Into<String>,
        why: impl Into<String>,
    ) -> Result<OrderEvent, IllegalTransition> {
        if !self.state.may_become(to) {
            return Err(IllegalTransition { from: self.state, to });
        }
        self.state = to;
        let event = OrderEvent { at, to, by: by.into(), why: why.into(), what: Happened::State };
        self.timeline.push(event.clone());
        Ok(event)
    }

    /// Writes down what happened, with the state it leads to, which may be the one that the order is in.
    pub(super) fn record(&mut self, to: OrderState, what: Happened, act: Act<'_>) -> Result<(), IllegalTransition> {
        if self.state != to && !self.state.may_become(to) {
            return Err(IllegalTransition { from: self.state, to });
        }
        self.state = to;
        self.timeline.push(OrderEvent { at: act.at, to, by: act.by.to_owned(), why: act.why.to_owned(), what });
        Ok(())
    }

    /// The events that changed the order's state, oldest first; each state comes once.
    pub fn changes_of_state(&self) -> impl Iterator<Item = &OrderEvent> {
        let before = std::iter::once(None).chain(self.timeline.iter().map(|event| Some(event.to)));
        self.timeline.iter().zip(before).filter(|(event, before)| *before != Some(event.to)).map(|(event, _)| event)
    }
}

/// Whether every step of a timeline is in the table of transitions.
pub fn check_timeline(events: &[OrderEvent]) -> Result<(), IllegalTransition> {
    for (from, event) in events.iter().zip(events.iter().skip(1)) {
        let stays = from.to == event.to && event.what != Happened::State;
        if !stays && !from.to.may_become(event.to) {
            return Err(IllegalTransition { from: from.to, to: event.to });
        }
    }
    Ok(())
}
