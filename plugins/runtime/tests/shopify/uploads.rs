//! What is refused when a function is uploaded, by name and with a stable code; and that only what was signed loads.

use crate::guests::{answers, api, module};
use crate::{CART_LINES, DELIVERY, targeting};
use stoa_plugin_runtime::compiler_process::{CompilerLimits, use_program};
use stoa_plugin_runtime::shopify::{Function, Refusal, Targeting, compile, compile_apart};
use stoa_plugin_runtime::{CompileError, Engine, Loaded, MAX_COMPONENT_BYTES, Plugin, generate_keys, load};

const QUERY: &str = "query Input { cart { lines { id } } }";

/// In this process and in one of its own.
fn refusal(wasm: &[u8], targets: &[Targeting]) -> CompileError {
    use_program(env!("CARGO_BIN_EXE_stoa-compile-plugin").into());
    let (sign, _) = generate_keys().unwrap();
    let refused = compile(&Engine::new().unwrap(), wasm, targets, &sign).unwrap_err();
    assert_eq!(compile_apart(wasm, targets, &sign, CompilerLimits::default()).unwrap_err(), refused);
    refused
}

fn of(wasm: &[u8]) -> CompileError {
    refusal(wasm, &[targeting(CART_LINES, "run", QUERY)])
}

fn importing(module_name: &str, name: &str, ty: &str) -> Vec<u8> {
    module(&format!(
        r#"(import "{module_name}" "{name}" (func {ty})) (memory (export "memory") 1) (func (export "run"))"#
    ))
}

#[test]
fn functions_that_need_the_javascript_engine_are_refused_by_its_name() {
    for name in ["javy_quickjs_provider_v1", "javy_quickjs_provider_v3", "shopify_functions_javy_v2"] {
        let refused = of(&importing(name, "eval_bytecode", "(param i32 i32)"));
        assert_eq!(refused, Refusal::NeedsJavascript { module: name.to_owned() }.into());
        assert_eq!(refused.code(), "needs_javascript_provider");
    }
}

#[test]
fn what_a_function_imports_and_is_not_here_is_named() {
    for (from, name) in [
        ("env", "sleep"),
        ("shopify_function_v3", "shopify_function_input_get"),
        ("shopify_function_v2", "shopify_function_fetch"),
        ("shopify_function_v2", "memory"),
        ("wasi_snapshot_preview1", "path_open"),
        ("wasi_snapshot_preview1", "sock_send"),
        ("wasi_snapshot_preview1", "poll_oneoff"),
        ("wasi_unstable", "fd_read"),
    ] {
        let refused = of(&importing(from, name, ""));
        let wanted = Refusal::UnknownImport { module: from.to_owned(), name: name.to_owned() };
        assert_eq!(refused, wanted.into());
        assert!(refused.to_string().contains(name), "{refused}");
    }
    let memory =
        r#"(import "shopify_function_v2" "memory" (memory 2)) (memory (export "memory") 1) (func (export "run"))"#;
    assert_eq!(of(&module(memory)).code(), "other_import_type");
    let shared = r#"(import "env" "memory" (memory 1)) (export "memory" (memory 0)) (func (export "run"))"#;
    assert_eq!(of(&module(shared)).code(), "unknown_import");
    let global =
        r#"(import "shopify_function_v2" "g" (global i32)) (memory (export "memory") 1) (func (export "run"))"#;
    assert_eq!(of(&module(global)).code(), "unknown_import");
}

#[test]
fn imports_of_another_type_are_refused() {
    for (from, name, ty) in [
        ("shopify_function_v2", "shopify_function_input_get", "(param i64) (result i64)"),
        ("shopify_function_v1", "shopify_function_output_new_f64", "(param f32) (result i32)"),
        ("wasi_snapshot_preview1", "fd_read", "(param i32) (result i32)"),
        ("wasi_snapshot_preview1", "proc_exit", "(param i32) (result i32)"),
    ] {
        assert_eq!(of(&importing(from, name, ty)).code(), "other_import_type", "{name}");
    }
}

