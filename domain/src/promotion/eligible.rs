//! Whether a promotion applies to a cart at all, before anything is taken off.

use super::MAX_CODES;
use super::amounts::Amounts;
use super::code::code_key;
use super::condition::{AmountIs, Basis, Condition};
use super::facts::{Context, Coupon};
use super::matching::Index;
use super::reason::{Reason, ReasonCode};
use super::rule::Promotion;
use super::terms::Schedule;
use crate::Money;
use jiff::Timestamp;

/// The cart as conditions see it; the slices go by line.
pub(crate) struct CartView<'a> {
    pub(crate) context: &'a Context,
    pub(crate) index: &'a Index<'a>,
    /// The chosen method's id.
    pub(crate) shipping: Option<&'a str>,
    pub(crate) quantities: &'a [u32],
    pub(crate) subtotals: &'a [i64],
    /// What is left of them after the discounts so far.
    pub(crate) totals: &'a [i64],
}

/// All that does not depend on the cart's lines: the switch, the calendar, the limits, the currency.
/// `coupon` is the valid code that the cart has for it.
pub(crate) fn standing(promotion: &Promotion, coupon: bool, context: &Context) -> Result<(), Reason> {
    use ReasonCode as Code;
    if !promotion.enabled {
        return Err(Code::Disabled.into());
    }
    open(&promotion.schedule, context)?;
    if promotion.code_required && !coupon {
        return Err(Code::CodeRequired.into());
    }
    let limits = &promotion.limits;
    let usage = context.usage.get(&promotion.id);
    let (uses, by_customer) = usage.map_or((0, 0), |usage| (usage.uses, usage.by_customer));
    if limits.uses.is_some_and(|most| uses >= most) {
        return Err(Code::UsedUp.into());
    }
    if let Some(most) = limits.uses_per_customer {
        if context.customer.is_none() {
            return Err(Code::CustomerRequired.into());
        }
        if by_customer >= most {
            return Err(Code::UsedByCustomer.into());
        }
    }
    if promotion.amounts().iter().any(|amounts| amounts.minor(context.currency).is_none()) {
        return Err(Code::CurrencyNotOffered.into());
    }
    if budget_left(promotion, context).is_some_and(|left| left <= 0) {
        return Err(Code::BudgetSpent.into());
    }
    Ok(())
}

/// Whether the calendar opens it at this instant.
pub(crate) fn open(schedule: &Schedule, context: &Context) -> Result<(), Reason> {
    use ReasonCode as Code;
    between(schedule.starts_at, schedule.ends_at, context.now, Code::NotStarted, Code::Ended)?;
    if !schedule.weekly.is_empty() {
        let zone = schedule.time_zone.as_ref().and_then(|zone| context.local_times.get(zone));
        let local = zone.ok_or(Code::TimeZoneUnknown)?;
        if !schedule.weekly.iter().any(|window| window.holds(*local)) {
            return Err(Code::OutsideHours.into());
        }
    }
    Ok(())
}

/// What the campaign may still give, in minor units; None where it has no budget.
pub(crate) fn budget_left(promotion: &Promotion, context: &Context) -> Option<i64> {
    let budget = promotion.limits.budget.as_ref()?.minor(context.currency).unwrap_or(0);
    let spent = context.usage.get(&promotion.id).and_then(|usage| usage.spent.minor(context.currency));
    Some(budget.saturating_sub(spent.unwrap_or(0)))
}

/// Whether a code of `promotion` may be used now.
pub(crate) fn coupon_holds(coupon: &Coupon, promotion: &Promotion, context: &Context) -> Result<(), Reason> {
    use ReasonCode as Code;
    if let Some(owner) = &coupon.customer
        && context.customer.as_ref().is_none_or(|customer| &customer.id != owner)
    {
        return Err(Code::CodeOfAnother.into());
    }
    if coupon.disabled {
        return Err(Code::CodeDisabled.into());
    }
    between(coupon.starts_at, coupon.ends_at, context.now, Code::CodeNotStarted, Code::CodeExpired)?;
    let limits = [coupon.max_uses, promotion.limits.uses_per_code];
    if limits.into_iter().flatten().any(|most| coupon.uses >= most) {
        return Err(Code::CodeUsedUp.into());
    }
    Ok(())
}

/// Which of the cart's codes can be read at all: the first ten, each once, whatever its case.
pub(crate) fn code_reads(at: usize, code: &str, before: &[&str]) -> Result<(), Reason> {
    let most = super::MAX_CODE_CHARS;
    if at >= MAX_CODES {
        return Err(ReasonCode::TooManyCodes.into());
    }
    if code.trim().is_empty() || code.chars().nth(most).is_some() || code.chars().any(char::is_control) {
        return Err(ReasonCode::CodeMalformed.into());
    }
    if before.iter().any(|earlier| same_code(earlier, code)) {
        return Err(ReasonCode::CodeRepeated.into());
    }
    Ok(())
}

