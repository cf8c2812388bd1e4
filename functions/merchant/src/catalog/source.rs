//! A catalogue file as a stream of records: format detection, decompression, limits. Memory is bounded by the longest
//! product, whatever the file's size.

use super::mapping::Mapping;
use super::record::ProductRecord;
use super::refusal::{Field, ImportError, Problem, RowError};
use super::{csv_file::CsvFile, json_lines::JsonLines};
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest line of JSON, or CSV row with all its quoted line breaks, in bytes.
pub(super) const MAX_ROW_BYTES: u64 = 1024 * 1024;
/// Largest file in bytes, after decompression.
pub(super) const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Most columns of a CSV.
pub(super) const MAX_COLUMNS: usize = 1_000;

/// What the file gave next.
#[derive(Debug)]
pub(super) enum Item {
    Record(Sourced),
    /// A product refused before it became a record.
    Refused(Vec<RowError>),
}

#[derive(Debug)]
pub(super) struct Sourced {
    pub record: ProductRecord,
    pub place: Place,
}

/// Where a record was in the file, to say where a problem is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A JSON line, or a request's body (line 1).
    Line(u64),
    Rows {
        first: u64,
        /// The row of each of the record's variants and images.
        variants: Vec<u64>,
        images: Vec<u64>,
        columns: Arc<super::csv_columns::Columns>,
    },
}

impl Place {
    pub(super) fn row(&self) -> u64 {
        match self {
            Self::Line(row) | Self::Rows { first: row, .. } => *row,
        }
    }
    pub(super) fn locate(&self, problem: Problem) -> RowError {
        let Problem { field, code, message, value } = problem;
        let (row, column) = match self {
            Self::Line(row) => (*row, field.to_string()),
            Self::Rows { first, variants, images, columns } => {
                let row = match field.list {
                    Some(("variants", i)) => variants.get(i),
                    Some(("images", i)) => images.get(i),
                    _ => None,
                };
                (row.copied().unwrap_or(*first), columns.name_of(field))
            }
        };
        RowError { row, column, code: code.to_owned(), message, value }
    }
    pub(super) fn refuse(&self, name: &'static str, code: &'static str, message: impl Into<String>) -> RowError {
        self.locate(Field::product(name).problem(code, message, ""))
    }
}

/// An opened catalogue file.
pub(super) enum Source {
    Csv(CsvFile<Metered>),
    JsonLines(JsonLines<Metered>),
}

impl Source {
    /// Looks at the first bytes: gzip, then `{` for JSON lines, else CSV. A mapping means JSON lines.
    pub(super) fn open(file: impl Read + Send + 'static, mapping: Option<Mapping>) -> Result<Self, ImportError> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let gzipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read + Send> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut input = BufReader::with_capacity(1 << 16, Metered::new(plain));
        if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        let first = input.fill_buf()?.iter().copied().find(|b| !b.is_ascii_whitespace());
        match first {
            None => Err(ImportError::file(1, "empty_file", "the file is empty")),
            Some(b'{') => Ok(Self::JsonLines(JsonLines::new(input, mapping))),
            Some(_) if mapping.is_some() => {
                Err(ImportError::file(1, "not_json_lines", "a mapping needs a file of JSON lines"))
            }
            Some(_) => CsvFile::open(input).map(Self::Csv),
        }
    }

    /// What was recognised, in words.
    pub(super) fn format(&self) -> &'static str {
        match self {
            Self::Csv(file) => file.dialect(),
            Self::JsonLines(file) => file.dialect(),
        }
    }

    /// Columns of a CSV that mean nothing here.
    pub(super) fn ignored_columns(&self) -> Vec<String> {
        match self {
            Self::Csv(file) => file.ignored_columns(),
            Self::JsonLines(_) => Vec::new(),
        }
    }

    /// The next product, or None at the end. An error ends the file.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
        match self {
            Self::Csv(file) => file.next_item(),
            Self::JsonLines(file) => file.next_item(),
        }
    }
}

/// Reads a whole file without a shop and answers how many products and refusals it holds; 0 and 0 when it cannot be opened.
pub fn read_all(file: impl Read + Send + 'static) -> (u64, u64) {
    let (mut products, mut refused) = (0, 0);
    let Ok(mut source) = Source::open(file, None) else { return (0, 0) };
    while let Ok(Some(item)) = source.next_item() {
        match item {
            Item::Record(_) => products += 1,
            Item::Refused(_) => refused += 1,
        }
    }
    (products, refused)
}

/// Counts what is read: all of it against [`MAX_FILE_BYTES`], and a row's against [`MAX_ROW_BYTES`] once the reader says
/// where rows begin.
pub(super) struct Metered {
    inner: Box<dyn Read + Send>,
    total: u64,
    row: RowMeter,
}

/// Shared by a [`Metered`] and whoever knows where rows begin.
#[derive(Clone, Default)]
pub(super) struct RowMeter {
    read: Arc<AtomicU64>,
    limited: Arc<AtomicU64>,
}

impl RowMeter {
    /// A row begins; until the next call, [`MAX_ROW_BYTES`] may be read beyond what is buffered.
    pub(super) fn begin(&self) {
        self.limited.store(1, Ordering::Relaxed);
        self.read.store(0, Ordering::Relaxed);
    }
}

impl Metered {
    fn new(inner: Box<dyn Read + Send>) -> Self {
        Self { inner, total: 0, row: RowMeter::default() }
    }
    pub(super) fn meter(&self) -> RowMeter {
        self.row.clone()
    }
}

/// The text of the error that a row of more than [`MAX_ROW_BYTES`] gives.
pub(super) const ROW_TOO_LONG: &str = "row_too_long";

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.total += n as u64;
        if self.total > MAX_FILE_BYTES {
            return Err(io::Error::other("the file is longer than 4 GiB"));
        }
        let row = self.row.read.fetch_add(n as u64, Ordering::Relaxed) + n as u64;
        if self.row.limited.load(Ordering::Relaxed) == 1 && row > MAX_ROW_BYTES {
            return Err(io::Error::other(ROW_TOO_LONG));
        }
        Ok(n)
    }
}
