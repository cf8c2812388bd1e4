//! The wasmtime engine, set up for small untrusted components: no ambient feature that a promotion does not need,
//! deterministic, metered, and with address space that fits a small container.

use crate::clock::Clock;
use crate::script::ScriptEngines;
use std::fmt;
use std::sync::Arc;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// A plugin's linear memory may grow to this.
pub const MAX_MEMORY_BYTES: usize = 16 << 20;
/// Plugins running at one moment, in all threads of a process.
pub const MAX_CONCURRENT_RUNS: u32 = 32;
/// Of one table, and of what one run's tables may grow to.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 10_000;
/// Main module and what the component model puts around it.
pub(crate) const MAX_INSTANCES: u32 = 4;
pub(crate) const MAX_TABLES: u32 = 4;
const MAX_STACK_BYTES: usize = 256 << 10;
/// Of a slot, between two runs.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// Cheap to clone; one a process.
#[derive(Clone)]
pub struct Engine(pub(crate) wasmtime::Engine, pub(crate) Arc<Clock>, pub(crate) ScriptEngines);

#[derive(Debug, thiserror::Error)]
#[error("the plugin engine did not start: {0}")]
pub struct EngineError(#[source] pub(crate) Box<dyn std::error::Error + Send + Sync>);

impl Engine {
    /// With pre-reserved instance slots where the address space allows it, else allocating each time.
    pub fn new() -> Result<Self, EngineError> {
        Self::with_slots(MAX_CONCURRENT_RUNS)
    }

    /// One that compiles and runs nothing: it reserves hardly any address space.
    #[cfg(feature = "compile")]
    pub(crate) fn for_compiling() -> Result<Self, EngineError> {
        Self::with_slots(1)
    }

    fn with_slots(runs: u32) -> Result<Self, EngineError> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(runs)
            .total_core_instances(runs * MAX_INSTANCES)
            .total_memories(runs)
            .total_tables(runs * MAX_TABLES)
            .max_core_instances_per_component(MAX_INSTANCES)
            .max_memories_per_component(1)
            .max_tables_per_component(MAX_TABLES)
            .table_elements(MAX_TABLE_ELEMENTS)
            .max_memory_size(MAX_MEMORY_BYTES)
            // What a small plugin touches is wiped by hand, and where the kernel tells which pages that is, only those:
            // cheaper than giving the pages back and faulting them in again.
            .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
            .table_keep_resident(KEEP_RESIDENT_BYTES)
            .pagemap_scan(Enabled::Auto);
        let pooled = wasmtime::Engine::new(config()?.allocation_strategy(InstanceAllocationStrategy::Pooling(pool)));
        let engine = match pooled {
            Ok(engine) => engine,
            Err(error) => {
                tracing::warn!(%error, "no pool for plugins, allocating on demand");
                wasmtime::Engine::new(&config()?).map_err(|e| EngineError(e.into()))?
            }
        };
        let clock = Clock::new(&engine).map_err(|e| EngineError(e.into()))?;
        Ok(Self(engine, Arc::new(clock), ScriptEngines::default()))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

/// The same whether or not this build can compile: artefacts of one load in the other.
fn config() -> Result<Config, EngineError> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_STACK_BYTES)
        // No run's error names a place in the plugin: what that would take is as large as the code.
        .generate_address_map(false)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None)
        .memory_reservation(MAX_MEMORY_BYTES as u64)
        .memory_reservation_for_growth(0)
        .memory_guard_size(64 << 10)
        .memory_init_cow(true)
        .wasm_component_model(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // Shopify's build gives a function a second memory, which is the host's; every store says how many it allows.
        .wasm_multi_memory(true);
    #[cfg(feature = "compile")]
    {
        config.cranelift_nan_canonicalization(true);
        // The oldest CPU of this architecture: the machine that compiles is not the one that runs.
        #[cfg(target_os = "linux")]
        let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
        #[cfg(target_os = "linux")]
        config
            .target(&format!("{}-unknown-linux-{libc}", std::env::consts::ARCH))
            .map_err(|e| EngineError(e.into()))?;
    }
    Ok(config)
}
