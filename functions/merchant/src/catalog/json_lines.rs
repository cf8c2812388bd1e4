//! JSON lines: the native form, or foreign objects through a mapping.

use super::mapping::Mapping;
use super::record::ProductRecord;
use super::refusal::{Field, ImportError, short};
use super::source::{Item, MAX_ROW_BYTES, Place, Sourced};
use std::io::{BufRead, BufReader, Read};

pub(super) struct JsonLines<R> {
    input: BufReader<R>,
    mapping: Option<Mapping>,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: Read> JsonLines<R> {
    pub(super) fn new(input: BufReader<R>, mapping: Option<Mapping>) -> Self {
        Self { input, mapping, line: 0, buffer: Vec::new() }
    }

    pub(super) fn dialect(&self) -> &'static str {
        if self.mapping.is_some() { "JSON lines, mapped" } else { "JSON lines" }
    }

    pub(super) fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let n = (&mut self.input).take(MAX_ROW_BYTES + 1).read_until(b'\n', &mut self.buffer)?;
            if n == 0 {
                return Ok(None);
            }
            let place = Place::Line(self.line);
            if n as u64 > MAX_ROW_BYTES && !self.buffer.ends_with(b"\n") {
                skip_line(&mut self.input)?;
                let rule = format!("a line must be at most {MAX_ROW_BYTES} bytes");
                return Ok(Some(Item::Refused(vec![place.refuse("", "row_too_long", rule)])));
            }
            if self.buffer.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Ok(Some(match self.record() {
                Ok(record) => Item::Record(Sourced { record, place }),
                Err((code, message)) => {
                    let value = short(&String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(200)]));
                    Item::Refused(vec![place.locate(Field::product("").problem(code, message, value))])
                }
            }));
        }
    }

    fn record(&self) -> Result<ProductRecord, (&'static str, String)> {
        let text = std::str::from_utf8(&self.buffer).map_err(|e| ("not_utf8", format!("a line must be UTF-8: {e}")))?;
        match &self.mapping {
            None => serde_json::from_str(text).map_err(|e| ("invalid_record", e.to_string())),
            Some(mapping) => {
                let object = serde_json::from_str(text).map_err(|e| ("invalid_json", e.to_string()))?;
                mapping.apply(&object)
            }
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|b| *b == b'\n') {
            Some(at) => {
                input.consume(at + 1);
                return Ok(());
            }
            None => {
                let n = buffer.len();
                input.consume(n);
            }
        }
    }
}
