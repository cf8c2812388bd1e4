//! The compiler in a process of its own: the same program started again with one argument, its environment empty, so
//! that it holds neither the signing key nor the table's. It gives itself less memory and processor time, no file to
//! write and no other process to start, and only then reads what it is to compile.
//!
//! In: the length of the targets (u32, little endian), the targets of a Shopify Function (JSON; `null` for every other
//! plugin), and the upload, to the end of standard input. Out: one byte, then either why it is refused (JSON) or the
//! component's length (u32, little endian), the component and its native code.

use crate::compile::{Compiled, to_code};
use crate::shopify::{self, Targeting};
use crate::{CompileError, Engine, MAX_ARTEFACT_BYTES, MAX_COMPONENT_BYTES};
use rlimit::{Resource, setrlimit};
use std::io::{Read, Write};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Of what goes in beside the upload, of which [`shopify::MAX_QUERY_BYTES`] allow less.
const MAX_TARGETING_BYTES: usize = 1 << 20;
const ARGUMENT: &str = "compile-plugin";
const REFUSED: u8 = 0;
const COMPILED: u8 = 1;
/// How it ends when what it is allowed is not enough even to begin.
const TOO_LITTLE: i32 = 2;
/// The clock's patience, in processor time: 28 s of the 29 that the merchant function has.
const CLOCK_FACTOR: u64 = 4;
/// Of what comes back: component and code.
const MAX_REPLY_BYTES: u64 = (MAX_ARTEFACT_BYTES + MAX_COMPONENT_BYTES + 1_024) as u64;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// What compiling one plugin may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompilerLimits {
    /// Of processor time; by the clock four times as much, for a machine that has other work.
    pub seconds: u64,
    /// Of address space.
    pub megabytes: u64,
}

impl Default for CompilerLimits {
    /// A plugin of usual size takes 40 ms and 150 MB of address space, most of it reserved and never touched.
    fn default() -> Self {
        Self { seconds: 7, megabytes: 1_024 }
    }
}

/// To be called first thing in `main` by every program that takes uploads. Started as the compiler it compiles and never
/// returns; otherwise it remembers which program to start.
pub fn enter() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(ARGUMENT) {
        let mut number = || arguments.next()?.parse().ok();
        let limits = number().zip(number()).map(|(seconds, megabytes)| CompilerLimits { seconds, megabytes });
        std::process::exit(
            limits.and_then(|limits| confine(limits).ok()).map_or(1, |()| serve().map_or(TOO_LITTLE, |()| 0)),
        );
    }
    if let Ok(program) = std::env::current_exe() {
        use_program(program);
    }
}

/// Another program that calls [`enter`]: for tests, whose own `main` is the test harness's. The first one named stays.
pub fn use_program(program: PathBuf) {
    let _already_named = PROGRAM.set(program);
}

/// `targeting`: of a Shopify Function.
pub(crate) fn compile(
    wasm: &[u8],
    targeting: Option<&[Targeting]>,
    limits: CompilerLimits,
) -> Result<Compiled, CompileError> {
    let no_compiler = |why: &dyn std::fmt::Display| CompileError::NoCompiler(why.to_string());
    let program = PROGRAM.get().ok_or_else(|| no_compiler(&"this program has not entered as one"))?;
    let targeting = serde_json::to_vec(&targeting).map_err(|e| no_compiler(&e))?;
    let length = u32::try_from(targeting.len()).map_err(|e| no_compiler(&e))?;
    let request = [&length.to_le_bytes(), targeting.as_slice(), wasm].concat();
    let mut command = Command::new(program);
    command.args([ARGUMENT.to_owned(), limits.seconds.to_string(), limits.megabytes.to_string()]);
    command.env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| no_compiler(&e))?;
    let reply = converse(&mut child, request, limits);
    if !matches!(reply, Ok(Some(_))) {
        // It may have ended by itself meanwhile.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| no_compiler(&e))?;
    match reply.map_err(|e| no_compiler(&e))? {
        Some(reply) if status.success() => {
            read_reply(reply).unwrap_or_else(|| Err(no_compiler(&"it answered something else")))
        }
        // By a signal: ours, the kernel's for time or memory, its own when it got no more memory or stack.
        _ if status.code().is_none_or(|code| code == TOO_LITTLE) => {
            Err(CompileError::Limits { seconds: limits.seconds, megabytes: limits.megabytes })
        }
        _ => Err(no_compiler(&status)),
    }
}

