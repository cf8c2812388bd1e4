//! One loaded promotion, and one run of a plugin of any world: a fresh instance each time, dropped whatever happens.

use crate::clock::{DEADLINE_MILLIS, DEADLINE_TURNS};
use crate::contract::{Contract, to_domain};
use crate::engine::{MAX_INSTANCES, MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS, MAX_TABLES};
use crate::{ArtefactError, Engine, Loaded, PromotionInput, load};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use stoa_domain::PromotionId;
use stoa_domain::promotion::{MAX_OPERATIONS, Proposal};
use wasmtime::component::InstancePre;
use wasmtime::{PoolConcurrencyLimitError, Store, StoreLimits, StoreLimitsBuilder, Trap};

/// How long a run waits for a slot when all are taken, and how often it looks.
pub(crate) const SLOT_PATIENCE: Duration = Duration::from_millis(500);
pub(crate) const SLOT_INTERVAL: Duration = Duration::from_millis(1);

/// What one run may use. The defaults are for a cart of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Roughly WebAssembly instructions.
    pub fuel: u64,
    /// Linear memory; at most [`MAX_MEMORY_BYTES`].
    pub memory_bytes: usize,
    /// What the answer may make the host allocate, at most, before it is checked.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 11_000_000, memory_bytes: MAX_MEMORY_BYTES, output_bytes: 256 << 10 }
    }
}

/// Whose promotion runs, as the merchant set it up.
#[derive(Debug, Clone, Copy)]
pub struct Promotion<'a> {
    pub id: &'a PromotionId,
    /// What the shopper reads as its name.
    pub title: &'a str,
    /// JSON.
    pub settings: &'a str,
}

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub proposal: Proposal,
    pub fuel_used: u64,
    /// The largest linear memory that was asked for.
    pub memory_bytes: usize,
}

/// Why a run gave no proposal: for the merchant. The shop goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum RunError {
    #[error("the plugin stopped: {0}")]
    Trapped(String),
    #[error("the plugin used up its fuel of {fuel}")]
    OutOfFuel { fuel: u64 },
    #[error("the plugin ran for {DEADLINE_MILLIS} ms")]
    TimedOut,
    #[error("the plugin wanted more than {bytes} bytes of memory")]
    OutOfMemory { bytes: usize },
    #[error("all slots for plugins were taken for {} ms", SLOT_PATIENCE.as_millis())]
    Busy,
    #[error("the plugin's answer breaks a rule: {0}")]
    BadOutput(String),
    #[error("the plugin says: {0}")]
    Refused(String),
}

impl RunError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "trapped",
            Self::OutOfFuel { .. } => "out_of_fuel",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Busy => "busy",
            Self::BadOutput(_) => "bad_output",
            Self::Refused(_) => "refused",
        }
    }
}

/// Ready to run; cheap to clone and to share.
#[derive(Clone)]
pub struct Plugin {
    engine: Engine,
    contract: Contract,
    digest: String,
}

/// Holds a run's memory to its limit and remembers what was asked for.
pub(crate) struct Guard {
    limits: StoreLimits,
    pub(crate) most: usize,
    pub(crate) allowed: usize,
}

impl wasmtime::ResourceLimiter for Guard {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.most = self.most.max(desired);
        self.limits.memory_growing(current, desired, maximum)
    }
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }
}

impl Plugin {
    /// Loads the artefact of the component `digest` that the owner of `verify_key` (raw Ed25519 public key) signed.
    /// Another plugin's is refused, however well it is signed.
    pub fn load(engine: &Engine, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<Self, ArtefactError> {
        match load(engine, artefact, verify_key, digest)? {
            Loaded::Plugin(plugin) => Ok(plugin),
            _ => Err(ArtefactError::NotLoaded("the artefact is a plugin of another kind".to_owned())),
        }
    }

    /// Refuses what is no promotion.
    pub(crate) fn of(engine: &Engine, pre: &InstancePre<Guard>, digest: String) -> Result<Self, ArtefactError> {
        let contract = Contract::of(pre).map_err(|e| ArtefactError::NotLoaded(format!("{e:#}")))?;
        Ok(Self { engine: engine.clone(), contract, digest })
    }

    /// Of the promotion contract that it was built for: `0.2`.
    pub fn contract(&self) -> &'static str {
        self.contract.version()
    }

