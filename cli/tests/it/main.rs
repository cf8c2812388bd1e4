//! The program itself, as a person calls it.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod checkout_3_lines;
mod crm;
mod mail;
mod marketing_plugin;
mod plugin_guide;
mod plugin_shop;
mod search;
mod shopify_function;
mod typescript_plugin;
