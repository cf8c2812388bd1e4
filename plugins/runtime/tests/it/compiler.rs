//! The compiler in its own process: it gives what compiling here gives, and is ended when it takes too much.

use crate::guest;
use crate::shop::{Shop, sample};
use stoa_plugin_runtime::compiler_process::{CompilerLimits, use_program};
use stoa_plugin_runtime::*;

fn compile_apart(shop: &Shop, wasm: &[u8], limits: CompilerLimits) -> Result<SignedArtefact, CompileError> {
    use_program(env!("CARGO_BIN_EXE_stoa-compile-plugin").into());
    stoa_plugin_runtime::compile_apart(wasm, &shop.sign, limits)
}

/// Tests share their machine.
fn patient() -> CompilerLimits {
    CompilerLimits { seconds: 30, ..CompilerLimits::default() }
}

#[test]
fn another_process_compiles_the_same_plugin() {
    let shop = Shop::new();
    let apart = compile_apart(&shop, &sample(), patient()).unwrap();
    assert_eq!(apart.digest, shop.compile(&sample()).unwrap().digest);
    assert_eq!(Plugin::load(&shop.engine, &apart.bytes, &shop.verify, &apart.digest).unwrap().contract(), "0.2");
}

#[test]
fn it_refuses_what_is_refused_here_by_the_same_rule() {
    let shop = Shop::new();
    for wasm in [
        b"hello".to_vec(),
        wat::parse_str("(component)").unwrap(),
        wat::parse_str(r#"(component (import "clock" (func)))"#).unwrap(),
        sample()[..sample().len() / 2].to_vec(),
        vec![0; MAX_COMPONENT_BYTES + 1],
        guest::with("i32.const 0", "(table 4000000000 funcref)"),
    ] {
        let apart = compile_apart(&shop, &wasm, patient()).unwrap_err();
        assert_eq!(apart, shop.compile(&wasm).unwrap_err());
    }
    let key = stoa_plugin_runtime::compile_apart(&sample(), b"no key", patient()).unwrap_err();
    assert_eq!(key.code(), "bad_signing_key");
}

#[test]
fn one_that_takes_too_much_is_ended_and_the_next_is_compiled() {
    let shop = Shop::new();
    let no_time = CompilerLimits { seconds: 0, ..patient() };
    assert_eq!(compile_apart(&shop, &sample(), no_time).unwrap_err().code(), "compile_limits");
    let no_memory = CompilerLimits { megabytes: 48, ..patient() };
    assert_eq!(compile_apart(&shop, &heavy(), no_memory).unwrap_err().code(), "compile_limits");
    assert!(compile_apart(&shop, &sample(), patient()).is_ok());
}

/// All that the bounds allow: a megabyte of branch tables in functions as large as may be. Whatever becomes of it, it
/// becomes so within the limits.
#[test]
fn the_heaviest_plugin_that_is_let_in_stays_within_the_limits() {
    let shop = Shop::new();
    let started = std::time::Instant::now();
    let done = compile_apart(&shop, &heavy(), patient()).map(|artefact| artefact.bytes.len());
    println!("{done:?} after {:?}", started.elapsed());
    let code = done.as_ref().map_err(CompileError::code);
    assert!(matches!(code, Ok(_) | Err("compile_limits" | "artefact_too_large")), "{done:?}");
    assert!(compile_apart(&shop, &sample(), patient()).is_ok());
}

fn heavy() -> Vec<u8> {
    let table = " 0 1 2 3 4 5 6 7".repeat(500);
    let one = format!("(br_table{table} (local.get 0))");
    let blocks = format!("{}{one}{}", "(block ".repeat(8), ")".repeat(8));
    let function = format!("(func (param i32) {})", blocks.repeat(50));
    guest::with("i32.const 0", &function.repeat(4))
}
