//! The shop's pages, each from a [`crate::view::View`] to markup.

pub mod account;
pub mod address;
pub mod cart;
pub mod changed;
pub mod checkout;
pub mod collections;
pub mod content;
pub mod errors;
mod filters;
pub mod home;
pub mod layout;
pub mod list;
pub mod order;
pub mod parts;
pub mod product;
pub mod sitemap;
pub mod suggest;
pub mod unsubscribe;
