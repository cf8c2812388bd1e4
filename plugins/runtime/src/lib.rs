//! Runs merchants' plugins: components that import nothing, metered, in fresh memory for every call. A plugin proposes;
//! whatever it does wrong ends in a [`RunError`] and the cart goes on without it. [`shopify`] and [`script`] are plugins of
//! other kinds.
//!
//! With the feature `compile` an upload becomes a signed artefact; without it only such artefacts load.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod artefact;
pub mod bench;
mod bindings;
mod clock;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "compile")]
pub mod compiler_process;
mod contract;
mod engine;
mod input;
mod input_target;
mod load;
mod marketing;
mod plugin;
pub mod script;
#[cfg(feature = "compile")]
mod shape;
pub mod shopify;

pub use artefact::{ArtefactError, ENGINE_VERSION, Header, MAX_ARTEFACT_BYTES, artefact_key};
#[cfg(feature = "compile")]
pub use compile::{
    CompileError, MAX_COMPONENT_BYTES, SignedArtefact, compile, compile_apart, componentize, generate_keys, verify_key,
};
pub use engine::{Engine, EngineError, MAX_CONCURRENT_RUNS, MAX_MEMORY_BYTES};
pub use input::{INPUT_FORMAT, InputLine, PromotionContext, PromotionInput, Shopper};
pub use input_target::SelectorFacts;
pub use load::{Loaded, load};
pub use marketing::{MARKETING_INPUT_FORMAT, MarketingPlugin, MarketingRun};
pub use plugin::{Limits, Plugin, Promotion, Run, RunError};
#[cfg(feature = "compile")]
pub use shape::{BOUNDS, Bound};
