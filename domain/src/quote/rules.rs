//! A rule's actions as effects on the cart as it stands.

use super::effect::{Effect, Off, Only, Phase, Spread};
use super::state::Lines;
use crate::Sku;
use crate::promotion::{
    Action, AmountTiers, Amounts, Application, Basis, Bundle, Buy, BuyGet, Context, Discount, DiscountLines, Every,
    Flat, Gift, Index, LineSet, Pick, Promotion, Reason, ReasonCode, Role, Selector, Supply, assign, preferred,
    repetitions,
};
use crate::{Currency, Money};
use std::collections::BTreeMap;

/// What an action is about, selected once for the cart.
pub(super) struct Selected<'a> {
    pub(super) action: &'a Action,
    /// One for each selector, in the order in which the action has them.
    lines: Vec<LineSet>,
}

impl<'a> Selected<'a> {
    pub(super) fn all(promotion: &'a Promotion, index: &Index<'_>) -> Vec<Self> {
        let one = |action: &'a Action| {
            let selectors: Vec<Option<&Selector>> = match action {
                Action::DiscountLines(action) => vec![action.select.as_ref()],
                Action::DiscountOrder(action) => vec![action.select.as_ref()],
                Action::DiscountShipping(_) => vec![],
                Action::BuyGet(action) => vec![action.buy.select.as_ref(), action.get.select.as_ref()],
                Action::Bundle(action) => action.parts.iter().map(|part| part.select.as_ref()).collect(),
                Action::Gift(action) => action.buy.iter().map(|buy| buy.select.as_ref()).collect(),
            };
            Self { action, lines: selectors.into_iter().map(|selector| index.select(selector)).collect() }
        };
        promotion.actions.iter().map(one).collect()
    }

    pub(super) fn phase(&self) -> Phase {
        match self.action {
            Action::DiscountOrder(_) => Phase::Order,
            Action::DiscountShipping(_) => Phase::Shipping,
            _ => Phase::Product,
        }
    }
}

/// The cart in the middle of being priced.
pub(super) struct Cart<'a> {
    pub(super) context: &'a Context,
    pub(super) lines: &'a Lines,
    /// Pieces that can still be given away.
    pub(super) gifts: &'a BTreeMap<&'a Sku, u32>,
}

impl Selected<'_> {
    /// The effects, or why there are none. The promotion names amounts in the cart's currency.
    pub(super) fn effects(&self, cart: &Cart<'_>) -> Result<Vec<Effect>, Reason> {
        match self.action {
            Action::DiscountLines(action) => cart.discount_lines(action, &self.lines[0]),
            Action::DiscountOrder(action) => {
                let lines: Vec<usize> = self.lines[0].iter().collect();
                if lines.is_empty() {
                    return Err(ReasonCode::ItemsMissing.into());
                }
                let (off, _) = cart.resolve(&action.value, &self.lines[0])?;
                Ok(vec![Effect::Order { lines, off }])
            }
            Action::DiscountShipping(action) => Ok(vec![Effect::Shipping { off: cart.flat(&action.value, 1) }]),
            Action::BuyGet(action) => cart.buy_get(action, &self.lines[0], &self.lines[1]),
            Action::Bundle(action) => cart.bundle(action, &self.lines),
            Action::Gift(action) => cart.gift(action, self.lines.first()),
        }
    }
}

