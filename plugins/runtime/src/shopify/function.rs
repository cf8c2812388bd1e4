//! A function as a merchant has it: a module, and for each of its targets the export that is called and the query that
//! says what it is told.

use super::answer::answer;
use super::guest::Guest;
use super::pricing::operations;
use super::query::Query;
use super::refusal::Refusal;
use super::{Failure, Json, Limits, Target};
use crate::{ArtefactError, Engine, Header, Promotion, PromotionInput, Run, artefact};
use serde::{Deserialize, Serialize};
use stoa_domain::promotion::{MAX_OPERATIONS, Operation, Proposal};
use wasmtime::Module;

/// Each once.
pub const MAX_TARGETS: usize = 5;
const MAX_EXPORT_BYTES: usize = 200;

/// One target of a function: a table `[[extensions.targeting]]` of `shopify.extension.toml`, with the query itself in
/// place of its file's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targeting {
    pub target: String,
    pub export: String,
    pub input_query: String,
}

/// Ready to run; cheap to share.
#[derive(Debug)]
pub struct Function {
    guest: Guest,
    runs: Vec<TargetRun>,
    digest: String,
}

#[derive(Debug)]
pub(super) struct TargetRun {
    target: Target,
    export: String,
    query: Query,
}

impl Function {
    /// Loads the artefact of the function `digest` that the owner of `verify_key` (raw Ed25519 public key) signed.
    pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Self, ArtefactError> {
        let (header, code) = artefact::verify(artefact, verify_key, digest)?;
        Self::of_code(engine, header, code)
    }

    /// What [`artefact::verify`] let through.
    pub(crate) fn of_code(engine: &Engine, header: Header, code: &[u8]) -> Result<Self, ArtefactError> {
        let Some(targeting) = header.shopify else {
            return Err(ArtefactError::NotLoaded("the artefact is no Shopify Function".to_owned()));
        };
        #[allow(unsafe_code, reason = "the code was compiled by Stoa: `verify` has just checked the signature over it")]
        let module = unsafe { Module::deserialize(&engine.0, code) };
        let module = module.map_err(|e| ArtefactError::NotLoaded(format!("{e:#}")))?;
        let not_loaded = |refusal: Refusal| ArtefactError::NotLoaded(refusal.to_string());
        let guest = Guest::of(engine, module).map_err(not_loaded)?;
        Self::of(guest, &targeting, header.plugin).map_err(not_loaded)
    }

    /// Refuses by name a target, an export or a field of a query that is not here.
    pub(crate) fn of(guest: Guest, targeting: &[Targeting], digest: String) -> Result<Self, Refusal> {
        let runs = target_runs(targeting)?;
        runs.iter().try_for_each(|run| guest.check_export(&run.export))?;
        Ok(Self { guest, runs, digest })
    }

    /// Lower-case hex SHA-256 of the module and its targets.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The input of a target for a cart; None if the function does not have that target.
    pub fn input(
        &self,
        target: Target,
        promotion: Promotion<'_>,
        input: &PromotionInput,
    ) -> Option<Result<Json, Failure>> {
        let run = self.runs.iter().find(|run| run.target == target)?;
        Some(answer(&run.query, target, input, promotion.settings))
    }

    /// Asks the function, at each of its targets, what it proposes for a cart.
    pub fn run(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        let limits = Limits::for_lines(input.lines.len());
        let (mut proposed, mut fuel_used, mut memory_bytes): (Vec<Operation>, u64, usize) = (Vec::new(), 0, 0);
        for TargetRun { target, export, query } in &self.runs {
            let told = answer(query, *target, input, promotion.settings)?;
            let outcome = self.guest.run(export, &told, &limits);
            fuel_used = fuel_used.saturating_add(outcome.instructions);
            memory_bytes = memory_bytes.max(outcome.memory_bytes);
            proposed.extend(operations(&outcome.output?, *target, input, promotion.title)?);
        }
        if proposed.len() > MAX_OPERATIONS {
            let rule = format!("at most {MAX_OPERATIONS} discounts of all targets, got {}", proposed.len());
            return Err(Failure::Unsupported { path: "operations".to_owned(), rule });
        }
        let (promotion, title) = (promotion.id.clone(), promotion.title.to_owned());
        Ok(Run { proposal: Proposal { promotion, title, operations: proposed }, fuel_used, memory_bytes })
    }
}

/// Everything about the targets that can be told without the module.
pub(super) fn target_runs(targeting: &[Targeting]) -> Result<Vec<TargetRun>, Refusal> {
    if targeting.is_empty() || targeting.len() > MAX_TARGETS {
        return Err(Refusal::TargetCount { got: targeting.len(), allowed: MAX_TARGETS });
    }
    let mut runs: Vec<TargetRun> = Vec::with_capacity(targeting.len());
    for Targeting { target: name, export, input_query } in targeting {
        let Some(target) = Target::named(name) else {
            return Err(Refusal::UnsupportedTarget { target: name.chars().take(100).collect() });
        };
        if runs.iter().any(|known| known.target == target) {
            return Err(Refusal::RepeatedTarget { target: name.clone() });
        }
        if export.len() > MAX_EXPORT_BYTES {
            return Err(Refusal::LongExport { target: name.clone(), allowed: MAX_EXPORT_BYTES });
        }
        let query = Query::new(input_query, target).map_err(|error| Refusal::Query { target: name.clone(), error })?;
        runs.push(TargetRun { target, export: export.clone(), query });
    }
    Ok(runs)
}
