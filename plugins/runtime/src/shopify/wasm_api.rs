//! Shopify's open Wasm API (`shopify_function_v1` and `shopify_function_v2`): how a function reads its input value by
//! value, and builds its output, without JSON.
//!
//! A function imports it in one of two forms. As its compiler left it, it calls `shopify_function_input_get_obj_prop` and
//! so on with addresses in its own memory. As Shopify's build rewrites it before it is uploaded (the "trampoline"), it
//! calls `_shopify_function_…`, shares a second memory with the host, and copies to and from that memory itself. Version
//! 1 names a context in every call, version 2 does not; each module says by its types which it means.

use super::host::{self, Awaited, CALL_COST, Host, Stop};
use super::input_tree::TEXT_BASE;
use super::json::Json;
use super::output::Written;
use serde_json::Number;
use wasmtime::{Caller, FuncType, Val, ValType};

pub(super) const MODULES: [&str; 2] = ["shopify_function_v1", "shopify_function_v2"];
/// What a rewritten function calls the memory that it shares.
pub(super) const MEMORY: &str = "memory";
const NAME: &str = "shopify_function_";
/// There is one context a run.
const CONTEXT: i32 = 1;

/// A function of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    ContextNew,
    Input,
    Length,
    ReadText,
    Property,
    InternedProperty,
    AtIndex,
    KeyAtIndex,
    WriteBool,
    WriteNull,
    WriteI32,
    WriteF64,
    WriteText,
    WriteInterned,
    StartObject,
    FinishObject,
    StartArray,
    FinishArray,
    Finalize,
    DefineShape,
    DefineShapeKey,
    FinishShape,
    StartShaped,
    FinishShaped,
    Intern,
    Log,
    // Of a rewritten function.
    TextAddress,
    AwaitText,
    AwaitInterned,
    AwaitLog,
    Allocate,
}

/// Name, function, type: `i` is i32, `I` is i64, `F` is f64.
type Row = (&'static str, Api, &'static str);

const BOTH: [Row; 20] = [
    ("context_new", Api::ContextNew, ":i"),
    ("input_get", Api::Input, ":I"),
    ("input_get_val_len", Api::Length, "I:i"),
    ("input_get_obj_prop", Api::Property, "Iii:I"),
    ("input_get_interned_obj_prop", Api::InternedProperty, "Ii:I"),
    ("input_get_at_index", Api::AtIndex, "Ii:I"),
    ("input_get_obj_key_at_index", Api::KeyAtIndex, "Ii:I"),
    ("output_new_bool", Api::WriteBool, "i:i"),
    ("output_new_null", Api::WriteNull, ":i"),
    ("output_new_i32", Api::WriteI32, "i:i"),
    ("output_new_f64", Api::WriteF64, "F:i"),
    ("output_new_interned_utf8_str", Api::WriteInterned, "i:i"),
    ("output_new_object", Api::StartObject, "i:i"),
    ("output_finish_object", Api::FinishObject, ":i"),
    ("output_new_array", Api::StartArray, "i:i"),
    ("output_finish_array", Api::FinishArray, ":i"),
    ("output_finalize", Api::Finalize, ":i"),
    ("output_shape_define_new", Api::DefineShape, "i:i"),
    ("output_shape_define_key", Api::DefineShapeKey, "i:i"),
    ("output_new_shaped_object", Api::StartShaped, "i:i"),
];
const BOTH_TOO: [Row; 2] =
    [("output_shape_define_finish", Api::FinishShape, ":I"), ("output_finish_shaped_object", Api::FinishShaped, ":i")];
const AS_COMPILED: [Row; 4] = [
    ("input_read_utf8_str", Api::ReadText, "iii:"),
    ("output_new_utf8_str", Api::WriteText, "ii:i"),
    ("intern_utf8_str", Api::Intern, "ii:i"),
    ("log_new_utf8_str", Api::Log, "ii:"),
];
const REWRITTEN: [Row; 5] = [
    ("input_get_utf8_str_addr", Api::TextAddress, "i:i"),
    ("output_new_utf8_str", Api::AwaitText, "i:I"),
    ("intern_utf8_str", Api::AwaitInterned, "i:I"),
    ("log_new_utf8_str", Api::AwaitLog, "i:i"),
    ("alloc", Api::Allocate, "i:i"),
];

/// A function of the API as one module imports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Import {
    api: Api,
    /// The first parameter is a context.
    context: bool,
    /// Copies through the shared memory.
    rewritten: bool,
}

