//! What a marketing plugin may propose.

use crate::PromotionId;
use serde::{Deserialize, Serialize};

/// Of one answer.
pub const MAX_ACTIONS: usize = 20;
pub const MAX_SUBJECT_CHARS: usize = 150;
pub const MAX_BODY_CHARS: usize = 5_000;
/// Granted at once.
pub const MAX_POINTS: u32 = 1_000_000;
/// That a coupon is good for.
pub const MAX_VALID_DAYS: u32 = 365;
pub const MAX_FOLLOW_UP_DAYS: u32 = 365;
pub const MAX_SEGMENT_BYTES: usize = 64;
pub const MAX_TAG_CHARS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingAction))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// To the customer, at most one an answer. Plain text with [`super::PLACEHOLDERS`].
    SendMessage {
        subject: String,
        body: String,
    },
    /// A code of the promotion that this customer may use once; at most one an answer, and the answer's message must tell
    /// of it with `{{coupon}}`.
    GrantCoupon {
        promotion: PromotionId,
        valid_days: u32,
    },
    GrantPoints {
        points: u32,
        reason: String,
    },
    AddToSegment {
        segment: String,
    },
    RemoveFromSegment {
        segment: String,
    },
    /// The same plugin is asked again in so many days, with this tag.
    ScheduleFollowUp {
        after_days: u32,
        tag: String,
    },
}

impl Action {
    /// As in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SendMessage { .. } => "send_message",
            Self::GrantCoupon { .. } => "grant_coupon",
            Self::GrantPoints { .. } => "grant_points",
            Self::AddToSegment { .. } => "add_to_segment",
            Self::RemoveFromSegment { .. } => "remove_from_segment",
            Self::ScheduleFollowUp { .. } => "schedule_follow_up",
        }
    }
}
