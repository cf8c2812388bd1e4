//! The shop's face: a worker that renders every page from the published snapshot and answers search from the index in
//! its own memory. It never prices and never writes business data; carts, checkout and orders are the functions', and
//! their loss leaves catalogue and search standing.
//!
//! A request becomes a [`route::Route`], a route a page made from a [`snapshot::Snapshot`]. Everything runs natively in
//! tests; only [`runtime`] knows the worker, behind [`platform::Platform`].
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounded;
pub mod cards;
pub mod config;
pub mod edge;
pub mod facets;
pub mod functions;
pub mod http;
pub mod insight;
pub mod listing;
pub mod load;
pub mod messages;
pub mod page_cache;
pub mod pages;
pub mod platform;
pub mod route;
#[cfg(target_arch = "wasm32")]
mod runtime;
pub mod search;
pub mod snapshot;
pub mod static_files;
pub mod steering;
pub mod suggest;
pub mod view;

#[cfg(test)]
mod testing;
