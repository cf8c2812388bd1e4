//! One pass over the cart: of the chosen promotions first the line discounts, then those of the order, then those of
//! shipping, each class in the promotions' order. Rules and plugins are taken alike.

use super::RefusedOperation;
use super::effect::{Effect, Off, Phase};
use super::proposals::{self, Refusal, no_shipping, nothing_to_discount, refusal};
use super::rules::{Cart, Selected};
use super::state::{Lines, Offer, Taken};
use crate::promotion::{
    CartView, CombinesWith, Context, Index, Line, Operation, Promotion, Reason, ReasonCode, Terms, holds,
};
use crate::shipping::Delivery;
use crate::{PromotionId, Sku};
use std::collections::BTreeMap;

/// A promotion that may apply.
pub(super) struct Candidate<'a> {
    pub(super) id: &'a PromotionId,
    pub(super) title: &'a str,
    pub(super) terms: Terms,
    pub(super) classes: CombinesWith,
    pub(super) source: Source<'a>,
}

pub(super) enum Source<'a> {
    Rule {
        promotion: &'a Promotion,
        selected: Vec<Selected<'a>>,
        reason: &'a str,
        code: Option<&'a str>,
        /// What it may give, in minor units: one order, and the campaign.
        max_discount: Option<i64>,
        budget: Option<i64>,
        /// Its conditions ask what is left of the prices.
        moves: bool,
    },
    Plugin {
        operations: Vec<(usize, &'a Operation)>,
    },
}

/// The cart and everything that may happen to it.
pub(super) struct Engine<'a> {
    pub(super) lines: &'a [Line],
    pub(super) context: &'a Context,
    pub(super) method: Option<&'a Delivery>,
    pub(super) index: Index<'a>,
    pub(super) places: BTreeMap<&'a Sku, usize>,
    pub(super) quantities: Vec<u32>,
    pub(super) subtotals: Vec<i64>,
    /// By priority, highest first, then id.
    pub(super) candidates: Vec<Candidate<'a>>,
}

/// What came of one pass.
pub(super) struct Outcome {
    pub(super) lines: Lines,
    pub(super) shipping: Option<Shipping>,
    pub(super) gifts: Vec<Given>,
    /// By candidate.
    pub(super) tallies: Vec<Tally>,
    pub(super) refused: Vec<RefusedOperation>,
}

pub(super) struct Shipping {
    pub(super) price: i64,
    pub(super) total: i64,
    pub(super) taken: Vec<Taken>,
}

pub(super) struct Given {
    pub(super) by: usize,
    pub(super) action: usize,
    pub(super) sku: Sku,
    pub(super) quantity: u32,
    pub(super) value: i64,
}

/// What one candidate gave, or why it gave nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) discount: i64,
    pub(super) gift_value: i64,
    pub(super) gift_pieces: u64,
    pub(super) why_not: Option<Reason>,
    stopped: bool,
}

impl Tally {
    pub(super) fn gave(&self) -> bool {
        self.discount > 0 || self.gift_pieces > 0
    }
}

impl Outcome {
    /// What the shopper saves, gifts at their worth.
    pub(super) fn saved(&self) -> i128 {
        self.tallies.iter().map(|tally| i128::from(tally.discount) + i128::from(tally.gift_value)).sum()
    }
}

impl Candidate<'_> {
    /// Whether it can give more beside others than alone: when they take the cart below a bound of its conditions, or
    /// below the threshold of free shipping. Everything else only shrinks.
    pub(super) fn may_gain(&self) -> bool {
        self.classes.shipping || matches!(self.source, Source::Rule { moves: true, .. })
    }

    /// The class in which it first does something.
    fn first_phase(&self) -> Option<Phase> {
        match &self.source {
            Source::Rule { selected, .. } => selected.iter().map(Selected::phase).min(),
            Source::Plugin { operations } => operations.iter().filter_map(|(_, o)| proposals::phase(o)).min(),
        }
    }
}

