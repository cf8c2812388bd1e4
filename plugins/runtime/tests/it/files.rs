//! Uploads that are out of proportion, that ask for more than nothing, or that are no plugin at all: each is refused by its
//! code.

use crate::guest;
use crate::shop::{SETTINGS, Shop, cart, id, promotion, proposed_for_four, sample};
use std::fmt::Write;
use stoa_plugin_runtime::*;

/// A module in the contract's world with something beside its `run`.
fn beside(more: &str) -> Vec<u8> {
    guest::with("i32.const 0", more)
}

fn times(count: usize, mut write: impl FnMut(&mut String, usize)) -> String {
    let mut text = String::new();
    (0..count).for_each(|at| write(&mut text, at));
    text
}

#[test]
fn what_is_out_of_proportion_is_refused_before_anything_is_compiled() {
    let shop = Shop::new();
    let exports = times(300, |text, at| write!(text, r#"(export "e{at}" (func 0))"#).unwrap());
    let functions = times(10_001, |text, _| text.push_str("(func)"));
    let globals = times(1_001, |text, _| text.push_str("(global i32 (i32.const 0))"));
    let data = times(10_001, |text, _| text.push_str(r#"(data "")"#));
    let elements = times(1_001, |text, _| text.push_str("(elem func 0)"));
    let tables = times(17, |text, _| text.push_str("(table 1 funcref)"));
    let types = times(4_001, |text, at| {
        let params = times(at % 40, |text, _| text.push_str(" i64"));
        write!(text, "(type (func (param{params}) (result {})))", if at % 3 == 0 { "f32" } else { "i64" }).unwrap();
    });
    let branches = times(5_000, |text, _| text.push_str(" 0"));
    let locals = times(5_001, |text, _| text.push_str(" i64"));
    for (more, code) in [
        (exports, "too_many_exports"),
        (functions, "too_many_functions"),
        (globals, "too_many_globals"),
        (data, "too_many_data_segments"),
        (elements, "too_many_element_segments"),
        (tables, "too_many_tables"),
        (types, "too_many_types"),
        (format!("(func (block (br_table{branches} (i32.const 0))))"), "branch_table_too_large"),
        (format!("(func (local{locals}))"), "too_many_locals"),
        ("(table 4000000000 funcref)".to_owned(), "table_too_large"),
        (r#"(tag)"#.to_owned(), "too_many_tags"),
    ] {
        assert_eq!(shop.refuses(&beside(&more)), code);
    }
    let large = r#"(module (memory (export "memory") 300))"#;
    assert_eq!(shop.refuses(&guest::of_text(large)), "memory_too_large");
}

/// Larger than an upload may be, but the bound holds wherever the bytes come from: a million exports of one function.
#[test]
fn a_million_exports_are_refused_by_their_count() {
    // Type, function, export and code sections written by hand: text would take seconds.
    let mut exports = Vec::new();
    leb(&mut exports, 1_000_000);
    for at in 0..1_000_000_u32 {
        exports.push(8);
        exports.extend_from_slice(format!("{at:08x}").as_bytes());
        exports.extend_from_slice(&[0, 0]);
    }
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07".to_vec();
    leb(&mut module, exports.len());
    module.extend(exports);
    module.extend_from_slice(b"\x0a\x04\x01\x02\0\x0b");
    let shop = Shop::new();
    assert_eq!(shop.refuses(&module), "plugin_too_large");
    // The count alone is enough: a file that says a million and has none.
    let lying = b"\0asm\x01\0\0\0\x07\x03\xc0\x84\x3d";
    assert_eq!(shop.refuses(lying), "too_many_exports");
}

fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A data segment may not name more memory than there is, nor an element segment more of a table: found when it starts.
#[test]
fn segments_outside_of_memory_or_table_end_the_instance() {
    let shop = Shop::new();
    assert_eq!(shop.contains(&beside(r#"(data (i32.const 131071) "ab")"#)), "trapped");
    assert_eq!(shop.contains(&beside(r#"(data (i32.const -1) "a")"#)), "trapped");
    assert_eq!(shop.contains(&beside("(func $f) (table 2 funcref) (elem (i32.const 2) $f)")), "trapped");
}

#[test]
fn a_plugin_that_wants_anything_is_refused_and_told_what() {
    let shop = Shop::new();
    let component = wat::parse_str(r#"(component (import "clock" (func)))"#).unwrap();
    let refused = shop.compile(&component).unwrap_err();
    assert_eq!(refused, CompileError::HasImports { names: vec!["clock".into()] });
    // WASI of both kinds: a component's interface, and a core module's functions that no adapter stands for.
    let wasi = r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "get-environment" (func)))))"#;
    assert_eq!(shop.refuses(&wat::parse_str(wasi).unwrap()), "has_imports");
    for (module, name) in [("wasi_snapshot_preview1", "fd_write"), ("env", "abort"), ("shopify_function_v1", "x")] {
        let import = format!(r#"(module (import "{module}" "{name}" (func)))"#);
        let refused = shop.compile(&guest::of_text(&import)).unwrap_err();
        assert_eq!(refused.code(), "not_a_component", "{refused}");
        assert!(refused.to_string().contains(module), "{refused}");
    }
    let many = times(300, |text, at| write!(text, r#"(import "i{at}" (func))"#).unwrap());
    assert_eq!(shop.refuses(&wat::parse_str(format!("(component {many})")).unwrap()), "too_many_imports");
    shop.still_serves();
}

#[test]
fn what_is_no_promotion_is_refused() {
    let shop = Shop::new();
    assert_eq!(shop.refuses(&wat::parse_str("(component)").unwrap()), "other_world");
    assert_eq!(shop.refuses(b"hello"), "not_a_component");
    assert_eq!(shop.refuses(b""), "not_a_component");
    assert_eq!(shop.refuses(&vec![0; MAX_COMPONENT_BYTES + 1]), "plugin_too_large");
    // Threads, 64-bit memory, garbage collection, exceptions: proposals that promotions have no use for.
    for text in [
        "(module (memory 1 1 shared))",
        "(module (memory i64 1))",
        "(module (type (struct (field i32))) (func (drop (struct.new_default 0))))",
        "(module (memory 1) (memory 1))",
    ] {
        assert_eq!(shop.refuses(&guest::of_text(text)), "not_a_component", "{text}");
    }
}

/// Every length that a file can break off at, or nearly: none is taken for a plugin, but where only a comment is missing.
#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let shop = Shop::new();
    for whole in [sample(), componentize(&sample()).unwrap()] {
        for end in (0..whole.len()).step_by(97).chain(whole.len() - 20..whole.len()) {
            match shop.compile(&whole[..end]) {
                Err(refused) => {
                    assert!(["not_a_component", "other_world"].contains(&refused.code()), "{end}: {refused}");
                }
                Ok(_) => {
                    let run =
                        shop.load(&whole[..end]).run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default());
                    assert_eq!(run.unwrap().proposal.operations, proposed_for_four(), "{end} of {}", whole.len());
                }
            }
        }
    }
    shop.still_serves();
}

#[test]
fn native_code_in_place_of_a_plugin_is_refused() {
    let shop = Shop::new();
    let artefact = shop.compile(&sample()).unwrap();
    assert_eq!(shop.refuses(&artefact.bytes), "not_a_component");
    // The bare code, as wasmtime writes it: ELF.
    let elf = artefact.bytes.windows(4).position(|four| four == b"\x7fELF").unwrap();
    assert_eq!(shop.refuses(&artefact.bytes[elf..]), "not_a_component");
    assert_eq!(shop.refuses(&std::fs::read("/proc/self/exe").unwrap()[..MAX_COMPONENT_BYTES]), "not_a_component");
}
