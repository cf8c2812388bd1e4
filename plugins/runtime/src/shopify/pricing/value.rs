//! How much a discount is: decimals of any form, exactly, to basis points and minor units.

use super::Failure;
use super::read::{Place, unsupported};
use crate::shopify::Json;
use rust_decimal::{Decimal, RoundingStrategy};
use stoa_domain::Currency;
use stoa_domain::promotion::DiscountValue;

/// Digits after the point that a sum of floats is trusted with: 0.1 + 0.2 is 0.3.
const TRUSTED_DIGITS: u32 = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    BasisPoints(u32),
    /// Minor units of the whole.
    Amount(i64),
    AmountEach(i64),
}

impl Value {
    /// `of_pieces`: may be an amount for each piece.
    pub(super) fn read(place: &Place<'_>, of_pieces: bool, currency: Currency) -> Result<Self, Failure> {
        let (name, body) = place.one_of()?;
        match name {
            "percentage" => {
                body.only(&["value"])?;
                basis_points(&body.member("value")?).map(Self::BasisPoints)
            }
            "fixedAmount" => {
                body.only(if of_pieces { &["amount", "appliesToEachItem"] } else { &["amount"] })?;
                let amount = minor(&body.member("amount")?, currency)?;
                match body.get("appliesToEachItem") {
                    None | Some(Json::Bool(false)) => Ok(Self::Amount(amount)),
                    Some(Json::Bool(true)) => Ok(Self::AmountEach(amount)),
                    Some(_) => Err(Failure::BadOutput(format!("{}.appliesToEachItem must be a bool", body.path))),
                }
            }
            _ => Err(unsupported(&body.path, "a value is a percentage or a fixed amount".to_owned())),
        }
    }

    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Self::BasisPoints(0) | Self::Amount(0) | Self::AmountEach(0))
    }

    pub(super) fn of_pieces(self) -> DiscountValue {
        match self {
            Self::BasisPoints(points) => DiscountValue::BasisPoints(points),
            Self::Amount(minor) => DiscountValue::Amount(minor),
            Self::AmountEach(minor) => DiscountValue::AmountEach(minor),
        }
    }

    /// Of an order or of delivery.
    pub(super) fn of_whole(self) -> DiscountValue {
        match self {
            Self::BasisPoints(points) => DiscountValue::BasisPoints(points),
            Self::Amount(minor) | Self::AmountEach(minor) => DiscountValue::Amount(minor),
        }
    }

    /// What it takes off one piece of this price, if it is for each.
    pub(super) fn off_each(self, price: i64) -> i64 {
        match self {
            Self::AmountEach(minor) => minor.min(price),
            _ => 0,
        }
    }

    /// What it takes off a whole of so many minor units, `each` of them piece by piece.
    pub(super) fn worth(self, whole: i128, each: i128) -> i64 {
        let off = match self {
            Self::BasisPoints(points) => whole * i128::from(points) / 10_000,
            Self::Amount(minor) => whole.min(minor.into()),
            Self::AmountEach(_) => each,
        };
        i64::try_from(off).unwrap_or(i64::MAX)
    }

    /// Compares discounts of something whose price is not known: the whole of it is the most there is.
    pub(super) fn rank(self) -> i64 {
        match self {
            Self::BasisPoints(10_000) => i64::MAX,
            Self::BasisPoints(points) => i64::from(points),
            Self::Amount(minor) | Self::AmountEach(minor) => minor,
        }
    }
}

/// Minor units; what is finer than the currency is rounded, half away from zero.
pub(super) fn minor(place: &Place<'_>, currency: Currency) -> Result<i64, Failure> {
    let digits = currency.exponent();
    let amount = decimal(place)?.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    let minor = 10_i64.checked_pow(digits).and_then(|units| amount.checked_mul(units.into()));
    match minor.and_then(|minor| i64::try_from(minor.trunc().mantissa()).ok()).filter(|minor| *minor >= 0) {
        Some(minor) => Ok(minor),
        None => Err(Failure::BadOutput(format!("{} must be an amount of at least zero", place.path))),
    }
}

fn basis_points(place: &Place<'_>) -> Result<u32, Failure> {
    let percent = decimal(place)?.round_dp_with_strategy(TRUSTED_DIGITS, RoundingStrategy::MidpointAwayFromZero);
    if percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
        return Err(Failure::BadOutput(format!("{} must be between 0 and 100", place.path)));
    }
    let points = (percent * Decimal::ONE_HUNDRED).normalize();
    match u32::try_from(points.mantissa()) {
        Ok(points_) if points.scale() == 0 => Ok(points_),
        _ => Err(unsupported(&place.path, "a percentage has at most two digits after the point".to_owned())),
    }
}

/// A decimal as text or as a number.
fn decimal(place: &Place<'_>) -> Result<Decimal, Failure> {
    let text = match place.value {
        Json::Text(text) => text.trim().to_owned(),
        // The shortest text of a float that means the same float.
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let exact = Decimal::from_str_exact(&text).or_else(|_| text.parse());
    exact
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| Failure::BadOutput(format!("{} must be a decimal number", place.path)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str, of_pieces: bool) -> Result<Value, Failure> {
        let json: Json = serde_json::from_str(text).unwrap();
        Value::read(&Place::root(&json), of_pieces, Currency::new("CNY").unwrap())
    }

    #[test]
    fn percentages_are_exact() {
        for (value, points) in [
            (r#""10.0""#, 1_000),
            ("20", 2_000),
            ("33.3", 3_330),
            ("0.30000000000000004", 30),
            (r#""100""#, 10_000),
            (r#""1e1""#, 1_000),
            ("12.5", 1_250),
        ] {
            let read = read(&format!(r#"{{"percentage":{{"value":{value}}}}}"#), true);
            assert_eq!(read, Ok(Value::BasisPoints(points)), "{value}");
        }
    }

    #[test]
    fn percentages_that_are_none_are_refused() {
        for (value, code) in [
            ("101", "bad_output"),
            ("-1", "bad_output"),
            (r#""ten""#, "bad_output"),
            (r#""NaN""#, "bad_output"),
            ("null", "bad_output"),
            ("33.333", "unsupported_output"),
        ] {
            let error = read(&format!(r#"{{"percentage":{{"value":{value}}}}}"#), true).unwrap_err();
            assert_eq!(error.code(), code, "{value}: {error}");
        }
    }

    #[test]
    fn amounts_are_minor_units() {
        for (amount, minor) in [(r#""5.0""#, 500), ("0.1", 10), (r#""3.335""#, 334), ("19.999999999999996", 2_000)] {
            let read = read(&format!(r#"{{"fixedAmount":{{"amount":{amount}}}}}"#), false);
            assert_eq!(read, Ok(Value::Amount(minor)), "{amount}");
        }
        let each = r#"{"fixedAmount":{"amount":"1","appliesToEachItem":true}}"#;
        assert_eq!(read(each, true), Ok(Value::AmountEach(100)));
        assert_eq!(read(each, false).unwrap_err().code(), "unsupported_output");
        for amount in [r#""-0.01""#, "1e300", r#""99999999999999999999999999""#, "[]"] {
            let error = read(&format!(r#"{{"fixedAmount":{{"amount":{amount}}}}}"#), false).unwrap_err();
            assert_eq!(error.code(), "bad_output", "{amount}");
        }
    }
}
