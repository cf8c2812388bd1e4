//! What a run of a function keeps in the host: its input, what it wrote, and how much it may use. There is nothing else
//! that it could reach.

use super::input_tree::{InputTree, TEXT_BASE};
use super::json::Json;
use super::limits::{LOG_BYTES, Limits};
use super::output::{Output, OutputLimit};
use wasmtime::{Caller, Extern, Memory, StoreLimits, Trap};

/// Instructions that a call into the host costs, beside one for each byte it copies or compares.
pub const CALL_COST: u64 = 100;
/// All strings of a run that have a number.
const MAX_INTERNED_BYTES: usize = 256 << 10;
const PAGE_BYTES: usize = 64 << 10;

/// What ends a run from within a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The function said so itself.
    #[error("the function ended with the exit code {0}")]
    Exit(i32),
    #[error(transparent)]
    Output(#[from] OutputLimit),
    #[error("{call} names bytes outside of the memory")]
    OutOfBounds { call: &'static str },
    #[error("a string of the output is not UTF-8")]
    NotUtf8,
    #[error("no string has the number {id}")]
    UnknownString { id: u32 },
    #[error("the function has more than {MAX_INTERNED_BYTES} bytes of numbered strings")]
    TooManyStrings,
    #[error("the function has no memory of the name memory")]
    NoMemory,
}

/// The data of a run's store.
pub(super) struct Host {
    pub(super) limits: StoreLimits,
    /// The largest memory that was asked for, and what is allowed.
    pub(super) most_memory: usize,
    pub(super) allowed_memory: usize,
    pub(super) input: InputTree,
    pub(super) output: Output,
    pub(super) interned: Vec<Vec<u8>>,
    interned_bytes: usize,
    log: Vec<u8>,
    log_cut: bool,
    /// Memory that a rewritten function shares with the host: the input's texts, and one piece after them.
    pub(super) shared: Option<Memory>,
    /// What the function copies into that piece before its next call.
    pub(super) awaited: Option<Awaited>,
    pub(super) wasi: Streams,
}

/// Bytes to come, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Text { length: u32 },
    Interned { length: u32 },
    Log { length: u32 },
}

/// Standard input and output of a function that speaks JSON.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) input: Vec<u8>,
    pub(super) read: usize,
    pub(super) output: Vec<u8>,
    pub(super) output_allowed: usize,
    /// State of the sequence that stands for randomness.
    pub(super) random: u64,
}

impl wasmtime::ResourceLimiter for Host {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.most_memory = self.most_memory.max(desired);
        self.limits.memory_growing(current, desired, maximum)
    }
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }
    fn instances(&self) -> usize {
        self.limits.instances()
    }
    fn tables(&self) -> usize {
        self.limits.tables()
    }
    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

impl Host {
    pub(super) fn new(limits: &Limits, store: StoreLimits, allowed_memory: usize) -> Self {
        Self {
            limits: store,
            most_memory: 0,
            allowed_memory,
            input: InputTree::default(),
            output: Output::new(limits.output_bytes),
            interned: Vec::new(),
            interned_bytes: 0,
            log: Vec::new(),
            log_cut: false,
            shared: None,
            awaited: None,
            wasi: Streams::default(),
        }
    }

    /// Keeps the newest.
    pub(super) fn log(&mut self, bytes: &[u8]) {
        self.log.extend_from_slice(&bytes[bytes.len().saturating_sub(LOG_BYTES)..]);
        let over = self.log.len().saturating_sub(LOG_BYTES);
        self.log_cut |= over > 0 || bytes.len() > LOG_BYTES;
        self.log.drain(..over);
    }

    /// What was logged, marked where the older part is gone.
    pub(super) fn logged(&self) -> String {
        let text = String::from_utf8_lossy(&self.log);
        if self.log_cut { format!("[TRUNCATED]...{text}") } else { text.into_owned() }
    }

    /// Gives a string of so many bytes a number; the bytes come with it or after it.
    pub(super) fn intern(&mut self, length: u32, bytes: Option<&[u8]>) -> Result<u32, Stop> {
        // Each costs the host more than its bytes.
        self.interned_bytes = self.interned_bytes.saturating_add(length as usize + 16);
        if self.interned_bytes > MAX_INTERNED_BYTES {
            return Err(Stop::TooManyStrings);
        }
        self.interned.push(bytes.map_or_else(|| vec![0; length as usize], <[u8]>::to_vec));
        Ok(self.interned.len() as u32 - 1)
    }

