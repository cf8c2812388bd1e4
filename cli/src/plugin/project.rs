//! A plugin's project: a cargo package, or TypeScript ([`super::typescript`]), with a manifest, and fixtures beside it.
//!
//! ```text
//! Cargo.toml
//! plugin.toml             id, version, titles, default settings
//! settings.schema.json    optional; or [settings_schema] in plugin.toml
//! src/lib.rs
//! cart.json               one cart, for `stoa plugin run`; event.json of a marketing plugin
//! fixtures/*.json         carts or events, and what is expected of them
//! ```

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use stoa_merchant::plugins::Manifest;

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    TypeScript,
}

/// Found by its `plugin.toml`.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Project {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let folder = fs::canonicalize(folder).with_context(|| format!("there is no folder {}", folder.display()))?;
        let manifest = manifest(&folder.join("plugin.toml"))?;
        Ok(Self { folder, manifest })
    }

    /// Where [`super::build`] puts the built plugin.
    pub(crate) fn built(&self) -> PathBuf {
        self.folder.join("build").join(format!("{}.wasm", self.manifest.id))
    }

    /// By what lies in the folder.
    pub(crate) fn language(&self) -> Result<Language> {
        if self.folder.join("Cargo.toml").is_file() {
            return Ok(Language::Rust);
        }
        let script = self.folder.join("src/plugin.ts").is_file();
        ensure!(script, "{} holds neither a Cargo.toml nor a src/plugin.ts", self.folder.display());
        Ok(Language::TypeScript)
    }

    /// The cargo package's name.
    pub(crate) fn package(&self) -> Result<String> {
        let file = self.folder.join("Cargo.toml");
        let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let cargo: toml::Table = toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
        let name = cargo.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        let name = name.with_context(|| format!("{} names no package", file.display()))?;
        Ok(name.to_owned())
    }

    /// By name.
    pub(crate) fn fixtures(&self) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("fixtures");
        let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
        files.sort();
        ensure!(!files.is_empty(), "{} holds no fixture", folder.display());
        Ok(files)
    }
}

/// `plugin.toml`, with `settings.schema.json` beside it where there is one.
pub(crate) fn manifest(file: &Path) -> Result<Manifest> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let beside = file.with_file_name("settings.schema.json");
    let schema = match fs::read_to_string(&beside) {
        Ok(schema) => Some(schema),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("reading {}", beside.display())),
    };
    Manifest::from_files(&text, schema.as_deref()).with_context(|| format!("reading {}", file.display()))
}
