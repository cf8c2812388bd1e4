//! Why a function is not taken in. The messages are for its author.

use super::query::QueryError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    #[error("not a core WebAssembly module: {0}")]
    NotAModule(String),
    #[error("a function has at most {allowed} bytes, got {got}")]
    TooLarge { got: usize, allowed: usize },
    #[error(
        "the function needs Shopify's JavaScript engine ({module}), which is not here; functions in Rust, Zig, Go, C and \
         the like run"
    )]
    NeedsJavascript { module: String },
    #[error("the function imports {module}.{name}, which is not here")]
    UnknownImport { module: String, name: String },
    #[error("the function imports {module}.{name} with other parameters or results than it has")]
    OtherImportType { module: String, name: String },
    #[error("the function imports neither Shopify's Wasm API nor WASI's standard streams: it could read no input")]
    NoInterface,
    #[error("the function must export its memory as memory")]
    NoMemory,
    #[error("the function has no export {export}; it has {}", .has.join(", "))]
    NoExport { export: String, has: Vec<String> },
    #[error("the export {export} must be a function without parameters and results")]
    OtherExportType { export: String },
    #[error("the name of the export of {target} has at most {allowed} bytes")]
    LongExport { target: String, allowed: usize },
    #[error("this shop runs {}, not {target}", super::target::names())]
    UnsupportedTarget { target: String },
    #[error("a function has 1 to {allowed} targets, got {got}")]
    TargetCount { got: usize, allowed: usize },
    #[error("the target {target} is named twice")]
    RepeatedTarget { target: String },
    #[error("the input query of {target}: {error}")]
    #[serde(skip)]
    Query { target: String, error: QueryError },
}

impl Refusal {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAModule(_) => "not_a_core_module",
            Self::TooLarge { .. } => "plugin_too_large",
            Self::NeedsJavascript { .. } => "needs_javascript_provider",
            Self::UnknownImport { .. } => "unknown_import",
            Self::OtherImportType { .. } => "other_import_type",
            Self::NoInterface => "no_interface",
            Self::NoMemory => "no_memory",
            Self::NoExport { .. } => "no_such_export",
            Self::OtherExportType { .. } => "other_export_type",
            Self::LongExport { .. } => "export_name_too_long",
            Self::UnsupportedTarget { .. } => "unsupported_target",
            Self::TargetCount { .. } => "target_count",
            Self::RepeatedTarget { .. } => "repeated_target",
            Self::Query { error, .. } => error.code(),
        }
    }
}
