//! Payments from the shopper's click to the paid order, over real sockets and the real DynamoDB API. One binary: each would link the AWS SDK.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod callbacks;
mod carriers;
mod hostile;
mod lambda;
mod oracles;
mod providers;
mod refunds;
mod shop;
mod sweep;
