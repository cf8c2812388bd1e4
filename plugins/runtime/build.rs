//! The contract lies beside this crate. The generated bindings name it by where it was when they were generated, which is
//! another place in the next checkout that builds into the same target folder; this names it from here.
//!
//! What compiles plugins carries the script engine, made here of an npm package: docs/decisions/0015.

use std::path::Path;
use std::process::{Command, exit};

const ENGINE: &str = "../script-engine";

fn main() {
    println!("cargo:rerun-if-changed=../wit");
    if std::env::var_os("CARGO_FEATURE_COMPILE").is_some() {
        script_engine();
    }
}

fn script_engine() {
    for file in ["prepare.mjs", "package-lock.json", "node_modules/quickjs-wasi/quickjs.wasm"] {
        println!("cargo:rerun-if-changed={ENGINE}/{file}");
    }
    let made = Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()).join("script-engine.wasm");
    let ran = Command::new("node").arg(format!("{ENGINE}/prepare.mjs")).arg(made).output();
    let why = match ran {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("node: {error}"),
    };
    eprintln!("{why}\nThe script engine was not made. Building with ./stoa brings its npm packages; by hand that is");
    eprintln!("npm ci --prefix plugins/script-engine --ignore-scripts");
    exit(1);
}
