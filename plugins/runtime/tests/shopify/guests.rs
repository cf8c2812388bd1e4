//! Functions written by hand, in WebAssembly's own text.

use stoa_plugin_runtime::Engine;
use stoa_plugin_runtime::shopify::{Guest, Json, Limits, Outcome};

/// Every function of the Wasm API as version 2 has it, by short names.
const API: &str = r#"
    (import "shopify_function_v2" "shopify_function_input_get" (func $get (result i64)))
    (import "shopify_function_v2" "shopify_function_input_get_val_len" (func $len (param i64) (result i32)))
    (import "shopify_function_v2" "shopify_function_input_read_utf8_str" (func $read (param i32 i32 i32)))
    (import "shopify_function_v2" "shopify_function_input_get_obj_prop" (func $prop (param i64 i32 i32) (result i64)))
    (import "shopify_function_v2" "shopify_function_input_get_interned_obj_prop"
        (func $prop_by_id (param i64 i32) (result i64)))
    (import "shopify_function_v2" "shopify_function_input_get_at_index" (func $at (param i64 i32) (result i64)))
    (import "shopify_function_v2" "shopify_function_input_get_obj_key_at_index"
        (func $key_at (param i64 i32) (result i64)))
    (import "shopify_function_v2" "shopify_function_output_new_bool" (func $bool (param i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_null" (func $null (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_i32" (func $i32 (param i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_f64" (func $f64 (param f64) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_utf8_str" (func $str (param i32 i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_interned_utf8_str"
        (func $str_by_id (param i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_object" (func $object (param i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_finish_object" (func $end_object (result i32)))
    (import "shopify_function_v2" "shopify_function_output_new_array" (func $array (param i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_output_finish_array" (func $end_array (result i32)))
    (import "shopify_function_v2" "shopify_function_intern_utf8_str" (func $intern (param i32 i32) (result i32)))
    (import "shopify_function_v2" "shopify_function_log_new_utf8_str" (func $log (param i32 i32)))"#;

/// A function of the Wasm API around the body of its `run`. `name` is at address 0, `quantity` at 16.
pub(crate) fn api(body: &str) -> Vec<u8> {
    module(&format!(
        r#"{API} (memory (export "memory") 1) (data (i32.const 0) "name") (data (i32.const 16) "quantity")
        (func (export "run") {body})"#
    ))
}

/// The rest of a module.
pub(crate) fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap()
}

/// A function that speaks JSON and always answers the same.
pub(crate) fn answers(output: &str) -> Vec<u8> {
    let bytes: String = output.bytes().map(|b| format!("\\{b:02x}")).collect();
    wasi(&format!(
        r#"(data (i32.const 1024) "{bytes}")
        (func (export "run")
            (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const {}))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#,
        output.len()
    ))
}

/// A function that reads all of its input and writes it back.
pub(crate) fn echo() -> Vec<u8> {
    wasi(
        r#"(func (export "run") (local $end i32)
        (local.set $end (i32.const 1024))
        (loop $more
            (i32.store (i32.const 0) (local.get $end)) (i32.store (i32.const 4) (i32.const 100))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (local.set $end (i32.add (local.get $end) (i32.load (i32.const 8))))
            (br_if $more (i32.load (i32.const 8))))
        (i32.store (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 4) (i32.sub (local.get $end) (i32.const 1024)))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#,
    )
}

/// A module with what WASI has for it.
pub(crate) fn wasi(fields: &str) -> Vec<u8> {
    module(&format!(
        r#"(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
        (memory (export "memory") 2) {fields}"#
    ))
}

pub(crate) fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn run(wasm: &[u8], input: &str) -> Outcome {
    let input = json(input);
    Guest::compile(&Engine::new().unwrap(), wasm).unwrap().run("run", &input, &Limits::for_input(&input))
}

/// The output as text.
pub(crate) fn output(wasm: &[u8], input: &str) -> String {
    serde_json::to_string(&run(wasm, input).output.unwrap()).unwrap()
}

#[test]
fn a_function_that_speaks_json_reads_and_writes_it() {
    let input = r#"{"z":{"b":[1,-2.5,null,"杯子"],"a":true},"cart":{"lines":[{"quantity":3}]}}"#;
    assert_eq!(output(&echo(), input), input);
    assert_eq!(output(&answers(" { \"discounts\" : [] } "), "{}"), r#"{"discounts":[]}"#);
}

#[test]
fn a_function_of_the_wasm_api_reads_and_writes_values() {
    // {"name": <the name>, "quantity": <the quantity>, "keys": [<the second key>, <how many lines>]}
    let wasm = api(r#"(local $name i64) (local $id i32)
        (local.set $id (call $intern (i32.const 16) (i32.const 8)))
        (drop (call $object (i32.const 3)))
        (drop (call $str (i32.const 0) (i32.const 4)))
        (local.set $name (call $prop (call $get) (i32.const 0) (i32.const 4)))
        (call $read (i32.wrap_i64 (local.get $name)) (i32.const 100) (call $len (local.get $name)))
        (drop (call $str (i32.const 100) (call $len (local.get $name))))
        (drop (call $str_by_id (local.get $id)))
        (drop (call $f64 (f64.reinterpret_i64 (call $prop_by_id (call $get) (local.get $id)))))
        (drop (call $str (i32.const 20) (i32.const 4)))
        (drop (call $array (i32.const 2)))
        (local.set $name (call $key_at (call $get) (i32.const 1)))
        (call $read (i32.wrap_i64 (local.get $name)) (i32.const 100) (call $len (local.get $name)))
        (drop (call $str (i32.const 100) (call $len (local.get $name))))
        (drop (call $i32 (call $len (call $at (call $get) (i32.const 2)))))
        (drop (call $end_array))
        (drop (call $end_object))
        (call $log (i32.const 16) (i32.const 8))"#);
    let input = r#"{"name":"杯子","quantity":2.5,"lines":[1,2,3]}"#;
    let outcome = run(&wasm, input);
    let wanted = r#"{"name":"杯子","quantity":2.5,"tity":["quantity",3]}"#;
    assert_eq!(serde_json::to_string(&outcome.output.unwrap()).unwrap(), wanted);
    assert_eq!(outcome.log, "quantity");
    assert!(outcome.instructions > 2_000 && outcome.instructions < 4_000, "{}", outcome.instructions);
    assert_eq!(outcome.memory_bytes, 65_536);
}

#[test]
fn version_1_names_a_context_in_every_call() {
    let wasm = module(
        r#"(import "shopify_function_v1" "shopify_function_context_new" (func $new (result i32)))
        (import "shopify_function_v1" "shopify_function_input_get" (func $get (param i32) (result i64)))
        (import "shopify_function_v1" "shopify_function_input_get_at_index"
            (func $at (param i32 i64 i32) (result i64)))
        (import "shopify_function_v1" "shopify_function_input_get_val_len" (func $len (param i32 i64) (result i32)))
        (import "shopify_function_v1" "shopify_function_output_new_i32" (func $i32 (param i32 i32) (result i32)))
        (import "shopify_function_v1" "shopify_function_output_finalize" (func $finalize (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "run") (local $context i32)
            (local.set $context (call $new))
            ;; Not finished yet, which is 6.
            (if (i32.ne (call $finalize (local.get $context)) (i32.const 6)) (then unreachable))
            (drop (call $i32 (local.get $context)
                (call $len (local.get $context)
                    (call $at (local.get $context) (call $get (local.get $context)) (i32.const 1)))))
            (if (call $finalize (local.get $context)) (then unreachable)))"#,
    );
    assert_eq!(output(&wasm, r#"[0,"four"]"#), "4");
}

/// As Shopify's build rewrites a function: the second memory is the host's, and the function copies.
const REWRITTEN: &str = r#"
    (import "shopify_function_v2" "memory" (memory $host 1))
    (import "shopify_function_v2" "_shopify_function_input_get" (func $get (result i64)))
    (import "shopify_function_v2" "_shopify_function_input_get_val_len" (func $len (param i64) (result i32)))
    (import "shopify_function_v2" "_shopify_function_input_get_utf8_str_addr" (func $address (param i32) (result i32)))
    (import "shopify_function_v2" "_shopify_function_input_get_obj_prop"
        (func $host_prop (param i64 i32 i32) (result i64)))
    (import "shopify_function_v2" "_shopify_function_alloc" (func $alloc (param i32) (result i32)))
    (import "shopify_function_v2" "_shopify_function_output_new_utf8_str" (func $host_str (param i32) (result i64)))
    (import "shopify_function_v2" "_shopify_function_intern_utf8_str" (func $host_intern (param i32) (result i64)))
    (import "shopify_function_v2" "_shopify_function_output_new_interned_utf8_str"
        (func $str_by_id (param i32) (result i32)))
    (import "shopify_function_v2" "_shopify_function_output_new_object" (func $object (param i32) (result i32)))
    (import "shopify_function_v2" "_shopify_function_output_finish_object" (func $end_object (result i32)))
    (import "shopify_function_v2" "_shopify_function_log_new_utf8_str" (func $host_log (param i32) (result i32)))
    (memory $own (export "memory") 1)
    (data (memory $own) (i32.const 0) "name")
    (func $read (param $from i32) (param $to i32) (param $len i32)
        (memory.copy $own $host (local.get $to) (call $address (local.get $from)) (local.get $len)))
    (func $prop (param $scope i64) (param $at i32) (param $len i32) (result i64) (local $to i32)
        (local.set $to (call $alloc (local.get $len)))
        (memory.copy $host $own (local.get $to) (local.get $at) (local.get $len))
        (call $host_prop (local.get $scope) (local.get $to) (local.get $len)))
    (func $str (param $at i32) (param $len i32) (result i32) (local $both i64)
        (local.set $both (call $host_str (local.get $len)))
        (memory.copy $host $own (i32.wrap_i64 (local.get $both)) (local.get $at) (local.get $len))
        (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
    (func $intern (param $at i32) (param $len i32) (result i32) (local $both i64)
        (local.set $both (call $host_intern (local.get $len)))
        (memory.copy $host $own (i32.wrap_i64 (local.get $both)) (local.get $at) (local.get $len))
        (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
    (func $log (param $at i32) (param $len i32) (local $words i32)
        (local.set $words (call $host_log (local.get $len)))
        (local.set $at (i32.add (local.get $at) (i32.load $host (local.get $words))))
        (memory.copy $host $own (i32.load $host offset=4 (local.get $words)) (local.get $at)
            (i32.load $host offset=8 (local.get $words)))
        (memory.copy $host $own (i32.load $host offset=12 (local.get $words))
            (i32.add (local.get $at) (i32.load $host offset=8 (local.get $words)))
            (i32.load $host offset=16 (local.get $words))))"#;

#[test]
fn a_function_that_was_rewritten_for_upload_copies_through_a_second_memory() {
    let wasm = module(&format!(
        r#"{REWRITTEN} (func (export "run") (local $name i64) (local $id i32)
            (local.set $id (call $intern (i32.const 0) (i32.const 4)))
            (drop (call $object (i32.const 1)))
            (drop (call $str_by_id (local.get $id)))
            (local.set $name (call $prop (call $get) (i32.const 0) (i32.const 4)))
            (call $read (i32.wrap_i64 (local.get $name)) (i32.const 100) (call $len (local.get $name)))
            (call $log (i32.const 100) (i32.const 3))
            (drop (call $str (i32.const 100) (call $len (local.get $name))))
            (drop (call $end_object))
            (call $log (i32.const 0) (i32.const 4)))"#
    ));
    let long = "杯".repeat(3_000);
    let input = format!(r#"{{"name":"{long}"}}"#);
    let outcome = run(&wasm, &input);
    assert_eq!(serde_json::to_string(&outcome.output.unwrap()).unwrap(), input);
    assert_eq!(outcome.log, "杯name");
}

#[test]
fn a_rewritten_function_that_fills_the_hosts_memory_runs_out_of_it() {
    let fields = format!(r#"{REWRITTEN} (func (export "run") (drop (call $alloc (i32.const -1))))"#);
    assert_eq!(run(&module(&fields), "{}").output.unwrap_err().code(), "out_of_memory");
    // What it writes into the input's texts is its own loss.
    let fields = format!(
        r#"{REWRITTEN} (func (export "run")
            (memory.fill $host (i32.const 0) (i32.const 120) (i32.const 200))
            (drop (call $str (i32.const 0) (i32.const 4))))"#
    );
    assert_eq!(output(&module(&fields), r#"{"name":"mug"}"#), r#""name""#);
}

#[test]
fn the_newest_thousand_bytes_of_a_log_are_kept() {
    let wasm = api(r#"(local $left i32) (local.set $left (i32.const 300))
        (loop $more (call $log (i32.const 16) (i32.const 8))
            (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (drop (call $null))"#);
    let log = run(&wasm, "{}").log;
    assert_eq!(log, format!("[TRUNCATED]...{}", "quantity".repeat(125)));
}

#[test]
fn every_run_is_the_same() {
    // What the clock and the random bytes say, as two numbers.
    let wasm = wasi(
        r#"(func (export "run")
            (drop (call $random (i32.const 200) (i32.const 8)))
            (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 208)))
            (if (i64.ne (i64.load (i32.const 208)) (i64.const 0)) (then unreachable))
            (i32.store (i32.const 100) (i32.or (i32.const 0x30303030)
                (i32.and (i32.load (i32.const 200)) (i32.const 0x07070707))))
            (i32.store8 (i32.const 100) (i32.const 0x31))
            (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 4))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#,
    );
    let (first, second) = (run(&wasm, "{}"), run(&wasm, "{}"));
    assert!(first.output.is_ok(), "{first:?}");
    assert_eq!(first, second);
}

#[test]
fn a_function_that_ends_itself_ends_well_with_zero() {
    let ends = |code: i32| {
        wasi(&format!(
            r#"(data (i32.const 100) "[]") (func (export "run")
            (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 2))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $exit (i32.const {code})) unreachable)"#
        ))
    };
    assert_eq!(output(&ends(0), "{}"), "[]");
    assert_eq!(run(&ends(3), "{}").output.unwrap_err().code(), "exited");
}
