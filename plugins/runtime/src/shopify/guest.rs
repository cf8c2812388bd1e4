//! A function's module, linked to what it imports, and one run of one of its exports: a fresh instance each time, dropped
//! whatever happens.

use super::host::{self, Host, Stop};
use super::input_tree::InputTree;
use super::json::Json;
use super::output::OutputLimit;
use super::refusal::Refusal;
use super::wasm_api::{self, Unknown};
use super::{Failure, Limits, wasi};
use crate::Engine;
use crate::clock::DEADLINE_TURNS;
use crate::engine::{MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS, MAX_TABLES};
use crate::plugin::{SLOT_INTERVAL, SLOT_PATIENCE};
use std::time::Instant;
use wasmtime::{
    ExternType, Instance, InstancePre, Linker, Memory, MemoryType, Module, PoolConcurrencyLimitError, Store,
    StoreLimitsBuilder, Trap, TypedFunc,
};

/// Raw standard output may be so many times what the limit on output allows, for it may be indented.
const INDENTED_TIMES: usize = 4;

/// Ready to run; cheap to clone and to share.
#[derive(Clone)]
pub struct Guest {
    engine: Engine,
    module: Module,
    ready: Ready,
    interface: Interface,
}

#[derive(Clone)]
enum Ready {
    Linked(InstancePre<Host>),
    /// A rewritten function shares a memory with the host, which exists only within a store.
    Sharing {
        linker: Linker<Host>,
        module_name: &'static str,
    },
}

/// How a function reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interface {
    StandardStreams,
    WasmApi,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub output: Result<Json, Failure>,
    pub instructions: u64,
    /// The largest memory that was asked for.
    pub memory_bytes: usize,
    pub log: String,
}