#[test]
fn what_is_no_module_of_a_function_is_refused() {
    assert_eq!(of(b"hello").code(), "not_a_core_module");
    assert_eq!(of(&wat::parse_str("(component)").unwrap()).code(), "not_a_core_module");
    let good = answers("{}");
    assert_eq!(of(&good[..good.len() - 3]).code(), "not_a_core_module");
    assert_eq!(of(&vec![0; MAX_COMPONENT_BYTES + 1]).code(), "plugin_too_large");
    assert_eq!(of(&module(r#"(memory (export "memory") 1) (func (export "run"))"#)).code(), "no_interface");
    let hidden = r#"(import "shopify_function_v2" "shopify_function_output_new_null" (func (result i32)))
        (memory 1) (func (export "run"))"#;
    assert_eq!(of(&module(hidden)).code(), "no_memory");
    let large = r#"(import "shopify_function_v2" "shopify_function_output_new_null" (func (result i32)))
        (memory (export "memory") 1000) (func (export "run"))"#;
    assert_eq!(of(&module(large)).code(), "memory_too_large");
    let wide = r#"(import "shopify_function_v2" "shopify_function_output_new_null" (func (result i32)))
        (table 100000 funcref) (memory (export "memory") 1) (func (export "run"))"#;
    assert_eq!(of(&module(wide)).code(), "table_too_large");
}

#[test]
fn exports_are_named_when_the_wanted_one_is_missing() {
    let refused = refusal(&answers("{}"), &[targeting(CART_LINES, "start", QUERY)]);
    assert_eq!(refused, Refusal::NoExport { export: "start".to_owned(), has: vec!["run".to_owned()] }.into());
    let other = module(
        r#"(import "shopify_function_v2" "shopify_function_output_new_null" (func (result i32)))
        (memory (export "memory") 1) (func (export "run") (param i32))"#,
    );
    assert_eq!(of(&other).code(), "other_export_type");
}

#[test]
fn targets_are_named_when_they_are_not_here() {
    let good = answers("{}");
    for target in
        ["cart.lines.discounts.generate.fetch", "purchase.payment-customization.run", "cart.transform.run", ""]
    {
        let refused = refusal(&good, &[targeting(target, "run", QUERY)]);
        assert_eq!(refused, Refusal::UnsupportedTarget { target: target.to_owned() }.into());
        assert!(refused.to_string().contains(CART_LINES), "{refused}");
    }
    assert_eq!(refusal(&good, &[]).code(), "target_count");
    let twice = [targeting(DELIVERY, "run", QUERY), targeting(DELIVERY, "run", QUERY)];
    assert_eq!(refusal(&good, &twice).code(), "repeated_target");
    assert_eq!(refusal(&good, &[targeting(DELIVERY, &"run".repeat(100), QUERY)]).code(), "export_name_too_long");
    assert_eq!(refusal(&good, &[targeting(DELIVERY, "run", "{")]).code(), "query_syntax");
}

#[test]
fn only_signed_functions_load_and_only_as_what_they_are() {
    let engine = Engine::new().unwrap();
    let (sign, verify) = generate_keys().unwrap();
    let targets = [targeting(CART_LINES, "run", QUERY)];
    let artefact = compile(&engine, &answers("{}"), &targets, &sign).unwrap();
    let digest = &artefact.digest;
    let function = Function::load(&engine, &artefact.bytes, &verify, digest).unwrap();
    assert_eq!(function.digest(), artefact.digest);
    assert!(matches!(load(&engine, &artefact.bytes, &verify, digest), Ok(Loaded::ShopifyFunction(_))));
    assert_eq!(Plugin::load(&engine, &artefact.bytes, &verify, digest).unwrap_err().code(), "not_loaded");
    assert_eq!(Function::load(&engine, &artefact.bytes, &[7; 32], digest).unwrap_err().code(), "bad_signature");
    let mut tampered = artefact.bytes.clone();
    // Within the header: another target, another query.
    tampered[200] ^= 1;
    assert_eq!(Function::load(&engine, &tampered, &verify, digest).unwrap_err().code(), "bad_signature");
    assert_eq!(Function::load(&engine, &api(""), &verify, digest).unwrap_err().code(), "not_an_artefact");
}

#[test]
fn a_function_is_not_loaded_as_another() {
    let engine = Engine::new().unwrap();
    let (sign, verify) = generate_keys().unwrap();
    let made =
        |output: &str| compile(&engine, &answers(output), &[targeting(CART_LINES, "run", QUERY)], &sign).unwrap();
    let (own, other) = (made("{}"), made("[]"));
    assert_eq!(load(&engine, &other.bytes, &verify, &own.digest).unwrap_err().code(), "other_plugin");
    assert_eq!(Function::load(&engine, &other.bytes, &verify, &own.digest).unwrap_err().code(), "other_plugin");
}

#[test]
fn another_process_compiles_the_same_function() {
    use_program(env!("CARGO_BIN_EXE_stoa-compile-plugin").into());
    let engine = Engine::new().unwrap();
    let (sign, verify) = generate_keys().unwrap();
    let targets = [targeting(CART_LINES, "run", QUERY)];
    let apart = compile_apart(&answers("{}"), &targets, &sign, CompilerLimits::default()).unwrap();
    assert_eq!(apart.digest, compile(&engine, &answers("{}"), &targets, &sign).unwrap().digest);
    assert!(load(&engine, &apart.bytes, &verify, &apart.digest).is_ok());
    let no_time = CompilerLimits { seconds: 0, ..CompilerLimits::default() };
    assert_eq!(compile_apart(&answers("{}"), &targets, &sign, no_time).unwrap_err().code(), "compile_limits");
    assert_eq!(compile_apart(&answers("{}"), &targets, b"no key", no_time).unwrap_err().code(), "bad_signing_key");
}

#[test]
fn another_query_is_another_function() {
    let engine = Engine::new().unwrap();
    let (sign, _) = generate_keys().unwrap();
    let digest =
        |query: &str| compile(&engine, &answers("{}"), &[targeting(CART_LINES, "run", query)], &sign).unwrap().digest;
    assert_eq!(digest(QUERY), digest(QUERY));
    assert_ne!(digest(QUERY), digest("{ cart { lines { quantity } } }"));
}
