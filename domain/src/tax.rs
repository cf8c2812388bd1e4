//! A shop's tax regime: whether its prices include tax, how taxes are rounded, and tables of rates by jurisdiction. What
//! comes of it for one cart is [`Taxes`], which [`crate::quote`] takes.
//!
//! Which rate goods bear is a question about the product, asked with the selectors that promotions use: the first rule of
//! `goods` that means a line gives its category; a line that none means is `standard`, and a variant that is not taxable
//! bears nothing anywhere. So products that were stored before there were taxes have a category, too.

use crate::place::{Destination, Place, closest, validate_places};
use crate::promotion::{Index, Line, Needs, Selector, validate_selector};
use crate::{Currency, FieldError, Locale, Localized};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const MAX_JURISDICTIONS: usize = 500;
/// Taxes of one jurisdiction: state, county, city, district.
pub const MAX_TAXES: usize = 8;
pub const MAX_CATEGORIES: usize = 20;
pub const MAX_GOODS_RULES: usize = 50;
const MAX_NAME_CHARS: usize = 80;
/// 1000 %.
pub const MAX_RATE_MILLIONTHS: u32 = 10_000_000;
/// What goods bear that no rule says anything of, and goods of a category that a jurisdiction has no rate for.
pub const STANDARD: &str = "standard";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TaxRegime {
    /// Prices include tax (VAT, 增值税); else it is added (US sales tax).
    pub included: bool,
    #[serde(default)]
    pub rounding: Rounding,
    /// The most closely fitting one counts; where none fits, nothing is taxed.
    pub jurisdictions: Vec<Jurisdiction>,
    /// Which goods are not `standard`, by the first rule that means them.
    #[serde(default)]
    pub goods: Vec<GoodsRule>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TaxRounding))]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Every line's tax is rounded.
    #[default]
    Line,
    /// The tax of all that bears one rate is rounded once, and split over its lines by the largest remainder.
    Order,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TaxJurisdiction))]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    pub places: Vec<Place>,
    /// Added up: a state's and a city's. Each is shown by its name.
    pub taxes: Vec<NamedTax>,
    /// The category whose rates shipping bears; none: shipping is not taxed here.
    #[serde(default)]
    pub shipping: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NamedTax {
    /// As shoppers read it: `VAT`, `增值税`, `New York City sales tax`.
    pub name: Localized,
    /// Millionths by category: 130000 is 13 %. A category that is not here bears the rate of `standard`.
    pub rates: BTreeMap<String, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = TaxGoodsRule))]
#[serde(deny_unknown_fields)]
pub struct GoodsRule {
    /// `reduced`, `zero`, `books`: whatever the jurisdictions have rates for.
    pub category: String,
    pub select: Selector,
}

/// One tax that something bears.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    pub name: String,
    pub millionths: u32,
}

/// How one cart is taxed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taxes {
    pub included: bool,
    pub rounding: Rounding,
    /// Of the cart's lines, one for one; a line without bears what its own facts say.
    pub lines: Vec<Vec<Rate>>,
    pub shipping: Vec<Rate>,
    /// The address could still change the rates.
    pub estimated: bool,
}

/// What one line of a cart is, to tax.
pub struct Taxed<'a> {
    pub line: &'a Line,
    pub taxable: bool,
}

