//! The table and the buckets, over the real APIs. One binary: each would link the AWS SDK.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod access_patterns;
mod customers;
mod objects;
mod plugins;
mod promotions;
mod refunds;
mod reviews;
mod shop;
mod table;
