//! Functions that lie, loop and hoard. Each ends with its code, and the next run is none the worse.

use crate::guests::{answers, api, json, module, output, run, wasi};
use stoa_plugin_runtime::Engine;
use stoa_plugin_runtime::shopify::{Guest, Limits};

fn code(wasm: &[u8]) -> &'static str {
    run(wasm, r#"{"name":"mug"}"#).output.unwrap_err().code()
}

#[test]
fn a_function_that_does_not_end_runs_out_of_instructions() {
    assert_eq!(code(&api("(loop $again br $again)")), "out_of_fuel");
    assert_eq!(code(&api("(loop $again (drop (call $get)) br $again)")), "out_of_fuel");
    let starts = module(
        r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory (export "memory") 1)
        (func $start (loop $again br $again)) (start $start) (func (export "run"))"#,
    );
    assert_eq!(code(&starts), "out_of_fuel");
    let prepares = wasi(r#"(func (export "_initialize") (loop $again br $again)) (func (export "run"))"#);
    assert_eq!(code(&prepares), "out_of_fuel");
    // A read of much is paid for by the byte.
    let reads = api("(loop $again (call $log (i32.const 0) (i32.const 60000)) br $again)");
    assert_eq!(code(&reads), "out_of_fuel");
}

#[test]
fn a_function_that_hoards_runs_out_of_memory() {
    let grows = "(if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable))";
    assert_eq!(code(&api(grows)), "out_of_memory");
    let recursion = wasi(r#"(func $down (call $down)) (func (export "run") (call $down))"#);
    assert_eq!(code(&recursion), "trapped");
    let strings = api("(loop $again (drop (call $intern (i32.const 0) (i32.const 60000))) br $again)");
    assert_eq!(code(&strings), "bad_call");
}

#[test]
fn addresses_outside_of_the_memory_end_the_run() {
    for body in [
        "(drop (call $str (i32.const 65530) (i32.const 100)))",
        "(drop (call $str (i32.const -1) (i32.const -1)))",
        "(drop (call $prop (call $get) (i32.const -8) (i32.const 16)))",
        "(drop (call $intern (i32.const 65536) (i32.const 1)))",
        "(call $log (i32.const 0) (i32.const 70000))",
        // The place of a text that is none, one before the first, and one that ends behind the last.
        "(call $read (i32.const 0) (i32.const 0) (i32.const 4))",
        "(call $read (i32.const 63) (i32.const 0) (i32.const 4))",
        "(call $read (i32.const 64) (i32.const 0) (i32.const 8))",
        "(call $read (i32.const 64) (i32.const 65534) (i32.const 4))",
        "(drop (call $str_by_id (i32.const 7)))",
        "(drop (call $prop_by_id (call $get) (i32.const -1)))",
    ] {
        assert_eq!(code(&api(body)), "bad_call", "{body}");
    }
}

#[test]
fn values_that_nobody_gave_are_answered_with_errors() {
    // 0x7fffc000… is an error; its low word says which.
    for (call, error) in [
        ("(call $at (i64.const 0x7ffd4001ffffffff) (i32.const 0))", 3),
        ("(call $prop (i64.const 0x7ffd000100000063) (i32.const 0) (i32.const 4))", 3),
        ("(call $key_at (i64.const 0x7ffd000100000001) (i32.const 0))", 3),
        ("(call $prop (i64.const 0x7fff800000000000) (i32.const 0) (i32.const 4))", 0),
        ("(call $prop (i64.const 0) (i32.const 0) (i32.const 4))", 1),
        ("(call $at (i64.const -1) (i32.const 0))", 6),
        ("(call $at (call $get) (i32.const 1))", 5),
        ("(call $key_at (call $get) (i32.const -1))", 5),
    ] {
        let body =
            format!("(drop (call $bool (i64.eq {call} (i64.or (i64.const 0x7fffc00000000000) (i64.const {error})))))");
        assert_eq!(output(&api(&body), r#"{"name":"mug"}"#), "true", "{call}");
    }
    let lengths = "(drop (call $i32 (call $len (i64.const 0x7ffd4001ffffffff))))";
    assert_eq!(output(&api(lengths), "{}"), "-1");
}

#[test]
fn an_output_that_does_not_balance_is_none() {
    for body in [
        "",
        "(drop (call $object (i32.const 0)))",
        "(drop (call $array (i32.const 1))) (drop (call $null))",
        "(drop (call $object (i32.const 1))) (drop (call $null)) (drop (call $end_object))",
        "(drop (call $array (i32.const 2))) (drop (call $null)) (drop (call $end_array))",
    ] {
        assert_eq!(code(&api(body)), "bad_output", "{body}");
    }
    // A refused call changes nothing: end of an object that is an array is 5, a second value is 4.
    let body = "(drop (call $array (i32.const 0)))
        (if (i32.ne (call $end_object) (i32.const 5)) (then unreachable))
        (drop (call $end_array))
        (if (i32.ne (call $null) (i32.const 4)) (then unreachable))";
    assert_eq!(output(&api(body), "{}"), "[]");
}

#[test]
fn an_output_past_its_cap_ends_the_run() {
    let many = "(drop (call $array (i32.const -1)))
        (loop $again (drop (call $str (i32.const 0) (i32.const 1000))) br $again)";
    assert_eq!(code(&api(many)), "bad_output");
    let deep = "(loop $again (drop (call $array (i32.const 1))) br $again)";
    assert_eq!(code(&api(deep)), "bad_output");
    let long = format!("\"{}\"", "x".repeat(20_100));
    assert_eq!(code(&answers(&long)), "bad_output");
    let flood = wasi(
        r#"(func (export "run")
        (i32.store (i32.const 4) (i32.const 60000))
        (loop $again (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) br $again))"#,
    );
    assert_eq!(code(&flood), "bad_output");
}

#[test]
fn an_output_that_is_not_json_is_none() {
    for text in ["", "{", "{} {}", "[1,]", "\u{1}", "NaN"] {
        assert_eq!(code(&answers(text)), "bad_output", "{text:?}");
    }
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(code(&answers(&nested)), "bad_output");
    // Bytes that are no text.
    let bytes = "(i32.store (i32.const 0) (i32.const -1)) (drop (call $str (i32.const 0) (i32.const 4)))";
    assert_eq!(code(&api(bytes)), "bad_output");
    // What JSON has no number for is null.
    let infinite = "(drop (call $f64 (f64.const inf)))";
    assert_eq!(output(&api(infinite), "{}"), "null");
}

#[test]
fn streams_that_are_not_there_are_refused_and_bad_addresses_too() {
    // The error of each call as one digit: 0x30 and less than ten.
    let wasm = wasi(
        r#"(func $say (param $error i32)
            (i32.store8 (i32.const 100) (i32.add (i32.const 0x31) (i32.rem_u (local.get $error) (i32.const 9))))
            (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 1))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
        (func (export "run")
            ;; 8, not a stream: 9. 21, not an address: 4. 28, too many: 2.
            (call $say (call $read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $say (call $write (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $say (call $write (i32.const 1) (i32.const -4) (i32.const 1) (i32.const 8)))
            (call $say (call $read (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 8)))
            (i32.store (i32.const 200) (i32.const -100)) (i32.store (i32.const 204) (i32.const 100))
            (call $say (call $write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 8)))
            (call $say (call $random (i32.const -1) (i32.const 8)))
            (call $say (call $args (i32.const -1) (i32.const 8))))"#,
    );
    assert_eq!(output(&wasm, "{}"), "9942444");
}

#[test]
fn an_input_past_its_cap_is_not_read() {
    let input = json(&format!("\"{}\"", "x".repeat(128_000)));
    let guest = Guest::compile(&Engine::new().unwrap(), &crate::guests::echo()).unwrap();
    let refused = guest.run("run", &input, &Limits::for_input(&input));
    assert_eq!((refused.output.unwrap_err().code(), refused.instructions), ("input_too_large", 0));
}

#[test]
fn the_next_run_is_none_the_worse() {
    let engine = Engine::new().unwrap();
    let good = Guest::compile(&engine, &crate::guests::echo()).unwrap();
    let bad = Guest::compile(&engine, &api("unreachable")).unwrap();
    let input = json("[1]");
    for _ in 0..100 {
        assert_eq!(bad.run("run", &input, &Limits::for_lines(1)).output.unwrap_err().code(), "trapped");
        assert_eq!(good.run("run", &input, &Limits::for_lines(1)).output.as_ref(), Ok(&input));
    }
}

/// The same sequence every time.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as usize
}

#[test]
fn torn_and_changed_files_are_refused_or_run_within_their_limits() {
    let engine = Engine::new().unwrap();
    let limits = Limits { instructions: 100_000, ..Limits::for_lines(1) };
    let (mut state, mut ran) = (7, 0);
    for file in [crate::guests::echo(), api("(drop (call $str (i32.const 0) (i32.const 4)))")] {
        for _ in 0..600 {
            let mut changed = file.clone();
            for _ in 0..=random(&mut state) % 3 {
                let at = random(&mut state) % changed.len();
                changed[at] = random(&mut state) as u8;
            }
            if random(&mut state).is_multiple_of(4) {
                changed.truncate(random(&mut state) % changed.len());
            }
            let Ok(guest) = Guest::compile(&engine, &changed) else { continue };
            if guest.check_export("run").is_ok() {
                let outcome = guest.run("run", &json(r#"{"name":"mug"}"#), &limits);
                assert!(outcome.instructions <= limits.instructions, "{outcome:?}");
                ran += 1;
            }
        }
    }
    assert!(ran > 50, "only {ran} of them ran");
}
