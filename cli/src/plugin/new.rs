//! `stoa plugin new --lang rust|ts --world promotion NAME`: a project that builds without the network and passes its own test.

use super::sample;
use crate::checkout::Checkout;
use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use stoa_domain::plugin::World;

const CARGO: &str = include_str!("template/Cargo.toml.template");
const MANIFEST: &str = include_str!("template/plugin.toml");
const CODE: &str = include_str!("template/lib.rs");
const CART: &str = include_str!("template/cart.json");
const REACHED: &str = include_str!("template/reached.json");
const NOT_REACHED: &str = include_str!("template/not-reached.json");
const MARKETING_MANIFEST: &str = include_str!("template/marketing/plugin.toml");
const MARKETING_CODE: &str = include_str!("template/marketing/lib.rs");
const EVENT: &str = include_str!("template/marketing/event.json");
const THIRD_ORDER: &str = include_str!("template/marketing/third-order.json");
const SECOND_ORDER: &str = include_str!("template/marketing/second-order.json");
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
    /// What it is asked: `promotion`, about carts, or `marketing`, about customers
    #[arg(long, default_value = "promotion", value_parser = World::ALL.map(World::as_str))]
    world: String,
    /// Begin as a sample: volume-discount, buy-two-get-one, free-shipping-for-members, bundle-price or full-reduction
    #[arg(long, value_name = "SAMPLE", conflicts_with = "world")]
    sample: Option<String>,
}

pub(crate) fn new(arguments: &Arguments, json: bool) -> Result<()> {
    let folder = &arguments.name;
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ensure!(
        plain && name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-'),
        "a plugin's name has at most 64 lower-case letters, digits and hyphens and begins with a letter, got {name:?}"
    );
    let script = arguments.lang == "ts";
    ensure!(
        !script || (arguments.sample.is_none() && arguments.world == World::Promotion.as_str()),
        "TypeScript is there for promotions from an empty project: leave --sample and --world out"
    );
    let checkout = Checkout::find()?;
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let title = title(name);
    let sdk = checkout.root.join(if script { "plugins/typescript" } else { "plugins/sdk" });
    // In a message `{{name}}` is the customer's, and stays.
    let fill = |path: &str, text: &str| {
        let text = text.replace("{{title}}", &title).replace("{{sdk}}", &sdk.display().to_string());
        if path.ends_with(".toml") { text.replace("{{name}}", name) } else { text }
    };
    let filled = |files: &[(&'static str, &str)]| files.iter().map(|(path, text)| (*path, fill(path, text))).collect();
    let own: Vec<(&str, String)> = match (&arguments.sample, World::named(&arguments.world)) {
        (Some(sample), _) => sample::find(sample)?.files_for(name)?,
        (None, Some(World::Marketing)) => filled(&[
            ("plugin.toml", MARKETING_MANIFEST),
            ("src/lib.rs", MARKETING_CODE),
            ("event.json", EVENT),
            ("fixtures/third-order.json", THIRD_ORDER),
            ("fixtures/second-order.json", SECOND_ORDER),
        ]),
        (None, _) => filled(&[
            ("plugin.toml", MANIFEST),
            ("cart.json", CART),
            ("fixtures/reached.json", REACHED),
            ("fixtures/not-reached.json", NOT_REACHED),
        ]),
    };
    let code: Vec<(&str, String)> = match (script, own.iter().any(|(path, _)| *path == "src/lib.rs")) {
        (true, _) => {
            filled(&[("src/plugin.ts", SCRIPT), ("src/plugin.test.ts", SCRIPT_TEST), ("tsconfig.json", TSCONFIG)])
        }
        (false, true) => filled(&[("Cargo.toml", CARGO)]),
        (false, false) => filled(&[("Cargo.toml", CARGO), ("src/lib.rs", CODE)]),
    };
    let ignored = [(".gitignore", IGNORED.to_owned())];
    for (path, text) in own.into_iter().chain(code).chain(ignored) {
        let file = folder.join(path);
        let parent = file.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    if !script {
        lock(&checkout, folder)?;
    }
    if json {
        println!("{}", json!({ "folder": folder, "id": name, "lang": arguments.lang, "world": arguments.world }));
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
