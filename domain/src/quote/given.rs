//! What a quote's promotions gave: what their limits count.

use super::{Allocation, Quote};
use crate::{Money, PromotionId};
use std::collections::BTreeMap;

impl Quote {
    /// By promotion, gifts at their worth. One that gave nothing is not in it.
    pub fn given(&self) -> BTreeMap<&PromotionId, Money> {
        let lines = self.lines.iter().flat_map(|line| &line.allocations);
        let shipping = self.shipping.iter().flat_map(|shipping| &shipping.allocations);
        let discounts = lines.chain(shipping).map(|Allocation { promotion, amount, .. }| (promotion, *amount));
        let gifts = self.gifts.iter().map(|gift| (&gift.promotion, gift.value));
        let mut given = BTreeMap::new();
        for (promotion, amount) in discounts.chain(gifts) {
            let sum: &mut Money = given.entry(promotion).or_insert_with(|| Money::zero(amount.currency));
            sum.minor = sum.minor.saturating_add(amount.minor);
        }
        given
    }

    /// The code that brought `promotion` in, as the shopper gave it.
    pub fn code_of(&self, promotion: &PromotionId) -> Option<&str> {
        let applied =
            self.codes.iter().find(|code| code.why_not.is_none() && code.promotion.as_ref() == Some(promotion));
        applied.map(|code| code.code.as_str())
    }
}