impl Cart<'_> {
    fn currency(&self) -> Currency {
        self.context.currency
    }

    /// Zero where the currency is not offered: the promotion was turned away for that before.
    fn minor(&self, amounts: &Amounts) -> i64 {
        amounts.minor(self.currency()).unwrap_or(0)
    }

    fn flat(&self, value: &Flat, times: u32) -> Off {
        let times = i64::from(times);
        match value {
            Flat::BasisPoints(points) => Off::BasisPoints(*points),
            Flat::Amount(amounts) => Off::Amount(self.minor(amounts).saturating_mul(times)),
            Flat::Price(amounts) => Off::Price(self.minor(amounts).saturating_mul(times)),
        }
    }

    fn measure(&self, lines: &LineSet, of: Basis) -> i64 {
        let list = |line: usize| {
            let line = &self.lines.lines[line];
            line.unit_price.saturating_mul(i64::from(line.quantity))
        };
        let amounts = lines.iter().map(|line| match of {
            Basis::BeforeDiscounts => list(line),
            Basis::AfterDiscounts => self.lines.total(line),
        });
        amounts.fold(0, i64::saturating_add)
    }

    /// The value for these lines; true where it is one amount for all of them, whatever the application.
    fn resolve(&self, value: &Discount, lines: &LineSet) -> Result<(Off, bool), Reason> {
        match value {
            Discount::BasisPoints(points) => Ok((Off::BasisPoints(*points), false)),
            Discount::Amount(amounts) => Ok((Off::Amount(self.minor(amounts)), false)),
            Discount::Price(amounts) => Ok((Off::Price(self.minor(amounts)), false)),
            Discount::QuantityTiers(tiers) => {
                let pieces: u64 = lines.iter().map(|line| u64::from(self.lines.lines[line].quantity)).sum();
                let reached = tiers.iter().rfind(|tier| u64::from(tier.from) <= pieces);
                let missing = tiers.first().map(|tier| u64::from(tier.from).saturating_sub(pieces));
                let short = || Reason { missing_quantity: missing, ..ReasonCode::QuantityTooLow.into() };
                reached.map(|tier| (self.flat(&tier.value, 1), false)).ok_or_else(short)
            }
            Discount::AmountTiers(AmountTiers { of, steps }) => {
                let amount = self.measure(lines, *of);
                let reached = steps.iter().rfind(|step| self.minor(&step.from) <= amount);
                let short = || self.amount_short(steps.first().map(|step| self.minor(&step.from)), amount);
                reached.map(|step| (self.flat(&step.value, 1), false)).ok_or_else(short)
            }
            Discount::Every(Every { of, spend, off, at_most }) => {
                let (amount, spend) = (self.measure(lines, *of), self.minor(spend));
                let times = amount.checked_div(spend).unwrap_or(0).min(at_most.map_or(i64::MAX, i64::from));
                if times == 0 {
                    return Err(self.amount_short(Some(spend), amount));
                }
                Ok((Off::Amount(self.minor(off).saturating_mul(times)), true))
            }
        }
    }

    fn amount_short(&self, from: Option<i64>, amount: i64) -> Reason {
        // Nothing is missing where the pieces that are got are the ones that would have earned them.
        let missing = from.map(|from| from.saturating_sub(amount)).filter(|missing| *missing > 0);
        let missing_amount = missing.map(|missing| Money::new(missing, self.currency()));
        Reason { missing_amount, ..ReasonCode::AmountTooLow.into() }
    }

    fn supply(&self, only: Only) -> Vec<Supply> {
        let lines = self.lines.lines.iter().enumerate();
        lines.map(|(at, line)| Supply { pieces: self.lines.available(at, only), unit_price: line.unit_price }).collect()
    }

    fn discount_lines(&self, action: &DiscountLines, lines: &LineSet) -> Result<Vec<Effect>, Reason> {
        if lines.is_empty() {
            return Err(ReasonCode::ItemsMissing.into());
        }
        let (off, whole) = self.resolve(&action.value, lines)?;
        let only = if action.skip_discounted { Only::Untouched } else { Only::Any };
        let role = Role { lines: lines.clone(), quantity: 1, pick: action.pick };
        let once = action.application == Application::Once;
        let mut left = if once { 1 } else { action.at_most.unwrap_or(u32::MAX) };
        let supply = self.supply(only);
        let mut targets = Vec::new();
        for line in preferred(&role, &supply) {
            let pieces = supply[line].pieces.min(left);
            if pieces > 0 {
                left -= pieces;
                targets.push((line, pieces));
            }
        }
        // Equal remainders go to the line that stands first in the cart.
        targets.sort_unstable();
        let across = whole || action.application == Application::Across;
        let spread = if across { Spread::Across } else { Spread::Each };
        Ok(vec![Effect::Pieces { targets, only, off, spread, claim: false }])
    }

    fn buy_get(&self, action: &BuyGet, buy: &LineSet, get: &LineSet) -> Result<Vec<Effect>, Reason> {
        let supply = self.supply(Only::Unclaimed);
        let wanted = Role { lines: get.clone(), quantity: action.get.quantity, pick: action.get.pick };
        let earned = self.earn(&action.buy, buy, Some(wanted), &supply, action.repeat)?;
        let (targets, off) = (earned.got, self.flat(&action.value, 1));
        let got = Effect::Pieces { targets, only: Only::Unclaimed, off, spread: Spread::Each, claim: true };
        Ok(vec![got, Effect::Claim { targets: earned.paid }])
    }

    /// How often `buy` is there, beside the pieces that are got for it.
    fn earn(
        &self,
        buy: &Buy,
        lines: &LineSet,
        get: Option<Role>,
        supply: &[Supply],
        repeat: u32,
    ) -> Result<Earned, Reason> {
        let mut roles: Vec<Role> = get.into_iter().collect();
        if let Some(quantity) = buy.quantity {
            roles.push(Role { lines: lines.clone(), quantity, pick: Pick::MostExpensive });
            let times = repetitions(&roles, supply, repeat);
            if times == 0 {
                return Err(ReasonCode::QuantityTooLow.into());
            }
            let mut parts = assign(&roles, supply, times);
            let paid = parts.pop().unwrap_or_default();
            return Ok(Earned { times, got: parts.pop().unwrap_or_default(), paid });
        }
        let threshold = buy.amount.as_ref().map_or(0, |amount| self.minor(amount)).max(1);
        // What remains to earn with shrinks, and what must be earned grows, with every repetition.
        let earns = |times: u32| {
            let mut left: Vec<u32> = supply.iter().map(|supply| supply.pieces).collect();
            for (line, pieces) in assign(&roles, supply, times).into_iter().flatten() {
                left[line] = left[line].saturating_sub(pieces);
            }
            let amounts = lines.iter().map(|line| i128::from(supply[line].unit_price) * i128::from(left[line]));
            amounts.sum::<i128>() >= i128::from(threshold) * i128::from(times)
        };
        let (mut low, mut high) = (0, if roles.is_empty() { repeat } else { repetitions(&roles, supply, repeat) });
        if high == 0 {
            return Err(ReasonCode::QuantityTooLow.into());
        }
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if earns(middle) { low = middle } else { high = middle - 1 }
        }
        if low == 0 {
            return Err(self.amount_short(Some(threshold), self.measure(lines, Basis::BeforeDiscounts)));
        }
        Ok(Earned { times: low, got: assign(&roles, supply, low).pop().unwrap_or_default(), paid: Vec::new() })
    }

    fn bundle(&self, action: &Bundle, parts: &[LineSet]) -> Result<Vec<Effect>, Reason> {
        let supply = self.supply(Only::Unclaimed);
        let role = |(part, lines): (&crate::promotion::Part, &LineSet)| Role {
            lines: lines.clone(),
            quantity: part.quantity,
            pick: Pick::MostExpensive,
        };
        let roles: Vec<Role> = action.parts.iter().zip(parts).map(role).collect();
        let mut times = repetitions(&roles, &supply, action.repeat);
        if times == 0 {
            return Err(ReasonCode::ItemsMissing.into());
        }
        let mut taken = assign(&roles, &supply, times);
        if let Flat::Price(price) = &action.value {
            // The most expensive pieces make the first bundle; one that costs less than its price is none.
            let price = i128::from(self.minor(price));
            let worth = bundle_values(&roles, &taken, &supply, times).into_iter().take_while(|value| *value > price);
            times = u32::try_from(worth.count()).unwrap_or(times);
            if times == 0 {
                return Err(ReasonCode::NothingToDiscount.into());
            }
            taken = assign(&roles, &supply, times);
        }
        let mut targets: BTreeMap<usize, u32> = BTreeMap::new();
        for (line, pieces) in taken.into_iter().flatten() {
            *targets.entry(line).or_default() += pieces;
        }
        let off = self.flat(&action.value, times);
        let targets = targets.into_iter().collect();
        Ok(vec![Effect::Pieces { targets, only: Only::Unclaimed, off, spread: Spread::Across, claim: true }])
    }

    fn gift(&self, action: &Gift, buy: Option<&LineSet>) -> Result<Vec<Effect>, Reason> {
        let earned = match (&action.buy, buy) {
            (Some(buy), Some(lines)) => self.earn(buy, lines, None, &self.supply(Only::Unclaimed), action.repeat)?,
            _ => Earned { times: 1, got: Vec::new(), paid: Vec::new() },
        };
        let left = |sku: &Sku| self.gifts.get(sku).copied().unwrap_or(0);
        let offered = |sku: &&Sku| action.any_of.contains(sku) && left(sku) > 0;
        let chosen = self.context.chosen_gifts.iter().find(offered);
        let sku = chosen.or_else(|| action.any_of.iter().find(offered)).ok_or(ReasonCode::GiftUnavailable)?;
        let quantity = action.quantity.saturating_mul(earned.times).min(left(sku));
        Ok(vec![Effect::Gift { sku: sku.clone(), quantity }, Effect::Claim { targets: earned.paid }])
    }
}

struct Earned {
    times: u32,
    got: Vec<(usize, u32)>,
    paid: Vec<(usize, u32)>,
}

/// What each of `times` bundles costs before discounts: of every role its next pieces.
fn bundle_values(roles: &[Role], taken: &[Vec<(usize, u32)>], supply: &[Supply], times: u32) -> Vec<i128> {
    let mut values = vec![0_i128; usize::try_from(times).unwrap_or(0)];
    for (role, parts) in roles.iter().zip(taken) {
        let (mut bundle, mut room) = (0, role.quantity);
        for (line, pieces) in parts {
            let mut pieces = *pieces;
            while pieces > 0 && bundle < values.len() {
                let here = pieces.min(room);
                values[bundle] += i128::from(supply[*line].unit_price) * i128::from(here);
                (pieces, room) = (pieces - here, room - here);
                if room == 0 {
                    (bundle, room) = (bundle + 1, role.quantity);
                }
            }
        }
    }
    values
}
