//! Refunds: what is given back of an order, for which pieces, and what became of it. The order says how much; the payment's
//! provider is asked by the payments function, under the refund's id, until it is known.
//!
//! Every refund of an order counts, a failed one too: it is tried again or made good by hand under its own id. So no two
//! refunds are ever for the same money, and all of them together are never more than was paid.

use super::paid::first_pieces;
use super::refusal::text;
use super::{Act, Happened, LinePieces, Order, OrderRefusal, OrderState, StockMove, StockMoveKind};
use crate::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most refunds of one order.
pub const MAX_REFUNDS: usize = 50;
/// Most characters of a reason.
pub const MAX_REASON_CHARS: usize = 500;

/// The same id is the same refund, in the order and at the provider: 1 to 64 letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct RefundId(String);

impl RefundId {
    pub fn new(text: impl Into<String>) -> Result<Self, OrderRefusal> {
        let text = text.into();
        let printed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(printed) {
            return Ok(Self(text));
        }
        Err(OrderRefusal::Field { field: "refund", rule: "1 to 64 letters, digits, _ and -" })
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for RefundId {
    type Error = OrderRefusal;
    fn try_from(text: String) -> Result<Self, OrderRefusal> {
        Self::new(text)
    }
}
impl From<RefundId> for String {
    fn from(id: RefundId) -> String {
        id.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderRefund))]
pub struct Refund {
    pub id: RefundId,
    pub state: RefundState,
    /// As it was asked for: the id with another request is refused.
    pub asked: RefundRequest,
    pub lines: Vec<RefundedLine>,
    pub shipping: Money,
    pub goodwill: Money,
    /// The sum of the parts: what goes back.
    pub amount: Money,
    pub reason: String,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub requested_at: Timestamp,
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub decided_at: Option<Timestamp>,
    /// The provider's own id of it, or the words of the person who gave the money back.
    pub reference: Option<String>,
    /// Why it failed: the provider's code.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderRefundedLine))]
pub struct RefundedLine {
    pub line: u32,
    pub quantity: u32,
    /// So many of them had not been shipped, and never will be.
    pub dropped: u32,
    pub amount: Money,
}

/// What is to be given back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderRefundRequest))]
pub struct RefundRequest {
    /// All that was paid and not given back yet; the other fields are then empty.
    #[serde(default)]
    pub everything: bool,
    /// At what was paid for them. Pieces that were not shipped yet are taken first, and are not shipped any more.
    #[serde(default)]
    pub lines: Vec<LinePieces>,
    /// Of what was paid for shipping.
    #[serde(default)]
    pub shipping: Option<Money>,
    /// Beside any pieces: a scratch, a delay.
    #[serde(default)]
    pub goodwill: Option<Money>,
    /// The pieces are on sale again. Without it they are lost.
    #[serde(default)]
    pub restock: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderRefundState))]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Asked for; the provider's word is not known yet.
    Pending,
    Succeeded,
    /// The provider gave up: a person must look.
    Failed,
}

/// Every legal change of a refund's state.
pub const REFUND_TRANSITIONS: [(RefundState, RefundState); 4] = {
    use RefundState::*;
    [(Pending, Succeeded), (Pending, Failed), (Failed, Pending), (Failed, Succeeded)]
};

impl RefundState {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Succeeded, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
impl fmt::Display for RefundState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of an order's money is on its way back, or back: what is shown beside its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    None,
    RefundPending,
    PartlyRefunded,
    Refunded,
    RefundFailed,
}

/// What came of asking for a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    New(Vec<StockMove>),
    /// This very refund was asked for before; nothing changed.
    Known,
}

/// What is known of a refund from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Succeeded {
        reference: String,
    },
    Failed {
        problem: String,
    },
    /// A person wants it tried again.
    Retry,
}

impl Order {
    /// Given back or being given back; a failed refund counts until it is made good.
    pub fn given_back(&self) -> Money {
        let minor = self.refunds.iter().map(|refund| refund.amount.minor).sum();
        Money { minor, ..self.quote.total }
    }

    /// What may still be given back.
    pub fn refundable(&self) -> Money {
        let minor = self.paid().minor.saturating_sub(self.given_back().minor).max(0);
        Money { minor, ..self.quote.total }
    }

    /// What may still be given back for shipping alone.
    pub fn refundable_shipping(&self) -> Money {
        let back: i64 = self.refunds.iter().map(|refund| refund.shipping.minor).sum();
        let minor = self.shares().shipping.minor.saturating_sub(back).max(0).min(self.refundable().minor);
        Money { minor, ..self.quote.total }
    }

    /// Pieces of a line that may still be given back.
    pub fn refundable_pieces(&self, line: u32) -> u32 {
        let ordered = self.line(line).map_or(0, |line| line.quantity);
        ordered.saturating_sub(self.refunded_pieces(line))
    }

