//! Buy some, get some: for every so many pieces of one set the cheapest of another (or the same) are free or cost less, as
//! often as the cart allows. A piece is on one side only, and both sides are named, so that no other such offer counts it
//! again.

use serde::Deserialize;
use stoa_plugin_sdk::{Answer, BuyGet, Input, Line, Operation, Pieces, Value, promotion};

#[cfg(test)]
mod tests;

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    buy: Side,
    get: Get,
    /// How often in one order; without it as often as it goes.
    limit: Option<u32>,
}

/// So many pieces of some goods; without tags and products of all.
#[derive(Deserialize)]
struct Side {
    quantity: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    products: Vec<String>,
}

#[derive(Deserialize)]
struct Get {
    #[serde(flatten)]
    side: Side,
    percent: u32,
}

promotion!(buy_two_get_one);

fn buy_two_get_one(input: &Input, settings: &Settings) -> Answer {
    let (buy, get) = (&settings.buy, &settings.get.side);
    let supply = Supply::of(&input.cart.lines, buy, get);
    let most = settings.limit.unwrap_or(u32::MAX);
    let times = supply.times(buy.quantity, get.quantity).min(most);
    let chinese = input.context.in_chinese();
    let mut operations = Vec::new();
    if times > 0 {
        let (bought, got) = assign(&input.cart.lines, &supply, buy, get, times);
        operations.push(Operation::BuyGet(BuyGet {
            buy: bought,
            get: got,
            value: Value::percent(settings.get.percent),
            reason: reason(settings, times, chinese),
        }));
    }
    // Told when all is bought and only what is got for it is missing.
    let missing = supply.missing(buy.quantity, get.quantity, u64::from(times) + 1);
    if times < most && supply.any() && (1..=u64::from(get.quantity)).contains(&missing) {
        operations.push(Operation::Message(message(settings, missing, chinese)));
    }
    Ok(operations)
}

impl Side {
    fn holds(&self, line: &Line) -> bool {
        (self.tags.is_empty() && self.products.is_empty())
            || line.tags.iter().any(|tag| self.tags.contains(tag))
            || self.products.contains(&line.product)
    }
}

/// How many pieces can be bought only, got only, and either.
struct Supply {
    buy_only: u64,
    get_only: u64,
    both: u64,
}

impl Supply {
    fn of(lines: &[Line], buy: &Side, get: &Side) -> Self {
        let mut supply = Self { buy_only: 0, get_only: 0, both: 0 };
        for line in lines {
            match (buy.holds(line), get.holds(line)) {
                (true, true) => supply.both += u64::from(line.quantity),
                (true, false) => supply.buy_only += u64::from(line.quantity),
                (false, true) => supply.get_only += u64::from(line.quantity),
                (false, false) => {}
            }
        }
        supply
    }

    fn any(&self) -> bool {
        self.buy_only + self.both > 0
    }

    /// Each side must be there, and both together.
    fn sides(&self, buy: u32, get: u32) -> [(u64, u64); 3] {
        let (buy, get) = (u64::from(buy), u64::from(get));
        [
            (self.buy_only + self.both, buy),
            (self.get_only + self.both, get),
            (self.buy_only + self.get_only + self.both, buy + get),
        ]
    }

    fn times(&self, buy: u32, get: u32) -> u32 {
        let times = self.sides(buy, get).into_iter().map(|(there, each)| there / each.max(1)).min().unwrap_or(0);
        u32::try_from(times).unwrap_or(u32::MAX)
    }

    /// Pieces that are missing for so many times.
    fn missing(&self, buy: u32, get: u32, times: u64) -> u64 {
        let sides = self.sides(buy, get).into_iter();
        sides.map(|(there, each)| each.saturating_mul(times).saturating_sub(there)).max().unwrap_or(0)
    }
}

/// The cheapest that can be got without taking away what must be bought; of the rest the most expensive are bought.
fn assign(lines: &[Line], supply: &Supply, buy: &Side, get: &Side, times: u32) -> (Vec<Pieces>, Vec<Pieces>) {
    let (mut to_buy, mut to_get) =
        (u64::from(buy.quantity) * u64::from(times), u64::from(get.quantity) * u64::from(times));
    let mut from_both = supply.both - to_buy.saturating_sub(supply.buy_only).min(supply.both);
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| lines[*at].unit_price);
    let mut left: Vec<u64> = lines.iter().map(|line| u64::from(line.quantity)).collect();
    let mut got = Vec::new();
    for at in &order {
        let line = &lines[*at];
        if !get.holds(line) {
            continue;
        }
        let shared = buy.holds(line);
        let pieces = left[*at].min(to_get).min(if shared { from_both } else { u64::MAX });
        if shared {
            from_both -= pieces;
        }
        to_get -= pieces;
        left[*at] -= pieces;
        named(&mut got, line, pieces);
    }
    let mut bought = Vec::new();
    for at in order.iter().rev().filter(|at| buy.holds(&lines[**at])) {
        let pieces = left[*at].min(to_buy);
        to_buy -= pieces;
        named(&mut bought, &lines[*at], pieces);
    }
    (bought, got)
}

fn named(side: &mut Vec<Pieces>, line: &Line, pieces: u64) {
    let quantity = u32::try_from(pieces).unwrap_or(line.quantity);
    if quantity > 0 {
        side.push(Pieces { sku: line.sku.clone(), quantity });
    }
}

fn reason(settings: &Settings, times: u32, chinese: bool) -> String {
    let (buy, get, percent) = (settings.buy.quantity, settings.get.side.quantity, settings.get.percent);
    let offer = match (chinese, percent) {
        (true, 100..) => format!("买 {buy} 送 {get}"),
        (true, _) => format!("买 {buy} 件，另 {get} 件减 {percent}%"),
        (false, 100..) => format!("Buy {buy}, get {get} free"),
        (false, _) => format!("Buy {buy}, get {get} at {percent} % off"),
    };
    if times > 1 { format!("{offer} × {times}") } else { offer }
}

fn message(settings: &Settings, missing: u64, chinese: bool) -> String {
    let (get, percent) = (settings.get.side.quantity, settings.get.percent);
    match (chinese, percent) {
        (true, 100..) => format!("再加 {missing} 件，最便宜的 {get} 件免费"),
        (true, _) => format!("再加 {missing} 件，最便宜的 {get} 件减 {percent}%"),
        (false, 100..) => format!("Add {missing} more: the cheapest {get} free"),
        (false, _) => format!("Add {missing} more: {percent} % off the cheapest {get}"),
    }
}
