//! The real function as Shopify's build rewrites it before it is uploaded: each import by its other name, a second memory
//! shared with the host, and functions that copy between the two in place of those that took addresses.

use crate::guests::json;
use crate::{CART_LINES, cart, id, load, promotion, targeting};
use stoa_plugin_runtime::Engine;
use stoa_plugin_runtime::shopify::{Guest, Limits, Target};

const FUNCTION: &[u8] = include_bytes!("../guests/discount.wasm");
const LINES: &str = include_str!("../guests/discount/src/lines.graphql");
const EXPORT: &str = "cart_lines_discounts_generate_run";
const MODULE: &str = r#"(import "shopify_function_v2" ""#;

/// The import of the host's function, and the one that copies, of each function that took addresses.
const COPYING: [(&str, &str, &str); 5] = [
    (
        "input_get_obj_prop",
        "(func $host_prop (param i64 i32 i32) (result i64))",
        "(param $scope i64) (param $at i32) (param $len i32) (result i64) (local $to i32)
            (local.set $to (call $alloc (local.get $len)))
            (memory.copy $host $#memory0 (local.get $to) (local.get $at) (local.get $len))
            (call $host_prop (local.get $scope) (local.get $to) (local.get $len))",
    ),
    (
        "input_read_utf8_str",
        "(func $address (param i32) (result i32))",
        "(param $from i32) (param $to i32) (param $len i32)
            (memory.copy $#memory0 $host (local.get $to) (call $address (local.get $from)) (local.get $len))",
    ),
    (
        "output_new_utf8_str",
        "(func $host_str (param i32) (result i64))",
        "(param $at i32) (param $len i32) (result i32) (local $both i64)
            (local.set $both (call $host_str (local.get $len)))
            (memory.copy $host $#memory0 (i32.wrap_i64 (local.get $both)) (local.get $at) (local.get $len))
            (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32)))",
    ),
    (
        "intern_utf8_str",
        "(func $host_intern (param i32) (result i64))",
        "(param $at i32) (param $len i32) (result i32) (local $both i64)
            (local.set $both (call $host_intern (local.get $len)))
            (memory.copy $host $#memory0 (i32.wrap_i64 (local.get $both)) (local.get $at) (local.get $len))
            (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32)))",
    ),
    (
        "log_new_utf8_str",
        "(func $host_log (param i32) (result i32))",
        "(param $at i32) (param $len i32) (local $words i32)
            (local.set $words (call $host_log (local.get $len)))
            (local.set $at (i32.add (local.get $at) (i32.load $host (local.get $words))))
            (memory.copy $host $#memory0 (i32.load $host offset=4 (local.get $words)) (local.get $at)
                (i32.load $host offset=8 (local.get $words)))
            (memory.copy $host $#memory0 (i32.load $host offset=12 (local.get $words))
                (i32.add (local.get $at) (i32.load $host offset=8 (local.get $words)))
                (i32.load $host offset=16 (local.get $words)))",
    ),
];

/// As the published rewriting does it, on the text of the module.
fn rewritten(wasm: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    let printed = &mut wasmprinter::PrintFmtWrite(&mut text);
    wasmprinter::Config::new().name_unnamed(true).print(wasm, printed).unwrap();
    let mut imports = format!(
        "(module {MODULE}memory\" (memory $host 1)) {MODULE}_shopify_function_alloc\" (func $alloc (param i32) (result i32)))\n"
    );
    let mut rest = String::new();
    for line in text.lines().skip(1) {
        let Some(import) = line.trim_start().strip_prefix(MODULE).and_then(|l| l.strip_prefix("shopify_function_"))
        else {
            rest += &of_own_memory(line);
            rest.push('\n');
            continue;
        };
        let (name, function) = import.split_once('"').unwrap();
        match COPYING.iter().find(|(copying, ..)| *copying == name) {
            Some((_, host, copies)) => {
                let name = if name == "input_read_utf8_str" { "input_get_utf8_str_addr" } else { name };
                imports += &format!("{MODULE}_shopify_function_{name}\" {host})\n");
                let own = function.split_whitespace().nth(1).unwrap();
                let end = rest.len();
                rest.insert_str(end, &format!("(func {own} {copies})\n"));
            }
            None => imports += &format!("{MODULE}_shopify_function_{name}\"{function}\n"),
        }
    }
    wat::parse_str(imports + &rest).unwrap()
}

/// An instruction or a segment of the function's only memory names it, now that it is the second.
fn of_own_memory(line: &str) -> String {
    let word = line.trim_start().split([' ', ')']).next().unwrap_or_default();
    match word {
        "memory.copy" => line.replacen(word, "memory.copy $#memory0 $#memory0", 1),
        "memory.fill" | "memory.grow" | "memory.size" => line.replacen(word, &format!("{word} $#memory0"), 1),
        "(data" => line.replacen("(i32.const", "(memory $#memory0) (i32.const", 1),
        _ if word.contains(".load") || word.contains(".store") => line.replacen(word, &format!("{word} $#memory0"), 1),
        _ => line.to_owned(),
    }
}

#[test]
fn the_rewritten_function_answers_as_the_one_it_was_made_of() {
    let engine = Engine::new().unwrap();
    let (compiled, uploaded) =
        (Guest::compile(&engine, FUNCTION).unwrap(), Guest::compile(&engine, &rewritten(FUNCTION)).unwrap());
    let id = id();
    let function = load(&rewritten(FUNCTION), &[targeting(CART_LINES, EXPORT, LINES)]);
    let input = function.input(Target::CartLines, promotion(&id, r#"{"percentOff":12.5}"#), &cart()).unwrap().unwrap();
    let limits = Limits::for_input(&input);
    let (before, after) = (compiled.run(EXPORT, &input, &limits), uploaded.run(EXPORT, &input, &limits));
    assert!(before.output.is_ok(), "{before:?}");
    assert_eq!((before.output, before.log), (after.output, after.log));
    let of_a_cart = function.run(promotion(&id, r#"{"percentOff":12.5}"#), &cart()).unwrap();
    assert_eq!(of_a_cart.proposal.operations.len(), 2);
    // What it says when it stops is in its log, through the second memory too.
    let nothing = json("{}");
    let (before, after) = (compiled.run(EXPORT, &nothing, &limits), uploaded.run(EXPORT, &nothing, &limits));
    assert!(before.log.contains("panicked"), "{}", before.log);
    assert_eq!((before.output, before.log), (after.output, after.log));
}
