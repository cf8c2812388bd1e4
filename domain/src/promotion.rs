//! Promotions. A merchant's [`Promotion`] is a rule, a plugin's [`Proposal`] is an answer to one cart; both end as the
//! same discounts, which [`crate::quote`] takes and explains.

mod action;
mod amounts;
mod assign;
mod code;
mod condition;
mod eligible;
mod facts;
mod matching;
mod needs;
mod read;
mod reason;
mod rule;
mod scenario;
#[cfg(feature = "schema")]
mod schema;
mod set;
mod target;
mod terms;
mod validate;

pub use action::{
    Action, AmountTier, AmountTiers, Application, Bundle, Buy, BuyGet, Discount, DiscountLines, DiscountOrder,
    DiscountShipping, Every, Flat, Get, Gift, Part, Pick, QuantityTier,
};
pub use amounts::Amounts;
pub use code::{code_key, code_text};
pub use condition::{AmountIs, AttributeIs, Basis, Condition, CountRange, PriceRange, QuantityIs, Selector};
pub use facts::{Choice, Code, Context, Coupon, Customer, GiftStock, Line, LineFacts, Tax, Usage};
pub use needs::Needs;
pub use read::read;
pub use reason::ReasonCode;
pub use rule::Promotion;
pub use scenario::{Scenario, ScenarioCart, ScenarioContext, ScenarioLine, ScenarioShipping};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use set::PromotionSet;
pub use target::{Target, TargetedCart};
pub use terms::{CombinesWith, Day, Limits, Schedule, Terms, Window};
pub use validate::{validate, validate_selector, validate_target};

pub(crate) use assign::{Role, Supply, assign, preferred, repetitions};
pub(crate) use eligible::{CartView, budget_left, code_reads, coupon_holds, holds, same_code, standing};
pub(crate) use matching::{Index, LineSet};
pub(crate) use reason::Reason;

use crate::{PromotionId, Sku};
use serde::{Deserialize, Serialize};

/// Rules that a shop has switched on or scheduled at once.
pub const MAX_PROMOTIONS: usize = 250;
pub const MAX_ACTIONS: usize = 8;
/// Of `all`, `any` and `not` within one another, selectors included.
pub const MAX_DEPTH: usize = 6;
/// Parts of all conditions and selectors of one promotion.
pub const MAX_NODES: usize = 64;
/// Values that all conditions and selectors of one promotion name.
pub const MAX_VALUES: usize = 1_000;
pub const MAX_VALUE_CHARS: usize = 255;
pub const MAX_TIERS: usize = 20;
pub const MAX_BUNDLE_PARTS: usize = 8;
pub const MAX_WINDOWS: usize = 21;
pub const MAX_CURRENCIES: usize = 20;
pub const MAX_PRIORITY: i64 = 1_000_000;
/// Pieces that a rule can ask for or make cheaper.
pub const MAX_QUANTITY: u32 = 10_000;
pub const MAX_REPEAT: u32 = 1_000;
pub const MAX_AMOUNT_MINOR: i64 = 1_000_000_000_000_000;
/// Codes that one cart takes.
pub const MAX_CODES: usize = 10;
pub const MAX_CODE_CHARS: usize = 64;

/// What one plugin may propose for one cart.
pub const MAX_OPERATIONS: usize = 200;
/// Lines that one operation may name.
pub const MAX_PIECES: usize = 500;
pub const MAX_REASON_CHARS: usize = 200;

/// One plugin's answer to a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub promotion: PromotionId,
    /// What the shopper reads as the promotion's name.
    pub title: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Operation {
    DiscountLine {
        sku: Sku,
        value: DiscountValue,
        reason: String,
    },
    /// Some pieces of some lines, taken together.
    DiscountPieces {
        pieces: Vec<Pieces>,
        value: DiscountValue,
        reason: String,
    },
    /// `get` is made cheaper because `buy` is there. A piece counts on one side of one such offer only.
    BuyGet {
        buy: Vec<Pieces>,
        get: Vec<Pieces>,
        value: DiscountValue,
        reason: String,
    },
    /// Pieces that cost less together; they are in no other bundle or buy-get.
    Bundle {
        pieces: Vec<Pieces>,
        value: DiscountValue,
        reason: String,
    },
    /// Spread over all lines by their totals.
    DiscountOrder {
        value: DiscountValue,
        reason: String,
    },
    DiscountShipping {
        value: DiscountValue,
        reason: String,
    },
    /// Pieces beside the cart that cost nothing.
    AddGift {
        sku: Sku,
        quantity: u32,
        reason: String,
    },
    /// Shown on the cart; changes no price.
    Message {
        text: String,
    },
    /// A code that no rule of the shop knows is this promotion's.
    AcceptCode {
        code: String,
    },
    RejectCode {
        code: String,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    pub sku: Sku,
    pub quantity: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountValue {
    /// Ten-thousandths: 1 500 is 15 %. At most 10 000.
    BasisPoints(u32),
    /// Minor units of the cart's currency, for the whole target. Above zero.
    Amount(i64),
    /// Off each piece. Above zero.
    AmountEach(i64),
    /// What the whole target costs instead, where that is less. Not below zero.
    Price(i64),
    /// What each piece costs instead.
    PriceEach(i64),
}

/// A proposal and how it stands to the shop's other promotions.
#[derive(Debug, Clone)]
pub struct Proposed<'a> {
    pub proposal: &'a Proposal,
    pub terms: Terms,
}
