//! An order: what was bought at which price, where it goes, and the states it passes through.

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
    #[serde(default)]
    pub marketing_consent: bool,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    PaymentPending,
    Paid,
    Shipped,
    Delivered,
    Completed,
    Cancelled,
    Refunded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderEvent {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    pub to: OrderState,
    /// `shopper`, `staff:{token}`, `provider:{name}`, `system`.
    pub by: String,
    pub why: String,
}

/// Every legal change of state. What is not here is refused.
pub const TRANSITIONS: [(OrderState, OrderState); 9] = {
    use OrderState::*;
    [
        (PaymentPending, Paid),
        (PaymentPending, Cancelled),
        (Paid, Shipped),
        (Paid, Refunded),
        (Shipped, Delivered),
        (Shipped, Refunded),
        (Delivered, Completed),
        (Delivered, Refunded),
        (Completed, Refunded),
    ]
};

impl OrderState {
    pub const ALL: [Self; 7] = {
        use OrderState::*;
        [PaymentPending, Paid, Shipped, Delivered, Completed, Cancelled, Refunded]
    };

    pub fn may_become(self, to: Self) -> bool {
        TRANSITIONS.contains(&(self, to))
    }

    /// As in JSON: `payment_pending`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentPending => "payment_pending",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }
}
impl std::fmt::Display for OrderState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from} cannot become {to}")]
pub struct IllegalTransition {
    pub from: OrderState,
    pub to: OrderState,
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
        let event = OrderEvent { at, to, by: by.into(), why: why.into() };
        self.timeline.push(event.clone());
        Ok(event)
    }

    /// Whether it still waits for its payment though its time is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let until =
            self.held_until.unwrap_or_else(|| self.placed_at.saturating_add(MAX_HOLD).unwrap_or(Timestamp::MAX));
        self.state == OrderState::PaymentPending && now >= until
    }
}

/// An order's number, `S-4F7K-2M9Q`, of 40 random bits: 8 letters and digits of Crockford's base 32, which leaves out
/// I, L, O and U so that it survives being read out loud.
pub fn order_number(random: [u8; 5]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut number = String::from("S");
    for i in 0..8 {
        if i % 4 == 0 {
            number.push('-');
        }
        number.push(char::from(ALPHABET[(bits >> (35 - 5 * i) & 31) as usize]));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderState::*;

    #[test]
    fn every_state_is_reached_and_two_are_final() {
        for state in OrderState::ALL {
            let reached = state == PaymentPending || TRANSITIONS.iter().any(|(_, to)| *to == state);
            let last = TRANSITIONS.iter().all(|(from, _)| *from != state);
            assert!(reached, "{state}");
            assert_eq!(last, matches!(state, Cancelled | Refunded), "{state}");
        }
    }

    #[test]
    fn nothing_leaves_the_table_of_transitions() {
        for (from, to) in
            [(Paid, Paid), (Cancelled, Paid), (Refunded, Paid), (PaymentPending, Shipped), (Shipped, Paid)]
        {
            assert!(!from.may_become(to), "{from} to {to}");
        }
    }

    #[test]
    fn state_names_are_those_of_the_json() {
        for state in OrderState::ALL {
            assert_eq!(serde_json::to_value(state).ok(), Some(state.as_str().into()));
        }
    }

    #[test]
    fn order_numbers_are_readable_and_distinct() {
        assert_eq!(order_number([0; 5]), "S-0000-0000");
        assert_eq!(order_number([255; 5]), "S-ZZZZ-ZZZZ");
        assert_eq!(order_number([0, 0, 0, 0, 31]), "S-0000-000Z");
        assert_ne!(order_number([1, 0, 0, 0, 0]), order_number([0, 1, 0, 0, 0]));
    }
}
