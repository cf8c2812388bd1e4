//! The cart and the order, through the router and through the function's own bootstrap, over the real DynamoDB API. One binary: each would link the AWS SDK.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod account;
mod after_the_order;
mod insight;
mod lambda;
mod plugin_life;
mod plugin_targets;
mod promotions;
mod purchase;
mod quote;
mod setup;
mod shop;