    /// Lower-case hex SHA-256 of the component.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Asks the promotion what it proposes for a cart.
    pub fn run(&self, promotion: Promotion<'_>, input: &PromotionInput, limits: Limits) -> Result<Run, RunError> {
        let call = |store: &mut Store<Guard>| self.contract.call(store, input, promotion.settings);
        let Answered { proposed, fuel_used, memory_bytes } = answer(&self.engine, limits, call)?;
        if proposed.len() > MAX_OPERATIONS {
            let message = format!("at most {MAX_OPERATIONS} operations, got {}", proposed.len());
            return Err(RunError::BadOutput(message));
        }
        let operations = proposed.into_iter().map(to_domain).collect::<Result<_, _>>()?;
        let proposal = Proposal { promotion: promotion.id.clone(), title: promotion.title.to_owned(), operations };
        Ok(Run { proposal, fuel_used, memory_bytes })
    }
}

/// What a plugin of any world proposed, unchecked.
pub(crate) struct Answered<Proposed> {
    pub(crate) proposed: Vec<Proposed>,
    pub(crate) fuel_used: u64,
    pub(crate) memory_bytes: usize,
}

/// One run: `call` makes an instance in the store and asks it; it says either what it proposes or why it does not.
pub(crate) fn answer<Proposed>(
    engine: &Engine,
    limits: Limits,
    call: impl Fn(&mut Store<Guard>) -> wasmtime::Result<Result<Vec<Proposed>, String>>,
) -> Result<Answered<Proposed>, RunError> {
    let _running = engine.1.start();
    let no_slot = |answer: &wasmtime::Result<_>| {
        answer.as_ref().is_err_and(|error: &wasmtime::Error| error.is::<PoolConcurrencyLimitError>())
    };
    let (answer, store) = in_a_slot(engine, limits, call, no_slot)?;
    let (most, left) = (store.data().most, store.get_fuel().unwrap_or(0));
    let answer = answer.map_err(|error| reason(&error, &store, limits))?;
    let proposed = answer.map_err(|said| RunError::Refused(said.chars().take(300).collect()))?;
    Ok(Answered { proposed, fuel_used: limits.fuel.saturating_sub(left), memory_bytes: most })
}

/// Some work in a store of its own that nothing is ever done in again. While all slots are taken (`no_slot`) it waits its
/// turn: a cart that is priced without a promotion because others are being priced would be a price that flickers.
pub(crate) fn in_a_slot<T>(
    engine: &Engine,
    limits: Limits,
    work: impl Fn(&mut Store<Guard>) -> T,
    no_slot: impl Fn(&T) -> bool,
) -> Result<(T, Store<Guard>), RunError> {
    let started = Instant::now();
    loop {
        let mut store = store(engine, limits)?;
        let done = work(&mut store);
        if !no_slot(&done) {
            return Ok((done, store));
        }
        if started.elapsed() > SLOT_PATIENCE {
            return Err(RunError::Busy);
        }
        std::thread::sleep(SLOT_INTERVAL);
    }
}

fn store(engine: &Engine, limits: Limits) -> Result<Store<Guard>, RunError> {
    let allowed = limits.memory_bytes.min(MAX_MEMORY_BYTES);
    let guard = StoreLimitsBuilder::new()
        .memory_size(allowed)
        .memories(1)
        .instances(MAX_INSTANCES as usize)
        .tables(MAX_TABLES as usize)
        .table_elements(MAX_TABLE_ELEMENTS);
    let mut store = Store::new(&engine.0, Guard { limits: guard.build(), most: 0, allowed });
    store.limiter(|guard| guard);
    store.set_hostcall_fuel(limits.output_bytes);
    store.set_epoch_deadline(DEADLINE_TURNS);
    store.set_fuel(limits.fuel).map_err(|e| RunError::Trapped(e.to_string()))?;
    Ok(store)
}

pub(crate) fn reason(error: &wasmtime::Error, store: &Store<Guard>, limits: Limits) -> RunError {
    let guard = store.data();
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => RunError::OutOfFuel { fuel: limits.fuel },
        Some(Trap::Interrupt) => RunError::TimedOut,
        // A guest whose allocation fails stops in its own way; what it wanted before tells why.
        _ if guard.most > guard.allowed => RunError::OutOfMemory { bytes: guard.allowed },
        Some(trap) => RunError::Trapped(trap.to_string()),
        None => RunError::BadOutput(error.root_cause().to_string().chars().take(300).collect()),
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("digest", &self.digest).finish_non_exhaustive()
    }
}