impl Guest {
    /// Refuses by name what a module asks for and is not here.
    pub(crate) fn of(engine: &Engine, module: Module) -> Result<Self, Refusal> {
        let mut linker = Linker::new(&engine.0);
        let mut interface = None;
        let mut shares = None;
        for import in module.imports() {
            let (from, name) = (import.module(), import.name());
            let unknown = || Refusal::UnknownImport { module: shortened(from), name: shortened(name) };
            let why = |unknown_: Unknown| match unknown_ {
                Unknown::Name => unknown(),
                Unknown::Type => Refusal::OtherImportType { module: shortened(from), name: shortened(name) },
            };
            if from.starts_with("javy_") || from.starts_with("shopify_functions_javy") {
                return Err(Refusal::NeedsJavascript { module: shortened(from) });
            }
            let linked = match (import.ty(), wasm_api::MODULES.iter().find(|known| **known == from)) {
                (ExternType::Func(ty), Some(_)) => {
                    interface = Some(Interface::WasmApi);
                    let function = wasm_api::import(name, &ty).map_err(why)?;
                    linker.func_new(from, name, ty, move |mut caller, parameters, results| {
                        wasm_api::call(function, &mut caller, parameters, results)
                    })
                }
                (ExternType::Memory(ty), Some(known)) if name == wasm_api::MEMORY => {
                    if ty.is_64() || ty.is_shared() || ty.minimum() > 1 || ty.maximum().is_some() {
                        return Err(why(Unknown::Type));
                    }
                    shares = Some(*known);
                    continue;
                }
                (ExternType::Func(ty), None) if from == wasi::MODULE => {
                    interface = interface.or(Some(Interface::StandardStreams));
                    let function = wasi::import(name, &ty).map_err(why)?;
                    linker.func_new(from, name, ty, move |mut caller, parameters, results| {
                        wasi::call(function, &mut caller, parameters, results)
                    })
                }
                _ => return Err(unknown()),
            };
            linked.map_err(|e| Refusal::NotAModule(first_line(&e)))?;
        }
        let interface = interface.ok_or(Refusal::NoInterface)?;
        if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err(Refusal::NoMemory);
        }
        let ready = match shares {
            Some(module_name) => Ready::Sharing { linker, module_name },
            None => Ready::Linked(linker.instantiate_pre(&module).map_err(|e| Refusal::NotAModule(first_line(&e)))?),
        };
        Ok(Self { engine: engine.clone(), module, ready, interface })
    }

    /// Compiles a module. What comes of it runs in this process only; [`super::compile`] makes what is kept.
    #[cfg(feature = "compile")]
    pub fn compile(engine: &Engine, wasm: &[u8]) -> Result<Self, Refusal> {
        let allowed = crate::MAX_COMPONENT_BYTES;
        if wasm.len() > allowed {
            return Err(Refusal::TooLarge { got: wasm.len(), allowed });
        }
        let module = Module::from_binary(&engine.0, wasm).map_err(|e| Refusal::NotAModule(first_line(&e)))?;
        Self::of(engine, module)
    }

    #[cfg(feature = "compile")]
    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    /// Whether a run can begin at `export`.
    pub fn check_export(&self, export: &str) -> Result<(), Refusal> {
        match self.module.get_export(export) {
            Some(ExternType::Func(ty)) if ty.params().len() == 0 && ty.results().len() == 0 => Ok(()),
            Some(ExternType::Func(_)) => Err(Refusal::OtherExportType { export: export.to_owned() }),
            _ => {
                let functions = self.module.exports().filter(|e| matches!(e.ty(), ExternType::Func(_)));
                let has = functions.take(20).map(|e| shortened(e.name())).collect();
                Err(Refusal::NoExport { export: export.to_owned(), has })
            }
        }
    }

    /// Calls `export` with an input.
    pub fn run(&self, export: &str, input: &Json, limits: &Limits) -> Outcome {
        let got = input.packed_len();
        if got > limits.input_bytes {
            let output = Err(Failure::InputTooLarge { got, allowed: limits.input_bytes });
            return Outcome { output, instructions: 0, memory_bytes: 0, log: String::new() };
        }
        let _running = self.engine.1.start();
        let (ended, mut store) = self.in_a_slot(export, input, limits);
        let left = store.get_fuel().unwrap_or_default();
        let settled = host::settle_last(&mut store);
        let data = store.data();
        let (instructions, memory_bytes, log) =
            (limits.instructions.saturating_sub(left), data.most_memory, data.logged());
        let ended = ended.map_err(|error| failure(&error, data, limits));
        let settled = settled.map_err(|stop| stopped(&stop));
        let output = match ended.and(settled) {
            Ok(()) => self.output(store.into_data(), limits),
            Err(failure) => Err(failure),
        };
        Outcome { output, instructions, memory_bytes, log }
    }

    /// One call, in a store of its own. While all slots are taken it waits its turn, as every plugin does.
    fn in_a_slot(&self, export: &str, input: &Json, limits: &Limits) -> (wasmtime::Result<()>, Store<Host>) {
        let started = Instant::now();
        loop {
            let mut store = self.store(limits);
            let ended = self.call(&mut store, export, input, limits);
            let busy = ended.as_ref().is_err_and(|error| error.is::<PoolConcurrencyLimitError>());
            if !busy || started.elapsed() > SLOT_PATIENCE {
                return (ended, store);
            }
            std::thread::sleep(SLOT_INTERVAL);
        }
    }

    fn store(&self, limits: &Limits) -> Store<Host> {
        let allowed = StoreLimitsBuilder::new()
            .memory_size(MAX_MEMORY_BYTES)
            // Its own and the host's.
            .memories(2)
            .instances(2)
            .tables(MAX_TABLES as usize)
            .table_elements(MAX_TABLE_ELEMENTS);
        let mut store = Store::new(&self.engine.0, Host::new(limits, allowed.build(), MAX_MEMORY_BYTES));
        store.limiter(|host| host);
        store.set_epoch_deadline(DEADLINE_TURNS);
        store
    }

    fn call(&self, store: &mut Store<Host>, export: &str, input: &Json, limits: &Limits) -> wasmtime::Result<()> {
        store.set_fuel(limits.instructions)?;
        match self.interface {
            Interface::WasmApi => store.data_mut().input = InputTree::new(input),
            Interface::StandardStreams => {
                let streams = &mut store.data_mut().wasi;
                streams.input = host::minified(input);
                streams.output_allowed = limits.output_bytes * INDENTED_TIMES;
            }
        }
        let instance = self.instance(store)?;
        // A library of C, Go or Zig prepares itself here.
        if let Ok(prepare) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
            prepare.call(&mut *store, ())?;
        }
        let function: TypedFunc<(), ()> = instance.get_typed_func(&mut *store, export)?;
        match function.call(&mut *store, ()) {
            Err(error) if matches!(error.downcast_ref(), Some(Stop::Exit(0))) => Ok(()),
            ended => ended,
        }
    }

    fn instance(&self, store: &mut Store<Host>) -> wasmtime::Result<Instance> {
        match &self.ready {
            Ready::Linked(ready) => ready.instantiate(store),
            Ready::Sharing { linker, module_name } => {
                let pages = host::shared_pages(&store.data().input);
                let memory = Memory::new(&mut *store, MemoryType::new(pages, None))?;
                let (bytes, data) = memory.data_and_store_mut(&mut *store);
                wasm_api::fill(bytes, data.input.text());
                data.shared = Some(memory);
                let mut linker = linker.clone();
                linker.define(&mut *store, module_name, wasm_api::MEMORY, memory)?;
                linker.instantiate(store, &self.module)
            }
        }
    }

    fn output(&self, host: Host, limits: &Limits) -> Result<Json, Failure> {
        let output = match self.interface {
            Interface::WasmApi => {
                host.output.finished().ok_or_else(|| Failure::BadOutput("it is not finished".to_owned()))?
            }
            Interface::StandardStreams => serde_json::from_slice(&host.wasi.output)
                .map_err(|e| Failure::BadOutput(format!("it is not JSON: {e}")))?,
        };
        if output.packed_len() > limits.output_bytes {
            return Err(stopped(&Stop::Output(OutputLimit::Bytes(limits.output_bytes))));
        }
        Ok(output)
    }
}

fn failure(error: &wasmtime::Error, host: &Host, limits: &Limits) -> Failure {
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<Trap>()) {
        _ if error.is::<PoolConcurrencyLimitError>() => Failure::Busy,
        (None, Some(Trap::Interrupt)) => Failure::TimedOut,
        (Some(stop), _) => stopped(stop),
        (None, Some(Trap::OutOfFuel)) => Failure::OutOfInstructions { allowed: limits.instructions },
        // A function whose allocation fails stops in its own way; what it wanted before tells why.
        _ if host.most_memory > host.allowed_memory => Failure::OutOfMemory { bytes: host.allowed_memory },
        (None, Some(trap)) => Failure::Trapped(trap.to_string()),
        (None, None) => Failure::Trapped(first_line(error)),
    }
}

fn stopped(stop: &Stop) -> Failure {
    match stop {
        Stop::Exit(code) => Failure::Exited { code: *code },
        Stop::Output(_) | Stop::NotUtf8 => Failure::BadOutput(stop.to_string()),
        _ => Failure::BadCall(stop.to_string()),
    }
}

pub(super) fn first_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().chars().take(300).collect()
}

/// Names of hostile modules are as long as they like.
fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guest").field("interface", &self.interface).finish_non_exhaustive()
    }
}
