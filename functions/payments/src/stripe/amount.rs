//! Stripe's smallest units are ISO 4217's but for three currencies (docs.stripe.com/currencies, "special cases").

use crate::provider::ProviderError;
use stoa_domain::{Currency, Money, MoneyError};

/// Digits that Stripe has after the point, where ISO has another number.
fn exponent(currency: Currency) -> u32 {
    match currency.code() {
        "ISK" | "UGX" => 2,
        "MGA" => 0,
        _ => currency.exponent(),
    }
}

/// Stripe's number and the currency's code.
pub(super) fn to_stripe(amount: Money) -> Result<(i64, &'static str), ProviderError> {
    let (ours, theirs) = (amount.currency.exponent(), exponent(amount.currency));
    let unsuitable = || {
        ProviderError::unsupported("amount_unsuitable", format!("Stripe cannot take {} exactly", amount.to_decimal()))
    };
    let minor = if theirs >= ours {
        amount.minor.checked_mul(10_i64.pow(theirs - ours)).ok_or_else(unsuitable)?
    } else {
        let step = 10_i64.pow(ours - theirs);
        if amount.minor % step != 0 {
            return Err(unsuitable());
        }
        amount.minor / step
    };
    // Three digits after the point: the last one must be zero.
    if theirs == 3 && minor % 10 != 0 {
        return Err(unsuitable());
    }
    Ok((minor, amount.currency.code()))
}

/// The reverse, with the code in lower case as Stripe writes it.
pub(super) fn from_stripe(minor: i64, code: &str) -> Result<Money, MoneyError> {
    let currency = Currency::new(&code.to_ascii_uppercase())?;
    let (ours, theirs) = (currency.exponent(), exponent(currency));
    let minor = if theirs >= ours {
        let step = 10_i64.pow(theirs - ours);
        // A fraction of our smallest unit cannot be the shop's amount; it must not be rounded into it.
        if minor % step != 0 {
            return Err(MoneyError::Overflow);
        }
        minor / step
    } else {
        minor.checked_mul(10_i64.pow(ours - theirs)).ok_or(MoneyError::Overflow)?
    };
    Ok(Money::new(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_stripe_counts_them() {
        let table = [
            ("USD", 1_050, Some(1_050)),
            ("JPY", 500, Some(500)),
            ("ISK", 500, Some(50_000)),
            ("UGX", 7, Some(700)),
            ("MGA", 1_500, Some(15)),
            ("MGA", 1_550, None),
            ("KWD", 5_120, Some(5_120)),
            ("KWD", 5_124, None),
            ("ISK", i64::MAX, None),
        ];
        for (code, minor, expected) in table {
            let money = Money::new(minor, Currency::new(code).unwrap());
            let written = to_stripe(money).ok().map(|(minor, _)| minor);
            assert_eq!(written, expected, "{code} {minor}");
            if let Some(stripe) = written {
                assert_eq!(from_stripe(stripe, &code.to_ascii_lowercase()), Ok(money), "{code}");
            }
        }
    }

    #[test]
    fn half_a_unit_is_no_amount_of_ours() {
        assert!(from_stripe(50, "isk").is_err());
        assert!(from_stripe(i64::MAX, "mga").is_err());
        assert!(from_stripe(100, "xyz").is_err());
    }
}
