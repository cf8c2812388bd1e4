//! What a plugin's proposals come to for one customer. Pure: what is to be written beside the customer is given back.

use super::check::{Refusal, refused, tells_of_coupon};
use super::customer::recent;
use super::{
    Action, Customer, FollowUp, MAX_BALANCE, MAX_FOLLOW_UPS, MAX_SEGMENTS, MESSAGE_DAYS, Moment, RefusedAction,
};
use crate::{PluginId, PromotionId};
use jiff::ToSpan;
use jiff::civil::Date;

/// What the decision depends on beside the customer.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub plugin: &'a PluginId,
    pub moment: Moment,
    /// The merchant's bound for one customer.
    pub messages_per_week: u8,
    /// Promotions that codes can be given out for.
    pub promotions: &'a [PromotionId],
}

/// What was done. The customer has the segments, points and follow-ups already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub done: Vec<Action>,
    pub message: Option<Message>,
    pub coupon: Option<Coupon>,
    pub refused: Vec<RefusedAction>,
}

/// With its blanks still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub body: String,
}

/// A code to be made for this customer alone, for one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub promotion: PromotionId,
    /// The last day of the shop's calendar on which it is good.
    pub last_day: Date,
}

impl Customer {
    /// Does what may be done of `actions`, one after the other, and says what may not.
    pub fn apply(&mut self, actions: &[Action], standing: Standing<'_>) -> Applied {
        let (well_formed, refusals) = super::checked(actions);
        let mut applied = Applied { refused: refusals, ..Applied::default() };
        let writing = self.may_write(standing);
        let telling = well_formed.iter().any(|action| tells_of_coupon(action));
        let coupon = well_formed.iter().find_map(|action| coupon(action, standing));
        // A coupon that nobody is told of is lost, and a message about a coupon that is none is worse: both or neither.
        let granted = coupon.is_some() && telling && writing.is_ok();
        for action in well_formed {
            let wrong = match action {
                Action::SendMessage { .. } if writing.is_err() => writing.clone().err(),
                Action::SendMessage { .. } if tells_of_coupon(action) && !granted => Some((
                    "no_coupon",
                    "the message tells of a coupon, and none was granted in the same answer".to_owned(),
                )),
                Action::SendMessage { subject, body } => {
                    applied.message = Some(Message { subject: subject.clone(), body: body.clone() });
                    self.messaged_at.retain(|at| recent(*at, standing.moment.now));
                    self.messaged_at.push(standing.moment.now);
                    None
                }
                Action::GrantCoupon { promotion, .. } if coupon.is_none() => Some((
                    "promotion_unusable",
                    format!("the shop has no promotion {promotion} that is switched on and asks for a code"),
                )),
                Action::GrantCoupon { .. } if !granted => Some((
                    "coupon_untold",
                    "a coupon is granted only with a message in the same answer that tells of it and may be sent"
                        .to_owned(),
                )),
                Action::GrantCoupon { .. } => {
                    applied.coupon.clone_from(&coupon);
                    None
                }
                Action::GrantPoints { points, .. } => self.grant(*points),
                Action::AddToSegment { segment } => self.enter(segment),
                Action::RemoveFromSegment { segment } => {
                    self.segments.remove(segment);
                    None
                }
                Action::ScheduleFollowUp { after_days, tag } => self.schedule(*after_days, tag, standing),
            };
            match wrong {
                Some(why) => applied.refused.push(refused(action, why)),
                None => applied.done.push(action.clone()),
            }
        }
        applied
    }

    fn may_write(&self, standing: Standing<'_>) -> Result<(), Refusal> {
        let most = standing.messages_per_week;
        if self.consent.is_none() {
            Err(("no_consent", "the customer has not asked for messages".to_owned()))
        } else if self.messages_since(standing.moment.now) >= usize::from(most) {
            Err(("too_many_messages", format!("a customer gets at most {most} messages in {MESSAGE_DAYS} days")))
        } else {
            Ok(())
        }
    }

    fn grant(&mut self, points: u32) -> Option<Refusal> {
        match self.points.checked_add(u64::from(points)).filter(|sum| *sum <= MAX_BALANCE) {
            Some(sum) => {
                self.points = sum;
                None
            }
            None => Some(("points_full", format!("a customer has at most {MAX_BALANCE} points"))),
        }
    }

    fn enter(&mut self, segment: &str) -> Option<Refusal> {
        if !self.segments.contains(segment) && self.segments.len() >= MAX_SEGMENTS {
            return Some(("too_many_segments", format!("a customer is in at most {MAX_SEGMENTS} segments")));
        }
        self.segments.insert(segment.to_owned());
        None
    }

    fn schedule(&mut self, after_days: u32, tag: &str, standing: Standing<'_>) -> Option<Refusal> {
        let full = || Some(("too_many_follow_ups", format!("at most {MAX_FOLLOW_UPS} follow-ups wait for a customer")));
        let due = days_after(standing.moment, after_days);
        let follow_up = FollowUp { plugin: standing.plugin.clone(), tag: tag.to_owned(), due };
        if self.follow_ups.contains(&follow_up) {
            return None;
        }
        if self.follow_ups.len() >= MAX_FOLLOW_UPS {
            return full();
        }
        self.follow_ups.push(follow_up);
        None
    }
}

fn coupon(action: &Action, standing: Standing<'_>) -> Option<Coupon> {
    let Action::GrantCoupon { promotion, valid_days } = action else { return None };
    let usable = standing.promotions.contains(promotion);
    usable.then(|| Coupon { promotion: promotion.clone(), last_day: days_after(standing.moment, *valid_days) })
}

fn days_after(moment: Moment, days: u32) -> Date {
    let today = moment.local_time.date();
    today.checked_add(i64::from(days).days()).unwrap_or(today)
}
