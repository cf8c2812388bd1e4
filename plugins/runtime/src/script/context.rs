//! QuickJS's C functions as the host calls them in one instance. Its values are 64 bits wide with the tag in the upper half;
//! nothing is ever freed, for the memory ends with the run.

use super::engine::ScriptEngine;
use crate::plugin::Guard;
use wasmtime::{Instance, Memory, Store, WasmParams, WasmResults};

#[cfg(feature = "compile")]
const EVAL_MODULE: i32 = 1;
#[cfg(feature = "compile")]
const EVAL_COMPILE_ONLY: i32 = 1 << 5;
const BYTECODE: i32 = 1;
#[cfg(feature = "compile")]
const STRIP_SOURCE: i32 = 1 << 4;
const UNDEFINED: Value = Value(3 << 32);
const EXCEPTION_TAG: i64 = 6;
const FULFILLED: i32 = 1;
const REJECTED: i32 = 2;
/// What the author reads in an exception's place.
#[cfg(feature = "compile")]
const FILE_NAME: &str = "plugin.js";
const MAX_TEXT_BYTES: usize = 4 << 10;

#[derive(Debug, Clone, Copy)]
pub(super) struct Value(i64);

/// Why a script gave no answer.
pub(super) enum Stop {
    /// The instance ended, or could not begin.
    Trap(wasmtime::Error),
    /// An exception that the script did not catch, in words.
    Thrown(String),
    /// The answer is longer than it may be.
    TooLong,
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

/// One instance of the engine.
pub(super) struct Context<'a> {
    store: &'a mut Store<Guard>,
    instance: Instance,
    memory: Memory,
    /// QuickJS's own, made before the instance began.
    address: i32,
}

impl<'a> Context<'a> {
    pub(super) fn begin(store: &'a mut Store<Guard>, engine: &ScriptEngine) -> Result<Self, Stop> {
        let instance = engine.0.instantiate(&mut *store)?;
        let memory = instance.get_memory(&mut *store, "memory").ok_or_else(|| broken("memory"))?;
        let address = instance.get_global(&mut *store, "context").ok_or_else(|| broken("context"))?;
        let address = address.get(&mut *store).i32().ok_or_else(|| broken("context"))?;
        Ok(Self { store, instance, memory, address })
    }

    /// Source to bytecode. The only way to code from text, and open to nobody but the compiler.
    #[cfg(feature = "compile")]
    pub(super) fn compile(&mut self, source: &str) -> Result<Vec<u8>, Stop> {
        self.call::<_, i32>("JS_AddIntrinsicEval", self.address)?;
        let (text, name) = (self.put(source.as_bytes())?, self.put(FILE_NAME.as_bytes())?);
        let flags = EVAL_MODULE | EVAL_COMPILE_ONLY;
        let module = self.value("JS_Eval", (self.address, text, length(source.as_bytes())?, name, flags))?;
        let size = self.allocate(4)?;
        let bytecode = self.call("JS_WriteObject", (self.address, size, module.0, BYTECODE | STRIP_SOURCE))?;
        if bytecode == 0 {
            return Err(self.thrown());
        }
        let size = self.number(size)?;
        Ok(self.bytes(bytecode, size)?.to_vec())
    }

    /// Reads a module's bytecode, runs it to its end, and gives what it exports as `run`.
    pub(super) fn load(&mut self, bytecode: &[u8]) -> Result<Value, Stop> {
        let at = self.put(bytecode)?;
        let module = self.value("JS_ReadObject", (self.address, at, length(bytecode)?, BYTECODE))?;
        if self.call::<_, i32>("JS_ResolveModule", (self.address, module.0))? != 0 {
            return Err(self.thrown());
        }
        let promise = self.value("JS_EvalFunction", (self.address, module.0))?;
        match self.call::<_, i32>("JS_PromiseState", (self.address, promise.0))? {
            FULFILLED => {}
            REJECTED => {
                let reason: i64 = self.call("JS_PromiseResult", (self.address, promise.0))?;
                return Err(self.in_words(Value(reason)));
            }
            _ => return Err(Stop::Thrown("nothing may be awaited: nothing ever comes".to_owned())),
        }
        // A module's value is its address.
        #[allow(clippy::cast_possible_truncation, reason = "the lower half is the address")]
        let address = module.0 as i32;
        let exports = self.value("JS_GetModuleNamespace", (self.address, address))?;
        let run = self.property(exports, "run")?;
        if self.call::<_, i32>("JS_IsFunction", (self.address, run.0))? == 0 {
            return Err(Stop::Thrown("the script exports no function named run".to_owned()));
        }
        Ok(run)
    }

    pub(super) fn parse(&mut self, json: &[u8]) -> Result<Value, Stop> {
        let (at, name) = (self.put(json)?, self.put(b"input")?);
        self.value("JS_ParseJSON", (self.address, at, length(json)?, name))
    }

