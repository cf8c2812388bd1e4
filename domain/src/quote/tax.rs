//! Taxes of a quote, on what is left after discounts. Where prices include tax it is taken out of them, else it is
//! added; either way discounts are in the same kind of price as the cart.
//!
//! Each line's tax is one amount, of all its rates together: rounded by itself, or its share of what the order owes for
//! everything that bears the same rates. Rows show the same money by tax: a line's amount is split over its rates by the
//! largest remainder, so rows, lines and total always agree.

use super::{LineTax, Quote, QuoteError, TaxQuote, TaxRow};
use crate::promotion::Line;
use crate::tax::{MAX_RATE_MILLIONTHS, Rate, Rounding, Taxes};
use crate::{Currency, Money};
use std::collections::BTreeMap;

const WHOLE: i128 = 1_000_000;

/// Half away from zero. `minor` is not below zero.
fn tax_of(minor: i64, millionths: u32, included: bool) -> Result<i64, QuoteError> {
    if millionths > MAX_RATE_MILLIONTHS {
        return Err(QuoteError::TaxRate { got: millionths });
    }
    let rate = i128::from(millionths);
    let below = if included { WHOLE + rate } else { WHOLE };
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
                bearer.tax = tax_of(bearer.amount, bearer.millionths(), taxes.included)?;
            }
        }
        Rounding::Order => by_order(&mut bearers, taxes.included, currency)?,
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

/// Rounds the tax of all that bears the same rates once, and gives each its share.
fn by_order(bearers: &mut [Bearer], included: bool, currency: Currency) -> Result<(), QuoteError> {
    let mut groups: BTreeMap<Vec<Rate>, Vec<usize>> = BTreeMap::new();
    for (at, bearer) in bearers.iter().enumerate() {
        groups.entry(bearer.rates.clone()).or_default().push(at);
    }
    for members in groups.into_values() {
        let amounts = || members.iter().map(|at| bearers[*at].amount);
        let sum = amounts().try_fold(0_i64, i64::checked_add).ok_or(crate::MoneyError::Overflow)?;
        let millionths = members.first().map_or(0, |at| bearers[*at].millionths());
        let tax = Money::new(tax_of(sum, millionths, included)?, currency);
        let weights: Vec<u64> = amounts().map(i64::unsigned_abs).collect();
        for (at, part) in members.iter().zip(tax.allocate(&weights)) {
            bearers[*at].tax = part.minor;
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
