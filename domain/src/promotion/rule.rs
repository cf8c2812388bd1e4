//! A declarative promotion: terms, conditions, and what it does. Written in JSON by the console, the API or a file.

use super::action::Action;
use super::amounts::Amounts;
use super::condition::Condition;
use super::terms::{CombinesWith, Limits, Schedule, Terms};
use crate::{Localized, PromotionId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    pub id: PromotionId,
    /// What the shopper reads as its name.
    pub title: Localized,
    /// What the shopper reads beside an amount; the title where missing.
    #[serde(default)]
    pub reason: Localized,
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Higher comes first; of equal ones the lower id.
    #[serde(default)]
    pub priority: i32,
    /// With nothing, where missing.
    #[serde(default)]
    pub combines_with: CombinesWith,
    /// At most one promotion of a group applies.
    #[serde(default)]
    pub exclusive_group: Option<String>,
    #[serde(default)]
    pub schedule: Schedule,
    /// Only for a cart with a code that belongs to it.
    #[serde(default)]
    pub code_required: bool,
    #[serde(default)]
    pub limits: Limits,
    /// Always, where missing.
    #[serde(default)]
    pub conditions: Option<Condition>,
    /// In this order.
    pub actions: Vec<Action>,
}

fn enabled() -> bool {
    true
}

impl Promotion {
    pub fn terms(&self) -> Terms {
        Terms {
            priority: self.priority,
            combines_with: self.combines_with,
            exclusive_group: self.exclusive_group.clone(),
        }
    }

    /// The classes of its actions.
    pub(crate) fn classes(&self) -> CombinesWith {
        let mut classes = CombinesWith::default();
        for action in &self.actions {
            match action {
                Action::DiscountOrder(_) => classes.order = true,
                Action::DiscountShipping(_) => classes.shipping = true,
                Action::DiscountLines(_) | Action::BuyGet(_) | Action::Bundle(_) | Action::Gift(_) => {
                    classes.product = true;
                }
            }
        }
        classes
    }

    /// Every set of amounts that a cart's currency must be in for the promotion to say anything.
    pub(crate) fn amounts(&self) -> Vec<&Amounts> {
        let mut found: Vec<&Amounts> = self.limits.budget.iter().chain(&self.limits.max_discount).collect();
        for action in &self.actions {
            action.amounts(&mut found);
        }
        found
    }
}
