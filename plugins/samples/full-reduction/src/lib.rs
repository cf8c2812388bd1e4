//! 满减: every full 300 yuan take 50 off, in one level or several, which add to one another or do not, up to a cap. Below the
//! next step the cart says how much is missing for it, and what it would take off.

use serde::Deserialize;
use stoa_plugin_sdk::{Answer, Discount, Input, Line, Operation, Pieces, PiecesDiscount, Value, money, promotion};

#[cfg(test)]
mod tests;

/// The cart is told of a step this many repetitions ahead, or of none.
const STEPS_AHEAD: i64 = 20;

/// See `plugin.toml`. Amounts are minor units.
#[derive(Deserialize)]
struct Settings {
    levels: Vec<Level>,
    cap: Option<i64>,
    cap_percent: Option<u32>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    without_tags: Vec<String>,
}

#[derive(Deserialize)]
struct Level {
    full: i64,
    off: i64,
    #[serde(default)]
    repeat: bool,
    /// How often, where it repeats.
    at_most: Option<u32>,
    #[serde(default = "stacks")]
    stacks: bool,
}

fn stacks() -> bool {
    true
}

promotion!(full_reduction);

fn full_reduction(input: &Input, settings: &Settings) -> Answer {
    let (currency, chinese) = (&input.cart.currency, input.context.in_chinese());
    let lines: Vec<&Line> = input.cart.lines.iter().filter(|line| settings.counts(line)).collect();
    let price = |line: &&Line| line.unit_price.saturating_mul(i64::from(line.quantity));
    let goods = lines.iter().map(price).fold(0, i64::saturating_add);
    let mut operations = Vec::new();
    let off = settings.off(goods);
    if off > 0 {
        let (value, reason) = (Value::Amount(off), settings.reason(goods, currency, chinese));
        operations.push(if lines.len() == input.cart.lines.len() {
            Operation::DiscountOrder(Discount { value, reason })
        } else {
            let pieces = lines.iter().map(|line| Pieces { sku: line.sku.clone(), quantity: line.quantity }).collect();
            Operation::DiscountPieces(PiecesDiscount { pieces, value, reason })
        });
    }
    if let Some((from, then)) = settings.next(goods).filter(|_| !lines.is_empty()) {
        let (missing, then) = (money(from.saturating_sub(goods), currency), money(then, currency));
        operations.push(Operation::Message(if chinese {
            format!("再买 {missing}，共减 {then}")
        } else {
            format!("Add {missing} more to save {then} in all")
        }));
    }
    Ok(operations)
}

impl Settings {
    fn counts(&self, line: &Line) -> bool {
        let has = |tags: &[String]| line.tags.iter().any(|tag| tags.contains(tag));
        (self.tags.is_empty() || has(&self.tags)) && !has(&self.without_tags)
    }

    /// The best level that stands alone, or all together that add to one another: whichever takes more.
    fn levels(&self, goods: i64) -> Vec<&Level> {
        let adding: Vec<&Level> = self.levels.iter().filter(|l| l.stacks && l.off(goods) > 0).collect();
        let alone = self.levels.iter().filter(|level| !level.stacks).max_by_key(|level| level.off(goods));
        match alone.filter(|level| level.off(goods) > sum(&adding, goods)) {
            Some(level) => vec![level],
            None => adding,
        }
    }

    /// What is taken off goods of so much: never more than the caps and the goods themselves.
    fn off(&self, goods: i64) -> i64 {
        let percent = self.cap_percent.map(|percent| share(goods, percent));
        let caps = [self.cap, percent, Some(goods)].into_iter().flatten();
        caps.fold(sum(&self.levels(goods), goods), i64::min).max(0)
    }

    /// The nearest amount from which more is taken off, and how much then.
    fn next(&self, goods: i64) -> Option<(i64, i64)> {
        let now = self.off(goods);
        let steps = self.levels.iter().flat_map(|level| level.steps(goods));
        let more = steps.map(|from| (from, self.off(from))).filter(|(_, then)| *then > now);
        more.min_by_key(|(from, _)| *from)
    }

    /// `¥50 off every ¥300`, of all levels that count, and whether that is not all.
    fn reason(&self, goods: i64, currency: &str, chinese: bool) -> String {
        let levels = self.levels(goods);
        let capped = self.off(goods) < sum(&levels, goods);
        let texts: Vec<String> = levels.iter().map(|level| level.text(currency, chinese)).collect();
        let text = texts.join(if chinese { "，" } else { ", " });
        // Ten levels with amounts of eleven digits would be longer than a reason may be.
        let text = if text.chars().count() > 180 { texts.into_iter().next().unwrap_or_default() } else { text };
        match (capped, chinese) {
            (false, _) => text,
            (true, true) => format!("{text}（已达上限）"),
            (true, false) => format!("{text} (the most there is)"),
        }
    }
}

impl Level {
    /// How often it counts for goods of so much.
    fn times(&self, goods: i64) -> i64 {
        let times = goods.checked_div(self.full.max(1)).unwrap_or(0).max(0);
        times.min(self.most())
    }

    fn most(&self) -> i64 {
        if self.repeat { self.at_most.map_or(i64::MAX, i64::from) } else { 1 }
    }

    fn off(&self, goods: i64) -> i64 {
        self.off.saturating_mul(self.times(goods))
    }

    /// The next amounts from which it counts once more. The first may change nothing, where another level takes more.
    fn steps(&self, goods: i64) -> impl Iterator<Item = i64> {
        let times = self.times(goods);
        let next =
            (1..=STEPS_AHEAD).map(move |more| times.saturating_add(more)).take_while(|times| *times <= self.most());
        next.map(|times| self.full.saturating_mul(times))
    }

    fn text(&self, currency: &str, chinese: bool) -> String {
        let (full, off) = (money(self.full, currency), money(self.off, currency));
        match (self.repeat, chinese) {
            (true, true) => format!("每满 {full} 减 {off}"),
            (false, true) => format!("满 {full} 减 {off}"),
            (true, false) => format!("{off} off every {full}"),
            (false, false) => format!("{off} off from {full}"),
        }
    }
}

fn sum(levels: &[&Level], goods: i64) -> i64 {
    levels.iter().map(|level| level.off(goods)).fold(0, i64::saturating_add)
}

/// So many percent, rounded down.
fn share(goods: i64, percent: u32) -> i64 {
    let share = i128::from(goods) * i128::from(percent) / 100;
    i64::try_from(share).unwrap_or(i64::MAX)
}
