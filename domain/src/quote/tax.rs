//! Taxes of a quote, by line, on what is left after discounts. Where prices include tax it is taken out of them, else it
//! is added; either way discounts are in the same kind of price as the cart.

use super::{LineTax, Quote, QuoteError, TaxQuote};
use crate::Money;
use crate::promotion::{Line, Tax};

const WHOLE: i128 = 1_000_000;
/// 1000 %.
const MAX_RATE: u32 = 10_000_000;

/// Rounded by line, half away from zero.
fn tax_of(amount: Money, millionths: u32, included: bool) -> Result<Money, QuoteError> {
    if millionths > MAX_RATE {
        return Err(QuoteError::TaxRate { got: millionths });
    }
    let rate = i128::from(millionths);
    let below = if included { WHOLE + rate } else { WHOLE };
    // At most i64::MAX times ten, so nothing overflows here.
    let tax = (i128::from(amount.minor) * rate * 2 + below) / (below * 2);
    let minor = i64::try_from(tax).map_err(|_| crate::MoneyError::Overflow)?;
    Ok(Money::new(minor, amount.currency))
}

/// The taxes of a quote whose lines and shipping are final.
pub(super) fn taxes(quote: &Quote, lines: &[Line], tax: Tax) -> Result<TaxQuote, QuoteError> {
    let mut total = Money::zero(quote.subtotal.currency);
    let mut of = |amount: Money, millionths: u32| {
        let tax_amount = tax_of(amount, millionths, tax.included)?;
        total = total.add(tax_amount)?;
        let net = if tax.included { amount.sub(tax_amount)? } else { amount };
        Ok::<_, QuoteError>(LineTax { millionths, net, tax: tax_amount })
    };
    let quoted = quote.lines.iter().zip(lines);
    let by_line = quoted.map(|(quoted, line)| of(quoted.total, line.facts.tax_millionths)).collect::<Result<_, _>>()?;
    let shipping = quote.shipping.as_ref().map(|s| of(s.total, tax.shipping_millionths)).transpose()?;
    Ok(TaxQuote { included: tax.included, lines: by_line, shipping, total })
}
