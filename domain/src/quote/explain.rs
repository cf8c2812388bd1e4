//! From the cart's promotions to its quote: who may apply, what the chosen ones took, and why the others did not.

use super::choose::{Chosen, Conflicts, choose};
use super::codes::Codes;
use super::engine::{Candidate, Engine, Source as From, Tally};
use super::proposals::{self, refusal};
use super::rules::Selected;
use super::state::Taken;
use super::tax::taxes;
use super::{
    Allocation, GiftLine, NotApplied, Priced, PromotionMessage, Quote, QuoteError, RefusedOperation, Request,
    ShippingQuote, Source, WhyNot,
};
use crate::promotion::{Index, Operation, Promotion, Proposed, Reason, ReasonCode, budget_left, standing};
use crate::{Money, PromotionId};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn explain(request: &Request<'_>, mut quote: Quote) -> Result<Priced, QuoteError> {
    let codes = Codes::read(request);
    let mut engine = Engine {
        lines: request.lines,
        context: request.context,
        method: request.shipping,
        index: Index::new(request.lines, request.context.currency),
        places: request.lines.iter().enumerate().map(|(at, line)| (&line.priced.sku, at)).collect(),
        quantities: request.lines.iter().map(|line| line.priced.quantity).collect(),
        subtotals: quote.lines.iter().map(|line| line.subtotal.minor).collect(),
        candidates: Vec::new(),
    };
    let mut why_not: BTreeMap<&PromotionId, Reason> = BTreeMap::new();
    let mut candidates = Vec::new();
    for promotion in request.promotions.iter() {
        match rule(&engine, promotion, codes.of(&promotion.id)) {
            Ok(candidate) => candidates.push(candidate),
            Err(reason) => drop(why_not.insert(&promotion.id, reason)),
        }
    }
    candidates.extend(plugins(request, &mut quote.refused));
    candidates.sort_by(|a, b| b.terms.priority.cmp(&a.terms.priority).then_with(|| a.id.cmp(b.id)));
    engine.candidates = candidates;

    let conflicts = Conflicts::of(&engine.candidates);
    let chosen = choose(&engine, &conflicts, request.context.choice);
    for (at, candidate) in engine.candidates.iter().enumerate() {
        let applies = chosen.candidates.binary_search(&at).is_ok();
        let in_the_way = conflicts.first(at, &chosen.candidates).map(|other| engine.candidates[other].id);
        match &candidate.source {
            From::Plugin { .. } if !applies => {
                let other = in_the_way.map(PromotionId::as_str).unwrap_or_default();
                let why = ("not_combined", format!("the promotion does not combine with {other}, which applies"));
                quote.refused.push(refusal(candidate.id, why));
            }
            From::Rule { .. } if !chosen.outcome.tallies[at].gave() => {
                let in_the_way = in_the_way.filter(|_| !applies).cloned();
                why_not.insert(candidate.id, nothing_given(&chosen.outcome.tallies[at], in_the_way));
            }
            _ => {}
        }
    }
    let exhaustive = chosen.exhaustive;
    quote.codes = codes.outcomes(&engine, &chosen, &why_not, &mut quote.refused);
    write(&mut quote, &engine, chosen, request)?;
    let order = request.promotions.iter().filter_map(|promotion| why_not.remove_entry(&promotion.id));
    let not_applied = order.map(|(id, reason)| NotApplied { promotion: id.clone(), why_not: reason.into() }).collect();
    Ok(Priced { quote, not_applied, exhaustive })
}

/// Why a rule that might have applied gave nothing.
fn nothing_given(tally: &Tally, in_the_way: Option<PromotionId>) -> Reason {
    if in_the_way.is_some() {
        return Reason { because_of: in_the_way, ..ReasonCode::NotCombinable.into() };
    }
    tally.why_not.clone().unwrap_or_else(|| ReasonCode::NothingToDiscount.into())
}

/// A rule that stands and whose conditions hold, as far as that can be said before anything is taken off.
fn rule<'a>(engine: &Engine<'a>, promotion: &'a Promotion, code: Option<&'a str>) -> Result<Candidate<'a>, Reason> {
    let context = engine.context;
    standing(promotion, code.is_some(), context)?;
    let moves = promotion.conditions.as_ref().is_some_and(crate::promotion::Condition::moves);
    if !moves {
        engine.conditions(promotion, &engine.subtotals)?;
    }
    let title = promotion.title.get(&context.locale, &context.fallback);
    let reason = promotion.reason.get(&context.locale, &context.fallback);
    let max_discount = promotion.limits.max_discount.as_ref().and_then(|most| most.minor(context.currency));
    Ok(Candidate {
        id: &promotion.id,
        title,
        terms: promotion.terms(),
        classes: promotion.classes(),
        source: From::Rule {
            promotion,
            selected: Selected::all(promotion, &engine.index),
            reason: if reason.is_empty() { title } else { reason },
            code,
            max_discount,
            budget: budget_left(promotion, context),
            moves,
        },
    })
}

