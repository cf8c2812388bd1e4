//! What makes a promotion valid. Every fault names its field and has a stable code.

mod actions;
mod conditions;

use super::amounts::Amounts;
use super::condition::Selector;
use super::rule::Promotion;
use super::target::Target;
use super::terms::Schedule;
use super::{
    MAX_ACTIONS, MAX_AMOUNT_MINOR, MAX_CURRENCIES, MAX_NODES, MAX_PRIORITY, MAX_QUANTITY, MAX_REASON_CHARS,
    MAX_VALUE_CHARS, MAX_VALUES, MAX_WINDOWS,
};
use crate::{FieldError, Localized};

/// Every fault; empty for a promotion that can be stored. Codes: `required`, `too_long`, `too_many`, `too_deep`,
/// `out_of_range`, `empty_range`, `not_ascending`, `percent_out_of_range`, `amount_out_of_range`, `invalid_country`,
/// `invalid_time_zone`, `one_of_two`.
pub fn validate(promotion: &Promotion) -> Vec<FieldError> {
    let mut faults = Faults::default();
    if promotion.title.is_empty() {
        faults.push("title", "required", "a promotion needs a title in at least one language");
    }
    faults.localized("title", &promotion.title);
    faults.localized("reason", &promotion.reason);
    faults.between("priority", i64::from(promotion.priority), -MAX_PRIORITY, MAX_PRIORITY);
    if let Some(group) = &promotion.exclusive_group {
        faults.text("exclusive_group", group);
    }
    schedule(&mut faults, &promotion.schedule);
    let limits = &promotion.limits;
    for (field, limit) in [
        ("limits.uses", limits.uses),
        ("limits.uses_per_customer", limits.uses_per_customer),
        ("limits.uses_per_code", limits.uses_per_code),
    ] {
        if limit == Some(0) {
            faults.push(field, "out_of_range", "a limit is at least 1, got 0");
        }
    }
    for (field, amounts) in [("limits.budget", &limits.budget), ("limits.max_discount", &limits.max_discount)] {
        if let Some(amounts) = amounts {
            faults.amounts(field, amounts, 1);
        }
    }
    if let Some(conditions) = &promotion.conditions {
        faults.condition("conditions", conditions, 1);
    }
    faults.count("actions", promotion.actions.len(), 1, MAX_ACTIONS);
    for (i, action) in promotion.actions.iter().take(MAX_ACTIONS).enumerate() {
        faults.action(&format!("actions[{i}]"), action);
    }
    faults.whole("conditions")
}

/// Every fault of what a plugin says of its carts; codes as of a promotion, and `invalid_value` for an amount after
/// discounts: a plugin is chosen before anything is taken off.
pub fn validate_target(target: &Target) -> Vec<FieldError> {
    let mut faults = Faults { before_discounts: true, ..Faults::default() };
    schedule(&mut faults, &target.schedule);
    if let Some(when) = &target.when {
        faults.condition("when", when, 1);
    }
    faults.whole("when")
}

/// Every fault of a selector that stands alone; codes as of a promotion.
pub fn validate_selector(selector: &Selector) -> Vec<FieldError> {
    let mut faults = Faults::default();
    faults.selector("select", selector, 1);
    faults.whole("select")
}

fn schedule(faults: &mut Faults, schedule: &Schedule) {
    if let (Some(starts), Some(ends)) = (schedule.starts_at, schedule.ends_at)
        && starts >= ends
    {
        faults.push("schedule.ends_at", "empty_range", "a promotion ends after it starts");
    }
    match &schedule.time_zone {
        Some(name) => {
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
            if !fits {
                let message = "a time zone is an IANA name such as Asia/Shanghai";
                faults.push("schedule.time_zone", "invalid_time_zone", message);
            }
        }
        None if !schedule.weekly.is_empty() => {
            faults.push("schedule.time_zone", "required", "weekly windows need a time zone");
        }
        None => {}
    }
    faults.count("schedule.weekly", schedule.weekly.len(), 0, MAX_WINDOWS);
    for (i, window) in schedule.weekly.iter().take(MAX_WINDOWS).enumerate() {
        let path = format!("schedule.weekly[{i}]");
        faults.count(&format!("{path}.days"), window.days.len(), 0, 7);
        if let (Some(from), Some(until)) = (window.from, window.until)
            && from >= until
        {
            let message = "a window ends after it starts, on the same day; one past midnight is two windows";
            faults.push(&format!("{path}.until"), "empty_range", message);
        }
    }
}

