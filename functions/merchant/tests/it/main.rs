//! The merchant's API and imports, over a real table. One binary: each would link the AWS SDK.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod api;
mod caller;
mod console;
mod customers;
mod import;
mod insight;
mod lambda;
mod openapi;
mod orders;
mod pictures;
mod plugins;
mod promotions;
mod reviews;
mod search;
mod shop;
mod shopify_functions;
