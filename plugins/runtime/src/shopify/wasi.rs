//! What a function that speaks JSON needs of WASI preview 1 to read its input and write its output: standard streams, no
//! arguments, no environment, no files, a clock that stands still and a sequence that is always the same.

use super::host::{self, CALL_COST, Host, Stop};
use super::wasm_api::{Unknown, signature};
use wasmtime::{Caller, FuncType, Val};

pub(super) const MODULE: &str = "wasi_snapshot_preview1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wasi {
    /// No arguments, and no variables either.
    NoStrings,
    NoStringSizes,
    Clock,
    ClockResolution,
    Close,
    Status,
    SetFlags,
    /// Streams have no place to go to.
    Seek,
    /// There are no folders.
    NoFolder,
    Read,
    Write,
    Exit,
    Random,
    Yield,
}

const FUNCTIONS: [(&str, Wasi, &str); 17] = [
    ("args_get", Wasi::NoStrings, "ii:i"),
    ("args_sizes_get", Wasi::NoStringSizes, "ii:i"),
    ("environ_get", Wasi::NoStrings, "ii:i"),
    ("environ_sizes_get", Wasi::NoStringSizes, "ii:i"),
    ("clock_time_get", Wasi::Clock, "iIi:i"),
    ("clock_res_get", Wasi::ClockResolution, "ii:i"),
    ("fd_close", Wasi::Close, "i:i"),
    ("fd_fdstat_get", Wasi::Status, "ii:i"),
    ("fd_fdstat_set_flags", Wasi::SetFlags, "ii:i"),
    ("fd_seek", Wasi::Seek, "iIii:i"),
    ("fd_prestat_get", Wasi::NoFolder, "ii:i"),
    ("fd_prestat_dir_name", Wasi::NoFolder, "iii:i"),
    ("fd_read", Wasi::Read, "iiii:i"),
    ("fd_write", Wasi::Write, "iiii:i"),
    ("proc_exit", Wasi::Exit, "i:"),
    ("random_get", Wasi::Random, "ii:i"),
    ("sched_yield", Wasi::Yield, ":i"),
];

const SUCCESS: i32 = 0;
const BAD_DESCRIPTOR: i32 = 8;
const FAULT: i32 = 21;
const INVALID: i32 = 28;
const NOT_SEEKABLE: i32 = 70;

const STDIN: u32 = 0;
const STDOUT: u32 = 1;
const STDERR: u32 = 2;
/// Runs of bytes that one read or write names.
const MAX_RUNS: u32 = 1_024;

pub(super) fn import(name: &str, ty: &FuncType) -> Result<Wasi, Unknown> {
    let (_, wasi, wanted) = FUNCTIONS.iter().find(|(known, ..)| *known == name).ok_or(Unknown::Name)?;
    if signature(ty) == *wanted { Ok(*wasi) } else { Err(Unknown::Type) }
}

pub(super) fn call(
    wasi: Wasi,
    caller: &mut Caller<'_, Host>,
    parameters: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    host::charge(caller, CALL_COST as usize)?;
    let word = |place: usize| parameters.get(place).and_then(Val::i32).unwrap_or_default() as u32;
    let known = |descriptor: u32| if descriptor <= STDERR { SUCCESS } else { BAD_DESCRIPTOR };
    let errno = match wasi {
        Wasi::NoStrings | Wasi::Yield => SUCCESS,
        Wasi::NoStringSizes => put(caller, &[(word(0), &[0; 4]), (word(1), &[0; 4])])?,
        Wasi::Clock => put(caller, &[(word(2), &[0; 8])])?,
        Wasi::ClockResolution => put(caller, &[(word(1), &1_000_000_000_u64.to_le_bytes())])?,
        Wasi::Close | Wasi::SetFlags => known(word(0)),
        Wasi::Status if word(0) <= STDERR => put(caller, &[(word(1), &status(word(0)))])?,
        Wasi::Seek if word(0) <= STDERR => NOT_SEEKABLE,
        Wasi::Status | Wasi::Seek | Wasi::NoFolder => BAD_DESCRIPTOR,
        Wasi::Read if word(0) == STDIN => read(caller, word(1), word(2), word(3))?,
        Wasi::Write if word(0) == STDOUT || word(0) == STDERR => {
            write(caller, word(0) == STDOUT, word(1), word(2), word(3))?
        }
        Wasi::Read | Wasi::Write => BAD_DESCRIPTOR,
        Wasi::Exit => return Err(Stop::Exit(word(0) as i32).into()),
        Wasi::Random => random(caller, word(0), word(1))?,
    };
    if let Some(result) = results.first_mut() {
        *result = Val::I32(errno);
    }
    Ok(())
}

