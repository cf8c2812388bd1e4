//! For a promotion's own tests: many carts, the same at every run, and what the contract asks of an answer.

use crate::{Answer, Input, Line, Operation, Pieces, Shopper, Value};
use std::collections::BTreeMap;

const MAX_OPERATIONS: usize = 200;
const MAX_PIECES: usize = 500;
const MAX_TEXT_CHARS: usize = 200;
/// Lines of the carts, in turn; the rest have some number up to 30.
const SIZES: [usize; 5] = [1, 2, 20, 100, 500];
const LOCALES: [&str; 4] = ["en", "zh-CN", "zh", "de"];
const GROUPS: [&str; 3] = ["gold", "silver", "staff"];

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn throw(&mut self, sides: u64) -> u64 {
        // Knuth's generator; its upper bits are good enough for carts.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// So many carts of 1 to 500 lines, of goods with some of `tags`, for shoppers of several groups, languages and none.
pub fn carts(count: usize, tags: &[&str]) -> impl Iterator<Item = Input> {
    let mut dice = Dice(20_261_124);
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    (0..count).map(move |at| {
        let size = SIZES.get(at).copied().unwrap_or_else(|| 1 + dice.throw(30) as usize);
        let most = [3, 10, 99][dice.throw(3) as usize];
        let line = |n: usize, dice: &mut Dice| {
            let price = [50, 5_000, 500_000][dice.throw(3) as usize];
            let mut line = Line::new(&format!("SKU-{n}"), 1 + dice.throw(most) as u32, dice.throw(price) as i64);
            line.product = format!("product-{}", dice.throw(size as u64));
            line.tags = tags.iter().filter(|_| dice.throw(2) == 0).cloned().collect();
            line
        };
        let lines = (0..size).map(|n| line(n, &mut dice)).collect();
        let mut input = Input::new("CNY", lines);
        input.context.locale = LOCALES[at % LOCALES.len()].to_owned();
        input.shopper = match dice.throw(5) {
            0 => None,
            1 => Some(Shopper { groups: Vec::new(), orders: 0 }),
            n => Some(Shopper { groups: vec![GROUPS[n as usize - 2].to_owned()], orders: dice.throw(5) as u32 }),
        };
        input
    })
}

/// What the shop would refuse of an answer: the first fault, in words.
pub fn within_contract(input: &Input, answer: &Answer) -> Result<(), String> {
    let operations = answer.as_ref().map_err(|message| format!("it refused the cart: {message}"))?;
    if operations.len() > MAX_OPERATIONS {
        return Err(format!("{} operations are more than {MAX_OPERATIONS}", operations.len()));
    }
    let mut claimed = BTreeMap::new();
    for operation in operations {
        let (value, text) = match operation {
            Operation::DiscountLine(one) => {
                quantity(input, &one.sku)?;
                (Some(one.value), &one.reason)
            }
            Operation::DiscountPieces(some) => {
                claim(input, &some.pieces, &mut BTreeMap::new())?;
                (Some(some.value), &some.reason)
            }
            Operation::Bundle(some) => {
                claim(input, &some.pieces, &mut claimed)?;
                (Some(some.value), &some.reason)
            }
            Operation::BuyGet(both) => {
                claim(input, &both.buy, &mut claimed)?;
                claim(input, &both.get, &mut claimed)?;
                (Some(both.value), &both.reason)
            }
            Operation::DiscountOrder(one) | Operation::DiscountShipping(one) => (Some(one.value), &one.reason),
            Operation::AddGift(gift) => (None, &gift.reason),
            Operation::Message(text) | Operation::AcceptCode(text) => (None, text),
            Operation::RejectCode(code) => (None, &code.reason),
        };
        let fits = match value {
            None => true,
            Some(Value::BasisPoints(points)) => (1..=10_000).contains(&points),
            Some(Value::Amount(minor) | Value::AmountEach(minor)) => minor > 0,
            Some(Value::Price(minor) | Value::PriceEach(minor)) => minor >= 0,
        };
        if !fits {
            return Err(format!("{value:?} is out of range"));
        }
        if !(1..=MAX_TEXT_CHARS).contains(&text.chars().count()) {
            return Err(format!("a text has 1 to {MAX_TEXT_CHARS} characters: {text:?}"));
        }
    }
    Ok(())
}

/// How many pieces of a SKU the cart has.
fn quantity(input: &Input, sku: &str) -> Result<u32, String> {
    let line = input.cart.lines.iter().find(|line| line.sku == sku);
    line.map(|line| line.quantity).ok_or_else(|| format!("{sku} is not in the cart"))
}

/// Takes pieces that are not taken yet.
fn claim(input: &Input, pieces: &[Pieces], claimed: &mut BTreeMap<String, u32>) -> Result<(), String> {
    if !(1..=MAX_PIECES).contains(&pieces.len()) {
        return Err(format!("an operation names 1 to {MAX_PIECES} lines, not {}", pieces.len()));
    }
    for Pieces { sku, quantity: wanted } in pieces {
        let taken = claimed.entry(sku.clone()).or_default();
        *taken = taken.saturating_add(*wanted);
        let there = quantity(input, sku)?;
        if *wanted == 0 || *taken > there {
            return Err(format!("{taken} pieces of {sku} are named, the cart has {there}"));
        }
    }
    Ok(())
}
