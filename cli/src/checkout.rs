//! Where the sources, the build's products and the tools are.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A checkout of this repository, found through `STOA_ROOT` (the entry script sets it) or from the current folder up.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Checkout {
    pub(crate) fn find() -> Result<Self> {
        let root = match std::env::var_os("STOA_ROOT") {
            Some(root) => PathBuf::from(root),
            None => {
                let here = std::env::current_dir().context("reading the current folder")?;
                match here.ancestors().find(|folder| folder.join("edge/wrangler.jsonc").is_file()) {
                    Some(root) => root.to_owned(),
                    None => bail!("{} is not inside a checkout of Stoa: run ./stoa there", here.display()),
                }
            }
        };
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { root, target })
    }

    /// `cargo` with these arguments, run in the checkout. The toolchain is the one on the `PATH`: the script put it there.
    pub(crate) fn cargo(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).args(arguments);
        command
    }

    /// The worker runtime's program, from npm.
    pub(crate) fn workerd(&self) -> Result<PathBuf> {
        let packages = self.root.join("edge/node_modules/@cloudflare");
        let found = std::fs::read_dir(&packages).into_iter().flatten().flatten().find_map(|package| {
            let program = package.path().join("bin/workerd");
            (package.file_name().to_string_lossy().starts_with("workerd-") && program.is_file()).then_some(program)
        });
        found.with_context(|| format!("workerd is not in {}: ./stoa dev installs it", packages.display()))
    }
}

/// Runs a command to its end; an error names it and how it ended. Its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", name(command)))?;
    if status.success() { Ok(()) } else { bail!("{} ended with {status}", name(command)) }
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args().take(4));
    let words: Vec<_> = words.map(|word| Path::new(word).display().to_string()).collect();
    format!("`{}`", words.join(" "))
}
