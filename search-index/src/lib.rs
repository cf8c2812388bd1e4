#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod analysis;
#[cfg(feature = "build")]
pub mod build;
mod directory;
mod document;
mod error;
mod evaluate;
mod pack;
pub mod read;
mod schema;

pub use document::SearchDocument;
pub use error::IndexError;
pub use evaluate::{Evaluation, Judgement, evaluate};
pub use pack::Pack;
pub use read::{DocKey, Hit, Hits, IndexBytes, Query, SearchIndex};
pub use schema::SCHEMA_VERSION;
