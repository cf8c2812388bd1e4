//! What the shopper agreed to pay: a signed quote, or a bare total. An order takes it or is refused with the difference.

use crate::place_order::OrderRequest;
use crate::{State, signed_quote};
use serde_json::json;
use stoa_domain::quote::{Quote, Shown};
use stoa_domain::{CartId, Money};
use stoa_endpoint::{ApiError, FieldError};

pub(crate) enum Agreed {
    Quote(Shown),
    Total(Money),
}

impl Agreed {
    /// The quote counts where both are sent; 422 where neither is.
    pub(crate) fn of(state: &State, cart: &CartId, request: &OrderRequest) -> Result<Self, ApiError> {
        match (&request.quote, request.expected_total) {
            (Some(token), _) => signed_quote::read(&state.config.link_key, cart, token).map(Self::Quote),
            (None, Some(total)) => Ok(Self::Total(total)),
            (None, None) => {
                let rule = "send the `quote` of the cart's view, or the `expected_total` that the shopper was shown";
                Err(ApiError::validation(vec![FieldError::new("quote", "required", rule)]))
            }
        }
    }

    /// `used_up`: others took what was left of a promotion while this order was being placed.
    pub(crate) fn holds(&self, now: &Quote, used_up: bool) -> Result<(), ApiError> {
        let (what, details) = match self {
            Self::Total(expected) if *expected == now.total => return Ok(()),
            Self::Total(expected) => ("total_changed", json!({ "total": now.total, "expected_total": expected })),
            Self::Quote(shown) => {
                let changes = shown.changes(now);
                if changes.is_empty() {
                    return Ok(());
                }
                ("quote_changed", json!({ "total": now.total, "changes": changes }))
            }
        };
        let (code, message) = if used_up {
            ("promotion_used_up", "a promotion or code was used up meanwhile; please look at the new total")
        } else {
            (what, "the price is another than the one that was shown; please look again")
        };
        Err(ApiError::conflict(code, message).with_details(details))
    }
}
