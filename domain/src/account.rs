//! A shopper's account: who somebody is by an address that they proved to be theirs, and what they want found again.

use crate::order::Address;
use crate::{CartId, CustomerId, Locale};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Addresses that one account keeps, the last used first.
pub const MAX_ADDRESSES: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Of the address: orders placed with it before there was an account are this customer's, too.
    pub id: CustomerId,
    pub email: String,
    pub locale: Locale,
    pub created_at: Timestamp,
    /// The last used first, each once.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The account's own cart, whose id no cookie ever names: only a session opens it.
    #[serde(default)]
    pub cart: Option<CartId>,
}

impl Account {
    pub fn new(id: CustomerId, email: String, locale: Locale, now: Timestamp) -> Self {
        Self { id, email, locale, created_at: now, addresses: Vec::new(), cart: None }
    }

    /// Puts an address first that something was just sent to.
    pub fn keep_address(&mut self, address: &Address) {
        self.addresses.retain(|kept| kept != address);
        self.addresses.insert(0, address.clone());
        self.addresses.truncate(MAX_ADDRESSES);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_last_five_addresses_are_kept_each_once() {
        let id = CustomerId::new("cus_1").unwrap();
        let mut account = Account::new(id, "a@b.co".into(), Locale::undetermined(), Timestamp::UNIX_EPOCH);
        let address = |street: &str| Address {
            name: "A".into(),
            phone: String::new(),
            country: "CN".into(),
            region: String::new(),
            city: String::new(),
            district: String::new(),
            subdistrict: String::new(),
            street: street.into(),
            postal_code: String::new(),
        };
        for street in ["1", "2", "3", "2", "4", "5", "6"] {
            account.keep_address(&address(street));
        }
        let streets: Vec<&str> = account.addresses.iter().map(|kept| kept.street.as_str()).collect();
        assert_eq!(streets, ["6", "5", "4", "2", "3"]);
    }
}
