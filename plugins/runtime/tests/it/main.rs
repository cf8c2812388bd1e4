//! Plugins as merchants send them, honest and hostile.
#![cfg(feature = "compile")]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod answers;
mod artefacts;
mod code;
mod compiler;
mod files;
mod guest;
mod marketing;
mod mutants;
mod old_contract;
mod sample;
mod samples;
mod scripts;
mod shop;
mod typescript;
