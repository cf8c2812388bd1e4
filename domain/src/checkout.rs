//! What the merchant says of every checkout: where the shop is, what tax it takes, and where its methods deliver. Apart
//! from [`crate::shop::Shop`], which the edge shows: tables of rates are read where prices are made and nowhere else.

use crate::place::Destination;
use crate::shipping::{Delivery, MAX_METHODS, MethodRates, NotOffered};
use crate::shop::{ShippingMethod, Shop};
use crate::tax::TaxRegime;
use crate::{FieldError, Locale};
use serde::{Deserialize, Serialize};

/// The settings as JSON, in bytes: they are read for every quote.
pub const MAX_SETTINGS_BYTES: usize = 65_536;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CheckoutSettings {
    /// The shop's own country and region: what a quote is made for until the shopper says where the goods go.
    pub home: Destination,
    /// None: quotes say nothing of taxes.
    pub taxes: Option<TaxRegime>,
    /// A method that is not here costs what the shop's settings say, everywhere.
    pub shipping: Vec<MethodRates>,
}

impl CheckoutSettings {
    /// A method for a cart of `grams`.
    pub fn delivery(
        &self,
        shop: &Shop,
        method: &ShippingMethod,
        locale: &Locale,
        to: &Destination,
        grams: u64,
    ) -> Result<Delivery, NotOffered> {
        let rates = self.shipping.iter().find(|rates| rates.method == method.id);
        Delivery::of(method, method.name.get(locale, &shop.default_locale), rates, to, grams, shop.currency)
    }

    /// Every fault of settings for this shop. Codes: `unknown_country`, `unknown_method`, `repeated`, `too_many`, those
    /// of taxes and rates.
    pub fn validate(&self, shop: &Shop) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !crate::address::is_country(&self.home.country) {
            let rule = "a shop has a home: country must be an ISO 3166-1 code of two capital letters such as CN";
            errors.push(FieldError::new("home.country", "unknown_country", rule));
        }
        for (field, text) in [("home.region", &self.home.region), ("home.postal_code", &self.home.postal_code)] {
            if text.chars().nth(crate::address::MAX_FIELD_CHARS).is_some() {
                let rule = format!("must have at most {} characters", crate::address::MAX_FIELD_CHARS);
                errors.push(FieldError::new(field, "too_long", rule));
            }
        }
        if let Some(taxes) = &self.taxes {
            errors.extend(taxes.validate().into_iter().map(|error| error.within("taxes")));
        }
        if self.shipping.len() > MAX_METHODS {
            let rule = format!("there must be at most {MAX_METHODS}, got {}", self.shipping.len());
            errors.push(FieldError::new("shipping", "too_many", rule));
        }
        for (i, rates) in self.shipping.iter().take(MAX_METHODS).enumerate() {
            let path = format!("shipping[{i}]");
            if !shop.shipping_methods.iter().any(|method| method.id == rates.method) {
                let rule = "must be the id of one of the shop's shipping methods";
                errors.push(FieldError::new(format!("{path}.method"), "unknown_method", rule));
            }
            if self.shipping[..i].iter().any(|other| other.method == rates.method) {
                errors.push(FieldError::new(format!("{path}.method"), "repeated", "a method has its rates once"));
            }
            errors.extend(rates.validate(shop.currency).into_iter().map(|error| error.within(&path)));
        }
        errors
    }
}