    pub fn refund_status(&self) -> RefundStatus {
        let any = |state| self.refunds.iter().any(|refund| refund.state == state);
        if any(RefundState::Failed) {
            RefundStatus::RefundFailed
        } else if any(RefundState::Pending) {
            RefundStatus::RefundPending
        } else if self.given_back().is_zero() {
            RefundStatus::None
        } else if self.refundable().is_zero() {
            RefundStatus::Refunded
        } else {
            RefundStatus::PartlyRefunded
        }
    }

    /// What a refund would be, without asking for it.
    pub fn plan_refund(
        &self,
        id: RefundId,
        asked: &RefundRequest,
        reason: &str,
        at: Timestamp,
    ) -> Result<Refund, OrderRefusal> {
        text("reason", reason, MAX_REASON_CHARS, "at most 500 characters, none of them a control character")?;
        if self.paid().is_zero() && !self.quote.total.is_zero() {
            return Err(OrderRefusal::NotPaid);
        }
        if matches!(self.state, OrderState::RefundPending | OrderState::Refunded) {
            return Err(super::IllegalTransition { from: self.state, to: OrderState::RefundPending }.into());
        }
        if self.refunds.len() >= MAX_REFUNDS {
            return Err(OrderRefusal::TooMany { what: "refunds", max: MAX_REFUNDS });
        }
        if asked.everything && (!asked.lines.is_empty() || asked.shipping.is_some() || asked.goodwill.is_some()) {
            return Err(OrderRefusal::Field {
                field: "everything",
                rule: "alone: it leaves nothing to name beside it",
            });
        }
        let (lines, shipping, goodwill) = if asked.everything { self.everything() } else { self.parts(asked)? };
        let amount = lines.iter().map(|line| line.amount).try_fold(shipping.add(goodwill)?, Money::add)?;
        if amount.is_zero() && lines.is_empty() {
            return Err(OrderRefusal::Nothing);
        }
        let left = self.refundable();
        if amount.minor > left.minor {
            return Err(OrderRefusal::AbovePaid { asked: amount, left });
        }
        // No provider gives nothing back.
        let free = amount.is_zero();
        Ok(Refund {
            id,
            state: if free { RefundState::Succeeded } else { RefundState::Pending },
            asked: asked.clone(),
            lines,
            shipping,
            goodwill,
            amount,
            reason: reason.trim().to_owned(),
            requested_at: at,
            decided_at: free.then_some(at),
            reference: None,
            problem: None,
        })
    }

    /// Asks for a refund: it is pending from then on. One that takes all that is left ends the order, and what was to be
    /// shipped stays here. The same id with the same request again is [`Requested::Known`].
    pub fn refund(&mut self, id: &RefundId, asked: &RefundRequest, act: Act<'_>) -> Result<Requested, OrderRefusal> {
        if let Some(known) = self.refunds.iter().find(|refund| refund.id == *id) {
            let same = known.asked == *asked;
            return if same { Ok(Requested::Known) } else { Err(OrderRefusal::RefundIdReused { id: id.clone() }) };
        }
        let refund = self.plan_refund(id.clone(), asked, act.why, act.at)?;
        let amount = refund.amount;
        let on_sale = |restock: bool| if restock { StockMoveKind::Release } else { StockMoveKind::Consume };
        let mut moved: Vec<(u32, u32, StockMoveKind)> = Vec::new();
        for line in &refund.lines {
            moved.push((line.line, line.dropped, on_sale(asked.restock)));
            if asked.restock {
                moved.push((line.line, line.quantity - line.dropped, StockMoveKind::Restock));
            }
        }
        let could_ship = !self.all_to_ship().is_empty();
        self.refunds.push(refund);
        let ends = self.refundable().is_zero() && !amount.is_zero();
        let to = match self.state {
            from if ends && from.may_become(OrderState::RefundPending) => OrderState::RefundPending,
            from if !could_ship || !self.all_to_ship().is_empty() => from,
            OrderState::Paid => OrderState::Cancelled,
            OrderState::PartlyShipped => OrderState::Shipped,
            from => from,
        };
        if to == OrderState::RefundPending && self.state != to && could_ship {
            // Paid back to the last unit without its pieces being named: they are on sale again.
            let rest = self.positions().map(|line| (line, self.not_left(line), StockMoveKind::Release));
            moved.extend(rest.collect::<Vec<_>>());
        }
        let moves = self.moves(moved);
        let what = Happened::RefundRequested { refund: id.clone(), amount };
        self.record(to, what, act)?;
        if !amount.is_zero() {
            self.invoice_is_wrong(act)?;
        }
        Ok(Requested::New(moves))
    }

    /// Ends an order of which nothing was shipped. What was paid is given back under `refund`; what is held of the stock is
    /// to be released.
    pub fn cancel(&mut self, refund: &RefundId, act: Act<'_>) -> Result<(), OrderRefusal> {
        text("why", act.why, MAX_REASON_CHARS, "at most 500 characters, none of them a control character")?;
        if self.state == OrderState::Paid && !self.refundable().is_zero() {
            let asked = RefundRequest { everything: true, restock: true, ..RefundRequest::default() };
            self.refund(refund, &asked, act)?;
        } else {
            self.transition(OrderState::Cancelled, act.at, act.by, act.why)?;
        }
        Ok(())
    }

