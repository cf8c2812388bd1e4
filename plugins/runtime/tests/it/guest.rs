//! Plugins written by hand, to do what no SDK would: core modules with the contract's world around a `run` of any
//! instructions. `run` gets the address of its input (see [`SETTINGS_AT`]) and returns that of its answer: a byte that
//! is 0 for operations, and from byte 4 on their address and count; an operation has [`OPERATION_BYTES`], its kind
//! first and what belongs to it from byte 8 on. So says the component model's canonical ABI of the contract's types.

use std::path::Path;

/// Where the settings' address stands in the input, and their length four bytes on.
pub const SETTINGS_AT: u32 = 112;
pub const OPERATION_BYTES: u32 = 48;
/// The place of `message` among the kinds of operation.
pub const MESSAGE: u32 = 7;

/// A module whose `run` has this body; `more` is put beside it.
pub fn with(body: &str, more: &str) -> Vec<u8> {
    of_text(&text("stoa:promotion/discounts@0.2.0#run", body, more))
}

/// The same in the world `marketing`.
pub fn marketing(body: &str, more: &str) -> Vec<u8> {
    in_world("marketing", &text("stoa:marketing/campaigns@0.1.0#run", body, more))
}

fn text(run: &str, body: &str, more: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 2)
            (global $free (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $start i32)
                (local.set $start (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $start) (local.get 3)))
                (local.get $start))
            {more}
            (func (export "{run}") (param $input i32) (result i32) {body}))"#
    )
}

pub fn running(body: &str) -> Vec<u8> {
    with(body, "")
}

/// Any module, with the promotion contract's world.
pub fn of_text(text: &str) -> Vec<u8> {
    in_world("promotion", text)
}

fn in_world(name: &str, text: &str) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit").join(name).with_extension("wit");
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_file(wit).unwrap();
    let world = resolve.select_world(&[package], Some(name)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    module
}

/// Answers with one operation that lies, ready-made, at address 16: `data` from there on, as WebAssembly text writes it.
pub fn answering(data: &str) -> Vec<u8> {
    let more = format!(r#"(data (i32.const 0) "\00\00\00\00\10\00\00\00\01\00\00\00") (data (i32.const 16) "{data}")"#);
    with("i32.const 0", &more)
}
