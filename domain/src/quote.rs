//! The price of a cart, explained: every amount says where it comes from, and every sum reconciles.
//!
//! Rules and plugins end as the same effects (`effect`): `rules` and `proposals` say which, `engine` takes them off in
//! one pass, `choose` decides which promotions apply together, `explain` writes down what came of it.

mod choose;
mod codes;
mod effect;
mod engine;
mod explain;
mod given;
mod proposals;
mod rules;
mod shown;
mod state;
mod tax;

pub use shown::{Change, Shown, What};

use crate::promotion::{Context, Line, LineFacts, PromotionSet, Proposal, Proposed, ReasonCode, Terms};
use crate::shipping::Delivery;
use crate::shop::ShippingMethod;
use crate::{Currency, Locale, Money, MoneyError, PromotionId, Sku};
use jiff::Timestamp;
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
    /// `subtotal - discount + shipping`, and the taxes where prices do not include them: what is paid.
    pub total: Money,
    pub messages: Vec<PromotionMessage>,
    /// Operations that were refused, with the rule: for the merchant, never shown to a shopper.
    pub refused: Vec<RefusedOperation>,
    /// Pieces beside the lines that cost nothing.
    #[serde(default)]
    pub gifts: Vec<GiftLine>,
    /// Every code that the shopper gave, and what came of it.
    #[serde(default)]
    pub codes: Vec<CodeOutcome>,
    /// None: nothing was said of taxes.
    #[serde(default)]
    pub tax: Option<TaxQuote>,
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
    #[serde(default)]
    pub source: Source,
    /// What the promotion did: `discount_lines`, `buy_get`, … as in its JSON.
    #[serde(default)]
    pub action: String,
    /// How many pieces of the line it is for; None for the line as a whole.
    #[serde(default)]
    pub pieces: Option<u32>,
    /// The code that brought the promotion in.
    #[serde(default)]
    pub code: Option<String>,
    /// The promotion's limit for an order, or its budget, made it less.
    #[serde(default)]
    pub limited: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AllocationSource))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Rule,
    #[default]
    Plugin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GiftLine {
    pub sku: Sku,
    pub quantity: u32,
    pub promotion: PromotionId,
    pub title: String,
    pub reason: String,
    /// What the pieces are worth; the shopper pays nothing.
    pub value: Money,
}

/// One code: applied, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CodeOutcome {
    /// As the shopper gave it, at most 64 characters of it.
    pub code: String,
    pub promotion: Option<PromotionId>,
    /// None: it applied.
    pub why_not: Option<WhyNot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WhyNot {
    pub code: ReasonCode,
    /// What a page looks its text up by.
    pub text_key: String,
    /// The rule, for the merchant; what a plugin says where it rejected the code.
    pub message: String,
    pub missing_amount: Option<Money>,
    pub missing_quantity: Option<u64>,
    /// The promotion that stands in the way.
    pub because_of: Option<PromotionId>,
}

/// A promotion that gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NotApplied {
    pub promotion: PromotionId,
    pub why_not: WhyNot,
}

/// The same money three times: by line and shipping, by tax, and as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaxQuote {
    /// In the prices already.
    pub included: bool,
    /// Made for the shop's own country, or for as much of the address as was known: the rest of it may change the rates.
    #[serde(default)]
    pub estimated: bool,
    /// As the quote's lines, one for one.
    pub lines: Vec<LineTax>,
    pub shipping: Option<LineTax>,
    /// By name and rate.
    #[serde(default)]
    pub rows: Vec<TaxRow>,
    pub total: Money,
}

/// One tax of the whole order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaxRow {
    /// As the shopper reads it: `VAT`, `增值税`.
    pub name: String,
    pub millionths: u32,
    /// What bears it, without tax.
    pub net: Money,
    pub tax: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LineTax {
    /// Of all its taxes together: 130000 is 13 %.
    pub millionths: u32,
    /// After discounts, without tax.
    pub net: Money,
    pub tax: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ShippingQuote {
    /// The method's id.
    pub method: String,
    /// The method's name as the shopper read it.
    pub name: String,
    /// Before promotions; zero once the goods' total makes the method free.
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
pub const REFUSAL_CODES: [&str; 18] = [
    "unknown_sku",
    "percent_above_100",
    "percent_not_positive",
    "amount_not_positive",
    "price_negative",
    "value_not_applicable",
    "quantity_not_positive",
    "pieces_out_of_range",
    "not_enough_pieces",
    "gift_unavailable",
    "unknown_code",
    "text_missing",
    "text_too_long",
    "nothing_to_discount",
    "no_shipping",
    "too_many_operations",
    "repeated_promotion",
    "not_combined",
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
    #[error("a tax rate must be at most 10000000 millionths, got {got}")]
    TaxRate { got: u32 },
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
            Self::TaxRate { .. } => "tax_rate_out_of_range",
            Self::Money(MoneyError::CurrencyMismatch { .. }) => "currency_mismatch",
            Self::Money(_) => "amount_overflow",
        }
    }
}

