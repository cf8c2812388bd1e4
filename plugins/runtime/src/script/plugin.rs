//! One loaded script and one run of it.

use super::context::{Context, Stop};
use super::engine::ScriptEngine;
use super::input::{self, MAX_EXACT};
use crate::artefact::{self, Header, Kind};
use crate::plugin::{Guard, in_a_slot, reason};
use crate::{ArtefactError, Engine, Limits, Promotion, PromotionInput, Run, RunError};
use serde::Deserialize;
use std::sync::Arc;
use stoa_domain::promotion::{MAX_OPERATIONS, Operation, Proposal};
use wasmtime::{PoolConcurrencyLimitError, Store};

/// Ready to run; cheap to clone and to share.
#[derive(Clone)]
pub struct Script {
    engine: Engine,
    script_engine: ScriptEngine,
    bytecode: Arc<[u8]>,
    digest: String,
}

/// Operations, or a sentence for the merchant.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Refused(String),
    Operations(Vec<serde_json::Value>),
}

impl Script {
    /// Loads the artefact of the script `digest` that the owner of `verify_key` (raw Ed25519 public key) signed.
    /// [`ArtefactError::NeedsScriptEngine`] names the engine that has to be added first.
    pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Self, ArtefactError> {
        let (header, bytecode) = artefact::verify(artefact, verify_key, digest)?;
        Self::of_bytecode(engine, header, bytecode)
    }

    /// What [`artefact::verify`] let through.
    pub(crate) fn of_bytecode(engine: &Engine, header: Header, bytecode: &[u8]) -> Result<Self, ArtefactError> {
        let Kind::Script { engine: needed } = header.kind else {
            return Err(ArtefactError::NotLoaded("the artefact is no script".to_owned()));
        };
        let script_engine = engine.2.get(&needed).ok_or(ArtefactError::NeedsScriptEngine { digest: needed })?;
        Ok(Self { engine: engine.clone(), script_engine, bytecode: bytecode.into(), digest: header.plugin })
    }

    #[cfg(feature = "compile")]
    pub(super) fn of(engine: &Engine, script_engine: ScriptEngine, bytecode: &[u8]) -> Self {
        Self { engine: engine.clone(), script_engine, bytecode: bytecode.into(), digest: String::new() }
    }

    /// Lower-case hex SHA-256 of the uploaded file.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Asks the promotion what it proposes for a cart.
    pub fn run(&self, promotion: Promotion<'_>, input: &PromotionInput, limits: Limits) -> Result<Run, RunError> {
        let told = input::json(input).ok_or_else(|| {
            RunError::Refused(format!(
                "an amount of this cart is beyond {MAX_EXACT}, up to which scripts count exactly"
            ))
        })?;
        let (answer, used) = self.within(limits, |context| {
            let run = context.load(&self.bytecode)?;
            let arguments = [context.parse(&told)?, context.parse(promotion.settings.as_bytes())?];
            context.ask(run, arguments, limits.output_bytes)
        })?;
        let (promotion, title) = (promotion.id.clone(), promotion.title.to_owned());
        let proposal = Proposal { promotion, title, operations: operations(&answer)? };
        Ok(Run { proposal, fuel_used: used.fuel, memory_bytes: used.memory_bytes })
    }

    /// Loads the script and asks it nothing: whether it can be run at all.
    #[cfg(feature = "compile")]
    pub(super) fn begin(&self, limits: Limits) -> Result<(), RunError> {
        self.within(limits, |context| context.load(&self.bytecode).map(|_| ())).map(|_| ())
    }

    fn within<T>(
        &self,
        limits: Limits,
        work: impl Fn(&mut Context<'_>) -> Result<T, Stop>,
    ) -> Result<(T, Used), RunError> {
        within(&self.engine, &self.script_engine, limits, work)
    }
}

pub(super) struct Used {
    pub(super) fuel: u64,
    pub(super) memory_bytes: usize,
}

/// Does some work in an instance of its own that nothing is ever done in again.
pub(super) fn within<T>(
    engine: &Engine,
    script_engine: &ScriptEngine,
    limits: Limits,
    work: impl Fn(&mut Context<'_>) -> Result<T, Stop>,
) -> Result<(T, Used), RunError> {
    let _running = engine.1.start();
    let begin =
        |store: &mut Store<Guard>| Context::begin(store, script_engine).and_then(|mut context| work(&mut context));
    let no_slot = |done: &Result<T, Stop>| matches!(done, Err(Stop::Trap(e)) if e.is::<PoolConcurrencyLimitError>());
    let (done, store) = in_a_slot(engine, limits, begin, no_slot)?;
    let (most, allowed) = (store.data().most, store.data().allowed);
    let used = Used { fuel: limits.fuel.saturating_sub(store.get_fuel().unwrap_or(0)), memory_bytes: most };
    match done {
        Ok(value) => Ok((value, used)),
        Err(Stop::Trap(error)) => Err(reason(&error, &store, limits)),
        Err(Stop::TooLong) => Err(RunError::BadOutput(format!("at most {} bytes of JSON", limits.output_bytes))),
        // A script whose allocation fails is told by an exception.
        Err(Stop::Thrown(_)) if most > allowed => Err(RunError::OutOfMemory { bytes: allowed }),
        Err(Stop::Thrown(said)) => Err(RunError::Trapped(said.chars().take(300).collect())),
    }
}

/// Form only; what a proposal does to the cart is the domain's decision.
fn operations(json: &[u8]) -> Result<Vec<Operation>, RunError> {
    let bad = |why: &dyn std::fmt::Display| RunError::BadOutput(why.to_string().chars().take(300).collect());
    let answer = serde_json::from_slice(json).map_err(|_| bad(&"a list of operations or a text is expected"))?;
    let values = match answer {
        Answer::Operations(values) => values,
        Answer::Refused(said) => return Err(RunError::Refused(said.chars().take(300).collect())),
    };
    if values.len() > MAX_OPERATIONS {
        return Err(bad(&format!("at most {MAX_OPERATIONS} operations, got {}", values.len())));
    }
    let operation = |(at, value)| serde_json::from_value(value).map_err(|e| bad(&format!("operation {at}: {e}")));
    values.into_iter().enumerate().map(operation).collect()
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("digest", &self.digest).finish_non_exhaustive()
    }
}
