//! The compiler's process and nothing else.

fn main() {
    stoa_plugin_runtime::compiler_process::enter();
    eprintln!("this program compiles one plugin for another program that starts it");
}
