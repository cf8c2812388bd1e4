//! The states of an order, and every legal way from one to the next.
//!
//! One state says how far the order as a whole has come. What is true of a part of it stands beside: which pieces left
//! in which shipment, and what was given back for which line (docs/decisions/0020). An order of which a part was given
//! back goes on being packed, shipped and delivered.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Placed, and nothing was paid yet.
    PaymentPending,
    Paid,
    /// Some pieces left, others are still to be shipped.
    PartlyShipped,
    /// Everything that is to be shipped has left.
    Shipped,
    Delivered,
    Completed,
    /// Nothing of it is shipped, and no money is on its way back.
    Cancelled,
    /// All that was paid is being given back; nothing more leaves the house.
    RefundPending,
    /// All that was paid was given back.
    Refunded,
}

/// Every legal change of state. What is not here is refused.
pub const TRANSITIONS: [(OrderState, OrderState); 14] = {
    use OrderState::*;
    [
        (PaymentPending, Paid),
        (PaymentPending, Cancelled),
        (Paid, PartlyShipped),
        (Paid, Shipped),
        (Paid, Cancelled),
        (Paid, RefundPending),
        (PartlyShipped, Shipped),
        (PartlyShipped, RefundPending),
        (Shipped, Delivered),
        (Shipped, RefundPending),
        (Delivered, Completed),
        (Delivered, RefundPending),
        (Completed, RefundPending),
        (RefundPending, Refunded),
    ]
};

impl OrderState {
    pub const ALL: [Self; 9] = {
        use OrderState::*;
        [PaymentPending, Paid, PartlyShipped, Shipped, Delivered, Completed, Cancelled, RefundPending, Refunded]
    };

    pub fn may_become(self, to: Self) -> bool {
        TRANSITIONS.contains(&(self, to))
    }

    /// As in JSON: `payment_pending`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentPending => "payment_pending",
            Self::Paid => "paid",
            Self::PartlyShipped => "partly_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::RefundPending => "refund_pending",
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
        for (from, to) in [
            (Paid, Paid),
            (Cancelled, Paid),
            (Refunded, Paid),
            (PaymentPending, Shipped),
            (Shipped, Paid),
            (PartlyShipped, Cancelled),
            (PaymentPending, RefundPending),
            (RefundPending, Shipped),
            (Paid, Refunded),
        ] {
            assert!(!from.may_become(to), "{from} to {to}");
        }
    }

    #[test]
    fn state_names_are_those_of_the_json() {
        for state in OrderState::ALL {
            assert_eq!(serde_json::to_value(state).ok(), Some(state.as_str().into()));
        }
    }
}