impl Engine<'_> {
    /// `chosen` ascends: candidates apply in their order.
    pub(super) fn run(&self, chosen: &[usize]) -> Outcome {
        let stock = self.context.gifts.iter().map(|(sku, stock)| (sku, stock.available));
        let mut pass = Pass {
            engine: self,
            lines: Lines::new(self.lines, self.context.currency),
            shipping: None,
            stock: stock.collect(),
            gifts: Vec::new(),
            tallies: vec![Tally::default(); self.candidates.len()],
            refused: Vec::new(),
        };
        for phase in Phase::ALL {
            if phase == Phase::Shipping {
                pass.ship();
            }
            for candidate in chosen {
                pass.apply(*candidate, phase);
            }
        }
        let Pass { lines, shipping, gifts, tallies, refused, .. } = pass;
        Outcome { lines, shipping, gifts, tallies, refused }
    }

    /// Whether the conditions hold when `totals` are left of the lines.
    pub(super) fn conditions(&self, promotion: &Promotion, totals: &[i64]) -> Result<(), Reason> {
        let cart = CartView {
            context: self.context,
            index: &self.index,
            shipping: self.method.map(|delivery| delivery.method.as_str()),
            quantities: &self.quantities,
            subtotals: &self.subtotals,
            totals,
        };
        promotion.conditions.as_ref().map_or(Ok(()), |condition| holds(condition, &cart))
    }
}

struct Pass<'a> {
    engine: &'a Engine<'a>,
    lines: Lines,
    shipping: Option<Shipping>,
    stock: BTreeMap<&'a Sku, u32>,
    gifts: Vec<Given>,
    tallies: Vec<Tally>,
    refused: Vec<RefusedOperation>,
}

impl<'a> Pass<'a> {
    /// What shipping costs is held against the discounted goods. An empty cart ships nothing.
    fn ship(&mut self) {
        let Some(method) = self.engine.method.filter(|_| !self.engine.lines.is_empty()) else { return };
        let goods: i64 = self.lines.totals().iter().sum();
        let price = method.price(goods);
        self.shipping = Some(Shipping { price, total: price, taken: Vec::new() });
    }

    fn apply(&mut self, by: usize, phase: Phase) {
        let engine = self.engine;
        let candidate = &engine.candidates[by];
        if self.tallies[by].stopped {
            return;
        }
        match &candidate.source {
            Source::Rule { promotion, selected, moves, .. } => {
                if *moves
                    && candidate.first_phase() == Some(phase)
                    && let Err(reason) = engine.conditions(promotion, &self.lines.totals())
                {
                    self.tallies[by] = Tally { why_not: Some(reason), stopped: true, ..Tally::default() };
                    return;
                }
                for (at, action) in selected.iter().enumerate().filter(|(_, action)| action.phase() == phase) {
                    let cart = Cart { context: engine.context, lines: &self.lines, gifts: &self.stock };
                    let done = action.effects(&cart).and_then(|effects| {
                        effects.into_iter().try_for_each(|effect| self.take(by, at, effect).map_err(rule_reason))
                    });
                    if let Err(reason) = done {
                        self.tallies[by].why_not.get_or_insert(reason);
                    }
                }
            }
            Source::Plugin { operations } => {
                for (at, operation) in operations.iter().filter(|(_, o)| proposals::phase(o) == Some(phase)) {
                    let done = proposals::effects(operation, &self.lines, &engine.places).and_then(|effects| {
                        effects.into_iter().try_for_each(|effect| self.take(by, *at, effect).map_err(|n| n.refusal))
                    });
                    if let Err(why) = done {
                        self.refused.push(refusal(candidate.id, why));
                    }
                }
            }
        }
    }

    /// What the candidate may still take off, in minor units.
    fn cap(&self, by: usize) -> Option<i64> {
        let Source::Rule { max_discount, budget, .. } = &self.engine.candidates[by].source else { return None };
        let tally = &self.tallies[by];
        let order = max_discount.map(|most| most.saturating_sub(tally.discount));
        order.into_iter().chain(self.budget_left(by, *budget)).min().map(|cap| cap.max(0))
    }

    fn budget_left(&self, by: usize, budget: Option<i64>) -> Option<i64> {
        let tally = &self.tallies[by];
        budget.map(|budget| budget.saturating_sub(tally.discount).saturating_sub(tally.gift_value))
    }

