//! The form of what a plugin proposes, whoever it is for. Each action stands or falls by itself.

use super::action::{
    Action, MAX_ACTIONS, MAX_BODY_CHARS, MAX_FOLLOW_UP_DAYS, MAX_POINTS, MAX_SEGMENT_BYTES, MAX_SUBJECT_CHARS,
    MAX_TAG_CHARS, MAX_VALID_DAYS,
};
use super::text::{names_coupon, unknown_placeholder};
use crate::Handle;
use serde::{Deserialize, Serialize};

/// Every code that an action is refused with, here or by [`super::Customer::apply`].
pub const REFUSAL_CODES: [&str; 19] = [
    "coupon_twice",
    "coupon_untold",
    "days_out_of_range",
    "message_twice",
    "no_consent",
    "no_coupon",
    "points_full",
    "points_out_of_range",
    "promotion_unusable",
    "segment_invalid",
    "tag_invalid",
    "text_control_characters",
    "text_missing",
    "text_too_long",
    "too_many_actions",
    "too_many_follow_ups",
    "too_many_messages",
    "too_many_segments",
    "unknown_placeholder",
];

/// An action that is not done, and why: for the merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RefusedAction {
    /// As in JSON: `send_message`.
    pub kind: String,
    /// One of [`REFUSAL_CODES`].
    pub code: String,
    /// The rule.
    pub message: String,
}

pub(super) type Refusal = (&'static str, String);

pub(super) fn refused(action: &Action, (code, message): Refusal) -> RefusedAction {
    RefusedAction { kind: action.kind().to_owned(), code: code.to_owned(), message }
}

/// The actions that are well formed, in their order, and what is wrong with the others.
pub fn checked(actions: &[Action]) -> (Vec<&Action>, Vec<RefusedAction>) {
    let (mut well_formed, mut refusals) = (Vec::new(), Vec::new());
    for (at, action) in actions.iter().enumerate() {
        let wrong = if at >= MAX_ACTIONS {
            Some(("too_many_actions", format!("an answer has at most {MAX_ACTIONS} actions")))
        } else {
            twice(action, &well_formed).or_else(|| malformed(action))
        };
        match wrong {
            Some(why) => refusals.push(refused(action, why)),
            None => well_formed.push(action),
        }
    }
    (well_formed, refusals)
}

fn twice(action: &Action, before: &[&Action]) -> Option<Refusal> {
    let there = before.iter().any(|earlier| earlier.kind() == action.kind());
    match action {
        Action::SendMessage { .. } if there => {
            Some(("message_twice", "an answer sends at most one message".to_owned()))
        }
        Action::GrantCoupon { .. } if there => Some(("coupon_twice", "an answer grants at most one coupon".to_owned())),
        _ => None,
    }
}

fn malformed(action: &Action) -> Option<Refusal> {
    match action {
        Action::SendMessage { subject, body } => wrong_text("subject", subject, MAX_SUBJECT_CHARS, false)
            .or_else(|| wrong_text("body", body, MAX_BODY_CHARS, true))
            .or_else(|| wrong_placeholder(subject))
            .or_else(|| wrong_placeholder(body)),
        Action::GrantCoupon { valid_days, .. } => wrong_days(*valid_days, MAX_VALID_DAYS),
        Action::GrantPoints { points, reason } => {
            let fits = (1..=MAX_POINTS).contains(points);
            let rule =
                || ("points_out_of_range", format!("1 to {MAX_POINTS} points are granted at once, got {points}"));
            if fits { wrong_text("reason", reason, MAX_SUBJECT_CHARS, false) } else { Some(rule()) }
        }
        Action::AddToSegment { segment } | Action::RemoveFromSegment { segment } => wrong_segment(segment),
        Action::ScheduleFollowUp { after_days, tag } => {
            wrong_days(*after_days, MAX_FOLLOW_UP_DAYS).or_else(|| wrong_tag(tag))
        }
    }
}

fn wrong_text(what: &str, text: &str, max: usize, lines: bool) -> Option<Refusal> {
    if text.trim().is_empty() {
        Some(("text_missing", format!("a {what} must not be empty")))
    } else if text.chars().nth(max).is_some() {
        Some(("text_too_long", format!("a {what} has at most {max} characters")))
    } else if text.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
        Some(("text_control_characters", format!("a {what} has no control characters")))
    } else {
        None
    }
}

fn wrong_placeholder(text: &str) -> Option<Refusal> {
    let shown: String = unknown_placeholder(text)?.chars().take(40).collect();
    Some(("unknown_placeholder", format!("there is no placeholder {shown:?}: name, shop, coupon, coupon_ends")))
}

fn wrong_days(days: u32, max: u32) -> Option<Refusal> {
    let rule = || ("days_out_of_range", format!("days must be between 1 and {max}, got {days}"));
    (!(1..=max).contains(&days)).then(rule)
}

fn wrong_segment(segment: &str) -> Option<Refusal> {
    let fits = segment.len() <= MAX_SEGMENT_BYTES && Handle::new(segment).is_ok();
    let rule = || {
        let text = "bytes of lower-case letters, digits and single hyphens";
        ("segment_invalid", format!("a segment's name has 1 to {MAX_SEGMENT_BYTES} {text}"))
    };
    (!fits).then(rule)
}

fn wrong_tag(tag: &str) -> Option<Refusal> {
    let long = tag.chars().nth(MAX_TAG_CHARS).is_some();
    let fits = !tag.trim().is_empty() && !long && !tag.chars().any(char::is_control);
    (!fits).then(|| ("tag_invalid", format!("a tag has 1 to {MAX_TAG_CHARS} characters and no control characters")))
}

/// Whether a message tells of the coupon.
pub(super) fn tells_of_coupon(action: &Action) -> bool {
    matches!(action, Action::SendMessage { subject, body } if names_coupon(subject) || names_coupon(body))
}
