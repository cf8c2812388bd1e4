//! Actions and their values.

use super::Faults;
use crate::promotion::action::{Action, AmountTiers, Buy, Discount, Flat, Gift, QuantityTier};
use crate::promotion::amounts::Amounts;
use crate::promotion::{MAX_BUNDLE_PARTS, MAX_REPEAT, MAX_TIERS};

impl Faults {
    pub(super) fn action(&mut self, path: &str, action: &Action) {
        match action {
            Action::DiscountLines(action) => {
                let path = format!("{path}.discount_lines");
                self.select(&path, action.select.as_ref(), 1);
                self.value(&format!("{path}.value"), &action.value);
                if let Some(most) = action.at_most {
                    self.quantity(&format!("{path}.at_most"), most);
                }
            }
            Action::DiscountOrder(action) => {
                let path = format!("{path}.discount_order");
                self.select(&path, action.select.as_ref(), 1);
                self.value(&format!("{path}.value"), &action.value);
            }
            Action::DiscountShipping(action) => {
                self.flat(&format!("{path}.discount_shipping.value"), &action.value);
            }
            Action::BuyGet(action) => {
                let path = format!("{path}.buy_get");
                self.buy(&format!("{path}.buy"), &action.buy);
                self.select(&format!("{path}.get"), action.get.select.as_ref(), 1);
                self.quantity(&format!("{path}.get.quantity"), action.get.quantity);
                self.flat(&format!("{path}.value"), &action.value);
                self.repeat(&path, action.repeat);
            }
            Action::Bundle(action) => {
                let path = format!("{path}.bundle");
                self.count(&format!("{path}.parts"), action.parts.len(), 1, MAX_BUNDLE_PARTS);
                for (i, part) in action.parts.iter().take(MAX_BUNDLE_PARTS).enumerate() {
                    let path = format!("{path}.parts[{i}]");
                    self.select(&path, part.select.as_ref(), 1);
                    self.quantity(&format!("{path}.quantity"), part.quantity);
                }
                self.flat(&format!("{path}.value"), &action.value);
                self.repeat(&path, action.repeat);
            }
            Action::Gift(Gift { any_of, quantity, buy, repeat }) => {
                let path = format!("{path}.gift");
                self.list(&format!("{path}.any_of"), any_of.len());
                self.quantity(&format!("{path}.quantity"), *quantity);
                if let Some(buy) = buy {
                    self.buy(&format!("{path}.buy"), buy);
                }
                self.repeat(&path, *repeat);
            }
        }
    }

    fn repeat(&mut self, path: &str, repeat: u32) {
        self.between(&format!("{path}.repeat"), i64::from(repeat), 1, i64::from(MAX_REPEAT));
    }

    fn buy(&mut self, path: &str, buy: &Buy) {
        self.select(path, buy.select.as_ref(), 1);
        if buy.quantity.is_some() == buy.amount.is_some() {
            self.push(path, "one_of_two", "what is bought has either a quantity or an amount");
        }
        if let Some(quantity) = buy.quantity {
            self.quantity(&format!("{path}.quantity"), quantity);
        }
        if let Some(amount) = &buy.amount {
            self.amounts(&format!("{path}.amount"), amount, 1);
        }
    }

    fn flat(&mut self, path: &str, value: &Flat) {
        match value {
            Flat::BasisPoints(points) => self.percent(path, *points),
            Flat::Amount(amounts) => self.amounts(&format!("{path}.amount"), amounts, 1),
            Flat::Price(amounts) => self.amounts(&format!("{path}.price"), amounts, 0),
        }
    }

    fn value(&mut self, path: &str, value: &Discount) {
        match value {
            Discount::BasisPoints(points) => self.percent(path, *points),
            Discount::Amount(amounts) => self.amounts(&format!("{path}.amount"), amounts, 1),
            Discount::Price(amounts) => self.amounts(&format!("{path}.price"), amounts, 0),
            Discount::QuantityTiers(tiers) => self.quantity_tiers(&format!("{path}.quantity_tiers"), tiers),
            Discount::AmountTiers(tiers) => self.amount_tiers(&format!("{path}.amount_tiers"), tiers),
            Discount::Every(every) => {
                self.amounts(&format!("{path}.every.spend"), &every.spend, 1);
                self.amounts(&format!("{path}.every.off"), &every.off, 1);
                if let Some(most) = every.at_most {
                    self.quantity(&format!("{path}.every.at_most"), most);
                }
            }
        }
    }

    fn quantity_tiers(&mut self, path: &str, tiers: &[QuantityTier]) {
        self.count(path, tiers.len(), 1, MAX_TIERS);
        for (i, tier) in tiers.iter().take(MAX_TIERS).enumerate() {
            self.quantity(&format!("{path}[{i}].from"), tier.from);
            self.flat(&format!("{path}[{i}].value"), &tier.value);
            if i > 0 && tiers[i - 1].from >= tier.from {
                self.push(&format!("{path}[{i}].from"), "not_ascending", "steps ascend");
            }
        }
    }

    fn amount_tiers(&mut self, path: &str, tiers: &AmountTiers) {
        let path = format!("{path}.steps");
        self.count(&path, tiers.steps.len(), 1, MAX_TIERS);
        for (i, step) in tiers.steps.iter().take(MAX_TIERS).enumerate() {
            self.amounts(&format!("{path}[{i}].from"), &step.from, 1);
            self.flat(&format!("{path}[{i}].value"), &step.value);
            let ascends = |before: &Amounts| {
                before.len() == step.from.len()
                    && step.from.iter().all(|now| before.minor(now.currency).is_some_and(|was| was < now.minor))
            };
            if i > 0 && !ascends(&tiers.steps[i - 1].from) {
                let message = "steps ascend, in the same currencies";
                self.push(&format!("{path}[{i}].from"), "not_ascending", message);
            }
        }
    }

    fn percent(&mut self, path: &str, points: u32) {
        if !(1..=10_000).contains(&points) {
            let message = format!("must be between 1 and 10000 basis points, got {points}");
            self.push(&format!("{path}.basis_points"), "percent_out_of_range", &message);
        }
    }
}
