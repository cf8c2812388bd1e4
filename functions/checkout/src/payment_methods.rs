//! How a shop can be paid, and how long it waits for it: names and minutes only. The keys are the payments function's.

use jiff::SignedDuration;
use stoa_domain::Currency;
use stoa_domain::payment::{MAX_HOLD, MIN_HOLD, PROVIDERS, takes, usual_hold};
use stoa_endpoint::config::{ConfigError, optional};
use stoa_endpoint::{ApiError, FieldError};

/// Providers by name, in the order in which shoppers read them; at least one, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethods(Vec<Method>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Method {
    name: String,
    /// How long an order is held for its payment.
    hold: SignedDuration,
}

impl PaymentMethods {
    pub const VARIABLE: &'static str = "STOA_PAYMENT_METHODS";

    /// `wechat,alipay,stripe`, each with the minutes that an order waits where the usual ones will not do: `wechat=15`. The
    /// sandbox alone where nothing is set.
    pub fn from_env() -> Result<Self, ConfigError> {
        optional(Self::VARIABLE).map_or_else(|| Ok(Self::sandbox()), |text| Self::new(&text))
    }

    pub fn sandbox() -> Self {
        Self(vec![Method { name: "sandbox".to_owned(), hold: usual_hold("sandbox") }])
    }

    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let methods: Option<Vec<Method>> = text.split(',').map(Method::read).collect();
        let once =
            |all: &[Method]| all.iter().enumerate().all(|(at, one)| all[..at].iter().all(|m| m.name != one.name));
        methods.filter(|all| once(all)).map(Self).ok_or_else(|| {
            let (least, most) = (MIN_HOLD.as_mins(), MAX_HOLD.as_mins());
            let rule = format!(
                "one or more of {}, with commas between, none twice, each alone or with {least} to {most} minutes: wechat=15",
                PROVIDERS.join(", ")
            );
            ConfigError::new(Self::VARIABLE, rule)
        })
    }

    /// Those that can take the shop's currency.
    pub(crate) fn offered(&self, currency: Currency) -> impl Iterator<Item = &str> {
        self.0.iter().map(|method| method.name.as_str()).filter(move |name| takes(name, currency))
    }

    /// How long an order that is to be paid this way is held.
    pub(crate) fn hold(&self, provider: &str) -> SignedDuration {
        let known = self.0.iter().find(|method| method.name == provider);
        known.map_or_else(|| usual_hold(provider), |method| method.hold)
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

impl Method {
    fn read(text: &str) -> Option<Self> {
        let (name, minutes) = match text.split_once('=') {
            Some((name, minutes)) => (name.trim(), Some(minutes.trim().parse::<i64>().ok()?)),
            None => (text.trim(), None),
        };
        let hold = minutes.map_or_else(|| Some(usual_hold(name)), SignedDuration::try_from_mins)?;
        let fits = PROVIDERS.contains(&name) && (MIN_HOLD..=MAX_HOLD).contains(&hold);
        fits.then(|| Self { name: name.to_owned(), hold })
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
        let minutes = |text: &str, name: &str| PaymentMethods::new(text).unwrap().hold(name).as_mins();
        assert_eq!((minutes("wechat", "wechat"), minutes("wechat = 15,bank_transfer", "wechat")), (30, 15));
        assert_eq!(minutes("wechat=15,bank_transfer", "bank_transfer"), 7 * 24 * 60);
        for wrong in [
            "wechat=",
            "wechat=4",
            "wechat=10081",
            "wechat=half",
            "wechat=-5",
            "",
            "paypal",
            "wechat,wechat",
            "wechat,,stripe",
            "Wechat",
        ] {
            assert!(PaymentMethods::new(wrong).is_err(), "{wrong}");
        }
    }
}
