//! A function's input query: read, checked against what Stoa can answer, and kept as a plan that cannot fail but for the
//! values of its variables.

mod check;

use super::schema::Type;
use super::target::Target;

/// Comments included.
pub const MAX_QUERY_BYTES: usize = 8_000;
/// Fields after fragments are put in their places.
const MAX_FIELDS: usize = 1_000;
const MAX_DEPTH: usize = 30;
const MAX_TOKENS: usize = 10_000;
const MAX_VARIABLES: usize = 50;

/// Paths are of response keys: `cart.lines.merchandise`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("it has at most {MAX_QUERY_BYTES} bytes, got {got}")]
    TooLong { got: usize },
    #[error("it is not GraphQL: {message} at byte {at}")]
    Syntax { at: usize, message: String },
    #[error("it must be one query, not {got}")]
    NotOneQuery { got: String },
    #[error("it asks for more than {MAX_FIELDS} fields, or deeper than {MAX_DEPTH}")]
    TooComplex,
    #[error("{path} of the type {of} cannot be answered here")]
    UnsupportedField { path: String, of: &'static str },
    #[error("{path} takes no argument {argument}")]
    UnsupportedArgument { path: String, argument: String },
    #[error("{path} needs the argument {argument}")]
    MissingArgument { path: String, argument: &'static str },
    #[error("the argument {argument} of {path} must be {rule}")]
    BadArgument { path: String, argument: String, rule: &'static str },
    #[error("{path} {rule}")]
    BadSelection { path: String, rule: &'static str },
    #[error("{path} asks for two things under one name")]
    Conflict { path: String },
    #[error("the directive @{directive} at {path} is not supported")]
    UnsupportedDirective { path: String, directive: String },
    #[error("there is no fragment {name}")]
    UnknownFragment { name: String },
    #[error("the fragment {name} contains itself")]
    CyclicFragment { name: String },
    #[error("{path} is of the type {of}, not {condition}")]
    ImpossibleType { path: String, of: &'static str, condition: String },
    #[error("there is no variable ${name}")]
    UnknownVariable { name: String },
    #[error("the variable ${name} must be a string or a list of strings, not {got}")]
    UnsupportedVariable { name: String, got: String },
}

impl QueryError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "query_too_long",
            Self::Syntax { .. } => "query_syntax",
            Self::NotOneQuery { .. } => "query_not_one",
            Self::TooComplex => "query_too_complex",
            Self::UnsupportedField { .. } => "unsupported_field",
            Self::UnsupportedArgument { .. } => "unsupported_argument",
            Self::MissingArgument { .. } => "missing_argument",
            Self::BadArgument { .. } => "bad_argument",
            Self::BadSelection { .. } => "bad_selection",
            Self::Conflict { .. } => "fields_conflict",
            Self::UnsupportedDirective { .. } => "unsupported_directive",
            Self::UnknownFragment { .. } => "unknown_fragment",
            Self::CyclicFragment { .. } => "cyclic_fragment",
            Self::ImpossibleType { .. } => "impossible_type",
            Self::UnknownVariable { .. } => "unknown_variable",
            Self::UnsupportedVariable { .. } => "unsupported_variable",
        }
    }
}

/// A checked query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) selections: Vec<Selection>,
    pub(super) variables: Vec<Variable>,
}

/// Fragments are already in their places, and what one name asks for twice is one selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// The name in the answer.
    pub(super) key: String,
    /// Only for something of this type.
    pub(super) only: Option<Type>,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    TypeName,
    Field { name: &'static str, arguments: Vec<(&'static str, Argument)>, below: Vec<Selection> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    Text(String),
    Texts(Vec<String>),
    /// Of `query.variables`.
    Variable(usize),
}

/// Its value is the member of this name of the merchant's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) list: bool,
    pub(super) required: bool,
    pub(super) default: Option<Vec<String>>,
}

impl Query {
    /// Reads and checks a query that is made for a target.
    pub fn new(text: &str, target: Target) -> Result<Self, QueryError> {
        check::check(text, target)
    }
}
