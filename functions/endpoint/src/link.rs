//! Signed links: who holds the link to an order or a payment may see it, and nobody can make one up. The same key signs
//! what a shopper's browser carries back to the checkout: the name of its cart, and the quote it was shown; and the codes that
//! people sign in with follow from it.

use crate::config::{ConfigError, hex_bytes};
use aws_lc_rs::hmac;
use stoa_domain::insight::Words;
use stoa_domain::{CartId, CustomerId, Locale, OrderId, PaymentId};

/// Of a sign-in's code.
pub const SIGN_IN_DIGITS: u32 = 8;

/// The HMAC-SHA256 key of the shop's signed links (`STOA_LINK_KEY`); checkout, payments and crm share it.
#[derive(Debug, Clone)]
pub struct LinkKey(hmac::Key);

impl LinkKey {
    pub const MIN_BYTES: usize = 32;

    pub fn from_env() -> Result<Self, ConfigError> {
        hex_bytes("STOA_LINK_KEY", Self::MIN_BYTES).map(|bytes| Self::new(&bytes))
    }
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
    /// The token of an order's status page: 64 hex digits.
    pub fn order_token(&self, order: &OrderId) -> String {
        self.token("order", order.as_str())
    }
    /// Compares in constant time.
    pub fn verify_order(&self, order: &OrderId, token: &str) -> bool {
        self.verify("order", order.as_str(), token)
    }
    /// The token of a payment's hosted page: 64 hex digits.
    pub fn payment_token(&self, payment: &PaymentId) -> String {
        self.token("payment", payment.as_str())
    }
    /// Compares in constant time.
    pub fn verify_payment(&self, payment: &PaymentId, token: &str) -> bool {
        self.verify("payment", payment.as_str(), token)
    }
    /// Path of the order's status page in the order's language: `/zh/orders/ord_…?token=…`.
    pub fn order_path(&self, order: &OrderId, locale: &Locale, default_locale: &Locale) -> String {
        format!("{}/orders/{order}?token={}", prefix(locale, default_locale), self.order_token(order))
    }
    /// Path of the page where a payment is made: `/payments/sandbox/pay_…?token=…`. The same at any time, so an order
    /// placed before a crash finds its payment again.
    pub fn payment_path(&self, provider: &str, payment: &PaymentId) -> String {
        format!("/payments/{provider}/{payment}?token={}", self.payment_token(payment))
    }

    /// What proves that a quote was made here for this cart: 64 hex digits.
    pub fn quote_token(&self, cart: &CartId, quote: &str) -> String {
        self.token("quote", &format!("{cart}\n{quote}"))
    }
    /// Compares in constant time.
    pub fn verify_quote(&self, cart: &CartId, quote: &str, token: &str) -> bool {
        self.verify("quote", &format!("{cart}\n{quote}"), token)
    }
    /// What proves that a cart's id was given out here: 64 hex digits.
    pub fn cart_token(&self, cart: &CartId) -> String {
        self.token("cart", cart.as_str())
    }
    /// Compares in constant time.
    pub fn verify_cart(&self, cart: &CartId, token: &str) -> bool {
        self.verify("cart", cart.as_str(), token)
    }

    /// A number that stands for a search's words until several asked for them. Who has no key finds no words by it.
    pub fn search_mark(&self, locale: &Locale, words: &Words) -> u64 {
        let tag = hmac::sign(&self.0, format!("search\n{locale}\n{words}").as_bytes());
        let first: Option<[u8; 8]> = tag.as_ref().first_chunk().copied();
        first.map_or(0, u64::from_be_bytes)
    }
    /// Path of the page where somebody ends the offers they get: `/zh/unsubscribe?customer=cus_…&token=…`. It needs no signing in
    /// and does not expire: who holds it can do nothing but that.
    pub fn unsubscribe_path(&self, customer: &CustomerId, locale: &Locale, default_locale: &Locale) -> String {
        let token = self.token("unsubscribe", customer.as_str());
        format!("{}/unsubscribe?customer={customer}&token={token}", prefix(locale, default_locale))
    }
    /// Compares in constant time.
    pub fn verify_unsubscribe(&self, customer: &CustomerId, token: &str) -> bool {
        self.verify("unsubscribe", customer.as_str(), token)
    }

    /// The code of a sign-in: eight digits that follow from its id, its customer and the key, so that the table, which has no key,
    /// holds no code.
    pub fn sign_in_code(&self, sign_in: &str, customer: &CustomerId) -> String {
        let tag = hmac::sign(&self.0, format!("sign-in\n{sign_in}\n{customer}").as_bytes());
        let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{:0digits$}", number % 10_u64.pow(SIGN_IN_DIGITS), digits = SIGN_IN_DIGITS as usize)
    }
    /// Compares in constant time.
    pub fn verify_sign_in_code(&self, sign_in: &str, customer: &CustomerId, code: &str) -> bool {
        let right = self.sign_in_code(sign_in, customer);
        aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok()
    }
    /// A name for something that says nothing of what it is: 32 hex digits.
    pub fn pseudonym(&self, kind: &str, text: &str) -> String {
        self.token(kind, text).chars().take(32).collect()
    }

    fn token(&self, kind: &str, id: &str) -> String {
        hex::encode(hmac::sign(&self.0, format!("{kind}\n{id}").as_bytes()))
    }
    fn verify(&self, kind: &str, id: &str, token: &str) -> bool {
        hex::decode(token).is_ok_and(|tag| hmac::verify(&self.0, format!("{kind}\n{id}").as_bytes(), &tag).is_ok())
    }
}

/// Where a language's pages live: `/zh`, or nothing for the shop's own.
fn prefix(locale: &Locale, default_locale: &Locale) -> String {
    if locale.language() == default_locale.language() { String::new() } else { format!("/{}", locale.language()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_of_one_sign_in_of_one_customer_under_one_key() {
        let (key, customer) = (LinkKey::new(&[1; 32]), CustomerId::new("cus_1").unwrap());
        let code = key.sign_in_code("a", &customer);
        assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        assert!(key.verify_sign_in_code("a", &customer, &code));
        let other = CustomerId::new("cus_2").unwrap();
        assert!(!key.verify_sign_in_code("b", &customer, &code) && !key.verify_sign_in_code("a", &other, &code));
        assert!(!LinkKey::new(&[2; 32]).verify_sign_in_code("a", &customer, &code));
        for wrong in ["", "0", &code[..7], &format!("{code}0"), "١٢٣٤٥٦٧٨"] {
            assert!(!key.verify_sign_in_code("a", &customer, wrong), "{wrong}");
        }
    }
}