    fn take(&mut self, by: usize, action: usize, effect: Effect) -> Result<(), Nothing> {
        let cap = self.cap(by);
        let before = self.tallies[by].discount;
        let what = match effect {
            Effect::Pieces { targets, only, off, spread, claim } => {
                let offer = Offer { targets: &targets, only, off, spread, claim };
                let (parts, limited) = self.lines.discount(&offer, cap);
                for (line, amount, pieces) in &parts {
                    self.record(*line, Taken { by, action, amount: *amount, pieces: Some(*pieces), limited });
                }
                match targets.as_slice() {
                    [(line, _)] => self.engine.lines[*line].priced.sku.to_string(),
                    _ => "these pieces".to_owned(),
                }
            }
            Effect::Claim { targets } => {
                self.lines.claim(&targets);
                return Ok(());
            }
            Effect::Order { lines, off } => {
                let (parts, limited) = self.lines.discount_totals(&lines, off, cap);
                for (line, amount) in parts {
                    self.record(line, Taken { by, action, amount, pieces: None, limited });
                }
                "the order".to_owned()
            }
            Effect::Shipping { off } => {
                self.discount_shipping(by, action, off, cap)?;
                "shipping".to_owned()
            }
            Effect::Gift { sku, quantity } => return self.give(by, action, sku, quantity),
        };
        if self.tallies[by].discount == before {
            return Err(Nothing { refusal: nothing_to_discount(&what), code: ReasonCode::NothingToDiscount });
        }
        Ok(())
    }

    fn record(&mut self, line: usize, taken: Taken) {
        if taken.amount > 0 {
            self.tallies[taken.by].discount += taken.amount;
            self.lines.lines[line].taken.push(taken);
        }
    }

    fn discount_shipping(&mut self, by: usize, action: usize, off: Off, cap: Option<i64>) -> Result<(), Nothing> {
        let nothing = || Nothing { refusal: no_shipping(), code: ReasonCode::NoShipping };
        let shipping = self.shipping.as_mut().ok_or_else(nothing)?;
        let wanted = off.of(shipping.total, self.engine.context.currency);
        let amount = cap.map_or(wanted, |cap| wanted.min(cap));
        if amount > 0 {
            shipping.total -= amount;
            shipping.taken.push(Taken { by, action, amount, pieces: None, limited: amount < wanted });
            self.tallies[by].discount += amount;
        }
        Ok(())
    }

    fn give(&mut self, by: usize, action: usize, sku: Sku, quantity: u32) -> Result<(), Nothing> {
        let left = self.stock.get(&sku).copied().unwrap_or(0);
        let context = self.engine.context;
        let price = context.gifts.get(&sku).map(|stock| stock.price).filter(|p| p.currency == context.currency);
        let worth = price.map_or(0, |price| price.minor.max(0));
        let budget = match &self.engine.candidates[by].source {
            Source::Rule { budget, .. } => self.budget_left(by, *budget),
            Source::Plugin { .. } => None,
        };
        let affordable = budget.and_then(|left| left.max(0).checked_div(worth));
        let affordable = affordable.map_or(u32::MAX, |pieces| u32::try_from(pieces).unwrap_or(u32::MAX));
        let quantity = quantity.min(left).min(affordable);
        if quantity == 0 {
            let message = format!("no piece of {sku} can be given away");
            return Err(Nothing { refusal: ("gift_unavailable", message), code: ReasonCode::GiftUnavailable });
        }
        let value = worth.saturating_mul(i64::from(quantity));
        if let Some(stock) = self.stock.get_mut(&sku) {
            *stock -= quantity;
        }
        let tally = &mut self.tallies[by];
        tally.gift_value = tally.gift_value.saturating_add(value);
        tally.gift_pieces += u64::from(quantity);
        self.gifts.push(Given { by, action, sku, quantity, value });
        Ok(())
    }
}

/// An effect that came to nothing: said to a plugin's author one way, to a rule's another.
struct Nothing {
    refusal: Refusal,
    code: ReasonCode,
}

fn rule_reason(nothing: Nothing) -> Reason {
    nothing.code.into()
}
