//! Runs merchants' plugins: components that import nothing, metered, in fresh memory for every call. A plugin proposes;
//! whatever it does wrong ends in a [`RunError`] and the cart goes on without it.
//!
//! With the feature `compile` an upload becomes a signed artefact; without it only such artefacts load.

mod artefact;
pub mod bench;
mod bindings;
#[cfg(feature = "compile")]
mod compile;
mod engine;
mod input;
mod load;
mod plugin;
pub mod shopify;

pub use artefact::{ArtefactError, ENGINE_VERSION, Header, MAX_ARTEFACT_BYTES};
#[cfg(feature = "compile")]
pub use compile::{CompileError, MAX_COMPONENT_BYTES, SignedArtefact, compile, componentize, generate_keys};
pub use engine::{Engine, EngineError, MAX_CONCURRENT_RUNS, MAX_MEMORY_BYTES};
pub use input::{InputLine, PromotionInput};
pub use load::{Loaded, load};
pub use plugin::{Limits, Plugin, Promotion, Run, RunError};
