//! What plugins propose: its form, and what it comes to for a cart. Whatever is refused is said once, with its code.

use super::RefusedOperation;
use super::effect::{Effect, Off, Only, Phase, Spread};
use super::state::Lines;
use crate::promotion::{
    CombinesWith, DiscountValue, MAX_OPERATIONS, MAX_PIECES, MAX_REASON_CHARS, Operation, Pieces, Proposal,
};
use crate::{PromotionId, Sku};
use std::collections::BTreeMap;

/// A code of [`super::REFUSAL_CODES`] and the rule.
pub(super) type Refusal = (&'static str, String);

/// The operations of a proposal whose form is in order, by their place in it.
pub(super) fn well_formed<'a>(
    proposal: &'a Proposal,
    refused: &mut Vec<RefusedOperation>,
) -> Vec<(usize, &'a Operation)> {
    let count = proposal.operations.len();
    if count > MAX_OPERATIONS {
        let message = format!("a promotion may propose at most {MAX_OPERATIONS} operations, got {count}");
        refused.push(refusal(&proposal.promotion, ("too_many_operations", message)));
        return Vec::new();
    }
    let mut operations = Vec::new();
    for (at, operation) in proposal.operations.iter().enumerate() {
        match malformed(operation) {
            Some(why) => refused.push(refusal(&proposal.promotion, why)),
            None => operations.push((at, operation)),
        }
    }
    operations
}

pub(super) fn refusal(promotion: &PromotionId, (code, message): Refusal) -> RefusedOperation {
    RefusedOperation { promotion: promotion.clone(), code: code.to_owned(), message }
}

pub(super) fn nothing_to_discount(target: &str) -> Refusal {
    ("nothing_to_discount", format!("the discount of {target} comes to nothing"))
}

pub(super) fn no_shipping() -> Refusal {
    ("no_shipping", "there is no shipping to discount yet".to_owned())
}

/// None: it takes nothing off.
pub(super) fn phase(operation: &Operation) -> Option<Phase> {
    match operation {
        Operation::DiscountLine { .. }
        | Operation::DiscountPieces { .. }
        | Operation::BuyGet { .. }
        | Operation::Bundle { .. }
        | Operation::AddGift { .. } => Some(Phase::Product),
        Operation::DiscountOrder { .. } => Some(Phase::Order),
        Operation::DiscountShipping { .. } => Some(Phase::Shipping),
        Operation::Message { .. } | Operation::AcceptCode { .. } | Operation::RejectCode { .. } => None,
    }
}

pub(super) fn classes(operations: &[(usize, &Operation)]) -> CombinesWith {
    let mut classes = CombinesWith::default();
    for phase in operations.iter().filter_map(|(_, operation)| phase(operation)) {
        match phase {
            Phase::Product => classes.product = true,
            Phase::Order => classes.order = true,
            Phase::Shipping => classes.shipping = true,
        }
    }
    classes
}

/// The reason that goes with what an operation takes off.
pub(super) fn reason(operation: &Operation) -> &str {
    match operation {
        Operation::DiscountLine { reason, .. }
        | Operation::DiscountPieces { reason, .. }
        | Operation::BuyGet { reason, .. }
        | Operation::Bundle { reason, .. }
        | Operation::DiscountOrder { reason, .. }
        | Operation::DiscountShipping { reason, .. }
        | Operation::AddGift { reason, .. }
        | Operation::RejectCode { reason, .. } => reason,
        Operation::Message { text } => text,
        Operation::AcceptCode { .. } => "",
    }
}

/// As in JSON.
pub(super) fn kind(operation: &Operation) -> &'static str {
    match operation {
        Operation::DiscountLine { .. } => "discount_line",
        Operation::DiscountPieces { .. } => "discount_pieces",
        Operation::BuyGet { .. } => "buy_get",
        Operation::Bundle { .. } => "bundle",
        Operation::DiscountOrder { .. } => "discount_order",
        Operation::DiscountShipping { .. } => "discount_shipping",
        Operation::AddGift { .. } => "add_gift",
        Operation::Message { .. } => "message",
        Operation::AcceptCode { .. } => "accept_code",
        Operation::RejectCode { .. } => "reject_code",
    }
}

/// What a well-formed operation comes to for the cart as it stands.
pub(super) fn effects(
    operation: &Operation,
    lines: &Lines,
    places: &BTreeMap<&Sku, usize>,
) -> Result<Vec<Effect>, Refusal> {
    let place = |sku: &Sku| places.get(sku).copied().ok_or_else(|| unknown_sku(sku));
    match operation {
        Operation::DiscountLine { sku, value, .. } => {
            let line = place(sku)?;
            Ok(vec![pieces(vec![(line, lines.lines[line].quantity)], Only::Any, *value, false)])
        }
        Operation::DiscountPieces { pieces: named, value, .. } => {
            let targets = located(named, lines, places, Only::Any, &[])?;
            Ok(vec![pieces(targets, Only::Any, *value, false)])
        }
        Operation::BuyGet { buy, get, value, .. } => {
            let targets = located(get, lines, places, Only::Unclaimed, &[])?;
            let paid = located(buy, lines, places, Only::Unclaimed, &targets)?;
            Ok(vec![pieces(targets, Only::Unclaimed, *value, true), Effect::Claim { targets: paid }])
        }
        Operation::Bundle { pieces: named, value, .. } => {
            let targets = located(named, lines, places, Only::Unclaimed, &[])?;
            Ok(vec![pieces(targets, Only::Unclaimed, *value, true)])
        }
        Operation::DiscountOrder { value, .. } => {
            Ok(vec![Effect::Order { lines: (0..lines.lines.len()).collect(), off: off(*value).0 }])
        }
        Operation::DiscountShipping { value, .. } => Ok(vec![Effect::Shipping { off: off(*value).0 }]),
        Operation::AddGift { sku, quantity, .. } => Ok(vec![Effect::Gift { sku: sku.clone(), quantity: *quantity }]),
        Operation::Message { .. } | Operation::AcceptCode { .. } | Operation::RejectCode { .. } => Ok(Vec::new()),
    }
}