    /// What `function` answers, as JSON of at most `most` bytes.
    pub(super) fn ask(&mut self, function: Value, arguments: [Value; 2], most: usize) -> Result<Vec<u8>, Stop> {
        let at = self.put(&[arguments[0].0.to_le_bytes(), arguments[1].0.to_le_bytes()].concat())?;
        let answer = self.value("JS_Call", (self.address, function.0, UNDEFINED.0, 2, at))?;
        let json = self.value("JS_JSONStringify", (self.address, answer.0, UNDEFINED.0, UNDEFINED.0))?;
        let text = self.text(json, most)?;
        text.ok_or(Stop::TooLong)
    }

    fn property(&mut self, object: Value, name: &str) -> Result<Value, Stop> {
        let name = self.put(name.as_bytes())?;
        self.value("JS_GetPropertyStr", (self.address, object.0, name))
    }

    /// A value's text; None if it is longer than that.
    fn text(&mut self, value: Value, most: usize) -> Result<Option<Vec<u8>>, Stop> {
        let size = self.allocate(4)?;
        let at: i32 = self.call("JS_ToCStringLen2", (self.address, size, value.0, 0))?;
        if at == 0 {
            return Err(Stop::Thrown("an exception that says nothing".to_owned()));
        }
        let size = self.number(size)?;
        if size as usize > most {
            return Ok(None);
        }
        Ok(Some(self.bytes(at, size)?.to_vec()))
    }

    /// The exception that is under way.
    fn thrown(&mut self) -> Stop {
        match self.call("JS_GetException", self.address) {
            Ok(exception) => self.in_words(Value(exception)),
            Err(error) => Stop::Trap(error),
        }
    }

    /// `TypeError: not a function, at run (plugin.js:12:5)`
    fn in_words(&mut self, exception: Value) -> Stop {
        let mut words = |value: Value| -> Result<String, Stop> {
            let text = self.text(value, MAX_TEXT_BYTES)?.unwrap_or_default();
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        let said = match words(exception) {
            Ok(said) => said,
            Err(stop) => return stop,
        };
        let stack = self.property(exception, "stack").and_then(|stack| self.text(stack, MAX_TEXT_BYTES));
        let stack = stack.ok().flatten().unwrap_or_default();
        let stack = String::from_utf8_lossy(&stack).into_owned();
        match stack.lines().next().map(str::trim).filter(|place| place.starts_with("at ")) {
            Some(place) => Stop::Thrown(format!("{said}, {place}")),
            None => Stop::Thrown(said),
        }
    }

    fn value(&mut self, name: &str, arguments: impl WasmParams) -> Result<Value, Stop> {
        let value: i64 = self.call(name, arguments)?;
        if value >> 32 == EXCEPTION_TAG { Err(self.thrown()) } else { Ok(Value(value)) }
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: P) -> wasmtime::Result<R> {
        self.instance.get_typed_func::<P, R>(&mut *self.store, name)?.call(&mut *self.store, arguments)
    }

    fn allocate(&mut self, bytes: i32) -> Result<i32, Stop> {
        match self.call("malloc", bytes)? {
            0 => Err(Stop::Thrown("out of memory".to_owned())),
            at => Ok(at),
        }
    }

    /// Somewhere in the instance's memory, with a zero behind it.
    fn put(&mut self, bytes: &[u8]) -> Result<i32, Stop> {
        let at = self.allocate(length(bytes)?.saturating_add(1))?;
        let end = self.bytes_mut(at, bytes.len() + 1)?;
        end[..bytes.len()].copy_from_slice(bytes);
        end[bytes.len()] = 0;
        Ok(at)
    }

    fn number(&self, at: i32) -> Result<u32, Stop> {
        let bytes = self.bytes(at, 4)?.first_chunk().ok_or_else(|| broken("memory"))?;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn bytes(&self, at: i32, length: u32) -> Result<&[u8], Stop> {
        let (start, length) = (at.cast_unsigned() as usize, length as usize);
        let memory = self.memory.data(&*self.store);
        Ok(memory.get(start..start.saturating_add(length)).ok_or_else(|| broken("memory"))?)
    }

    fn bytes_mut(&mut self, at: i32, length: usize) -> Result<&mut [u8], Stop> {
        let start = at.cast_unsigned() as usize;
        let memory = self.memory.data_mut(&mut *self.store);
        Ok(memory.get_mut(start..start.saturating_add(length)).ok_or_else(|| broken("memory"))?)
    }
}

fn length(bytes: &[u8]) -> Result<i32, Stop> {
    i32::try_from(bytes.len()).map_err(|_| Stop::TooLong)
}

/// A script that found a way into its engine's memory can make it answer anything; it is its own instance.
fn broken(what: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the script engine's {what} is not as it should be"))
}
