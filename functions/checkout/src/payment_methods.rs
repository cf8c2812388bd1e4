//! How a shop can be paid: names only. The keys are the payments function's.

use stoa_domain::Currency;
use stoa_domain::payment::{PROVIDERS, takes};
use stoa_endpoint::config::{ConfigError, optional};
use stoa_endpoint::{ApiError, FieldError};

/// Providers by name, in the order in which shoppers read them; at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethods(Vec<String>);

impl PaymentMethods {
    pub const VARIABLE: &'static str = "STOA_PAYMENT_METHODS";

    /// `wechat,alipay,stripe`; the sandbox alone where nothing is set.
    pub fn from_env() -> Result<Self, ConfigError> {
        optional(Self::VARIABLE).map_or_else(|| Ok(Self::sandbox()), |text| Self::new(&text))
    }

    pub fn sandbox() -> Self {
        Self(vec!["sandbox".to_owned()])
    }

    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let known = names.iter().all(|name| PROVIDERS.contains(&name.as_str()));
        let once = names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
        if known && once {
            return Ok(Self(names));
        }
        let rule = format!("one or more of {}, with commas between, none twice", PROVIDERS.join(", "));
        Err(ConfigError::new(Self::VARIABLE, rule))
    }

    /// Those that can take the shop's currency.
    pub(crate) fn offered(&self, currency: Currency) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(move |name| takes(name, currency))
    }

    /// The wanted one, or the first where nothing is wanted. Nothing that is not offered.
    pub(crate) fn choose(&self, wanted: Option<&str>, currency: Currency) -> Result<&str, ApiError> {
        let mut offered = self.offered(currency);
        match wanted {
            None => offered.next().ok_or_else(|| ApiError::internal("no payment method takes the shop's currency")),
            Some(wanted) => offered.find(|name| *name == wanted).ok_or_else(|| {
                let all: Vec<_> = self.offered(currency).collect();
                let rule = format!("must be one of {}", all.join(", "));
                ApiError::validation(vec![FieldError::new("payment_method", "not_offered", rule)])
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_methods_are_configured_and_only_those_that_take_the_currency_are_offered() {
        let methods = PaymentMethods::new("wechat, stripe").unwrap();
        let [yuan, euro] = ["CNY", "EUR"].map(|code| Currency::new(code).unwrap());
        assert_eq!(methods.offered(yuan).collect::<Vec<_>>(), ["wechat", "stripe"]);
        assert_eq!(methods.choose(None, euro).unwrap(), "stripe");
        assert_eq!(methods.choose(Some("stripe"), yuan).unwrap(), "stripe");
        assert!(methods.choose(Some("wechat"), euro).is_err() && methods.choose(Some("sandbox"), yuan).is_err());
        for wrong in ["", "paypal", "wechat,wechat", "wechat,,stripe", "Wechat"] {
            assert!(PaymentMethods::new(wrong).is_err(), "{wrong}");
        }
    }
}