impl TaxRegime {
    /// The rates of a cart that goes to `to`. `estimated`: `to` was not said by the shopper.
    pub fn of_cart(
        &self,
        lines: &[Taxed<'_>],
        currency: Currency,
        to: &Destination,
        estimated: bool,
        (locale, fallback): (&Locale, &Locale),
    ) -> Taxes {
        let jurisdiction = closest(&self.jurisdictions, |j| &j.places, to);
        let categories = self.categories(lines, currency);
        let rates = |category: &str| -> Vec<Rate> {
            let taxes = jurisdiction.map(|j| j.taxes.as_slice()).unwrap_or_default();
            let rate = |tax: &NamedTax| {
                let millionths = tax.rates.get(category).or_else(|| tax.rates.get(STANDARD)).copied().unwrap_or(0);
                Rate { name: tax.name.get(locale, fallback).to_owned(), millionths }
            };
            taxes.iter().map(rate).filter(|rate| rate.millionths > 0).collect()
        };
        let lines = lines.iter().zip(categories);
        let more = self.jurisdictions.iter().flat_map(|j| &j.places).any(|place| place.asks_more(to));
        Taxes {
            included: self.included,
            rounding: self.rounding,
            lines: lines.map(|(one, category)| if one.taxable { rates(category) } else { Vec::new() }).collect(),
            shipping: jurisdiction.and_then(|j| j.shipping.as_deref()).map(rates).unwrap_or_default(),
            estimated: estimated || more,
        }
    }

    /// The category of each line.
    fn categories(&self, lines: &[Taxed<'_>], currency: Currency) -> Vec<&str> {
        let owned: Vec<Line> =
            if self.goods.is_empty() { vec![] } else { lines.iter().map(|l| l.line.clone()).collect() };
        let index = Index::new(&owned, currency);
        let mut categories = vec![None; lines.len()];
        for rule in &self.goods {
            for at in index.select(Some(&rule.select)).iter() {
                categories[at].get_or_insert(rule.category.as_str());
            }
        }
        categories.into_iter().map(|category| category.unwrap_or(STANDARD)).collect()
    }

    /// What its rules ask about products.
    pub fn needs(&self, needs: &mut Needs) {
        self.goods.iter().for_each(|rule| needs.selector(&rule.select));
    }

    /// Every fault. Codes: `too_many`, `required`, `too_long`, `invalid_category`, `rate_out_of_range`, those of places
    /// and of selectors.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        count(&mut errors, "jurisdictions", self.jurisdictions.len(), 1, MAX_JURISDICTIONS);
        for (i, jurisdiction) in self.jurisdictions.iter().take(MAX_JURISDICTIONS).enumerate() {
            let path = format!("jurisdictions[{i}]");
            errors.extend(jurisdiction.validate().into_iter().map(|error| error.within(&path)));
        }
        count(&mut errors, "goods", self.goods.len(), 0, MAX_GOODS_RULES);
        for (i, rule) in self.goods.iter().take(MAX_GOODS_RULES).enumerate() {
            let path = format!("goods[{i}]");
            category(&mut errors, &format!("{path}.category"), &rule.category);
            errors.extend(validate_selector(&rule.select).into_iter().map(|error| error.within(&path)));
        }
        errors
    }
}

impl Jurisdiction {
    fn validate(&self) -> Vec<FieldError> {
        let mut errors = validate_places(&self.places);
        count(&mut errors, "taxes", self.taxes.len(), 1, MAX_TAXES);
        if let Some(shipping) = &self.shipping {
            category(&mut errors, "shipping", shipping);
        }
        for (i, tax) in self.taxes.iter().take(MAX_TAXES).enumerate() {
            let path = format!("taxes[{i}]");
            if tax.name.is_empty() {
                errors.push(FieldError::new(format!("{path}.name"), "required", "a tax has a name that shoppers read"));
            }
            if tax.name.iter().any(|(_, text)| text.chars().nth(MAX_NAME_CHARS).is_some()) {
                let rule = format!("must have at most {MAX_NAME_CHARS} characters");
                errors.push(FieldError::new(format!("{path}.name"), "too_long", rule));
            }
            count(&mut errors, &format!("{path}.rates"), tax.rates.len(), 1, MAX_CATEGORIES);
            if !tax.rates.contains_key(STANDARD) {
                let rule = "a tax has a rate for `standard`, which may be 0";
                errors.push(FieldError::new(format!("{path}.rates"), "required", rule));
            }
            for (name, millionths) in tax.rates.iter().take(MAX_CATEGORIES) {
                let path = format!("{path}.rates.{name}");
                category(&mut errors, &path, name);
                if *millionths > MAX_RATE_MILLIONTHS {
                    let rule = format!("a rate must be at most {MAX_RATE_MILLIONTHS} millionths, got {millionths}");
                    errors.push(FieldError::new(path, "rate_out_of_range", rule));
                }
            }
        }
        errors
    }
}

fn category(errors: &mut Vec<FieldError>, path: &str, name: &str) {
    let fits = (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !fits {
        let rule = "a category has 1 to 32 small letters, digits and underscores, such as reduced";
        errors.push(FieldError::new(path, "invalid_category", rule));
    }
}

fn count(errors: &mut Vec<FieldError>, path: &str, got: usize, least: usize, most: usize) {
    if !(least..=most).contains(&got) {
        let rule = format!("there must be {least} to {most}, got {got}");
        errors.push(FieldError::new(path, "too_many", rule));
    }
}
