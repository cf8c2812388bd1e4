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

    /// Takes in another cart of the same shopper: quantities of the same item add up, to [`MAX_QUANTITY`], and every code is kept
    /// once. What a piece cost when it was last seen stays known. Answers how many of the other's lines and codes did not fit.
    pub fn absorb(&mut self, other: &Self, now: Timestamp) -> usize {
        let mut left = 0;
        for line in &other.lines {
            if let Some(own) = self.lines.iter_mut().find(|own| own.sku == line.sku) {
                own.quantity = own.quantity.saturating_add(line.quantity).min(MAX_QUANTITY);
                own.seen_price = own.seen_price.or(line.seen_price);
            } else if self.lines.len() < MAX_LINES {
                self.lines.push(line.clone());
            } else {
                left += 1;
            }
        }
        left += other.codes.iter().filter(|code| self.add_code(code, now).is_err()).count();
        // A request that changed the other cart and comes again has changed this one.
        for request in &other.requests {
            let _ = self.begin(request);
        }
        self.updated_at = now;
        left
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
    fn two_carts_become_one_within_the_bounds_of_one() {
        let now = Timestamp::UNIX_EPOCH;
        let id = |text: &str| CartId::new(text).unwrap_or_else(|e| panic!("{e}"));
        let sku = |n: usize| Sku::new(format!("s{n}")).unwrap_or_else(|e| panic!("{e}"));
        let product = || ProductId::new("p").unwrap_or_else(|e| panic!("{e}"));
        let cart = |name: &str, lines: std::ops::Range<usize>, quantity: u32, codes: &[&str]| {
            let mut cart = Cart::new(id(name), Locale::undetermined(), now);
            lines.for_each(|n| assert_eq!(cart.add(sku(n), product(), quantity, now), Ok(())));
            codes.iter().for_each(|code| assert_eq!(cart.add_code(code, now), Ok(())));
            cart
        };
        let mut own = cart("own", 0..3, 60, &["HELLO"]);
        let yuan = |minor| Money::new(minor, crate::Currency::new("CNY").unwrap_or_else(|e| panic!("{e}")));
        own.saw(&sku(1), yuan(5));
        let mut other = cart("other", 1..5, 50, &["hello", "spring"]);
        (1..5).for_each(|n| other.saw(&sku(n), yuan(7)));
        let request = CartRequest { key: "k".into(), body: "b".into() };
        assert_eq!(other.begin(&request), Ok(true));
        assert_eq!(own.absorb(&other, now), 0);
        let lines: Vec<(&str, u32)> = own.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
        assert_eq!(lines, [("s0", 60), ("s1", 99), ("s2", 99), ("s3", 50), ("s4", 50)]);
        assert_eq!(own.codes, ["HELLO", "spring"]);
        let seen: Vec<Option<Money>> = own.lines.iter().map(|line| line.seen_price).collect();
        assert_eq!(seen, [None, Some(yuan(5)), Some(yuan(7)), Some(yuan(7)), Some(yuan(7))]);
        assert_eq!(own.begin(&request), Ok(false), "the same request changes the cart once");

        let mut full = cart("full", 0..MAX_LINES, 1, &[]);
        assert_eq!(full.absorb(&cart("more", 69..72, 1, &[]), now), 2);
        assert_eq!((full.lines.len(), full.lines[69].quantity), (MAX_LINES, 2));
    }

    #[test]
    fn a_cart_that_was_stored_before_carts_had_codes_is_read() {
        let stored = r#"{"id":"c","locale":"en","lines":[],"updated_at":"2026-01-01T00:00:00Z"}"#;
        let cart: Cart = serde_json::from_str(stored).unwrap_or_else(|e| panic!("{e}"));
        assert!(cart.codes.is_empty() && cart.customer.is_none());
    }
}
