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
mod ranking;
pub mod read;
mod schema;
pub mod steer;
mod vocabulary;

pub use document::SearchDocument;
pub use error::IndexError;
pub use evaluate::{Evaluation, Judged, Judgement, evaluate, evaluate_with, mean_ndcg};
pub use pack::Pack;
pub use ranking::{FieldRanking, Ranking};
pub use read::{ConceptPart, DocKey, Explanation, FieldPart, Hit, Hits, IndexBytes, Query, SearchIndex, WayPart};
pub use schema::SCHEMA_VERSION;
pub use steer::Steering;
pub use stoa_domain::search::Vocabulary;
pub use vocabulary::Meanings;
