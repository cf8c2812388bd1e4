//! The price of a cart, explained: every amount says where it comes from, and every sum reconciles.
//! How proposals become allocations is in `apply`.

mod apply;

use crate::promotion::Proposal;
use crate::shop::ShippingMethod;
use crate::{Currency, Money, MoneyError, PromotionId, Sku};
use serde::{Deserialize, Serialize};

/// What pricing needs to know of one cart line, read from the catalogue when the quote is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    /// Sum of the lines before discounts.
    pub subtotal: Money,
    /// Sum of the lines' allocations; never above `subtotal`.
    pub discount: Money,
    pub shipping: Option<ShippingQuote>,
    /// `subtotal - discount + shipping`: what is paid. Taxes are included.
    pub total: Money,
    pub messages: Vec<PromotionMessage>,
    /// Operations that were refused, with the rule: for the merchant, never shown to a shopper.
    pub refused: Vec<RefusedOperation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuoteLine {
    pub sku: Sku,
    pub quantity: u32,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
    /// `unit_price × quantity`.
    pub subtotal: Money,
    pub allocations: Vec<Allocation>,
    /// `subtotal - allocations`, never below zero.
    pub total: Money,
}

/// How much one promotion takes off one line (or off shipping), and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Allocation {
    pub promotion: PromotionId,
    pub title: String,
    pub reason: String,
    /// Above zero.
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ShippingQuote {
    /// The method's id.
    pub method: String,
    /// The method's name as the shopper read it.
    pub name: String,
    /// Before promotions; zero once the method's `free_from` is reached.
    pub price: Money,
    pub allocations: Vec<Allocation>,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PromotionMessage {
    pub promotion: PromotionId,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RefusedOperation {
    pub promotion: PromotionId,
    /// Snake case, stable: one of [`REFUSAL_CODES`].
    pub code: String,
    pub message: String,
}

/// Why an operation of a promotion changes no price.
pub const REFUSAL_CODES: [&str; 10] = [
    "unknown_sku",
    "percent_above_100",
    "percent_not_positive",
    "amount_not_positive",
    "text_missing",
    "text_too_long",
    "nothing_to_discount",
    "no_shipping",
    "too_many_operations",
    "repeated_promotion",
];

/// Why a cart has no price at all. Promotions never cause one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("quantity of {sku} must be at least 1, got 0")]
    NoQuantity { sku: Sku },
    #[error("{sku} is on more than one line")]
    RepeatedSku { sku: Sku },
    #[error("the price of {what} must not be below zero, got {minor}")]
    NegativePrice { what: String, minor: i64 },
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl QuoteError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoQuantity { .. } => "no_quantity",
            Self::RepeatedSku { .. } => "repeated_sku",
            Self::NegativePrice { .. } => "negative_price",
            Self::Money(MoneyError::CurrencyMismatch { .. }) => "currency_mismatch",
            Self::Money(_) => "amount_overflow",
        }
    }
}

/// Prices a cart: `lines` (one a SKU, all in `currency`), then what promotions propose, then shipping by the chosen
/// method, given with its name in the shopper's language. An empty cart ships nothing.
///
/// Promotions apply by their id, so the order in which they are stored or run does not matter. Of all of them first the
/// line discounts count, then the order discounts, then, after `free_from` was held against the discounted goods, the
/// shipping discounts; each percentage is of what is left of its target at that moment. A discount stops at zero.
pub fn quote(
    lines: &[PricedLine],
    currency: Currency,
    proposals: &[Proposal],
    shipping: Option<(&ShippingMethod, &str)>,
) -> Result<Quote, QuoteError> {
    let mut quote = undiscounted(lines, currency)?;
    let promotions = apply::Promotions::check(proposals, &mut quote.refused);
    promotions.discount_lines(&mut quote)?;
    promotions.discount_order(&mut quote)?;
    for line in &quote.lines {
        quote.discount = quote.discount.add(line.subtotal.sub(line.total)?)?;
    }
    let goods = quote.goods_total()?;
    quote.shipping = match shipping {
        Some((method, name)) if !lines.is_empty() => Some(ship(method, name, goods)?),
        _ => None,
    };
    promotions.discount_shipping(&mut quote)?;
    quote.total = match &quote.shipping {
        Some(shipping) => goods.add(shipping.total)?,
        None => goods,
    };
    quote.messages = promotions.messages();
    Ok(quote)
}

impl Quote {
    /// What the goods cost after discounts, before shipping: what `free_from` is held against.
    pub fn goods_total(&self) -> Result<Money, MoneyError> {
        self.subtotal.sub(self.discount)
    }
}

fn undiscounted(lines: &[PricedLine], currency: Currency) -> Result<Quote, QuoteError> {
    let mut seen = std::collections::BTreeSet::new();
    let zero = Money::zero(currency);
    let mut subtotal = zero;
    let mut quoted = Vec::with_capacity(lines.len());
    for line in lines {
        if line.quantity == 0 {
            return Err(QuoteError::NoQuantity { sku: line.sku.clone() });
        }
        if !seen.insert(&line.sku) {
            return Err(QuoteError::RepeatedSku { sku: line.sku.clone() });
        }
        let price = not_negative(line.unit_price, line.sku.as_str())?.times(line.quantity)?;
        subtotal = subtotal.add(price)?;
        quoted.push(QuoteLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            compare_at: line.compare_at,
            subtotal: price,
            allocations: Vec::new(),
            total: price,
        });
    }
    Ok(Quote {
        lines: quoted,
        subtotal,
        discount: zero,
        shipping: None,
        total: zero,
        messages: Vec::new(),
        refused: Vec::new(),
    })
}

fn ship(method: &ShippingMethod, name: &str, goods: Money) -> Result<ShippingQuote, QuoteError> {
    let listed = not_negative(method.price, &method.id)?;
    goods.add(listed)?; // one currency, and the sum fits
    let free = method.free_from.is_some() && method.missing_to_free(goods).is_none();
    let price = if free { Money::zero(goods.currency) } else { listed };
    Ok(ShippingQuote { method: method.id.clone(), name: name.to_owned(), price, allocations: Vec::new(), total: price })
}

fn not_negative(price: Money, what: &str) -> Result<Money, QuoteError> {
    if price.is_negative() {
        return Err(QuoteError::NegativePrice { what: what.to_owned(), minor: price.minor });
    }
    Ok(price)
}
