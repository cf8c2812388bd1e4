//! Conditions and selectors: two trees of a bounded depth and size.

use super::Faults;
use crate::promotion::amounts::Amounts;
use crate::promotion::condition::{Basis, Condition, PriceRange, Selector};
use crate::promotion::{MAX_CODE_CHARS, MAX_DEPTH, MAX_NODES, MAX_VALUES};

impl Faults {
    fn amount_range(&mut self, path: &str, from: Option<&Amounts>, to: Option<&Amounts>) {
        if from.is_none() && to.is_none() {
            self.push(path, "required", "a range has `from`, `to` or both");
        }
        for (field, amounts) in [("from", from), ("to", to)] {
            if let Some(amounts) = amounts {
                self.amounts(&format!("{path}.{field}"), amounts, 0);
            }
        }
        if let (Some(from), Some(to)) = (from, to)
            && from.iter().any(|low| to.minor(low.currency).is_none_or(|high| high < low.minor))
        {
            let message = "must be at least `from`, in each of its currencies";
            self.push(&format!("{path}.to"), "empty_range", message);
        }
    }

    pub(super) fn condition(&mut self, path: &str, condition: &Condition, depth: usize) {
        if !self.node(path, depth) {
            return;
        }
        match condition {
            Condition::All(all) => self.conditions(&format!("{path}.all"), all, depth),
            Condition::Any(any) => self.conditions(&format!("{path}.any"), any, depth),
            Condition::Not(one) => self.condition(&format!("{path}.not"), one, depth + 1),
            Condition::CustomerGroup(groups) => self.texts(&format!("{path}.customer_group"), groups),
            Condition::NthOrder(range) => self.range(&format!("{path}.nth_order"), range.from, range.to),
            Condition::Channel(channels) => self.texts(&format!("{path}.channel"), channels),
            Condition::Country(countries) => {
                let path = format!("{path}.country");
                self.list(&path, countries.len());
                for (i, country) in countries.iter().take(MAX_VALUES).enumerate() {
                    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                        let message = "a country is an ISO 3166-1 code of two capital letters";
                        self.push(&format!("{path}[{i}]"), "invalid_country", message);
                    }
                }
            }
            Condition::Currency(currencies) => self.list(&format!("{path}.currency"), currencies.len()),
            Condition::ShippingMethod(methods) => self.texts(&format!("{path}.shipping_method"), methods),
            Condition::Code(codes) => {
                let path = format!("{path}.code");
                self.texts(&path, codes);
                for (i, code) in codes.iter().take(MAX_VALUES).enumerate() {
                    if code.chars().nth(MAX_CODE_CHARS).is_some() {
                        let message = format!("a code has at most {MAX_CODE_CHARS} characters");
                        self.push(&format!("{path}[{i}]"), "too_long", &message);
                    }
                }
            }
            Condition::Contains(selector) => self.selector(&format!("{path}.contains"), selector, depth + 1),
            Condition::Quantity(is) => {
                let path = format!("{path}.quantity");
                self.range(&path, is.from, is.to);
                self.select(&path, is.select.as_ref(), depth + 1);
            }
            Condition::DistinctItems(is) => {
                let path = format!("{path}.distinct_items");
                self.range(&path, is.from, is.to);
                self.select(&path, is.select.as_ref(), depth + 1);
            }
            Condition::Amount(is) => {
                let path = format!("{path}.amount");
                self.amount_range(&path, is.from.as_ref(), is.to.as_ref());
                if self.before_discounts && is.of == Basis::AfterDiscounts {
                    let message = "a plugin is chosen before anything is taken off: only before_discounts is known";
                    self.push(&format!("{path}.of"), "invalid_value", message);
                }
                self.select(&path, is.select.as_ref(), depth + 1);
            }
        }
    }

    fn conditions(&mut self, path: &str, all: &[Condition], depth: usize) {
        self.count(path, all.len(), 1, MAX_NODES);
        for (i, one) in all.iter().take(MAX_NODES).enumerate() {
            self.condition(&format!("{path}[{i}]"), one, depth + 1);
        }
    }

    pub(super) fn select(&mut self, path: &str, selector: Option<&Selector>, depth: usize) {
        if let Some(selector) = selector {
            self.selector(&format!("{path}.select"), selector, depth);
        }
    }

    pub(super) fn selector(&mut self, path: &str, selector: &Selector, depth: usize) {
        if !self.node(path, depth) {
            return;
        }
        match selector {
            Selector::All(all) => self.selectors(&format!("{path}.all"), all, depth),
            Selector::Any(any) => self.selectors(&format!("{path}.any"), any, depth),
            Selector::Not(one) => self.selector(&format!("{path}.not"), one, depth + 1),
            Selector::Product(ids) => self.list(&format!("{path}.product"), ids.len()),
            Selector::Sku(skus) => self.list(&format!("{path}.sku"), skus.len()),
            Selector::Collection(ids) => self.list(&format!("{path}.collection"), ids.len()),
            Selector::Category(ids) => self.list(&format!("{path}.category"), ids.len()),
            Selector::Tag(tags) => self.texts(&format!("{path}.tag"), tags),
            Selector::Brand(brands) => self.texts(&format!("{path}.brand"), brands),
            Selector::ProductType(kinds) => self.texts(&format!("{path}.product_type"), kinds),
            Selector::Attribute(is) => {
                self.text(&format!("{path}.attribute.name"), &is.name);
                self.texts(&format!("{path}.attribute.any_of"), &is.any_of);
            }
            Selector::OnSale(_) => {}
            Selector::UnitPrice(PriceRange { from, to }) => {
                self.amount_range(&format!("{path}.unit_price"), from.as_ref(), to.as_ref());
            }
        }
    }

    fn selectors(&mut self, path: &str, all: &[Selector], depth: usize) {
        self.count(path, all.len(), 1, MAX_NODES);
        for (i, one) in all.iter().take(MAX_NODES).enumerate() {
            self.selector(&format!("{path}[{i}]"), one, depth + 1);
        }
    }

    /// One more part of a tree. False: too deep to look further.
    fn node(&mut self, path: &str, depth: usize) -> bool {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            self.push(path, "too_deep", &format!("conditions and selectors nest at most {MAX_DEPTH} deep"));
        }
        depth <= MAX_DEPTH
    }
}
