//! What is wrong with a file, a row or a field, and the error file that says so.

use serde::Serialize;
use std::io::{self, Write};
use stoa_storage::StoreError;
use utoipa::ToSchema;

/// One broken rule of one row. The whole product that the row belongs to is refused with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowError {
    /// The line in the file where the row begins, from 1 (a CSV's header is line 1).
    pub row: u64,
    /// The CSV's column, or the field's path: `variants[1].price`.
    pub column: String,
    /// Snake case and stable: `price_required`.
    pub code: String,
    /// The rule.
    pub message: String,
    /// What the file said, at most 200 characters.
    pub value: String,
}

/// A broken rule of a record, before anyone knows where in the file the record was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: Field,
    pub code: &'static str,
    pub message: String,
    pub value: String,
}

impl From<Problem> for RowError {
    /// Of a request's body: row 1, the field's path as the column.
    fn from(problem: Problem) -> Self {
        let Problem { field, code, message, value } = problem;
        Self { row: 1, column: field.to_string(), code: code.to_owned(), message, value }
    }
}

/// `variants[1].price` is `{ list: Some(("variants", 1)), name: "price" }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub list: Option<(&'static str, usize)>,
    pub name: &'static str,
}

impl Field {
    pub const fn product(name: &'static str) -> Self {
        Self { list: None, name }
    }
    pub const fn of(list: &'static str, index: usize, name: &'static str) -> Self {
        Self { list: Some((list, index)), name }
    }
    /// Of a path such as the domain's rules give: `variants[1].price`.
    pub fn named(path: &str) -> Self {
        const NAMES: [&str; 20] = [
            "handle",
            "title",
            "description_html",
            "brand",
            "product_type",
            "category",
            "tags",
            "status",
            "seo_title",
            "seo_description",
            "sku",
            "price",
            "compare_at",
            "cost",
            "barcode",
            "image",
            "alt",
            "source",
            "name",
            "value",
        ];
        let known = |name: &str| NAMES.into_iter().find(|known| *known == name).unwrap_or("");
        let Some((list, rest)) = path.split_once('[') else { return Self::product(known(path)) };
        let Some(list) = ["variants", "images", "attributes", "options"].into_iter().find(|l| *l == list) else {
            return Self::product(known(list));
        };
        let (index, name) = rest.split_once(']').unwrap_or((rest, ""));
        let name = name.trim_start_matches('.');
        let name = if name == "option_values" { "options" } else { known(name) };
        Self::of(list, index.parse().unwrap_or(0), name)
    }
    pub fn problem(self, code: &'static str, message: impl Into<String>, value: impl ToString) -> Problem {
        Problem { field: self, code, message: message.into(), value: short(&value.to_string()) }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.list {
            Some((list, index)) if self.name.is_empty() => write!(f, "{list}[{index}]"),
            Some((list, index)) => write!(f, "{list}[{index}].{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// At most 200 characters of what a file said.
pub(super) fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Why an import stops. Rows already written stay; the next run goes on behind them.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("line {row}: {message}")]
    File { row: u64, code: &'static str, message: String },
    #[error("the mapping is wrong: {0}")]
    Mapping(String),
    #[error("the shop has no settings yet: save them first, imports need its currency and language")]
    NoShop,
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    #[error("the import was interrupted: {0}")]
    Interrupted(String),
}

impl ImportError {
    /// Stable, snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { code, .. } => code,
            Self::Mapping(_) => "invalid_mapping",
            Self::NoShop => "no_shop",
            Self::Read(_) => "unreadable",
            Self::Store(e) => e.code(),
            Self::Interrupted(_) => "interrupted",
        }
    }
    pub(crate) fn file(row: u64, code: &'static str, message: impl Into<String>) -> Self {
        Self::File { row, code, message: message.into() }
    }
}

/// Writes errors as CSV: row, column, rule, message, value. Nothing in it starts a formula in a spreadsheet.
pub struct ErrorFile<W: Write>(csv::Writer<W>);

impl<W: Write> ErrorFile<W> {
    pub fn new(out: W) -> csv::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["row", "column", "rule", "message", "value"])?;
        Ok(Self(writer))
    }
    pub fn write(&mut self, error: &RowError) -> csv::Result<()> {
        let row = error.row.to_string();
        self.0.write_record(
            [row.as_str(), &error.column, &error.code, &error.message, &error.value].map(guard_formula).as_slice(),
        )
    }
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A leading apostrophe makes spreadsheets show text that starts like a formula as text (OWASP, CSV injection).
pub fn guard_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_error_file_starts_a_formula() {
        let mut out = Vec::new();
        let mut file = ErrorFile::new(&mut out).unwrap();
        for value in ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "\rx"] {
            let column = value.to_owned();
            file.write(&RowError { row: 2, column, code: "c".into(), message: "m".into(), value: value.into() })
                .unwrap();
        }
        file.finish().unwrap();
        for record in csv::Reader::from_reader(&out[..]).records() {
            assert!(record.unwrap().iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        }
    }
}
