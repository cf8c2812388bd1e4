//! Marketing plugins: an event and a customer's profile in, proposed actions out. Store, limits, clock and slots are those
//! of every plugin ([`crate::plugin`]); what the actions do is [`stoa_domain::marketing`]'s decision.

mod contract;

use crate::plugin::{Answered, Guard, answer};
use crate::{ArtefactError, Engine, Limits, RunError};
use contract::Contract;
use stoa_domain::marketing::{Action, Input, MAX_ACTIONS};
use wasmtime::component::InstancePre;

/// The JSON of an [`Input`], in records of runs and in fixtures. Raised when it is no longer read as it was written; a new
/// field has a default.
pub const MARKETING_INPUT_FORMAT: u32 = 1;

/// Ready to run; cheap to clone and to share.
#[derive(Clone)]
pub struct MarketingPlugin {
    engine: Engine,
    contract: Contract,
    digest: String,
}

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketingRun {
    pub actions: Vec<Action>,
    pub fuel_used: u64,
    /// The largest linear memory that was asked for.
    pub memory_bytes: usize,
}

impl MarketingPlugin {
    pub(crate) fn of(engine: &Engine, pre: &InstancePre<Guard>, digest: String) -> Result<Self, ArtefactError> {
        let contract = Contract::of(pre).map_err(|e| ArtefactError::NotLoaded(format!("{e:#}")))?;
        Ok(Self { engine: engine.clone(), contract, digest })
    }

    /// Of the marketing contract that it was built for: `0.1`.
    pub fn contract(&self) -> &'static str {
        self.contract.version()
    }

    /// Lower-case hex SHA-256 of the component.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Asks the plugin what it proposes. `settings` are the merchant's: JSON.
    pub fn run(&self, settings: &str, input: &Input, limits: Limits) -> Result<MarketingRun, RunError> {
        let answered = answer(&self.engine, limits, |store| self.contract.call(store, input, settings))?;
        let Answered { proposed, fuel_used, memory_bytes } = answered;
        if proposed.len() > MAX_ACTIONS {
            return Err(RunError::BadOutput(format!("at most {MAX_ACTIONS} actions, got {}", proposed.len())));
        }
        let actions = proposed.into_iter().map(contract::to_domain).collect::<Result<_, _>>()?;
        Ok(MarketingRun { actions, fuel_used, memory_bytes })
    }
}

impl std::fmt::Debug for MarketingPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarketingPlugin").field("digest", &self.digest).finish_non_exhaustive()
    }
}
