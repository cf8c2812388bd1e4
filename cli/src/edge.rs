//! The edge worker: built for wasm32, bound to JavaScript, and served by workerd.

pub(crate) mod build;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod same_results;
pub(crate) mod serve;
pub(crate) mod workerd;