fn off(value: DiscountValue) -> (Off, Spread) {
    match value {
        DiscountValue::BasisPoints(points) => (Off::BasisPoints(points), Spread::Across),
        DiscountValue::Amount(minor) => (Off::Amount(minor), Spread::Across),
        DiscountValue::AmountEach(minor) => (Off::Amount(minor), Spread::Each),
        DiscountValue::Price(minor) => (Off::Price(minor), Spread::Across),
        DiscountValue::PriceEach(minor) => (Off::Price(minor), Spread::Each),
    }
}

fn pieces(targets: Vec<(usize, u32)>, only: Only, value: DiscountValue, claim: bool) -> Effect {
    let (off, spread) = off(value);
    Effect::Pieces { targets, only, off, spread, claim }
}

/// The named pieces by line, where that many are there beside `taken`.
fn located(
    named: &[Pieces],
    lines: &Lines,
    places: &BTreeMap<&Sku, usize>,
    only: Only,
    taken: &[(usize, u32)],
) -> Result<Vec<(usize, u32)>, Refusal> {
    let mut found: BTreeMap<usize, u32> = BTreeMap::new();
    for Pieces { sku, quantity } in named {
        let line = places.get(sku).copied().ok_or_else(|| unknown_sku(sku))?;
        let wanted = found.entry(line).or_default();
        *wanted = wanted.saturating_add(*quantity);
        let gone = taken.iter().find(|(at, _)| *at == line).map_or(0, |(_, pieces)| *pieces);
        let left = lines.available(line, only).saturating_sub(gone);
        if *wanted > left {
            return Err(("not_enough_pieces", format!("{left} pieces of {sku} are left for this, got {wanted}")));
        }
    }
    Ok(found.into_iter().collect())
}

fn unknown_sku(sku: &Sku) -> Refusal {
    ("unknown_sku", format!("{sku} is not in the cart"))
}

/// What is wrong with an operation whatever the cart holds.
fn malformed(operation: &Operation) -> Option<Refusal> {
    let (value, lists): (Option<DiscountValue>, [&[Pieces]; 2]) = match operation {
        Operation::DiscountLine { value, .. }
        | Operation::DiscountOrder { value, .. }
        | Operation::DiscountShipping { value, .. } => (Some(*value), [&[], &[]]),
        Operation::DiscountPieces { pieces, value, .. } | Operation::Bundle { pieces, value, .. } => {
            (Some(*value), [pieces, pieces])
        }
        Operation::BuyGet { buy, get, value, .. } => (Some(*value), [buy, get]),
        _ => (None, [&[], &[]]),
    };
    let named =
        matches!(phase(operation), Some(Phase::Product)) && !matches!(operation, Operation::DiscountLine { .. });
    let whole = matches!(operation, Operation::DiscountOrder { .. } | Operation::DiscountShipping { .. });
    value
        .and_then(|value| wrong_value(value, whole))
        .or_else(|| lists.into_iter().filter(|_| named && value.is_some()).find_map(wrong_pieces))
        .or_else(|| match operation {
            Operation::AddGift { quantity: 0, .. } => Some(no_quantity()),
            Operation::AcceptCode { .. } => None,
            _ => wrong_text(reason(operation)),
        })
}

fn wrong_value(value: DiscountValue, whole: bool) -> Option<Refusal> {
    use DiscountValue as Value;
    match value {
        Value::BasisPoints(0) => Some(("percent_not_positive", "a percentage must be above zero".to_owned())),
        Value::BasisPoints(points) if points > 10_000 => {
            Some(("percent_above_100", format!("a percentage must be at most 10000 basis points, got {points}")))
        }
        Value::Amount(minor) | Value::AmountEach(minor) if minor <= 0 => {
            Some(("amount_not_positive", format!("an amount must be above zero, got {minor}")))
        }
        Value::Price(minor) | Value::PriceEach(minor) if minor < 0 => {
            Some(("price_negative", format!("a price must not be below zero, got {minor}")))
        }
        Value::AmountEach(_) | Value::PriceEach(_) if whole => {
            Some(("value_not_applicable", "an order or its shipping is discounted as a whole, not by piece".to_owned()))
        }
        _ => None,
    }
}

fn wrong_pieces(pieces: &[Pieces]) -> Option<Refusal> {
    if !(1..=MAX_PIECES).contains(&pieces.len()) {
        let message = format!("an operation names 1 to {MAX_PIECES} lines a side, got {}", pieces.len());
        return Some(("pieces_out_of_range", message));
    }
    pieces.iter().any(|pieces| pieces.quantity == 0).then(no_quantity)
}

fn no_quantity() -> Refusal {
    ("quantity_not_positive", "a quantity must be at least 1, got 0".to_owned())
}

fn wrong_text(text: &str) -> Option<Refusal> {
    if text.trim().is_empty() {
        Some(("text_missing", "a discount needs a reason and a message a text".to_owned()))
    } else if text.chars().nth(MAX_REASON_CHARS).is_some() {
        Some(("text_too_long", format!("a reason or message has at most {MAX_REASON_CHARS} characters")))
    } else {
        None
    }
}
