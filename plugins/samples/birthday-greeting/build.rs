//! A plugin calls nothing deeply: 32 KiB of stack instead of a megabyte keep its memory small, and small memory is
//! quickly made anew.

fn main() {
    if std::env::var_os("CARGO_CFG_TARGET_FAMILY").is_some_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=32768");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
