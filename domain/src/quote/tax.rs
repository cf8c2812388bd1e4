//! Taxes of a quote, on what is left after discounts. Where prices include tax it is taken out of them, else it is
//! added; either way discounts are in the same kind of price as the cart.
//!
//! Each line's tax is one amount, of all its rates together: rounded by itself, or with everything that bears the same
//! rates, then no further from its own than one unit. Rows show the same money by tax: a line's amount is split over its
//! rates by the largest remainder, so rows, lines and total always agree.

use super::{LineTax, Quote, QuoteError, TaxQuote, TaxRow};
use crate::Money;
use crate::promotion::Line;
use crate::tax::{MAX_RATE_MILLIONTHS, Rate, Rounding, Taxes};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const WHOLE: i128 = 1_000_000;

/// What part of an amount its tax is: above and below the line.
fn part(millionths: u32, included: bool) -> Result<(i128, i128), QuoteError> {
    if millionths > MAX_RATE_MILLIONTHS {
        return Err(QuoteError::TaxRate { got: millionths });
    }
    let rate = i128::from(millionths);
    Ok((rate, if included { WHOLE + rate } else { WHOLE }))
}

/// Half away from zero. `minor` is not below zero.
fn tax_of(minor: i64, (rate, below): (i128, i128)) -> Result<i64, QuoteError> {
    // At most i64::MAX times ten, so nothing overflows here.
    let tax = (i128::from(minor) * rate * 2 + below) / (below * 2);
    i64::try_from(tax).map_err(|_| crate::MoneyError::Overflow.into())
}

/// Something that is taxed: a line, or shipping.
struct Bearer {
    amount: i64,
    rates: Vec<Rate>,
    tax: i64,
}

impl Bearer {
    fn millionths(&self) -> u32 {
        self.rates.iter().fold(0, |sum, rate| sum.saturating_add(rate.millionths))
    }
}

/// The taxes of a quote whose lines and shipping are final.
pub(super) fn taxes(quote: &Quote, lines: &[Line], taxes: &Taxes) -> Result<TaxQuote, QuoteError> {
    let currency = quote.subtotal.currency;
    let own = |line: &Line| match line.facts.tax_millionths {
        0 => Vec::new(),
        millionths => vec![Rate { name: String::new(), millionths }],
    };
    let rates = |at: usize, line| taxes.lines.get(at).cloned().unwrap_or_else(|| own(line));
    let quoted = quote.lines.iter().zip(lines).enumerate();
    let mut bearers: Vec<Bearer> = quoted
        .map(|(at, (quoted, line))| Bearer { amount: quoted.total.minor, rates: rates(at, line), tax: 0 })
        .collect();
    let shipping = quote.shipping.as_ref().map(|s| s.total.minor);
    bearers.extend(shipping.map(|amount| Bearer { amount, rates: taxes.shipping.clone(), tax: 0 }));
    match taxes.rounding {
        Rounding::Line => {
            for bearer in &mut bearers {
                bearer.tax = tax_of(bearer.amount, part(bearer.millionths(), taxes.included)?)?;
            }
        }
        Rounding::Order => by_order(&mut bearers, taxes.included)?,
    }
    let mut of: Vec<LineTax> = Vec::with_capacity(bearers.len());
    let (mut total, mut rows) = (Money::zero(currency), BTreeMap::new());
    for bearer in &bearers {
        let (amount, tax) = (Money::new(bearer.amount, currency), Money::new(bearer.tax, currency));
        total = total.add(tax)?;
        let net = if taxes.included { amount.sub(tax)? } else { amount };
        add_rows(&mut rows, bearer, net)?;
        of.push(LineTax { millionths: bearer.millionths(), net, tax });
    }
    let shipping = shipping.and_then(|_| of.pop());
    let row = |(rate, (net, tax)): (&Rate, (Money, Money))| TaxRow {
        name: rate.name.clone(),
        millionths: rate.millionths,
        net,
        tax,
    };
    let rows = rows.into_iter().map(row).collect();
    Ok(TaxQuote { included: taxes.included, estimated: taxes.estimated, lines: of, shipping, rows, total })
}

/// Rounds the tax of all that bears the same rates once. Each bears its own tax rounded down, and what is left goes to those
/// that lost most by it, one unit each: shares of the rounded sum would put a large one more than a unit above its own.
fn by_order(bearers: &mut [Bearer], included: bool) -> Result<(), QuoteError> {
    let mut groups: BTreeMap<Vec<Rate>, Vec<usize>> = BTreeMap::new();
    for (at, bearer) in bearers.iter().enumerate() {
        groups.entry(bearer.rates.clone()).or_default().push(at);
    }
    for mut members in groups.into_values() {
        let sum = members.iter().try_fold(0_i64, |sum, at| sum.checked_add(bearers[*at].amount));
        let sum = sum.ok_or(crate::MoneyError::Overflow)?;
        let (rate, below) = part(members.first().map_or(0, |at| bearers[*at].millionths()), included)?;
        let mut left = tax_of(sum, (rate, below))?;
        for at in &members {
            let down = i128::from(bearers[*at].amount) * rate / below;
            bearers[*at].tax = i64::try_from(down).map_err(|_| crate::MoneyError::Overflow)?;
            left -= bearers[*at].tax;
        }
        members.sort_by_key(|at| (Reverse(i128::from(bearers[*at].amount) * rate % below), *at));
        for at in members.iter().take(usize::try_from(left).unwrap_or(0)) {
            bearers[*at].tax += 1;
        }
    }
    Ok(())
}

/// A bearer's tax by its rates.
fn add_rows<'a>(
    rows: &mut BTreeMap<&'a Rate, (Money, Money)>,
    bearer: &'a Bearer,
    net: Money,
) -> Result<(), QuoteError> {
    let weights: Vec<u64> = bearer.rates.iter().map(|rate| u64::from(rate.millionths)).collect();
    let parts = Money::new(bearer.tax, net.currency).allocate(&weights);
    for (rate, part) in bearer.rates.iter().zip(parts) {
        let row = rows.entry(rate).or_insert((Money::zero(net.currency), Money::zero(net.currency)));
        *row = (row.0.add(net)?, row.1.add(part)?);
    }
    Ok(())
}
