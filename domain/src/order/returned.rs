//! Returns: pieces that a shopper sends back, and what the shop does about them. Asked for by the shopper within the days that
//! the shop gives, approved, received and inspected by staff; then money goes back, or the same pieces are sent again.

use super::refusal::text;
use super::{
    Act, Happened, LinePieces, Order, OrderRefusal, OrderState, RefundId, RefundRequest, Requested, Shipment,
    StockMove, StockMoveKind,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most returns of one order.
pub const MAX_RETURNS: usize = 20;
const MAX_NOTE_CHARS: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderReturn))]
pub struct Return {
    /// Within its order, from 1.
    pub number: u32,
    pub state: ReturnState,
    pub lines: Vec<LinePieces>,
    pub reason: ReturnReason,
    /// In the shopper's words.
    pub note: String,
    pub wish: ReturnWish,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub requested_at: Timestamp,
    pub inspection: Option<Inspection>,
    /// What money goes back under.
    pub refund: Option<RefundId>,
    /// What was sent instead.
    pub shipment: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderReturnState))]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    Requested,
    /// The shopper may send the pieces.
    Approved,
    Received,
    Inspected,
    Refunded,
    Replaced,
    /// Not taken back, before or after it was looked at.
    Declined,
}

/// Every legal change of a return's state.
pub const RETURN_TRANSITIONS: [(ReturnState, ReturnState); 8] = {
    use ReturnState::*;
    [
        (Requested, Approved),
        (Requested, Declined),
        (Approved, Received),
        (Approved, Declined),
        (Received, Inspected),
        (Inspected, Refunded),
        (Inspected, Replaced),
        (Inspected, Declined),
    ]
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    ChangedMind,
    DoesNotFit,
    NotAsDescribed,
    Damaged,
    WrongItem,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReturnWish {
    Refund,
    Replacement,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderReturnInspection))]
pub struct Inspection {
    pub result: InspectionResult,
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InspectionResult {
    /// Can be sold again.
    AsNew,
    Used,
    Damaged,
    /// Something else or less came.
    NotWhatWasSent,
}

/// What a shopper asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnRequest {
    pub lines: Vec<LinePieces>,
    pub reason: ReturnReason,
    pub note: String,
    pub wish: ReturnWish,
}

/// What staff do about a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnStep {
    Approve,
    Decline,
    Receive,
    Inspect(Inspection),
    /// At what was paid for the pieces. What is as new is on sale again.
    Refund(RefundId),
    /// The same pieces leave again.
    Replace {
        carrier: String,
        tracking_number: String,
    },
}

