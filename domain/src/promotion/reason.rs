//! Why a promotion or a code changes nothing. The codes are stable; the text key is what pages translate.

use crate::{Money, PromotionId};
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $key:literal, $rule:literal;)*) => {
        /// Stable and snake case in JSON.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum ReasonCode { $($(#[$doc])* $name,)* }

        impl ReasonCode {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
            /// What a page looks its text up by. Several reasons share one where the difference is nobody's business.
            pub fn text_key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
            /// For the merchant.
            pub fn rule(self) -> &'static str {
                match self { $(Self::$name => $rule,)* }
            }
        }
    };
}

reasons! {
    CodeUnknown = "code_unknown", "promotion.code_unknown", "the shop has no such code";
    CodeMalformed = "code_malformed", "promotion.code_unknown", "a code has 1 to 64 characters, none of them a control character";
    CodeRepeated = "code_repeated", "promotion.code_repeated", "a code counts once";
    TooManyCodes = "too_many_codes", "promotion.too_many_codes", "a cart takes at most 10 codes";
    CodeDisabled = "code_disabled", "promotion.code_ended", "the code is switched off";
    CodeNotStarted = "code_not_started", "promotion.not_started", "the code is not valid yet";
    CodeExpired = "code_expired", "promotion.code_ended", "the code is not valid any more";
    CodeUsedUp = "code_used_up", "promotion.code_used_up", "the code has been used as often as it may be";
    /// Told as unknown: that it is somebody's is nobody else's business.
    CodeOfAnother = "code_of_another", "promotion.code_unknown", "the code belongs to another customer";
    CodeRejected = "code_rejected", "promotion.code_rejected", "a plugin rejected the code";
    PromotionMissing = "promotion_missing", "promotion.code_ended", "the code's promotion does not exist";
    CodeRequired = "code_required", "promotion.code_required", "the promotion needs a code";
    Disabled = "disabled", "promotion.code_ended", "the promotion is switched off";
    NotStarted = "not_started", "promotion.not_started", "the promotion has not started";
    Ended = "ended", "promotion.code_ended", "the promotion has ended";
    OutsideHours = "outside_hours", "promotion.outside_hours", "it is outside the promotion's hours";
    TimeZoneUnknown = "time_zone_unknown", "promotion.outside_hours", "the local time of the promotion's time zone is not known";
    UsedUp = "used_up", "promotion.used_up", "the promotion has been used as often as it may be";
    UsedByCustomer = "used_by_customer", "promotion.used_by_customer", "the customer has used the promotion as often as they may";
    CustomerRequired = "customer_required", "promotion.customer_required", "only a customer who is known can use the promotion";
    BudgetSpent = "budget_spent", "promotion.used_up", "the promotion's budget is spent";
    CurrencyNotOffered = "currency_not_offered", "promotion.currency_not_offered", "the promotion names no amount in the cart's currency";
    AmountTooLow = "amount_too_low", "promotion.amount_too_low", "the goods cost less than the promotion asks for";
    QuantityTooLow = "quantity_too_low", "promotion.quantity_too_low", "the cart holds fewer pieces than the promotion asks for";
    ItemsMissing = "items_missing", "promotion.items_missing", "the cart holds nothing that the promotion is about";
    CustomerNotEligible = "customer_not_eligible", "promotion.customer_not_eligible", "the promotion is not for this customer or this order of theirs";
    NotHere = "not_here", "promotion.not_here", "the promotion is not for this channel, country, currency or shipping method";
    ConditionsNotMet = "conditions_not_met", "promotion.conditions_not_met", "the promotion's conditions do not hold";
    NothingToDiscount = "nothing_to_discount", "promotion.nothing_to_discount", "nothing is left in the cart for the promotion to take off";
    NoShipping = "no_shipping", "promotion.no_shipping", "no shipping method is chosen yet";
    GiftUnavailable = "gift_unavailable", "promotion.gift_unavailable", "none of the promotion's gifts is available";
    NotCombinable = "not_combinable", "promotion.not_combinable", "the promotion does not combine with another that applies";
}

/// Why something did not apply, with what is missing where that can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: ReasonCode,
    pub(crate) missing_amount: Option<Money>,
    pub(crate) missing_quantity: Option<u64>,
    pub(crate) because_of: Option<PromotionId>,
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self { code, missing_amount: None, missing_quantity: None, because_of: None }
    }
}
