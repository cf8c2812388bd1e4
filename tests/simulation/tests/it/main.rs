//! The simulation's own tests.
#![allow(clippy::unwrap_used)]

mod rush;
mod seeds;
