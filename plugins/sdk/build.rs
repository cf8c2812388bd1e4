//! The contract lies beside this crate. The generated bindings name it by where it was when they were generated, which is
//! another place in the next checkout that builds into the same target folder; this names it from here.

fn main() {
    println!("cargo:rerun-if-changed=../wit");
}
