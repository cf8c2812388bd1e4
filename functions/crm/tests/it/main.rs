//! The CRM over the real DynamoDB API, with the real sample plugins.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod failing;
mod lambda;
mod mail;
mod orders;
mod shop;
mod sweeps;
