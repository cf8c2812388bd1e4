//! `stoa plugin new --lang rust|ts NAME`: a project that builds without the network and passes its own test.

use crate::checkout::Checkout;
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const CARGO: &str = include_str!("template/Cargo.toml.template");
const MANIFEST: &str = include_str!("template/plugin.toml");
const CODE: &str = include_str!("template/lib.rs");
const CART: &str = include_str!("template/cart.json");
const REACHED: &str = include_str!("template/reached.json");
const NOT_REACHED: &str = include_str!("template/not-reached.json");
const SCRIPT: &str = include_str!("template/typescript/plugin.ts");
const SCRIPT_TEST: &str = include_str!("template/typescript/plugin.test.ts");
const TSCONFIG: &str = include_str!("template/typescript/tsconfig.json");
const IGNORED: &str = "build/\ntarget/\n";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Its folder, which must not be there yet; the last part is its id: lower-case letters, digits and hyphens
    name: PathBuf,
    /// What it is written in
    #[arg(long, default_value = "rust", value_parser = ["rust", "ts"])]
    lang: String,
}

pub(crate) fn new(arguments: &Arguments, json: bool) -> Result<()> {
    let folder = &arguments.name;
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ensure!(
        plain && name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-'),
        "a plugin's name has at most 64 lower-case letters, digits and hyphens and begins with a letter, got {name:?}"
    );
    let checkout = Checkout::find()?;
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let title = title(name);
    let script = arguments.lang == "ts";
    let sdk = checkout.root.join(if script { "plugins/typescript" } else { "plugins/sdk" });
    let fill = |text: &str| {
        let text = text.replace("{{name}}", name).replace("{{title}}", &title);
        text.replace("{{sdk}}", &sdk.display().to_string())
    };
    let code = if script {
        vec![("src/plugin.ts", SCRIPT), ("src/plugin.test.ts", SCRIPT_TEST), ("tsconfig.json", TSCONFIG)]
    } else {
        vec![("Cargo.toml", CARGO), ("src/lib.rs", CODE)]
    };
    let code = code.into_iter().map(|(path, text)| (path, fill(text)));
    for (path, text) in code.chain([
        ("plugin.toml", fill(MANIFEST)),
        ("cart.json", CART.to_owned()),
        ("fixtures/reached.json", REACHED.to_owned()),
        ("fixtures/not-reached.json", NOT_REACHED.to_owned()),
        (".gitignore", IGNORED.to_owned()),
    ]) {
        let file = folder.join(path);
        let parent = file.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    if !script {
        lock(&checkout, folder)?;
    }
    if json {
        println!("{}", json!({ "folder": folder, "id": name, "lang": arguments.lang }));
    } else {
        println!("{} is a plugin: `stoa plugin test {}` builds and tests it", folder.display(), folder.display());
    }
    Ok(())
}

/// The versions that this checkout is built with, which are on this machine already.
fn lock(checkout: &Checkout, folder: &std::path::Path) -> Result<()> {
    let own = folder.join("Cargo.lock");
    fs::copy(checkout.root.join("Cargo.lock"), &own).with_context(|| format!("writing {}", own.display()))?;
    let mut cargo = Command::new("cargo");
    cargo.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(folder);
    crate::checkout::run(&mut cargo)
}

/// `tenth-off` is `Tenth off`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
