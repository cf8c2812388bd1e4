//! What an upload is made of, counted before any compiler or encoder reads it: compiling hostile input is where most
//! of a sandbox's code is exposed. Nothing is validated here; what is malformed is refused by who reads it next.

use crate::CompileError;
use crate::compile::first_line;
use crate::engine::{MAX_MEMORY_BYTES, MAX_TABLE_ELEMENTS};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// One thing that a plugin may have so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Stable and snake case.
    pub code: &'static str,
    /// In the plural.
    pub what: &'static str,
    pub max: u64,
}

const fn bound(code: &'static str, what: &'static str, max: u64) -> Bound {
    Bound { code, what, max }
}

const IMPORTS: Bound = bound("too_many_imports", "imports", 256);
const EXPORTS: Bound = bound("too_many_exports", "exports", 256);
const TYPES: Bound = bound("too_many_types", "types", 4_000);
const FUNCTIONS: Bound = bound("too_many_functions", "functions", 10_000);
const TABLES: Bound = bound("too_many_tables", "tables", 16);
const TABLE: Bound = bound("table_too_large", "elements in a table", MAX_TABLE_ELEMENTS as u64);
const MEMORIES: Bound = bound("too_many_memories", "memories", 4);
const MEMORY: Bound = bound("memory_too_large", "pages of 64 KiB to begin with", (MAX_MEMORY_BYTES >> 16) as u64);
const GLOBALS: Bound = bound("too_many_globals", "globals", 1_000);
const TAGS: Bound = bound("too_many_tags", "exception tags", 0);
const DATA: Bound = bound("too_many_data_segments", "data segments", 10_000);
const ELEMENTS: Bound = bound("too_many_element_segments", "element segments", 1_000);
const INSTANCES: Bound = bound("too_many_instances", "modules, components and instances", 64);
const FUNCTION: Bound = bound("function_too_large", "bytes in a function", 256 << 10);
const LOCALS: Bound = bound("too_many_locals", "locals in a function", 5_000);
const BRANCHES: Bound = bound("branch_table_too_large", "targets in a branch table", 4_096);

/// Every bound, for documentation and reports.
pub const BOUNDS: [Bound; 16] = [
    IMPORTS, EXPORTS, TYPES, FUNCTIONS, TABLES, TABLE, MEMORIES, MEMORY, GLOBALS, TAGS, DATA, ELEMENTS, INSTANCES,
    FUNCTION, LOCALS, BRANCHES,
];

/// Counted over the whole file, whatever is nested in what.
#[derive(Default)]
struct Counts {
    imports: u64,
    exports: u64,
    types: u64,
    functions: u64,
    tables: u64,
    memories: u64,
    globals: u64,
    tags: u64,
    data: u64,
    elements: u64,
    instances: u64,
}

/// Refuses what is out of proportion for a promotion. A count that the file itself gives is believed when it is too
/// high; one that is too low leaves sections that do not add up.
pub(crate) fn check(wasm: &[u8]) -> Result<(), CompileError> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(wasm) {
        section(&mut counts, payload.map_err(unreadable)?)?;
    }
    Ok(())
}

fn section(counts: &mut Counts, payload: Payload<'_>) -> Result<(), CompileError> {
    match payload {
        Payload::TypeSection(types) => add(&mut counts.types, types.count(), TYPES),
        Payload::CoreTypeSection(types) => add(&mut counts.types, types.count(), TYPES),
        Payload::ComponentTypeSection(types) => add(&mut counts.types, types.count(), TYPES),
        Payload::ImportSection(imports) => add(&mut counts.imports, imports.count(), IMPORTS),
        Payload::ComponentImportSection(imports) => add(&mut counts.imports, imports.count(), IMPORTS),
        Payload::ExportSection(exports) => add(&mut counts.exports, exports.count(), EXPORTS),
        Payload::ComponentExportSection(exports) => add(&mut counts.exports, exports.count(), EXPORTS),
        Payload::FunctionSection(functions) => add(&mut counts.functions, functions.count(), FUNCTIONS),
        Payload::ComponentCanonicalSection(functions) => add(&mut counts.functions, functions.count(), FUNCTIONS),
        Payload::ComponentAliasSection(aliases) => add(&mut counts.functions, aliases.count(), FUNCTIONS),
        Payload::CodeSectionStart { count, .. } => most(count.into(), FUNCTIONS),
        Payload::GlobalSection(globals) => add(&mut counts.globals, globals.count(), GLOBALS),
        Payload::TagSection(tags) => add(&mut counts.tags, tags.count(), TAGS),
        Payload::DataSection(data) => add(&mut counts.data, data.count(), DATA),
        Payload::DataCountSection { count, .. } => most(count.into(), DATA),
        Payload::ElementSection(elements) => add(&mut counts.elements, elements.count(), ELEMENTS),
        Payload::InstanceSection(instances) => add(&mut counts.instances, instances.count(), INSTANCES),
        Payload::ComponentInstanceSection(instances) => add(&mut counts.instances, instances.count(), INSTANCES),
        Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => add(&mut counts.instances, 1, INSTANCES),
        Payload::TableSection(tables) => {
            add(&mut counts.tables, tables.count(), TABLES)?;
            tables.into_iter().try_for_each(|table| most(table.map_err(unreadable)?.ty.initial, TABLE))
        }
        Payload::MemorySection(memories) => {
            add(&mut counts.memories, memories.count(), MEMORIES)?;
            memories.into_iter().try_for_each(|memory| most(memory.map_err(unreadable)?.initial, MEMORY))
        }
        Payload::CodeSectionEntry(body) => function(&body),
        _ => Ok(()),
    }
}

fn function(body: &FunctionBody<'_>) -> Result<(), CompileError> {
    most(body.as_bytes().len() as u64, FUNCTION)?;
    let mut locals = 0_u64;
    for group in body.get_locals_reader().map_err(unreadable)? {
        locals += u64::from(group.map_err(unreadable)?.0);
        most(locals, LOCALS)?;
    }
    let mut operators = body.get_operators_reader().map_err(unreadable)?;
    while !operators.eof() {
        if let Operator::BrTable { targets } = operators.read().map_err(unreadable)? {
            most(targets.len().into(), BRANCHES)?;
        }
    }
    Ok(())
}

fn add(count: &mut u64, more: u32, bound: Bound) -> Result<(), CompileError> {
    *count += u64::from(more);
    most(*count, bound)
}

fn most(got: u64, bound: Bound) -> Result<(), CompileError> {
    if got <= bound.max { Ok(()) } else { Err(CompileError::OutOfBounds { bound, got }) }
}

fn unreadable(error: wasmparser::BinaryReaderError) -> CompileError {
    CompileError::NotAComponent(first_line(&error))
}
