//! Signed links: who holds the link to an order or a payment may see it, and nobody can make one up. The same key signs
//! what a shopper's browser carries back to the checkout: the name of its cart, and the quote it was shown.

use crate::config::{ConfigError, hex_bytes};
use aws_lc_rs::hmac;
use stoa_domain::insight::Words;
use stoa_domain::{CartId, Locale, OrderId, PaymentId};

/// The HMAC-SHA256 key of the shop's signed links (`STOA_LINK_KEY`); checkout and payments share it.
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
        let prefix = if locale.language() == default_locale.language() { "" } else { locale.language() };
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{slash}{prefix}/orders/{order}?token={}", self.order_token(order))
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

    fn token(&self, kind: &str, id: &str) -> String {
        hex::encode(hmac::sign(&self.0, format!("{kind}\n{id}").as_bytes()))
    }
    fn verify(&self, kind: &str, id: &str, token: &str) -> bool {
        hex::decode(token).is_ok_and(|tag| hmac::verify(&self.0, format!("{kind}\n{id}").as_bytes(), &tag).is_ok())
    }
}
