//! Plugins in TypeScript: checked by tsc, bundled by esbuild into one JavaScript module, which the script engine runs. Both
//! tools are those that plugins/script-engine names, so a project needs no packages of its own.
//!
//! ```text
//! src/plugin.ts           exports `run`
//! src/plugin.test.ts      optional: tests for Node's own runner; so any src/*.test.ts
//! tsconfig.json
//! ```

use super::project::Project;
use crate::checkout::Checkout;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use stoa_plugin_runtime::script;

/// The file of a built script, without its manifest.
pub(super) fn built(project: &Project) -> Result<Vec<u8>> {
    let tools = Tools::find()?;
    let mut check = tools.node("typescript/bin/tsc");
    said(check.args(["--project", "."]).current_dir(&project.folder), "tsc")?;
    let mut bundle = tools.esbuild(project);
    // ES2023 is what the engine speaks; what only Node or a browser has cannot be imported.
    bundle.args(["--format=esm", "--target=es2023", "--platform=neutral", "--charset=utf8", "src/plugin.ts"]);
    let source = said(&mut bundle, "esbuild")?.stdout;
    let source = String::from_utf8(source).context("esbuild wrote something else than text")?;
    Ok(script::pack(&source)?)
}

/// Runs `src/*.test.ts` with Node's own runner; how many files there are.
pub(super) fn unit_tests(project: &Project) -> Result<usize> {
    let folder = project.folder.join("src");
    let mut tests = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.ts") {
            tests.push(path);
        }
    }
    if tests.is_empty() {
        return Ok(0);
    }
    tests.sort();
    let outdir = project.folder.join("build/tests");
    if outdir.exists() {
        fs::remove_dir_all(&outdir).with_context(|| format!("emptying {}", outdir.display()))?;
    }
    let mut bundle = Tools::find()?.esbuild(project);
    bundle.args(["--format=esm", "--platform=node", "--out-extension:.js=.mjs", "--outdir=build/tests"]);
    said(bundle.args(&tests), "esbuild")?;
    said(Command::new("node").arg("--test").arg("build/tests").current_dir(&project.folder), "node --test")?;
    Ok(tests.len())
}

struct Tools(PathBuf);

impl Tools {
    fn find() -> Result<Self> {
        let modules = Checkout::find()?.root.join("plugins/script-engine/node_modules");
        if !modules.join("esbuild").exists() {
            bail!("{} is missing: ./stoa installs it", modules.display());
        }
        Ok(Self(modules))
    }

    fn node(&self, program: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.0.join(program));
        command
    }

    fn esbuild(&self, project: &Project) -> Command {
        let mut command = self.node("esbuild/bin/esbuild");
        command.args(["--bundle", "--log-level=warning"]).current_dir(&project.folder);
        command
    }
}

/// What a tool that succeeds wrote; the words of one that does not are the author's to read.
fn said(command: &mut Command, name: &str) -> Result<Output> {
    let output = command.output().with_context(|| format!("starting {name}: Node 20 or newer is needed"))?;
    if output.status.success() {
        return Ok(output);
    }
    let words = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    bail!("{name} refuses it:\n{}", words.join("\n").trim())
}