/// The function of this name and type. `Err` tells a known name of another type from an unknown name.
pub(super) fn import(name: &str, ty: &FuncType) -> Result<Import, Unknown> {
    let (rewritten, name) = match name.strip_prefix('_') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let name = name.strip_prefix(NAME).ok_or(Unknown::Name)?;
    let own: &[Row] = if rewritten { &REWRITTEN } else { &AS_COMPILED };
    let row = own.iter().chain(&BOTH).chain(&BOTH_TOO).find(|(known, ..)| *known == name);
    let (_, api, wanted) = row.ok_or(Unknown::Name)?;
    let found = signature(ty);
    if found == *wanted {
        Ok(Import { api: *api, context: false, rewritten })
    } else if found.strip_prefix('i') == Some(wanted) {
        Ok(Import { api: *api, context: true, rewritten })
    } else {
        Err(Unknown::Type)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Name,
    Type,
}

/// `iI:i` takes an i32 and an i64 and gives an i32.
pub(super) fn signature(ty: &FuncType) -> String {
    let letter = |ty: ValType| match ty {
        ValType::I32 => 'i',
        ValType::I64 => 'I',
        ValType::F64 => 'F',
        _ => '?',
    };
    ty.params().map(letter).chain([':']).chain(ty.results().map(letter)).collect()
}

/// Does what the function asks for.
pub(super) fn call(
    import: Import,
    caller: &mut Caller<'_, Host>,
    parameters: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    host::charge(caller, CALL_COST as usize)?;
    host::settle(caller)?;
    let parameters = if import.context { parameters.get(1..).unwrap_or_default() } else { parameters };
    let word = |place: usize| parameters.get(place).and_then(Val::i32).unwrap_or_default() as u32;
    let value = || parameters.first().and_then(Val::i64).unwrap_or_default() as u64;
    let answer = match import.api {
        Api::ContextNew => Val::I32(CONTEXT),
        Api::Input => Val::I64(caller.data().input.root() as i64),
        Api::Length => Val::I32(caller.data().input.length(value()) as i32),
        Api::ReadText => return read_text(caller, word(0), word(1), word(2)),
        Api::Property => property(caller, import.rewritten, value(), word(1), word(2))?,
        Api::InternedProperty => interned_property(caller, value(), word(1))?,
        Api::AtIndex => Val::I64(caller.data().input.at_index(value(), word(1)) as i64),
        Api::KeyAtIndex => Val::I64(caller.data().input.key_at_index(value(), word(1)) as i64),
        Api::WriteBool => written(caller.data_mut().output.scalar(Json::Bool(word(0) != 0)).map_err(Stop::from)?),
        Api::WriteNull => written(caller.data_mut().output.scalar(Json::Null).map_err(Stop::from)?),
        Api::WriteI32 => {
            let number = Json::Number(Number::from(word(0) as i32));
            written(caller.data_mut().output.scalar(number).map_err(Stop::from)?)
        }
        Api::WriteF64 => {
            // JSON has no infinity and no NaN: there, as in Shopify's runner, they are null.
            let float = parameters.first().and_then(Val::f64).unwrap_or_default();
            let number = Number::from_f64(float).map_or(Json::Null, Json::Number);
            written(caller.data_mut().output.scalar(number).map_err(Stop::from)?)
        }
        Api::WriteText => {
            let bytes = own_bytes(caller, word(0), word(1), "shopify_function_output_new_utf8_str")?;
            let text = String::from_utf8(bytes).map_err(|_| Stop::NotUtf8)?;
            written(caller.data_mut().output.text(text).map_err(Stop::from)?)
        }
        Api::WriteInterned => {
            let bytes = caller.data().interned(word(0))?.to_vec();
            host::charge(caller, bytes.len())?;
            let text = String::from_utf8(bytes).map_err(|_| Stop::NotUtf8)?;
            written(caller.data_mut().output.text(text).map_err(Stop::from)?)
        }
        Api::StartObject => written(caller.data_mut().output.start_object(word(0) as usize).map_err(Stop::from)?),
        Api::FinishObject => written(caller.data_mut().output.finish_object()),
        Api::StartArray => written(caller.data_mut().output.start_array(word(0) as usize).map_err(Stop::from)?),
        Api::FinishArray => written(caller.data_mut().output.finish_array()),
        Api::Finalize => written(caller.data().output.is_finished()),
        Api::DefineShape => written(caller.data_mut().output.define_shape(word(0) as usize)),
        Api::DefineShapeKey => {
            let bytes = caller.data().interned(word(0))?.to_vec();
            host::charge(caller, bytes.len())?;
            let key = String::from_utf8(bytes).map_err(|_| Stop::NotUtf8)?;
            written(caller.data_mut().output.define_shape_key(key).map_err(Stop::from)?)
        }
        Api::FinishShape => {
            let (done, shape) = caller.data_mut().output.finish_shape_definition();
            pair(done as u32, shape)
        }
        Api::StartShaped => {
            written(caller.data_mut().output.start_shaped_object(word(0) as usize).map_err(Stop::from)?)
        }
        Api::FinishShaped => written(caller.data_mut().output.finish_shaped_object()),
        Api::Intern => {
            let bytes = own_bytes(caller, word(0), word(1), "shopify_function_intern_utf8_str")?;
            Val::I32(caller.data_mut().intern(word(1), Some(&bytes))? as i32)
        }
        Api::Log => {
            let bytes = own_bytes(caller, word(0), word(1), "shopify_function_log_new_utf8_str")?;
            caller.data_mut().log(&bytes);
            return Ok(());
        }
        // A text is where its value says; the texts are at the beginning of the shared memory.
        Api::TextAddress => Val::I32(word(0) as i32),
        Api::AwaitText => await_text(caller, word(0))?,
        Api::AwaitInterned => {
            host::charge(caller, word(0) as usize)?;
            let id = caller.data_mut().intern(word(0), None)?;
            let at = host::piece(caller, word(0))?;
            caller.data_mut().awaited = Some(Awaited::Interned { length: word(0) });
            pair(id, at)
        }
        Api::AwaitLog => await_log(caller, word(0))?,
        Api::Allocate => Val::I32(host::piece(caller, word(0))? as i32),
    };
    if let Some(result) = results.first_mut() {
        *result = answer;
    }
    Ok(())
}

/// Puts the input's texts where a rewritten function reads them.
pub(super) fn fill(memory: &mut [u8], texts: &[u8]) {
    if let Some(place) = memory.get_mut(TEXT_BASE as usize..TEXT_BASE as usize + texts.len()) {
        place.copy_from_slice(texts);
    }
}

fn written(written: Written) -> Val {
    Val::I32(written as i32)
}

fn pair(high: u32, low: u32) -> Val {
    Val::I64(((u64::from(high) << 32) | u64::from(low)) as i64)
}

fn own_bytes(caller: &mut Caller<'_, Host>, at: u32, length: u32, call: &'static str) -> wasmtime::Result<Vec<u8>> {
    let memory = host::memory(caller)?;
    let bytes = host::slice(memory.data(&*caller), at, length, call)?.to_vec();
    host::charge(caller, bytes.len())?;
    Ok(bytes)
}

fn read_text(caller: &mut Caller<'_, Host>, from: u32, to: u32, length: u32) -> wasmtime::Result<()> {
    let call = "shopify_function_input_read_utf8_str";
    let memory = host::memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let text = host.input.bytes(from, length).ok_or(Stop::OutOfBounds { call })?;
    host::slice_mut(bytes, to, length, call)?.copy_from_slice(text);
    host::charge(caller, length as usize)
}

fn property(
    caller: &mut Caller<'_, Host>,
    rewritten: bool,
    object: u64,
    at: u32,
    length: u32,
) -> wasmtime::Result<Val> {
    let memory = match caller.data().shared.filter(|_| rewritten) {
        Some(shared) => shared,
        None => host::memory(caller)?,
    };
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let key = host::slice(bytes, at, length, "shopify_function_input_get_obj_prop")?;
    let (value, looked_at) = host.input.property(object, key);
    host::charge(caller, looked_at + length as usize)?;
    Ok(Val::I64(value as i64))
}

fn interned_property(caller: &mut Caller<'_, Host>, object: u64, id: u32) -> wasmtime::Result<Val> {
    let host = caller.data();
    let (value, looked_at) = host.input.property(object, host.interned(id)?);
    host::charge(caller, looked_at)?;
    Ok(Val::I64(value as i64))
}

/// What became of it, and where the text is copied to.
fn await_text(caller: &mut Caller<'_, Host>, length: u32) -> wasmtime::Result<Val> {
    let may = caller.data().output.may_write_text();
    if may != Written::Ok {
        return Ok(pair(may as u32, 0));
    }
    host::charge(caller, length as usize)?;
    let at = host::piece(caller, length)?;
    caller.data_mut().awaited = Some(Awaited::Text { length });
    Ok(pair(Written::Ok as u32, at))
}

/// Where five words are: how many bytes of the message to leave out, and where two runs of the rest go, with their
/// lengths. The second is always empty.
fn await_log(caller: &mut Caller<'_, Host>, length: u32) -> wasmtime::Result<Val> {
    const WORDS: u32 = 32;
    let kept = length.min(super::limits::LOG_BYTES as u32 + 1);
    host::charge(caller, kept as usize)?;
    let at = host::piece(caller, kept + WORDS)?;
    let Some(shared) = caller.data().shared else { return Err(Stop::NoMemory.into()) };
    let words = [length - kept, at, kept, at, 0];
    let place = at + kept.next_multiple_of(4);
    let bytes = host::slice_mut(shared.data_mut(&mut *caller), place, 20, "shopify_function_log_new_utf8_str")?;
    for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    caller.data_mut().awaited = Some(Awaited::Log { length: kept });
    Ok(Val::I32(place as i32))
}
