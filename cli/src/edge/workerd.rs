//! The real worker runtime as a child process, from a folder with its configuration and a copy of the worker.

use crate::checkout::Checkout;
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The text bindings' values: bases without a trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Bindings {
    pub(crate) objects_url: String,
    /// The functions share one address here; in production each has its own.
    pub(crate) functions_url: String,
    /// With as much memory as the platform gives; else as much as there is.
    pub(crate) limited: bool,
}

impl Bindings {
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("STOA_OBJECTS_URL", &self.objects_url),
            ("STOA_CHECKOUT_URL", &self.functions_url),
            ("STOA_PAYMENTS_URL", &self.functions_url),
            ("STOA_MERCHANT_URL", &self.functions_url),
            ("STOA_VERSION", env!("CARGO_PKG_VERSION")),
        ]
    }
}

/// workerd itself sets a worker no limits, so V8 lets garbage pile up to hundreds of megabytes before it looks. The
/// platform gives an isolate 128 MB in all; a young generation of a megabyte is what V8 takes for such a heap.
const V8_FLAGS: [&str; 2] = ["--max-heap-size=128", "--max-semi-space-size=1"];

/// Lays out `folder` (a copy of the build and `config.capnp`) and starts workerd on `address`, V8's inspector on
/// another where one is given. What it says goes to `log`. The child ends with this process, however that ends.
pub(crate) fn start(
    checkout: &Checkout,
    build: &Path,
    folder: &Path,
    address: &str,
    bindings: &Bindings,
    inspector: Option<&str>,
    log: &Path,
) -> Result<Child> {
    let modules = copy(build, folder)?;
    let date = compatibility_date(&checkout.root)?;
    let config = folder.join("config.capnp");
    fs::write(&config, configuration(&modules, address, &date, bindings))
        .with_context(|| format!("writing {}", config.display()))?;
    let workerd = checkout.workerd()?;
    // kill_on_drop covers an orderly end; util-linux's setpriv covers our being killed.
    let mut command = match Path::new("/usr/bin/setpriv").exists() {
        true => {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args(["--pdeathsig", "KILL"]).arg(&workerd);
            command
        }
        false => Command::new(&workerd),
    };
    let log = fs::File::create(log).with_context(|| format!("writing {}", log.display()))?;
    command.arg("serve").arg(&config);
    command.args(inspector.map(|address| format!("--inspector-addr={address}")));
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    command.spawn().with_context(|| format!("starting {}", workerd.display()))
}

fn compatibility_date(root: &Path) -> Result<String> {
    let path = root.join("edge/wrangler.jsonc");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let date = text.split_once("\"compatibility_date\"").and_then(|(_, rest)| rest.split('"').nth(1));
    date.map(str::to_owned).with_context(|| format!("{} has no compatibility_date", path.display()))
}

/// Copies the modules and answers their names: the entry first, which is what workerd runs.
fn copy(build: &Path, folder: &Path) -> Result<Vec<String>> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    let mut names = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        fs::create_dir_all(folder.join(&relative)).with_context(|| format!("making {}", folder.display()))?;
        for entry in fs::read_dir(build.join(&relative))? {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "js" || e == "wasm") {
                fs::copy(entry.path(), folder.join(&path))?;
                names.push(path.to_str().context("a module's name is not UTF-8")?.to_owned());
            }
        }
    }
    names.sort_by_key(|name| (name != "index.js", name.clone()));
    if names.first().is_none_or(|name| name != "index.js") {
        bail!("{} holds no worker", build.display());
    }
    Ok(names)
}

fn configuration(modules: &[String], address: &str, date: &str, bindings: &Bindings) -> String {
    let mut text = String::from(
        "using Workerd = import \"/workerd/workerd.capnp\";\n\nconst config :Workerd.Config = (\n  services = [\n",
    );
    text.push_str("    (name = \"edge\", worker = .edge),\n");
    // The shop's own parts are on this machine, so local addresses are allowed.
    text.push_str("    (name = \"internet\", network = (allow = [\"public\", \"private\", \"local\"], tlsOptions = (trustBrowserCas = true))),\n");
    let _ = writeln!(
        text,
        "  ],\n  sockets = [(name = \"http\", address = {}, http = (), service = \"edge\")],\n  v8Flags = [{}],\n);",
        quoted(address),
        V8_FLAGS.iter().filter(|_| bindings.limited).map(|flag| quoted(flag)).collect::<Vec<_>>().join(", ")
    );
    text.push_str("\nconst edge :Workerd.Worker = (\n  modules = [\n");
    for name in modules {
        let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
        let _ = writeln!(text, "    (name = {0}, {kind} = embed {0}),", quoted(name));
    }
    text.push_str("  ],\n  bindings = [\n");
    for (name, value) in bindings.pairs() {
        let _ = writeln!(text, "    (name = {}, text = {}),", quoted(name), quoted(value));
    }
    let _ = writeln!(text, "  ],\n  compatibilityDate = {},\n  globalOutbound = \"internet\",\n);", quoted(date));
    text
}

/// A Cap'n Proto text literal.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_every_module_with_its_kind_and_quotes_what_it_is_given() {
        let bindings = Bindings {
            objects_url: "http://127.0.0.1:1/\"x".to_owned(),
            functions_url: "http://127.0.0.1:2".to_owned(),
            limited: true,
        };
        let modules = ["index.js", "index_bg.wasm"].map(str::to_owned);
        let text = configuration(&modules, "127.0.0.1:8787", "2025-11-01", &bindings);
        assert!(text.contains(r#"(name = "index.js", esModule = embed "index.js")"#), "{text}");
        assert!(text.contains(r#"(name = "index_bg.wasm", wasm = embed "index_bg.wasm")"#), "{text}");
        assert!(text.contains(r#"(name = "STOA_OBJECTS_URL", text = "http://127.0.0.1:1/\"x")"#), "{text}");
        assert!(text.contains(r#"address = "127.0.0.1:8787""#), "{text}");
    }
}
