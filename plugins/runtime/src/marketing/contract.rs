//! The versions of the marketing contract that run: what each is told, and what each may answer.

use crate::RunError;
use crate::bindings::marketing_v0_1 as v0_1;
use crate::plugin::Guard;
use stoa_domain::PromotionId;
use stoa_domain::marketing::{Action, Event, Input, OrderFacts};
use wasmtime::component::InstancePre;
use wasmtime::{AsContextMut, Result, Store};

/// A plugin under the contract that it exports.
#[derive(Clone)]
pub(super) enum Contract {
    V0_1(v0_1::MarketingPre<Guard>),
}

/// What a plugin said: actions, or why it gives none.
type Answer = std::result::Result<Vec<v0_1::Action>, String>;

impl Contract {
    pub(super) fn of(pre: &InstancePre<Guard>) -> Result<Self> {
        v0_1::MarketingPre::new(pre.clone()).map(Self::V0_1)
    }

    pub(super) fn version(&self) -> &'static str {
        match self {
            Self::V0_1(_) => "0.1",
        }
    }

    /// A fresh instance answers one event.
    pub(super) fn call(&self, store: &mut Store<Guard>, input: &Input, settings: &str) -> Result<Answer> {
        match self {
            Self::V0_1(pre) => {
                let instance = pre.instantiate(store.as_context_mut())?;
                lend(input, settings, |input| instance.stoa_marketing_campaigns().call_run(store, input))
            }
        }
    }
}

fn lend<R>(input: &Input, settings: &str, to: impl FnOnce(v0_1::Input<'_>) -> R) -> R {
    let products: Vec<&str> = match &input.event {
        Event::OrderPlaced(order)
        | Event::OrderPaid(order)
        | Event::OrderCancelled(order)
        | Event::OrderRefunded(order) => order.products.iter().map(stoa_domain::ProductId::as_str).collect(),
        Event::Day | Event::FollowUp { .. } => Vec::new(),
    };
    let order = |facts| lend_order(facts, &products);
    let event = match &input.event {
        Event::OrderPlaced(facts) => v0_1::Event::OrderPlaced(order(facts)),
        Event::OrderPaid(facts) => v0_1::Event::OrderPaid(order(facts)),
        Event::OrderCancelled(facts) => v0_1::Event::OrderCancelled(order(facts)),
        Event::OrderRefunded(facts) => v0_1::Event::OrderRefunded(order(facts)),
        Event::Day => v0_1::Event::Day,
        Event::FollowUp { tag } => v0_1::Event::FollowUp(tag),
    };
    let profile = &input.profile;
    let segments: Vec<&str> = profile.segments.iter().map(String::as_str).collect();
    to(v0_1::Input {
        event,
        profile: v0_1::Profile {
            orders: profile.orders,
            spent: profile.spent.minor,
            currency: profile.spent.currency.code(),
            days_since_first_order: profile.days_since_first_order,
            days_since_last_order: profile.days_since_last_order,
            segments: &segments,
            points: profile.points,
            days_to_birthday: profile.days_to_birthday,
            locale: profile.locale.as_str(),
            may_message: profile.may_message,
        },
        moment: v0_1::Moment { now: input.moment.now.as_second(), local_time: &input.moment.local_text() },
        settings,
    })
}

fn lend_order<'a>(facts: &'a OrderFacts, products: &'a [&'a str]) -> v0_1::Order<'a> {
    v0_1::Order { total: facts.total.minor, currency: facts.total.currency.code(), pieces: facts.pieces, products }
}

/// Form only; what an action does is the domain's decision.
pub(super) fn to_domain(action: v0_1::Action) -> std::result::Result<Action, RunError> {
    Ok(match action {
        v0_1::Action::SendMessage(message) => Action::SendMessage { subject: message.subject, body: message.body },
        v0_1::Action::GrantCoupon(coupon) => {
            let promotion = PromotionId::new(coupon.promotion).map_err(|e| RunError::BadOutput(e.to_string()))?;
            Action::GrantCoupon { promotion, valid_days: coupon.valid_days }
        }
        v0_1::Action::GrantPoints(granted) => Action::GrantPoints { points: granted.points, reason: granted.reason },
        v0_1::Action::AddToSegment(segment) => Action::AddToSegment { segment },
        v0_1::Action::RemoveFromSegment(segment) => Action::RemoveFromSegment { segment },
        v0_1::Action::ScheduleFollowUp(later) => {
            Action::ScheduleFollowUp { after_days: later.after_days, tag: later.tag }
        }
    })
}
