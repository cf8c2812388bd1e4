//! What an upload is made of, for its report: the names it imports and exports, and how much of it nothing runs.

use wasmparser::{ComponentExternalKind, Parser, Payload};

/// More names than a plugin has; the report tells these.
const MAX_NAMES: usize = 100;
const MAX_NAME_CHARS: usize = 200;
/// Less of it is not worth a word.
const MANY_DEBUG_BYTES: usize = 64 << 10;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<String>,
    debug_bytes: usize,
}

impl Shape {
    /// Of a component or a core module that the compiler took. What cannot be read ends the list.
    pub(super) fn of(wasm: &[u8]) -> Self {
        let mut shape = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(custom) if custom.name() == "name" || custom.name().starts_with(".debug") => {
                    shape.debug_bytes += custom.data().len();
                }
                _ if depth > 0 => {}
                Payload::ComponentImportSection(section) => {
                    shape.imports.extend(section.into_iter().map_while(Result::ok).map(|i| name(i.name.name)));
                }
                Payload::ComponentExportSection(section) => {
                    let named = section.into_iter().map_while(Result::ok);
                    let offered = named.filter(|e| e.kind != ComponentExternalKind::Type);
                    shape.exports.extend(offered.map(|e| name(e.name.name)));
                }
                Payload::ImportSection(section) => {
                    let named = section.into_imports().map_while(Result::ok);
                    shape.imports.extend(named.map(|i| name(&format!("{}.{}", i.module, i.name))));
                }
                Payload::ExportSection(section) => {
                    shape.exports.extend(section.into_iter().map_while(Result::ok).map(|e| name(e.name)));
                }
                _ => {}
            }
            shape.imports.truncate(MAX_NAMES);
            shape.exports.truncate(MAX_NAMES);
        }
        shape
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let much = self.debug_bytes >= MANY_DEBUG_BYTES;
        much.then(|| format!("{} bytes are names and debug information: strip them", self.debug_bytes))
            .into_iter()
            .collect()
    }
}

fn name(text: &str) -> String {
    text.chars().take(MAX_NAME_CHARS).collect()
}
