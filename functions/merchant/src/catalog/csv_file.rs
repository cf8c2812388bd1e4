//! A CSV file row by row, the rows of one product together.

use super::csv_columns::{Column, Columns};
use super::csv_product;
use super::refusal::{Field, ImportError, RowError, short};
use super::source::{Item, MAX_COLUMNS, MAX_ROW_BYTES, Metered, ROW_TOO_LONG, RowMeter};
use std::io::{BufReader, Read};
use std::sync::Arc;
use stoa_domain::product::{MAX_IMAGES, MAX_VARIANTS};

/// Most rows of one product: every variant and every picture on its own.
const MAX_ROWS: usize = MAX_VARIANTS + MAX_IMAGES;

pub(super) struct CsvFile<R> {
    reader: csv::Reader<BufReader<R>>,
    meter: RowMeter,
    columns: Arc<Columns>,
    /// The first row of the next product, already read.
    ahead: Option<Row>,
}

/// One row. `cells` has one text a header.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
    /// What already makes the row, and its product, unusable.
    pub(super) broken: Option<RowError>,
}

impl Row {
    /// The trimmed cell; None where the file has no such column.
    pub(super) fn cell(&self, columns: &Columns, column: Column) -> Option<&str> {
        columns.position(column).and_then(|i| self.cells.get(i)).map(|cell| cell.trim())
    }
    pub(super) fn filled(&self, columns: &Columns, column: Column) -> Option<&str> {
        self.cell(columns, column).filter(|cell| !cell.is_empty())
    }
}

impl CsvFile<Metered> {
    pub(super) fn open(input: BufReader<Metered>) -> Result<Self, ImportError> {
        let meter = input.get_ref().meter();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        let mut header = csv::ByteRecord::new();
        meter.begin();
        read(&mut reader, &mut header, 1)?;
        if header.len() > MAX_COLUMNS {
            let rule = format!("a file has at most {MAX_COLUMNS} columns, got {}", header.len());
            return Err(ImportError::file(1, "too_many_columns", rule));
        }
        let headers = header.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned));
        let headers = headers.collect::<Result<Vec<_>, _>>().ok().filter(|all| !all.iter().any(|h| h.contains('\0')));
        let Some(headers) = headers else {
            return Err(ImportError::file(1, "not_utf8", "the file must be UTF-8: save it as \"CSV UTF-8\""));
        };
        let columns = Columns::read(headers).map_err(|(code, rule)| ImportError::file(1, code, rule))?;
        Ok(Self { reader, meter, columns: Arc::new(columns), ahead: None })
    }
}

impl<R: Read> CsvFile<R> {
    pub(super) fn dialect(&self) -> &'static str {
        if self.columns.is_current() { "Shopify CSV, current" } else { "Shopify CSV, older" }
    }
    pub(super) fn ignored_columns(&self) -> Vec<String> {
        self.columns.ignored()
    }

    /// All rows of the next product. Rows belong together while the handle is the same or blank with a blank title;
    /// without a handle every row with a title is a product.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
        let Some(first) = self.ahead.take().map_or_else(|| self.row(), |row| Ok(Some(row)))? else {
            return Ok(None);
        };
        let mut rows = vec![first];
        let mut too_many = false;
        while let Some(row) = self.row()? {
            if !self.continues(&rows[0], &row) {
                self.ahead = Some(row);
                break;
            }
            if rows.len() < MAX_ROWS {
                rows.push(row);
            } else {
                too_many = true;
            }
        }
        let mut broken: Vec<_> = rows.iter_mut().filter_map(|row| row.broken.take()).collect();
        if too_many {
            let field = Field::product("handle");
            let rule = format!("a product has at most {MAX_ROWS} rows");
            broken.push(csv_product::error(&self.columns, rows[0].line, field, "too_many_rows", rule, ""));
        }
        if broken.is_empty() {
            Ok(Some(csv_product::item(&self.columns, &rows)))
        } else {
            Ok(Some(Item::Refused(broken)))
        }
    }

    fn continues(&self, first: &Row, row: &Row) -> bool {
        let of = |row: &Row, column| row.filled(&self.columns, column).map(str::to_owned);
        match (of(first, Column::Handle), of(row, Column::Handle)) {
            (Some(a), Some(b)) => a == b,
            (_, None) => of(row, Column::Title).is_none(),
            (None, Some(_)) => false,
        }
    }

    fn row(&mut self) -> Result<Option<Row>, ImportError> {
        let mut record = csv::ByteRecord::new();
        loop {
            let line = self.reader.position().line();
            self.meter.begin();
            if !read(&mut self.reader, &mut record, line)? {
                return Ok(None);
            }
            // The position before a record is that of the end of the one before: blank lines in between are skipped.
            let line = record.position().map_or(line, csv::Position::line);
            if record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                return Ok(Some(self.check(line, &record)));
            }
        }
    }

    fn check(&self, line: u64, record: &csv::ByteRecord) -> Row {
        let mut broken = None;
        let mut refuse = |column: usize, code, rule: String, value: &str| {
            let name = self.columns.header(column);
            broken.get_or_insert(RowError { row: line, column: name, code, message: rule, value: short(value) });
        };
        if record.len() != self.columns.len() {
            let rule =
                format!("a row must have as many cells as the header ({}), got {}", self.columns.len(), record.len());
            refuse(record.len().min(self.columns.len()), "wrong_cell_count".to_owned(), rule, "");
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for (i, cell) in record.iter().take(self.columns.len()).enumerate() {
            match std::str::from_utf8(cell) {
                Ok(text) if !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) => {
                    cells.push(text.to_owned());
                }
                Ok(text) => {
                    refuse(
                        i,
                        "control_character".to_owned(),
                        "a cell holds no control characters".to_owned(),
                        &text.escape_debug().to_string(),
                    );
                    cells.push(String::new());
                }
                Err(_) => {
                    let rule = "a cell must be UTF-8: save the file as \"CSV UTF-8\"".to_owned();
                    refuse(i, "not_utf8".to_owned(), rule, &String::from_utf8_lossy(cell));
                    // The handle still has to tell which product this is.
                    cells.push(String::from_utf8_lossy(cell).into_owned());
                }
            }
        }
        cells.resize(self.columns.len(), String::new());
        Row { line, cells, broken }
    }
}

fn read(
    reader: &mut csv::Reader<BufReader<impl Read>>,
    record: &mut csv::ByteRecord,
    line: u64,
) -> Result<bool, ImportError> {
    reader.read_byte_record(record).map_err(|e| match e.into_kind() {
        csv::ErrorKind::Io(e) if e.to_string() == ROW_TOO_LONG => {
            let rule = format!("a row must be at most {MAX_ROW_BYTES} bytes: is a quote left open?");
            ImportError::file(line, "row_too_long", rule)
        }
        csv::ErrorKind::Io(e) => ImportError::Read(e),
        other => ImportError::file(line, "invalid_csv", format!("{other:?}")),
    })
}
