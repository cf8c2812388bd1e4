//! Money: whole minor units with a currency. Every operation is checked; a split always sums to the whole.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 currency. Serialises as its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, example = "CNY"))]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency { code: code.chars().take(16).collect() })
    }
    pub fn code(&self) -> &'static str {
        self.0.code()
    }
    /// Digits after the point: 2 for CNY, 0 for JPY, 3 for KWD (ISO 4217). Currencies without minor units count as 0.
    pub fn exponent(&self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
    /// `¥`, `$`, `€`, …
    pub fn symbol(&self) -> String {
        self.0.symbol().to_string()
    }
}
/// By code.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}
impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::new(&code)
    }
}
impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("currency must be an ISO 4217 code, got {code:?}")]
    UnknownCurrency { code: String },
    #[error("amounts must share a currency, got {left} and {right}")]
    CurrencyMismatch { left: Currency, right: Currency },
    #[error("the amount is beyond what an order can hold")]
    Overflow,
    #[error("an amount in {currency} has at most {exponent} digits after the point, got {text:?}")]
    NotAnAmount { text: String, currency: Currency, exponent: u32 },
}

/// `minor` units (fen, cents) of `currency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

#[allow(clippy::should_implement_trait, reason = "`add` and `sub` can fail, the operators cannot")]
impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }
    pub fn is_zero(&self) -> bool {
        self.minor == 0
    }
    pub fn is_negative(&self) -> bool {
        self.minor < 0
    }
    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        self.minor.checked_add(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }
    pub fn sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        self.minor.checked_sub(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        self.minor.checked_mul(i64::from(quantity)).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }
    /// `basis_points` ten-thousandths of the amount, half away from zero.
    pub fn basis_points(self, basis_points: u32) -> Self {
        let product = i128::from(self.minor) * i128::from(basis_points);
        let half = if product >= 0 { 5_000 } else { -5_000 };
        let minor = (product + half) / 10_000;
        Self { minor: i64::try_from(minor).unwrap_or(if minor > 0 { i64::MAX } else { i64::MIN }), ..self }
    }
    /// Splits by weights with the largest remainder: the parts sum to the whole, whatever the weights.
    /// No weights give no parts; all-zero weights split evenly. The first of equal remainders wins.
    pub fn allocate(self, weights: &[u64]) -> Vec<Self> {
        if weights.is_empty() {
            return Vec::new();
        }
        let even = weights.iter().all(|w| *w == 0);
        let weight = |i: usize| if even { 1 } else { i128::from(weights[i]) };
        let total: i128 = (0..weights.len()).map(weight).sum();
        let whole = i128::from(self.minor);
        let mut parts: Vec<i128> = (0..weights.len()).map(|i| whole * weight(i) / total).collect();
        let mut left = whole - parts.iter().sum::<i128>();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse((whole * weight(*i) % total).abs()), *i));
        for i in order {
            if left == 0 {
                break;
            }
            parts[i] += left.signum();
            left -= left.signum();
        }
        parts.into_iter().map(|p| Self { minor: i64::try_from(p).unwrap_or(self.minor), ..self }).collect()
    }
    /// Reads `12.50` (a point, no grouping) exactly; refuses more digits than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let refuse = || MoneyError::NotAnAmount { text: text.chars().take(40).collect(), currency, exponent };
        let mut amount: rust_decimal::Decimal = text.trim().parse().map_err(|_| refuse())?;
        amount.normalize_assign();
        if amount.scale() > exponent {
            return Err(refuse());
        }
        amount.rescale(exponent);
        i64::try_from(amount.mantissa()).map(|minor| Self { minor, currency }).map_err(|_| refuse())
    }
    /// `12.50`: a point, the currency's digits, no grouping. The reverse of [`Money::parse`].
    pub fn to_decimal(self) -> String {
        let exponent = self.currency.exponent();
        rust_decimal::Decimal::from_i128_with_scale(i128::from(self.minor), exponent).to_string()
    }
}
