//! Plugins in JavaScript, all of them run by one engine. The engine is QuickJS as WebAssembly that imports nothing
//! (`plugins/script-engine`), compiled and signed like a plugin, once, whatever number of scripts there are; a script is
//! bytecode that this engine made of its source. A run is a fresh instance of the engine that reads the bytecode: fuel,
//! memory and clock bound it as they bound every plugin, and the same rules are held against its answer.
//!
//! Bytecode is trusted by QuickJS, so nobody may bring any: what is uploaded is source, and what is loaded is signed.

#[cfg(feature = "compile")]
mod compile;
mod context;
mod engine;
mod input;
mod plugin;

#[cfg(feature = "compile")]
pub use compile::{MAX_SOURCE_BYTES, Refusal, SECTION, compile, compile_engine, engine_digest, pack, source};
pub(crate) use engine::ScriptEngines;
pub use plugin::Script;
