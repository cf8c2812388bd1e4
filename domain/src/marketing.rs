//! Marketing: what happened to a customer, what a rule may know of them, what it may propose, and what of that is done.
//!
//! A marketing plugin proposes [`Action`]s for an [`Input`]. [`checked`] looks at their form, [`Customer::apply`] decides: a
//! message goes only to who wants messages and not too often, a coupon only of a promotion that there is, and everything
//! stays within bounds. What is refused is refused by itself, with a stable code and the rule.
//!
//! Who the customer is stays out of what a plugin sees: [`Profile`] has no name, no address and no id.

mod action;
mod apply;
mod birthday;
mod check;
mod customer;
mod event;
mod profile;
mod settings;
mod text;

pub use action::{
    Action, MAX_ACTIONS, MAX_BODY_CHARS, MAX_FOLLOW_UP_DAYS, MAX_POINTS, MAX_SEGMENT_BYTES, MAX_SUBJECT_CHARS,
    MAX_TAG_CHARS, MAX_VALID_DAYS,
};
pub use apply::{Applied, Coupon, Message, Standing};
pub use birthday::{Birthday, InvalidBirthday};
pub use check::{REFUSAL_CODES, RefusedAction, checked};
pub use customer::{Consent, Customer, FollowUp, MAX_BALANCE, MAX_FOLLOW_UPS, MAX_SEGMENTS, MESSAGE_DAYS, OrderChange};
pub use event::{Event, OrderFacts};
pub use profile::{Input, Moment, Profile};
pub use settings::{MAX_MAIL_PER_DAY, MAX_MESSAGES_PER_WEEK, Settings};
pub use text::{Filled, PLACEHOLDERS, fill};
