//! Publishing from a real table to a real object store, both on this machine. One binary: each would link the AWS SDK.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod lambda;
mod prune;
mod publish;
mod shop;
