//! The promotions of a shop, known to be within bounds.

use super::MAX_PROMOTIONS;
use super::rule::Promotion;
use super::validate::validate;
use crate::{FieldError, PromotionId};
use std::collections::BTreeSet;

/// Valid, in the order in which they apply: by priority, highest first, then id. How they were stored does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromotionSet(Vec<Promotion>);

impl PromotionSet {
    /// Every fault of every promotion; the path starts with the promotion's place: `[2].actions[0].buy_get.repeat`.
    pub fn new(mut promotions: Vec<Promotion>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        if promotions.len() > MAX_PROMOTIONS {
            let message = format!("a shop has at most {MAX_PROMOTIONS} promotions at once, got {}", promotions.len());
            return Err(vec![FieldError::new("", "too_many", message)]);
        }
        let mut ids = BTreeSet::new();
        for (i, promotion) in promotions.iter().enumerate() {
            errors.extend(validate(promotion).into_iter().map(|error| error.within(&format!("[{i}]"))));
            if !ids.insert(&promotion.id) {
                let message = format!("promotion id {} is used twice", promotion.id);
                errors.push(FieldError::new(format!("[{i}].id"), "duplicate_id", message));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        promotions.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        Ok(Self(promotions))
    }

    /// As they were stored. What the rules of today refuse is left out, with its faults: one bad promotion keeps no cart
    /// from being priced.
    pub fn of_stored(promotions: Vec<Promotion>) -> (Self, Vec<FieldError>) {
        let (mut kept, mut faults) = (Vec::with_capacity(promotions.len()), Vec::new());
        for promotion in promotions {
            let wrong = validate(&promotion);
            if wrong.is_empty() && kept.len() < MAX_PROMOTIONS {
                kept.push(promotion);
            } else if wrong.is_empty() {
                let message = format!("a shop has at most {MAX_PROMOTIONS} promotions at once");
                faults.push(FieldError::new(promotion.id.as_str(), "too_many", message));
            } else {
                faults.extend(wrong.into_iter().map(|fault| fault.within(promotion.id.as_str())));
            }
        }
        // Nothing is left that could be refused but a repeated id, which storage cannot hold.
        match Self::new(kept) {
            Ok(set) => (set, faults),
            Err(more) => (Self::default(), faults.into_iter().chain(more).collect()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, id: &PromotionId) -> Option<&Promotion> {
        self.0.iter().find(|promotion| &promotion.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Promotion> {
        self.0.iter()
    }

    /// Those that [`Context::local_times`](super::Context::local_times) is looked up in.
    pub fn time_zones(&self) -> BTreeSet<&str> {
        let weekly = self.0.iter().filter(|p| !p.schedule.weekly.is_empty());
        weekly.filter_map(|p| p.schedule.time_zone.as_deref()).collect()
    }
}