/// Sends the upload and waits for all of the answer; None if that takes too long.
fn converse(child: &mut Child, request: Vec<u8>, limits: CompilerLimits) -> std::io::Result<Option<Vec<u8>>> {
    let Some((mut input, output)) = child.stdin.take().zip(child.stdout.take()) else { return Ok(None) };
    let (send, receive) = channel();
    std::thread::Builder::new().name("plugin-compiler".into()).spawn(move || {
        // One that ends before it has read everything says why by its status.
        let _ = input.write_all(&request);
        drop(input);
        let mut reply = Vec::new();
        let read = output.take(MAX_REPLY_BYTES).read_to_end(&mut reply);
        let _nobody_waits = send.send(read.map(|_| reply));
    })?;
    receive.recv_timeout(Duration::from_secs(limits.seconds * CLOCK_FACTOR)).ok().transpose()
}

fn read_reply(mut reply: Vec<u8>) -> Option<Result<Compiled, CompileError>> {
    match *reply.first()? {
        REFUSED => serde_json::from_slice(&reply[1..]).ok().map(Err),
        COMPILED => {
            let length = u32::from_le_bytes(*reply.get(1..)?.first_chunk()?) as usize;
            let code = reply.split_off(length.checked_add(5).filter(|end| *end <= reply.len())?);
            reply.drain(..5);
            Some(Ok(Compiled { component: reply, code }))
        }
        _ => None,
    }
}

/// The other side. None: it could not do its work at all.
fn serve() -> Option<()> {
    let mut request = Vec::new();
    std::io::stdin().take((MAX_COMPONENT_BYTES + MAX_TARGETING_BYTES) as u64).read_to_end(&mut request).ok()?;
    let (length, rest) = request.split_first_chunk()?;
    let (targeting, wasm) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let targeting: Option<Vec<Targeting>> = serde_json::from_slice(targeting).ok()?;
    let engine = Engine::for_compiling().ok()?;
    let mut output = std::io::stdout().lock();
    // What makes the compiler panic is not worth another attempt, and nothing here is used after it.
    let compiled = std::panic::catch_unwind(AssertUnwindSafe(|| match &targeting {
        None => to_code(&engine, wasm),
        Some(targeting) => {
            let code = shopify::compile::to_code(&engine, wasm, targeting)?;
            Ok(Compiled { component: Vec::new(), code })
        }
    }));
    match compiled.unwrap_or_else(|_| Err(CompileError::NotAComponent("the compiler gave up on it".to_owned()))) {
        Ok(Compiled { component, code }) => {
            output.write_all(&[COMPILED]).ok()?;
            output.write_all(&u32::try_from(component.len()).ok()?.to_le_bytes()).ok()?;
            output.write_all(&component).ok()?;
            output.write_all(&code).ok()?;
        }
        Err(refused) => {
            output.write_all(&[REFUSED]).ok()?;
            output.write_all(&serde_json::to_vec(&refused).ok()?).ok()?;
        }
    }
    output.flush().ok()
}

/// From here on and for good: there is no way back up.
fn confine(limits: CompilerLimits) -> std::io::Result<()> {
    let bytes = limits.megabytes << 20;
    for (resource, most) in [
        (Resource::AS, bytes),
        (Resource::CPU, limits.seconds),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NOFILE, 16),
    ] {
        setrlimit(resource, most, most)?;
    }
    Ok(())
}