    /// Writes down what is known of a refund. The order is refunded when it was the last of all its money. What was said
    /// before changes nothing; answers whether this did.
    pub fn decide_refund(&mut self, id: &RefundId, decision: &Decision, act: Act<'_>) -> Result<bool, OrderRefusal> {
        let unknown = OrderRefusal::Unknown { what: "refund" };
        let position = self.refunds.iter().position(|refund| refund.id == *id).ok_or(unknown)?;
        let mut refund = self.refunds[position].clone();
        let (from, amount) = (refund.state, refund.amount);
        let (to, what) = match decision {
            Decision::Succeeded { .. } => {
                (RefundState::Succeeded, Happened::RefundSucceeded { refund: id.clone(), amount })
            }
            Decision::Failed { .. } => (RefundState::Failed, Happened::RefundFailed { refund: id.clone(), amount }),
            Decision::Retry => (RefundState::Pending, Happened::RefundRetried { refund: id.clone(), amount }),
        };
        if from == to {
            return Ok(false);
        }
        if !REFUND_TRANSITIONS.contains(&(from, to)) {
            return Err(OrderRefusal::Refund { from, to });
        }
        refund.state = to;
        refund.decided_at = (to != RefundState::Pending).then_some(act.at);
        refund.problem = None;
        match decision {
            Decision::Succeeded { reference } => refund.reference = Some(reference.clone()),
            Decision::Failed { problem } => refund.problem = Some(problem.clone()),
            Decision::Retry => {}
        }
        self.refunds[position] = refund;
        let back = self.refunds.iter().all(|refund| refund.state == RefundState::Succeeded);
        let over = self.state == OrderState::RefundPending && back && self.refundable().is_zero();
        let state = if over { OrderState::Refunded } else { self.state };
        self.record(state, what, act)?;
        Ok(true)
    }

    /// The rest of every line and of shipping. Where goodwill was given before, each part is that much less in proportion.
    fn everything(&self) -> (Vec<RefundedLine>, Money, Money) {
        let shares = self.shares();
        let left = |whole: Money, back: i64| u64::try_from(whole.minor.saturating_sub(back)).unwrap_or(0);
        let shipped_back: i64 = self.refunds.iter().map(|refund| refund.shipping.minor).sum();
        let rests = self.positions().zip(&shares.lines).map(|(line, share)| left(*share, self.line_given_back(line)));
        let rests: Vec<u64> = rests.chain(std::iter::once(left(shares.shipping, shipped_back))).collect();
        let mut parts = self.refundable().allocate(&rests);
        let shipping = parts.pop().unwrap_or(Money::zero(self.quote.total.currency));
        let lines = self.positions().zip(parts).map(|(line, amount)| {
            let quantity = self.refundable_pieces(line);
            RefundedLine { line, quantity, dropped: self.not_left_of(line, quantity), amount }
        });
        let lines = lines.filter(|line| line.quantity > 0 || !line.amount.is_zero()).collect();
        (lines, shipping, Money::zero(self.quote.total.currency))
    }

    fn parts(&self, asked: &RefundRequest) -> Result<(Vec<RefundedLine>, Money, Money), OrderRefusal> {
        self.check_pieces(&asked.lines, |line| self.refundable_pieces(line))?;
        let zero = Money::zero(self.quote.total.currency);
        let shares = self.shares();
        let priced = asked.lines.iter().map(|&LinePieces { line, quantity }| {
            let whole = shares.lines.get(line as usize).copied().unwrap_or(zero);
            let (ordered, before) = (self.line(line).map_or(0, |line| line.quantity), self.refunded_pieces(line));
            let left = whole.minor.saturating_sub(self.line_given_back(line)).max(0);
            let upto = first_pieces(whole, before + quantity, ordered).minor;
            let minor = upto.saturating_sub(first_pieces(whole, before, ordered).minor);
            // The last piece takes what is left of its line.
            let minor = if before + quantity == ordered { left } else { minor.min(left) };
            let dropped = self.not_left_of(line, quantity);
            RefundedLine { line, quantity, dropped, amount: Money { minor, ..zero } }
        });
        let lines = priced.collect();
        let given = |amount: Option<Money>| {
            let amount = amount.unwrap_or(zero);
            if amount.is_negative() { Err(OrderRefusal::NegativeAmount) } else { Ok(zero.add(amount)?) }
        };
        let (shipping, goodwill) = (given(asked.shipping)?, given(asked.goodwill)?);
        let left = self.refundable_shipping();
        if shipping.minor > left.minor {
            return Err(OrderRefusal::AbovePaid { asked: shipping, left });
        }
        Ok((lines, shipping, goodwill))
    }

    /// How many of so many pieces of a line are still here.
    fn not_left_of(&self, line: u32, quantity: u32) -> u32 {
        self.to_ship(line).min(quantity)
    }

    fn line_given_back(&self, line: u32) -> i64 {
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        lines.filter(|refunded| refunded.line == line).map(|refunded| refunded.amount.minor).sum()
    }
}