pub(crate) fn same_code(a: &str, b: &str) -> bool {
    code_key(a) == code_key(b)
}

fn between(
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
    now: Timestamp,
    early: ReasonCode,
    late: ReasonCode,
) -> Result<(), Reason> {
    if starts.is_some_and(|starts| now < starts) {
        return Err(early.into());
    }
    if ends.is_some_and(|ends| now >= ends) {
        return Err(late.into());
    }
    Ok(())
}

/// Whether a condition holds; if not, the first reason that a person can do something about.
pub(crate) fn holds(condition: &Condition, cart: &CartView<'_>) -> Result<(), Reason> {
    use ReasonCode as Code;
    let context = cart.context;
    let one_of = |list: &[String], value: Option<&str>| value.is_some_and(|value| list.iter().any(|v| v == value));
    let whether = |holds: bool, code: Code| if holds { Ok(()) } else { Err(Reason::from(code)) };
    match condition {
        Condition::All(all) => all.iter().try_for_each(|one| holds(one, cart)),
        Condition::Any(any) => {
            let mut first = None;
            for one in any {
                match holds(one, cart) {
                    Ok(()) => return Ok(()),
                    Err(reason) => first = first.or(Some(reason)),
                }
            }
            Err(first.unwrap_or_else(|| Code::ConditionsNotMet.into()))
        }
        Condition::Not(one) => whether(holds(one, cart).is_err(), Code::ConditionsNotMet),
        Condition::CustomerGroup(groups) => {
            let customer = context.customer.as_ref();
            let member = customer.is_some_and(|customer| customer.groups.iter().any(|group| groups.contains(group)));
            whether(member, Code::CustomerNotEligible)
        }
        Condition::NthOrder(range) => {
            let nth = context.customer.as_ref().map(|customer| u64::from(customer.orders) + 1);
            whether(nth.is_some_and(|nth| range.holds(nth)), Code::CustomerNotEligible)
        }
        Condition::Channel(channels) => whether(one_of(channels, context.channel.as_deref()), Code::NotHere),
        Condition::Country(countries) => whether(one_of(countries, context.country.as_deref()), Code::NotHere),
        Condition::Currency(currencies) => whether(currencies.contains(&context.currency), Code::NotHere),
        Condition::ShippingMethod(methods) => whether(one_of(methods, cart.shipping), Code::NotHere),
        Condition::Code(codes) => {
            let given: Vec<String> = context.codes.iter().map(|given| code_key(&given.code)).collect();
            let one = !given.is_empty() && codes.iter().any(|code| given.contains(&code_key(code)));
            whether(one, Code::CodeRequired)
        }
        Condition::Contains(selector) => {
            whether(cart.index.select(Some(selector)).iter().next().is_some(), Code::ItemsMissing)
        }
        Condition::Quantity(is) => {
            let lines = cart.index.select(is.select.as_ref());
            count_holds(is.range(), lines.iter().map(|line| u64::from(cart.quantities[line])).sum())
        }
        Condition::DistinctItems(is) => {
            count_holds(is.range(), cart.index.select(is.select.as_ref()).iter().map(|_| 1).sum())
        }
        Condition::Amount(is) => amount_holds(is, cart),
    }
}

fn count_holds(range: super::condition::CountRange, count: u64) -> Result<(), Reason> {
    if range.holds(count) {
        return Ok(());
    }
    let missing = range.from.map(|from| u64::from(from).saturating_sub(count)).filter(|missing| *missing > 0);
    Err(match missing {
        Some(_) => Reason { missing_quantity: missing, ..ReasonCode::QuantityTooLow.into() },
        None => ReasonCode::ConditionsNotMet.into(),
    })
}

fn amount_holds(is: &AmountIs, cart: &CartView<'_>) -> Result<(), Reason> {
    let currency = cart.context.currency;
    let of = |amounts: &Option<Amounts>| match amounts {
        None => Ok(None),
        Some(amounts) => amounts.minor(currency).map(Some).ok_or_else(|| Reason::from(ReasonCode::CurrencyNotOffered)),
    };
    let (from, to) = (of(&is.from)?, of(&is.to)?);
    let measured = if is.of == Basis::AfterDiscounts { cart.totals } else { cart.subtotals };
    let amount: i64 = cart.index.select(is.select.as_ref()).iter().map(|line| measured[line]).sum();
    if let Some(from) = from.filter(|from| amount < *from) {
        let missing_amount = Some(Money::new(from - amount, currency));
        return Err(Reason { missing_amount, ..ReasonCode::AmountTooLow.into() });
    }
    if to.is_some_and(|to| amount > to) {
        return Err(ReasonCode::ConditionsNotMet.into());
    }
    Ok(())
}