#[derive(Default)]
struct Faults {
    errors: Vec<FieldError>,
    nodes: usize,
    values: usize,
    /// Nothing is taken off yet when the conditions are asked.
    before_discounts: bool,
}

impl Faults {
    /// With what is wrong with all conditions and selectors together, which stand at `path`.
    fn whole(mut self, path: &str) -> Vec<FieldError> {
        let (nodes, values) = (self.nodes, self.values);
        if nodes > MAX_NODES {
            let message = format!("conditions and selectors have at most {MAX_NODES} parts together, got {nodes}");
            self.push(path, "too_many", &message);
        }
        if values > MAX_VALUES {
            let message = format!("conditions and selectors name at most {MAX_VALUES} values together, got {values}");
            self.push(path, "too_many", &message);
        }
        self.errors
    }

    fn push(&mut self, path: &str, code: &'static str, message: &str) {
        self.errors.push(FieldError::new(path, code, message));
    }

    fn between(&mut self, path: &str, got: i64, least: i64, most: i64) {
        if !(least..=most).contains(&got) {
            self.push(path, "out_of_range", &format!("must be between {least} and {most}, got {got}"));
        }
    }

    fn quantity(&mut self, path: &str, got: u32) {
        self.between(path, i64::from(got), 1, i64::from(MAX_QUANTITY));
    }

    fn count(&mut self, path: &str, got: usize, least: usize, most: usize) {
        if got < least {
            self.push(path, "required", &format!("at least {least} must be given, got {got}"));
        } else if got > most {
            self.push(path, "too_many", &format!("at most {most} may be given, got {got}"));
        }
    }

    fn text(&mut self, path: &str, text: &str) {
        if text.trim().is_empty() {
            self.push(path, "required", "must not be empty");
        } else if text.chars().nth(MAX_VALUE_CHARS).is_some() {
            self.push(path, "too_long", &format!("must have at most {MAX_VALUE_CHARS} characters"));
        }
    }

    fn texts(&mut self, path: &str, texts: &[String]) {
        self.list(path, texts.len());
        for (i, text) in texts.iter().take(MAX_VALUES).enumerate() {
            self.text(&format!("{path}[{i}]"), text);
        }
    }

    fn list(&mut self, path: &str, len: usize) {
        self.values += len;
        self.count(path, len, 1, MAX_VALUES);
    }

    fn localized(&mut self, path: &str, text: &Localized) {
        self.count(path, text.iter().count(), 0, 100);
        if text.iter().any(|(_, text)| text.chars().nth(MAX_REASON_CHARS).is_some()) {
            self.push(path, "too_long", &format!("must have at most {MAX_REASON_CHARS} characters"));
        }
    }

    fn amounts(&mut self, path: &str, amounts: &Amounts, least: i64) {
        self.count(path, amounts.len(), 1, MAX_CURRENCIES);
        for amount in amounts.iter() {
            if !(least..=MAX_AMOUNT_MINOR).contains(&amount.minor) {
                let message =
                    format!("must be between {least} and {MAX_AMOUNT_MINOR} minor units, got {}", amount.minor);
                self.push(&format!("{path}.{}", amount.currency), "amount_out_of_range", &message);
            }
        }
    }

    fn range(&mut self, path: &str, from: Option<u32>, to: Option<u32>) {
        match (from, to) {
            (None, None) => self.push(path, "required", "a range has `from`, `to` or both"),
            (Some(from), Some(to)) if from > to => {
                self.push(&format!("{path}.to"), "empty_range", &format!("must be at least {from}, got {to}"));
            }
            _ => {}
        }
    }
}
