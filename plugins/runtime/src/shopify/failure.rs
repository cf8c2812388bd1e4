//! Why a run of a function gave nothing.

use crate::clock::DEADLINE_MILLIS;
use crate::plugin::SLOT_PATIENCE;

/// For the merchant and the function's author; the cart goes on without the function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the input has {got} bytes, a function reads at most {allowed} for a cart of this size")]
    InputTooLarge { got: usize, allowed: usize },
    #[error("the input query asks for ${variable}: {rule}")]
    BadVariable { variable: String, rule: String },
    #[error("the function used up its {allowed} instructions")]
    OutOfInstructions { allowed: u64 },
    #[error("the function ran for {DEADLINE_MILLIS} ms")]
    TimedOut,
    #[error("all slots for plugins were taken for {} ms", SLOT_PATIENCE.as_millis())]
    Busy,
    #[error("the function wanted more than {bytes} bytes of memory")]
    OutOfMemory { bytes: usize },
    #[error("the function stopped: {0}")]
    Trapped(String),
    #[error("the function ended with the exit code {code}")]
    Exited { code: i32 },
    #[error("the function breaks a rule of its interface: {0}")]
    BadCall(String),
    #[error("the function's output breaks a rule: {0}")]
    BadOutput(String),
    /// A well-formed answer that this shop has no price for.
    #[error("the output's {path} cannot be priced here: {rule}")]
    Unsupported { path: String, rule: String },
}

impl Failure {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InputTooLarge { .. } => "input_too_large",
            Self::BadVariable { .. } => "bad_variable",
            Self::OutOfInstructions { .. } => "out_of_fuel",
            Self::TimedOut => "timed_out",
            Self::Busy => "busy",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Trapped(_) => "trapped",
            Self::Exited { .. } => "exited",
            Self::BadCall(_) => "bad_call",
            Self::BadOutput(_) => "bad_output",
            Self::Unsupported { .. } => "unsupported_output",
        }
    }
}
