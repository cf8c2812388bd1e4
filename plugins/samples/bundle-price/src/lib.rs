//! Bundle price: some pieces of some goods cost less together, as often as the cart has them. The most expensive pieces
//! that fit make the first bundle, and one that would cost no less than its pieces is none.

mod fit;

use fit::Fit;
use serde::Deserialize;
use std::collections::BTreeMap;
use stoa_plugin_sdk::{Answer, Context, Input, Line, Operation, Pieces, PiecesDiscount, Value, money, promotion};

#[cfg(test)]
mod tests;

/// However large the cart: each bundle is looked for among all that is left.
const MOST: u32 = 100;

/// See `plugin.toml`. A piece is in one bundle only; the bundles that stand first choose first.
#[derive(Deserialize)]
struct Settings {
    bundles: Vec<Bundle>,
}

#[derive(Deserialize)]
struct Bundle {
    /// By language.
    title: BTreeMap<String, String>,
    parts: Vec<Part>,
    /// Of the whole bundle: minor units.
    price: i64,
    /// How often in one order; [`MOST`] where missing.
    limit: Option<u32>,
}

/// So many pieces with one of the tags or one of the SKUs.
#[derive(Deserialize)]
struct Part {
    quantity: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    skus: Vec<String>,
}

promotion!(bundle_price);

fn bundle_price(input: &Input, settings: &Settings) -> Answer {
    let (cart, context) = (&input.cart, &input.context);
    let mut left: Vec<u32> = cart.lines.iter().map(|line| line.quantity).collect();
    let mut by_price: Vec<usize> = (0..cart.lines.len()).collect();
    by_price.sort_by_key(|at| std::cmp::Reverse(cart.lines[*at].unit_price));
    let (mut operations, mut message) = (Vec::new(), None);
    for bundle in &settings.bundles {
        let parts: Vec<u32> = cart.lines.iter().map(|line| bundle.parts_of(line)).collect();
        let mut offered: Vec<usize> = by_price.iter().copied().filter(|at| parts[*at] != 0).collect();
        let mut taken = vec![0_u32; cart.lines.len()];
        let (mut times, mut is_short) = (0_u32, false);
        let limit = bundle.limit.unwrap_or(MOST).min(MOST);
        while times < limit {
            let mut fit = Fit::new(bundle.parts.iter().map(|part| part.quantity));
            offered.retain(|at| left[*at] > 0);
            for at in offered.iter().copied() {
                // Pieces of one line are alike: where one finds no place, none does.
                let _ = (0..left[at]).take_while(|_| fit.add(at, parts[at])).count();
            }
            let pieces = fit.pieces();
            if fit.open() > 0 {
                is_short = fit.open() == 1 && !pieces.is_empty();
                break;
            }
            let worth = pieces.iter().map(|(at, n)| price(&cart.lines[*at], *n)).fold(0, i64::saturating_add);
            if worth <= bundle.price {
                break;
            }
            // The same pieces again, as often as their lines have them.
            let again = pieces.iter().map(|(at, n)| left[*at] / n).min().unwrap_or(1);
            let again = again.min(limit - times);
            for (at, n) in pieces {
                left[at] -= n * again;
                taken[at] += n * again;
            }
            times += again;
        }
        if times > 0 {
            let named = taken.iter().zip(&cart.lines).filter(|(quantity, _)| **quantity > 0);
            let pieces = named.map(|(quantity, line)| Pieces { sku: line.sku.clone(), quantity: *quantity }).collect();
            let value = Value::Price(bundle.price.saturating_mul(i64::from(times)));
            let reason = bundle.reason(times, &cart.currency, context);
            operations.push(Operation::Bundle(PiecesDiscount { pieces, value, reason }));
        }
        if is_short && message.is_none() {
            message = Some(Operation::Message(bundle.message(&cart.currency, context)));
        }
    }
    operations.extend(message);
    Ok(operations)
}

fn price(line: &Line, pieces: u32) -> i64 {
    line.unit_price.saturating_mul(i64::from(pieces))
}

impl Bundle {
    /// The parts that a line's pieces can be, one bit each.
    fn parts_of(&self, line: &Line) -> u32 {
        let fits = |part: &Part| part.skus.contains(&line.sku) || line.tags.iter().any(|tag| part.tags.contains(tag));
        self.parts.iter().enumerate().filter(|(_, part)| fits(part)).fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// In the locale, else in its language, else in the first there is.
    fn title_in(&self, locale: &str) -> &str {
        let language = locale.split('-').next().unwrap_or_default();
        let own = self.title.get(locale).or_else(|| self.title.get(language));
        own.or_else(|| self.title.values().next()).map_or("", String::as_str)
    }

    fn reason(&self, times: u32, currency: &str, context: &Context) -> String {
        let (title, price) = (self.title_in(&context.locale), money(self.price, currency));
        let times = if times > 1 { format!(" × {times}") } else { String::new() };
        if context.in_chinese() {
            format!("{title}：组合价 {price}{times}")
        } else {
            format!("{title} for {price}{times}")
        }
    }

    fn message(&self, currency: &str, context: &Context) -> String {
        let (title, price) = (self.title_in(&context.locale), money(self.price, currency));
        if context.in_chinese() {
            format!("再加 1 件即可凑成「{title}」，组合价 {price}")
        } else {
            format!("One more piece makes it {title} for {price}")
        }
    }
}