/// Writes to the function's memory; all or nothing of each.
fn put(caller: &mut Caller<'_, Host>, values: &[(u32, &[u8])]) -> wasmtime::Result<i32> {
    let memory = host::memory(caller)?;
    let bytes = memory.data_mut(&mut *caller);
    for (at, value) in values {
        match host::slice_mut(bytes, *at, value.len() as u32, MODULE) {
            Ok(place) => place.copy_from_slice(value),
            Err(_) => return Ok(FAULT),
        }
    }
    Ok(SUCCESS)
}

/// A character device that can be read or written.
fn status(descriptor: u32) -> [u8; 24] {
    const CHARACTER_DEVICE: u8 = 2;
    const MAY_READ: u8 = 1 << 1;
    const MAY_WRITE: u8 = 1 << 6;
    let mut status = [0; 24];
    status[0] = CHARACTER_DEVICE;
    status[8] = if descriptor == STDIN { MAY_READ } else { MAY_WRITE };
    status
}

/// The runs of bytes that are read into or written from, as (address, length).
fn runs(bytes: &[u8], at: u32, count: u32) -> Option<Vec<(u32, u32)>> {
    let list = host::slice(bytes, at, count.checked_mul(8)?, MODULE).ok()?;
    let word = |bytes: &[u8]| bytes.try_into().map(u32::from_le_bytes).unwrap_or_default();
    Some(list.chunks_exact(8).map(|run| (word(&run[..4]), word(&run[4..]))).collect())
}

fn read(caller: &mut Caller<'_, Host>, at: u32, count: u32, told: u32) -> wasmtime::Result<i32> {
    if count > MAX_RUNS {
        return Ok(INVALID);
    }
    let memory = host::memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let Some(runs) = runs(bytes, at, count) else { return Ok(FAULT) };
    let mut total = 0;
    for (to, length) in runs {
        let streams = &mut host.wasi;
        let left = streams.input.get(streams.read..).unwrap_or_default();
        let take = left.len().min(length as usize);
        let Ok(place) = host::slice_mut(bytes, to, take as u32, MODULE) else { return Ok(FAULT) };
        place.copy_from_slice(&left[..take]);
        streams.read += take;
        total += take;
    }
    host::charge(caller, total)?;
    put(caller, &[(told, &(total as u32).to_le_bytes())])
}

fn write(caller: &mut Caller<'_, Host>, output: bool, at: u32, count: u32, told: u32) -> wasmtime::Result<i32> {
    if count > MAX_RUNS {
        return Ok(INVALID);
    }
    let memory = host::memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let Some(runs) = runs(bytes, at, count) else { return Ok(FAULT) };
    let mut total = 0_u32;
    for (from, length) in runs {
        let Ok(run) = host::slice(bytes, from, length, MODULE) else { return Ok(FAULT) };
        total = total.saturating_add(length);
        if output {
            let allowed = host.wasi.output_allowed;
            if host.wasi.output.len() + run.len() > allowed {
                return Err(Stop::from(super::output::OutputLimit::Bytes(allowed)).into());
            }
            host.wasi.output.extend_from_slice(run);
        } else {
            host.log(run);
        }
    }
    host::charge(caller, total as usize)?;
    put(caller, &[(told, &total.to_le_bytes())])
}

/// splitmix64 from a fixed beginning.
fn random(caller: &mut Caller<'_, Host>, at: u32, length: u32) -> wasmtime::Result<i32> {
    host::charge(caller, length as usize)?;
    let memory = host::memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let Ok(place) = host::slice_mut(bytes, at, length, MODULE) else { return Ok(FAULT) };
    for chunk in place.chunks_mut(8) {
        host.wasi.random = host.wasi.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = host.wasi.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
    }
    Ok(SUCCESS)
}
