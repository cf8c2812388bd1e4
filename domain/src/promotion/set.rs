//! The promotions of a shop, known to be within bounds.

use super::MAX_PROMOTIONS;
use super::rule::Promotion;
use super::validate::validate;
use crate::FieldError;
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

    pub fn iter(&self) -> impl Iterator<Item = &Promotion> {
        self.0.iter()
    }

    /// Those that [`Context::local_times`](super::Context::local_times) is looked up in.
    pub fn time_zones(&self) -> BTreeSet<&str> {
        let weekly = self.0.iter().filter(|p| !p.schedule.weekly.is_empty());
        weekly.filter_map(|p| p.schedule.time_zone.as_deref()).collect()
    }
}
