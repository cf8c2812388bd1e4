//! What has to be looked up before a cart is priced: only what a promotion that can apply now asks about.

use super::action::{Action, Buy};
use super::condition::{Condition, Selector};
use super::rule::Promotion;
use super::set::PromotionSet;
use super::target::Target;
use super::terms::Schedule;
use crate::{CollectionId, Sku};
use jiff::Timestamp;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Collections that selectors name.
    pub collections: BTreeSet<CollectionId>,
    /// SKUs that are given away, by the promotions' order.
    pub gifts: Vec<Sku>,
    /// Whether anything asks for the customer's groups.
    pub groups: bool,
}

impl PromotionSet {
    /// Of the promotions that are switched on and run at `now`.
    pub fn needs(&self, now: Timestamp) -> Needs {
        let mut needs = Needs::default();
        let runs = |promotion: &&Promotion| promotion.enabled && has_begun(&promotion.schedule, now);
        for promotion in self.iter().filter(runs) {
            promotion.conditions.iter().for_each(|condition| needs.condition(condition));
            promotion.actions.iter().for_each(|action| needs.action(action));
        }
        needs
    }
}

/// Between its two instants.
fn has_begun(schedule: &Schedule, now: Timestamp) -> bool {
    schedule.starts_at.is_none_or(|starts| now >= starts) && schedule.ends_at.is_none_or(|ends| now < ends)
}

impl Needs {
    /// And of what is for this target only, if it can mean any cart at `now`.
    pub fn target(&mut self, target: &Target, now: Timestamp) {
        if has_begun(&target.schedule, now) {
            target.when.iter().for_each(|condition| self.condition(condition));
        }
    }

    /// And of what a selector names.
    pub fn selector(&mut self, selector: &Selector) {
        match selector {
            Selector::All(all) | Selector::Any(all) => all.iter().for_each(|one| self.selector(one)),
            Selector::Not(one) => self.selector(one),
            Selector::Collection(ids) => self.collections.extend(ids.iter().cloned()),
            _ => {}
        }
    }

    fn selected(&mut self, select: &Option<Selector>) {
        select.iter().for_each(|selector| self.selector(selector));
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| self.condition(one)),
            Condition::Not(one) => self.condition(one),
            Condition::CustomerGroup(_) => self.groups = true,
            Condition::Contains(selector) => self.selector(selector),
            Condition::Quantity(is) | Condition::DistinctItems(is) => self.selected(&is.select),
            Condition::Amount(is) => self.selected(&is.select),
            _ => {}
        }
    }

    fn buy(&mut self, buy: &Buy) {
        self.selected(&buy.select);
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::DiscountLines(action) => self.selected(&action.select),
            Action::DiscountOrder(action) => self.selected(&action.select),
            Action::DiscountShipping(_) => {}
            Action::BuyGet(action) => {
                self.buy(&action.buy);
                self.selected(&action.get.select);
            }
            Action::Bundle(action) => action.parts.iter().for_each(|part| self.selected(&part.select)),
            Action::Gift(action) => {
                action.buy.iter().for_each(|buy| self.buy(buy));
                for sku in &action.any_of {
                    if !self.gifts.contains(sku) {
                        self.gifts.push(sku.clone());
                    }
                }
            }
        }
    }
}