/// The plugins' proposals. A promotion answers once: of two answers under one id, or under a rule's, none counts.
fn plugins<'a>(request: &Request<'a>, refused: &mut Vec<RefusedOperation>) -> Vec<Candidate<'a>> {
    let mut by_id: BTreeMap<&PromotionId, Vec<&'a Proposed<'a>>> = BTreeMap::new();
    for proposed in request.proposals {
        by_id.entry(&proposed.proposal.promotion).or_default().push(proposed);
    }
    let rules: BTreeSet<&PromotionId> = request.promotions.iter().map(|promotion| &promotion.id).collect();
    let mut candidates = Vec::new();
    for (id, answers) in by_id {
        let &[Proposed { proposal, terms }] = answers.as_slice() else {
            refused.push(refusal(id, ("repeated_promotion", "a promotion answers once".to_owned())));
            continue;
        };
        if rules.contains(id) {
            refused.push(refusal(id, ("repeated_promotion", "a rule of the shop has this id".to_owned())));
            continue;
        }
        let operations = proposals::well_formed(proposal, refused);
        let classes = proposals::classes(&operations);
        let (title, terms) = (proposal.title.as_str(), terms.clone());
        candidates.push(Candidate { id, title, terms, classes, source: From::Plugin { operations } });
    }
    candidates
}

/// What the plugins that apply say besides discounts.
pub(super) fn spoken<'a>(engine: &'a Engine<'_>, chosen: &Chosen) -> Vec<(&'a Candidate<'a>, &'a Operation)> {
    let candidates = chosen.candidates.iter().map(|at| &engine.candidates[*at]);
    let of = |candidate: &'a Candidate<'a>| {
        let operations: &[(usize, &Operation)] = match &candidate.source {
            From::Plugin { operations } => operations,
            From::Rule { .. } => &[],
        };
        operations.iter().map(move |(_, operation)| (candidate, *operation))
    };
    candidates.flat_map(of).collect()
}

fn write(quote: &mut Quote, engine: &Engine<'_>, chosen: Chosen, request: &Request<'_>) -> Result<(), QuoteError> {
    let currency = quote.subtotal.currency;
    for (candidate, operation) in spoken(engine, &chosen) {
        if let Operation::Message { text } = operation {
            quote.messages.push(PromotionMessage { promotion: candidate.id.clone(), text: text.clone() });
        }
    }
    let outcome = chosen.outcome;
    let allocation = |taken: &Taken| allocation(&engine.candidates[taken.by], taken, currency);
    for (line, state) in quote.lines.iter_mut().zip(&outcome.lines.lines) {
        line.allocations = state.taken.iter().map(allocation).collect();
        for allocation in &line.allocations {
            line.total = line.total.sub(allocation.amount)?;
            quote.discount = quote.discount.add(allocation.amount)?;
        }
    }
    quote.total = quote.goods_total()?;
    if let (Some(shipping), Some(delivery)) = (&outcome.shipping, request.shipping) {
        let total = Money::new(shipping.total, currency);
        quote.total = quote.total.add(total)?;
        quote.shipping = Some(ShippingQuote {
            method: delivery.method.clone(),
            name: delivery.name.clone(),
            price: Money::new(shipping.price, currency),
            allocations: shipping.taken.iter().map(allocation).collect(),
            total,
        });
    }
    for given in outcome.gifts {
        let candidate = &engine.candidates[given.by];
        quote.gifts.push(GiftLine {
            sku: given.sku,
            quantity: given.quantity,
            promotion: candidate.id.clone(),
            title: candidate.title.to_owned(),
            reason: reason(candidate, given.action).to_owned(),
            value: Money::new(given.value, currency),
        });
    }
    quote.refused.extend(outcome.refused);
    if let Some(tax) = &request.context.tax {
        let taxes = taxes(quote, request.lines, tax)?;
        if !taxes.included {
            quote.total = quote.total.add(taxes.total)?;
        }
        quote.tax = Some(taxes);
    }
    Ok(())
}

fn reason<'a>(candidate: &Candidate<'a>, action: usize) -> &'a str {
    match &candidate.source {
        From::Rule { reason, .. } => reason,
        From::Plugin { operations } => {
            operations.iter().find(|(at, _)| *at == action).map_or("", |(_, operation)| proposals::reason(operation))
        }
    }
}

fn allocation(candidate: &Candidate<'_>, taken: &Taken, currency: crate::Currency) -> Allocation {
    let (source, action, code) = match &candidate.source {
        From::Rule { selected, code, .. } => {
            (Source::Rule, selected.get(taken.action).map_or("", |selected| selected.action.kind()), *code)
        }
        From::Plugin { operations } => {
            let operation = operations.iter().find(|(at, _)| *at == taken.action);
            (Source::Plugin, operation.map_or("", |(_, operation)| proposals::kind(operation)), None)
        }
    };
    Allocation {
        promotion: candidate.id.clone(),
        title: candidate.title.to_owned(),
        reason: reason(candidate, taken.action).to_owned(),
        amount: Money::new(taken.amount, currency),
        source,
        action: action.to_owned(),
        pieces: taken.pieces,
        code: code.map(str::to_owned),
        limited: taken.limited,
    }
}

impl std::convert::From<Reason> for WhyNot {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            text_key: reason.code.text_key().to_owned(),
            message: reason.code.rule().to_owned(),
            missing_amount: reason.missing_amount,
            missing_quantity: reason.missing_quantity,
            because_of: reason.because_of,
        }
    }
}
