//! A catalogue of another size, made from one in JSON lines: its first products, or all of them again under other numbers.

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Writes `count` products into `folder`; a file that is there already is taken as it is. The file's name begins as the
/// catalogue's, so that it is read with the same mapping.
pub(crate) fn derive(catalogue: &Path, count: usize, folder: &Path) -> Result<PathBuf> {
    let name = catalogue.file_name().and_then(|name| name.to_str()).context("a catalogue has a name")?;
    let stem = name.split(['-', '.']).next().unwrap_or_default();
    let file = folder.join(format!("{stem}-{count}-derived.jsonl"));
    if file.is_file() {
        return Ok(file);
    }
    let opened = File::open(catalogue).with_context(|| format!("cannot open {}", catalogue.display()))?;
    let read: Box<dyn Read> = if name.ends_with(".gz") { Box::new(GzDecoder::new(opened)) } else { Box::new(opened) };
    let lines = BufReader::new(read).lines().take(count).collect::<std::io::Result<Vec<String>>>()?;
    ensure!(!lines.is_empty(), "{name} is empty");
    std::fs::create_dir_all(folder)?;
    let aside = file.with_extension("tmp");
    let mut out = BufWriter::new(File::create(&aside)?);
    for at in 0..count {
        let line = &lines[at % lines.len()];
        match at / lines.len() {
            0 => writeln!(out, "{line}")?,
            copy => writeln!(out, "{}", renumbered(line, copy)?)?,
        }
    }
    out.flush()?;
    std::fs::rename(&aside, &file)?;
    Ok(file)
}

/// The same product of another number: ids and maker's numbers differ, barcodes are left out.
fn renumbered(line: &str, copy: usize) -> Result<Value> {
    let mut product: Value = serde_json::from_str(line).context("the catalogue is not JSON lines")?;
    let fields = product.as_object_mut().context("a product is an object")?;
    fields.remove("ean");
    for name in ["id", "name"] {
        if let Some(Value::String(number)) = fields.get_mut(name) {
            number.push_str(&format!("-{copy}"));
        }
    }
    Ok(product)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_grows_by_products_of_other_numbers_and_shrinks_to_its_first() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("icecat-2.jsonl");
        std::fs::write(&from, "{\"id\":\"a\",\"title\":\"A\",\"ean\":[\"1\"]}\n{\"id\":\"b\",\"title\":\"B\"}\n")
            .unwrap();
        let ids = |count| -> Vec<String> {
            let file = derive(&from, count, folder.path()).unwrap();
            assert!(file.file_name().unwrap().to_str().unwrap().starts_with("icecat-"));
            let text = std::fs::read_to_string(file).unwrap();
            let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
            text.lines().map(id).collect()
        };
        assert_eq!(ids(1), ["a"]);
        assert_eq!(ids(5), ["a", "b", "a-1", "b-1", "a-2"]);
    }
}
