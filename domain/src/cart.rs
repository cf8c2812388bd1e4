//! A cart: which SKUs, how many. Prices are not in it; the quote asks the catalogue for them each time.

use crate::promotion::{MAX_CODE_CHARS, MAX_CODES, code_key, code_text};
use crate::{CartId, CustomerId, Locale, Money, ProductId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An order is one DynamoDB transaction of at most 100 writes: three of its own, one for each item that it takes from
/// stock, and the rest for gifts and for promotions and codes whose uses are counted.
pub const MAX_LINES: usize = 70;
pub const MAX_QUANTITY: u32 = 99;
/// Keyed requests that a cart remembers.
pub const MAX_REQUESTS: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    pub id: CartId,
    pub locale: Locale,
    /// In the order they were first added; one line a SKU.
    pub lines: Vec<CartLine>,
    /// As the shopper typed them, each once whatever its case, at most [`MAX_CODES`].
    #[serde(default)]
    pub codes: Vec<String>,
    /// Who the shopper turned out to be when they tried to order: promotions that ask for it are then told truly.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// Requests under a key that changed it, the newest last, at most [`MAX_REQUESTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<CartRequest>,
    pub updated_at: Timestamp,
}

/// A request that says of itself which one it is, so that it changes the cart once however often it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartRequest {
    /// A digest of the client's key.
    pub key: String,
    /// A digest of what is asked.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    pub sku: Sku,
    pub product: ProductId,
    pub quantity: u32,
    /// What one piece cost when the shopper last saw it. None: the line is older than the question.
    #[serde(default)]
    pub seen_price: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    #[error("quantity must be between 1 and {MAX_QUANTITY}, got {got}")]
    Quantity { got: i64 },
    #[error("a cart holds at most {MAX_LINES} different items")]
    TooManyLines,
    #[error("{sku} is not in the cart")]
    NotInCart { sku: Sku },
    #[error("a code has 1 to {MAX_CODE_CHARS} characters, none of them a control character")]
    InvalidCode,
    #[error("a cart takes at most {MAX_CODES} codes")]
    TooManyCodes,
    #[error("the cart has no such code")]
    NoSuchCode,
    #[error("this Idempotency-Key belongs to another request; use a new one")]
    KeyReused,
}

impl Cart {
    pub fn new(id: CartId, locale: Locale, now: Timestamp) -> Self {
        Self { id, locale, lines: Vec::new(), codes: Vec::new(), customer: None, requests: Vec::new(), updated_at: now }
    }

    /// Notes a keyed request; false: it changed the cart before. One key for two requests is refused.
    pub fn begin(&mut self, request: &CartRequest) -> Result<bool, CartError> {
        match self.requests.iter().find(|known| known.key == request.key) {
            Some(known) if known.body == request.body => Ok(false),
            Some(_) => Err(CartError::KeyReused),
            None => {
                let surplus = (self.requests.len() + 1).saturating_sub(MAX_REQUESTS);
                self.requests.drain(..surplus);
                self.requests.push(request.clone());
                Ok(true)
            }
        }
    }

    /// Adds to the line of `sku`, or appends one. More than [`MAX_QUANTITY`] in one line is refused.
    pub fn add(&mut self, sku: Sku, product: ProductId, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        let have = self.lines.iter().find(|l| l.sku == sku).map_or(0, |l| l.quantity);
        let wanted = have.saturating_add(quantity);
        if quantity == 0 || wanted > MAX_QUANTITY {
            return Err(CartError::Quantity { got: i64::from(if quantity == 0 { 0 } else { wanted }) });
        }
        if let Some(line) = self.lines.iter_mut().find(|l| l.sku == sku) {
            line.quantity = wanted;
        } else if self.lines.len() >= MAX_LINES {
            return Err(CartError::TooManyLines);
        } else {
            self.lines.push(CartLine { sku, product, quantity, seen_price: None });
        }
        self.updated_at = now;
        Ok(())
    }

    /// The shopper has seen what a piece of `sku` costs.
    pub fn saw(&mut self, sku: &Sku, price: Money) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) {
            line.seen_price = Some(price);
        }
    }

    /// Sets the quantity of a line that is there; 0 removes it.
    pub fn set_quantity(&mut self, sku: &Sku, quantity: u32, now: Timestamp) -> Result<(), CartError> {
        if quantity > MAX_QUANTITY {
            return Err(CartError::Quantity { got: i64::from(quantity) });
        }
        let Some(at) = self.lines.iter().position(|l| &l.sku == sku) else {
            return Err(CartError::NotInCart { sku: sku.clone() });
        };
        if quantity == 0 {
            self.lines.remove(at);
        } else {
            self.lines[at].quantity = quantity;
        }
        self.updated_at = now;
        Ok(())
    }

    /// Keeps a code; whether it applies the quote says. One that is there already stays as it was.
    pub fn add_code(&mut self, typed: &str, now: Timestamp) -> Result<(), CartError> {
        let code = code_text(typed).map_err(|_| CartError::InvalidCode)?;
        if self.codes.iter().any(|known| code_key(known) == code_key(code)) {
            return Ok(());
        }
        if self.codes.len() >= MAX_CODES {
            return Err(CartError::TooManyCodes);
        }
        self.codes.push(code.to_owned());
        self.updated_at = now;
        Ok(())
    }

    pub fn remove_code(&mut self, typed: &str, now: Timestamp) -> Result<(), CartError> {
        let at = self.codes.iter().position(|known| code_key(known) == code_key(typed)).ok_or(CartError::NoSuchCode)?;
        self.codes.remove(at);
        self.updated_at = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_kept_once_whatever_its_case_and_ten_are_the_most() {
        let id = CartId::new("c").unwrap_or_else(|e| panic!("{e}"));
        let mut cart = Cart::new(id, Locale::undetermined(), Timestamp::UNIX_EPOCH);
        for typed in [" Hello ", "HELLO", "hello"] {
            assert_eq!(cart.add_code(typed, Timestamp::UNIX_EPOCH), Ok(()));
        }
        assert_eq!(cart.codes, ["Hello"]);
        for n in 1..MAX_CODES {
            assert_eq!(cart.add_code(&format!("c{n}"), Timestamp::UNIX_EPOCH), Ok(()));
        }
        assert_eq!(cart.add_code("one more", Timestamp::UNIX_EPOCH), Err(CartError::TooManyCodes));
        assert_eq!(cart.add_code(&"x".repeat(65), Timestamp::UNIX_EPOCH), Err(CartError::InvalidCode));
        assert_eq!(cart.remove_code("heLLo", Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(cart.remove_code("hello", Timestamp::UNIX_EPOCH), Err(CartError::NoSuchCode));
        assert_eq!(cart.codes.len(), MAX_CODES - 1);
    }

    #[test]
    fn a_cart_that_was_stored_before_carts_had_codes_is_read() {
        let stored = r#"{"id":"c","locale":"en","lines":[],"updated_at":"2026-01-01T00:00:00Z"}"#;
        let cart: Cart = serde_json::from_str(stored).unwrap_or_else(|e| panic!("{e}"));
        assert!(cart.codes.is_empty() && cart.customer.is_none());
    }
}
