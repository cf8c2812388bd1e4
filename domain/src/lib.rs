//! The shop's pure rules: money, catalogue, stock, cart, pricing, orders. No IO, no clock, no randomness: times and
//! ids are arguments. The same code runs in the functions, in the edge worker (wasm32) and in the tests.
#![deny(clippy::float_arithmetic, clippy::float_cmp)]

pub mod account;
pub mod address;
pub mod cart;
pub mod category;
pub mod checkout;
pub mod collection;
pub mod email;
pub mod field;
pub mod handle;
pub mod id;
pub mod insight;
pub mod localized;
pub mod marketing;
pub mod money;
pub mod order;
pub mod payment;
pub mod place;
pub mod plugin;
pub mod product;
pub mod promotion;
pub mod quote;
pub mod review;
pub mod search;
pub mod shipping;
pub mod shop;
pub mod snapshot;
pub mod stock;
pub mod tax;

pub use field::FieldError;
pub use handle::Handle;
pub use id::*;
pub use localized::{Locale, Localized};
pub use money::{Currency, Money, MoneyError};
