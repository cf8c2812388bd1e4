//! Volume discount: the more pieces, the less each of them costs. Of the tiers the highest one reached counts, for every
//! piece; where only so many pieces may get cheaper, these are the cheapest.

use serde::Deserialize;
use std::collections::BTreeMap;
use stoa_plugin_sdk::{Answer, Input, Line, Operation, Pieces, PiecesDiscount, Value, money, promotion};

#[cfg(test)]
mod tests;

/// See `plugin.toml`. Without tags and products all goods count.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    products: Vec<String>,
    #[serde(default)]
    count: Count,
    at_most: Option<u32>,
    tiers: Vec<Tier>,
}

/// Which pieces are counted together.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Count {
    #[default]
    Together,
    /// All variants of one product.
    ByProduct,
}

/// One of `percent` and `off_each` (minor units).
#[derive(Deserialize)]
struct Tier {
    from: u32,
    percent: Option<u32>,
    off_each: Option<i64>,
}

promotion!(volume_discount);

fn volume_discount(input: &Input, settings: &Settings) -> Answer {
    let chinese = input.context.in_chinese();
    let mut groups: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in input.cart.lines.iter().filter(|line| settings.counts(line)) {
        let group = if settings.count == Count::ByProduct { line.product.as_str() } else { "" };
        groups.entry(group).or_default().push(line);
    }
    let mut operations = Vec::new();
    // One operation a tier, however many products reach it.
    let mut reached: BTreeMap<u32, (Value, Vec<Pieces>)> = BTreeMap::new();
    for lines in groups.values() {
        let count = pieces(lines);
        if let Some((tier, value)) = settings.tier(count) {
            reached.entry(tier.from).or_insert((value, Vec::new())).1.extend(cheapest(lines, settings.at_most));
        }
    }
    for (from, (value, pieces)) in reached {
        let reason = reason(from, value, &input.cart.currency, chinese);
        operations.push(Operation::DiscountPieces(PiecesDiscount { pieces, value, reason }));
    }
    if settings.count == Count::Together {
        let count = groups.values().next().map_or(0, |lines| pieces(lines));
        operations.extend(settings.next(count).map(|(tier, value)| {
            let (missing, off) = (tier.from - count, off(value, &input.cart.currency, chinese));
            Operation::Message(if chinese {
                format!("再买 {missing} 件，每件{off}")
            } else {
                format!("Add {missing} more for {off}")
            })
        }));
    }
    Ok(operations)
}

impl Settings {
    fn counts(&self, line: &Line) -> bool {
        (self.tags.is_empty() && self.products.is_empty())
            || line.tags.iter().any(|tag| self.tags.contains(tag))
            || self.products.contains(&line.product)
    }

    /// The highest tier that so many pieces reach.
    fn tier(&self, count: u32) -> Option<(&Tier, Value)> {
        let reached = self.tiers.iter().filter(|tier| tier.from <= count).max_by_key(|tier| tier.from)?;
        Some((reached, reached.value()?))
    }

    /// The one after it, for a cart that has some pieces.
    fn next(&self, count: u32) -> Option<(&Tier, Value)> {
        let next = self.tiers.iter().filter(|tier| tier.from > count).min_by_key(|tier| tier.from)?;
        Some((next, next.value()?)).filter(|_| count > 0)
    }
}

impl Tier {
    fn value(&self) -> Option<Value> {
        self.percent.map(Value::percent).or(self.off_each.map(Value::AmountEach))
    }
}

fn pieces(lines: &[&Line]) -> u32 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(line.quantity))
}

/// All pieces, or as many as may get cheaper: those that cost least, and of equal ones those that stand first.
fn cheapest(lines: &[&Line], at_most: Option<u32>) -> Vec<Pieces> {
    let mut by_price: Vec<&Line> = lines.to_vec();
    by_price.sort_by_key(|line| line.unit_price);
    let mut left = at_most.unwrap_or(u32::MAX);
    let mut taken = Vec::with_capacity(by_price.len());
    for line in by_price {
        let quantity = line.quantity.min(left);
        if quantity > 0 {
            left -= quantity;
            taken.push(Pieces { sku: line.sku.clone(), quantity });
        }
    }
    taken
}

fn reason(from: u32, value: Value, currency: &str, chinese: bool) -> String {
    let off = off(value, currency, chinese);
    if chinese { format!("满 {from} 件，每件{off}") } else { format!("{from} or more: {off}") }
}

/// `15 % off each`, `¥2 off each`; `8.5 折`, `减 ¥2`.
fn off(value: Value, currency: &str, chinese: bool) -> String {
    match value {
        Value::BasisPoints(10_000) if chinese => "免费".to_owned(),
        Value::BasisPoints(points) if chinese => {
            let tenths = (10_000 - points.min(10_000)) / 100;
            let digit = if tenths.is_multiple_of(10) { String::new() } else { format!(".{}", tenths % 10) };
            format!(" {}{digit} 折", tenths / 10)
        }
        Value::BasisPoints(points) => format!("{} % off each", points / 100),
        Value::AmountEach(minor) if chinese => format!("减 {}", money(minor, currency)),
        Value::AmountEach(minor) | Value::Amount(minor) | Value::Price(minor) | Value::PriceEach(minor) => {
            format!("{} off each", money(minor, currency))
        }
    }
}