    pub(super) fn interned(&self, id: u32) -> Result<&[u8], Stop> {
        self.interned.get(id as usize).map(Vec::as_slice).ok_or(Stop::UnknownString { id })
    }

    /// Where the shared piece begins.
    fn piece(&self) -> usize {
        (TEXT_BASE as usize + self.input.text().len()).next_multiple_of(16)
    }

    fn take(&mut self, awaited: Awaited, bytes: &[u8]) -> Result<(), Stop> {
        match awaited {
            Awaited::Text { .. } => {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| Stop::NotUtf8)?;
                self.output.text(text)?;
            }
            // Its number was given when its length was said.
            Awaited::Interned { .. } => {
                if let Some(last) = self.interned.last_mut() {
                    last.copy_from_slice(bytes);
                }
            }
            Awaited::Log { .. } => self.log(bytes),
        }
        Ok(())
    }
}

/// The function's own memory.
pub(super) fn memory(caller: &mut Caller<'_, Host>) -> Result<Memory, Stop> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(Stop::NoMemory),
    }
}

/// Takes what a call costs from the instructions that are left.
pub(super) fn charge(caller: &mut Caller<'_, Host>, instructions: usize) -> wasmtime::Result<()> {
    let left = caller.get_fuel()?;
    match left.checked_sub(instructions as u64) {
        Some(left) => caller.set_fuel(left),
        None => {
            caller.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}

/// `length` bytes at `at`.
pub(super) fn slice<'a>(bytes: &'a [u8], at: u32, length: u32, call: &'static str) -> Result<&'a [u8], Stop> {
    let (start, length) = (at as usize, length as usize);
    bytes.get(start..).and_then(|rest| rest.get(..length)).ok_or(Stop::OutOfBounds { call })
}

pub(super) fn slice_mut<'a>(
    bytes: &'a mut [u8],
    at: u32,
    length: u32,
    call: &'static str,
) -> Result<&'a mut [u8], Stop> {
    let (start, length) = (at as usize, length as usize);
    bytes.get_mut(start..).and_then(|rest| rest.get_mut(..length)).ok_or(Stop::OutOfBounds { call })
}

/// Takes in what the function was given a piece of shared memory for. Comes before everything else that a call does.
pub(super) fn settle(caller: &mut Caller<'_, Host>) -> wasmtime::Result<()> {
    let (Some(awaited), Some(shared)) = (caller.data_mut().awaited.take(), caller.data().shared) else {
        return Ok(());
    };
    let (bytes, host) = shared.data_and_store_mut(caller);
    let (Awaited::Text { length } | Awaited::Interned { length } | Awaited::Log { length }) = awaited;
    let piece = slice(bytes, host.piece() as u32, length, "a string")?;
    Ok(host.take(awaited, piece)?)
}

/// The same after the last call.
pub(super) fn settle_last(store: &mut wasmtime::Store<Host>) -> Result<(), Stop> {
    let (Some(awaited), Some(shared)) = (store.data_mut().awaited.take(), store.data().shared) else {
        return Ok(());
    };
    let (bytes, host) = shared.data_and_store_mut(store);
    let (Awaited::Text { length } | Awaited::Interned { length } | Awaited::Log { length }) = awaited;
    let piece = slice(bytes, host.piece() as u32, length, "a string")?;
    host.take(awaited, piece)
}

/// A piece of shared memory of `length` bytes, the same for every call: what was in it has been taken in.
pub(super) fn piece(caller: &mut Caller<'_, Host>, length: u32) -> wasmtime::Result<u32> {
    let Some(shared) = caller.data().shared else { return Err(Stop::NoMemory.into()) };
    let at = caller.data().piece();
    let end = at + length as usize;
    let have = shared.data_size(&*caller);
    if end > have {
        shared.grow(&mut *caller, (end - have).div_ceil(PAGE_BYTES) as u64)?;
    }
    Ok(at as u32)
}

/// Pages that the shared memory begins with: one at least, for the functions ask for that.
pub(super) fn shared_pages(input: &InputTree) -> u32 {
    (TEXT_BASE as usize + input.text().len()).div_ceil(PAGE_BYTES).max(1) as u32
}

/// A function that speaks JSON finds it here.
pub(super) fn minified(input: &Json) -> Vec<u8> {
    serde_json::to_vec(input).unwrap_or_default()
}