/// All that a price depends on.
pub struct Request<'a> {
    /// One a SKU, all in the context's currency.
    pub lines: &'a [Line],
    pub context: &'a Context,
    pub promotions: &'a PromotionSet,
    pub proposals: &'a [Proposed<'a>],
    /// The chosen method at its rates for this cart and address.
    pub shipping: Option<&'a Delivery>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Priced {
    pub quote: Quote,
    /// Every rule that gave nothing, and why, by the promotions' order.
    pub not_applied: Vec<NotApplied>,
    /// Every set of promotions that combine was priced; else the best of those that were.
    pub exhaustive: bool,
}

/// Prices a cart. Promotions apply by priority, highest first, then by id, so the order in which they are stored does
/// not matter. Of all that apply first the line discounts count, then the order discounts, then, after `free_from` was
/// held against the discounted goods, the shipping discounts; each percentage is of what is left of its target at that
/// moment. A discount stops at zero. An empty cart ships nothing.
pub fn price(request: &Request<'_>) -> Result<Priced, QuoteError> {
    let undiscounted = undiscounted(request)?;
    explain::explain(request, undiscounted)
}

/// Prices a cart by what plugins propose alone; every one of them combines with every other.
pub fn quote(
    lines: &[PricedLine],
    currency: Currency,
    proposals: &[Proposal],
    shipping: Option<(&ShippingMethod, &str)>,
) -> Result<Quote, QuoteError> {
    let line = |line: &PricedLine| Line { priced: line.clone(), facts: LineFacts::default() };
    let lines: Vec<Line> = lines.iter().map(line).collect();
    let (locale, fallback) = (Locale::undetermined(), Locale::undetermined());
    let context = Context::new(currency, Timestamp::UNIX_EPOCH, locale, fallback);
    let proposed = |proposal| Proposed { proposal, terms: Terms::default() };
    let proposals: Vec<Proposed<'_>> = proposals.iter().map(proposed).collect();
    let promotions = PromotionSet::default();
    let delivery = shipping.map(|(method, name)| Delivery::everywhere(method, name, currency));
    let shipping = delivery.as_ref();
    let request =
        Request { lines: &lines, context: &context, promotions: &promotions, proposals: &proposals, shipping };
    price(&request).map(|priced| priced.quote)
}

impl Quote {
    /// What the goods cost after discounts, before shipping: what `free_from` is held against.
    pub fn goods_total(&self) -> Result<Money, MoneyError> {
        self.subtotal.sub(self.discount)
    }
}

/// The lines at their prices. Refuses what has no price; whatever is taken off afterwards, no sum overflows.
fn undiscounted(request: &Request<'_>) -> Result<Quote, QuoteError> {
    let mut seen = std::collections::BTreeSet::new();
    let zero = Money::zero(request.context.currency);
    let mut subtotal = zero;
    let mut quoted = Vec::with_capacity(request.lines.len());
    for Line { priced: line, .. } in request.lines {
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
    if let Some(delivery) = request.shipping.filter(|_| !quoted.is_empty()) {
        let (least, most) = delivery.bounds();
        not_negative(Money::new(least, zero.currency), &delivery.method)?;
        subtotal.add(Money::new(most, zero.currency))?;
    }
    Ok(Quote {
        lines: quoted,
        subtotal,
        discount: zero,
        shipping: None,
        total: zero,
        messages: Vec::new(),
        refused: Vec::new(),
        gifts: Vec::new(),
        codes: Vec::new(),
        tax: None,
    })
}

fn not_negative(price: Money, what: &str) -> Result<Money, QuoteError> {
    if price.is_negative() {
        return Err(QuoteError::NegativePrice { what: what.to_owned(), minor: price.minor });
    }
    Ok(price)
}