macro_rules! names {
    ($($kind:ident { $($variant:ident: $name:literal),+ $(,)? })+) => { $(
        impl $kind {
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// As in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+ };
}

names! {
    ReturnState { Requested: "requested", Approved: "approved", Received: "received", Inspected: "inspected",
        Refunded: "refunded", Replaced: "replaced", Declined: "declined" }
    ReturnReason { ChangedMind: "changed_mind", DoesNotFit: "does_not_fit", NotAsDescribed: "not_as_described",
        Damaged: "damaged", WrongItem: "wrong_item", Other: "other" }
    ReturnWish { Refund: "refund", Replacement: "replacement" }
    InspectionResult { AsNew: "as_new", Used: "used", Damaged: "damaged", NotWhatWasSent: "not_what_was_sent" }
}

impl Order {
    /// Pieces of a line that may still be sent back: they were shipped, and neither are in a return nor were given back.
    pub fn returnable_pieces(&self, line: u32) -> u32 {
        let open = self.returns.iter().filter(|ret| ret.state != ReturnState::Declined && ret.refund.is_none());
        let pieces = open.flat_map(|ret| &ret.lines).filter(|pieces| pieces.line == line);
        let in_returns: u32 = pieces.map(|pieces| pieces.quantity).sum();
        self.refundable_pieces(line).saturating_sub(in_returns)
    }

    /// Until when pieces may be sent back: so many days after the last parcel arrived, or left where nobody said that it
    /// arrived. None: not now.
    pub fn returnable_until(&self, days: u16) -> Option<Timestamp> {
        use OrderState::{Completed, Delivered, Shipped};
        if days == 0 || !matches!(self.state, Shipped | Delivered | Completed) {
            return None;
        }
        let parcels = self.shipments.iter().map(|shipment| shipment.delivered_at.unwrap_or(shipment.sent_at));
        let moved = self.timeline.iter().filter(|event| matches!(event.to, Shipped | Delivered)).map(|event| event.at);
        let last = parcels.max().or(moved.max())?;
        last.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
    }

    /// The shopper wants to send pieces back. What is asked for just as a return that waits is that return, sent twice:
    /// nothing changes; answers whether something did.
    pub fn request_return(&mut self, asked: &ReturnRequest, days: u16, act: Act<'_>) -> Result<bool, OrderRefusal> {
        let note = asked.note.trim();
        text("note", note, MAX_NOTE_CHARS, "at most 500 characters on one line")?;
        let same = |ret: &Return| {
            let waits = ret.state == ReturnState::Requested;
            waits && (&ret.lines, ret.reason, ret.wish, &*ret.note) == (&asked.lines, asked.reason, asked.wish, note)
        };
        if self.returns.iter().any(same) {
            return Ok(false);
        }
        if self.returnable_until(days).is_none_or(|until| act.at > until) {
            return Err(OrderRefusal::NotReturnable);
        }
        if self.returns.len() >= MAX_RETURNS {
            return Err(OrderRefusal::TooMany { what: "returns", max: MAX_RETURNS });
        }
        if asked.lines.is_empty() {
            return Err(OrderRefusal::Nothing);
        }
        self.check_pieces(&asked.lines, |line| self.returnable_pieces(line))?;
        let number = u32::try_from(self.returns.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.returns.push(Return {
            number,
            state: ReturnState::Requested,
            lines: asked.lines.clone(),
            reason: asked.reason,
            note: note.to_owned(),
            wish: asked.wish,
            requested_at: act.at,
            inspection: None,
            refund: None,
            shipment: None,
        });
        self.record(self.state, Happened::Return { number, state: ReturnState::Requested }, act)?;
        Ok(true)
    }

    /// Takes a return one step on. Answers what that does to the stock.
    pub fn step_return(
        &mut self,
        number: u32,
        step: &ReturnStep,
        act: Act<'_>,
    ) -> Result<Vec<StockMove>, OrderRefusal> {
        let unknown = OrderRefusal::Unknown { what: "return" };
        let position = self.returns.iter().position(|ret| ret.number == number).ok_or(unknown)?;
        let (from, to) = (self.returns[position].state, step.leads_to());
        if !RETURN_TRANSITIONS.contains(&(from, to)) {
            return Err(OrderRefusal::Return { from, to });
        }
        let mut ret = self.returns[position].clone();
        ret.state = to;
        // On a copy: of what is done in two steps the second may be refused.
        let mut order = self.clone();
        let moves = match step {
            ReturnStep::Approve | ReturnStep::Decline | ReturnStep::Receive => Vec::new(),
            ReturnStep::Inspect(inspection) => {
                text("note", &inspection.note, MAX_NOTE_CHARS, "at most 500 characters on one line")?;
                ret.inspection = Some(inspection.clone());
                Vec::new()
            }
            ReturnStep::Refund(id) => {
                ret.refund = Some(id.clone());
                let restock = ret.inspection.as_ref().is_some_and(|seen| seen.result == InspectionResult::AsNew);
                let asked = RefundRequest { lines: ret.lines.clone(), restock, ..RefundRequest::default() };
                match order.refund(id, &asked, act)? {
                    Requested::New(moves) => moves,
                    Requested::Known => return Err(OrderRefusal::RefundIdReused { id: id.clone() }),
                }
            }
            ReturnStep::Replace { carrier, tracking_number } => {
                let replaced = order.replace(&ret, carrier, tracking_number, act)?;
                ret.shipment = Some(replaced);
                let restock = ret.inspection.as_ref().is_some_and(|seen| seen.result == InspectionResult::AsNew);
                let back = ret.lines.iter().filter(|_| restock).map(|p| (p.line, p.quantity, StockMoveKind::Restock));
                let sent = ret.lines.iter().map(|p| (p.line, p.quantity, StockMoveKind::Take));
                order.moves(back.chain(sent))
            }
        };
        order.returns[position] = ret;
        let state = order.state;
        order.record(state, Happened::Return { number, state: to }, act)?;
        *self = order;
        Ok(moves)
    }

    /// The parcel that goes out for a return.
    fn replace(
        &mut self,
        ret: &Return,
        carrier: &str,
        tracking_number: &str,
        act: Act<'_>,
    ) -> Result<u32, OrderRefusal> {
        // What was paid back meanwhile is not sent a second time.
        self.check_pieces(&ret.lines, |line| self.refundable_pieces(line))?;
        let (carrier, tracking_number) = super::shipment::checked(self, carrier, tracking_number)?;
        let number = self.next_shipment();
        self.shipments.push(Shipment {
            number,
            carrier,
            tracking_number,
            lines: ret.lines.clone(),
            replaces: Some(ret.number),
            sent_at: act.at,
            delivered_at: None,
            tracking: Vec::new(),
        });
        Ok(number)
    }
}

impl ReturnStep {
    fn leads_to(&self) -> ReturnState {
        match self {
            Self::Approve => ReturnState::Approved,
            Self::Decline => ReturnState::Declined,
            Self::Receive => ReturnState::Received,
            Self::Inspect(_) => ReturnState::Inspected,
            Self::Refund(_) => ReturnState::Refunded,
            Self::Replace { .. } => ReturnState::Replaced,
        }
    }
}
