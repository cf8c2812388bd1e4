//! Shopify Functions as their authors upload them, unmodified: core modules that read their input and write their output
//! through Shopify's Wasm API, or as JSON on standard streams. They reach nothing but that, and propose as every plugin
//! does; the domain decides. What does not run here is refused by name when it is uploaded.
//!
//! [`Guest`] is a module and one run of it; [`Function`] is a module with its targets and input queries, and answers a cart.

mod answer;
#[cfg(feature = "compile")]
pub(crate) mod compile;
mod failure;
mod function;
mod guest;
mod host;
mod ids;
mod input_tree;
mod json;
mod limits;
mod nan_box;
mod output;
mod pricing;
mod query;
mod refusal;
mod schema;
mod target;
mod wasi;
mod wasm_api;

#[cfg(feature = "compile")]
pub use compile::{compile, compile_apart};
pub use failure::Failure;
pub use function::{Function, MAX_TARGETS, Targeting};
pub use guest::{Guest, Outcome};
pub use host::CALL_COST;
pub use json::Json;
pub use limits::{LOG_BYTES, Limits};
pub use query::{MAX_QUERY_BYTES, Query, QueryError};
pub use refusal::Refusal;
pub use target::Target;
