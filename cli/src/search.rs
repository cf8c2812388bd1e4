//! `stoa search`: how good the search is on a catalogue, by people's judgements (`eval`, here); what two published versions
//! show for the same queries (`compare`); why a product has its place (`explain`).

mod compare;
mod explain;

use crate::catalog;
use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use std::fs::File;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use stoa_domain::category::CategoryTree;
use stoa_domain::product::ProductStatus;
use stoa_domain::{Currency, Locale, ProductId};
use stoa_merchant::catalog as files;
use stoa_search_index::build::IndexBuilder;
use stoa_search_index::{Evaluation, Judgement, SearchDocument, SearchIndex, evaluate};

/// Nobody looks further than the engine ranks.
const MAX_K: u16 = 1_000;
/// The highest grade that a judgement may give.
const MAX_GRADE: u8 = 3;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// nDCG@k, recall and queries without result, by a file of judgements
    Eval(Arguments),
    /// Two published versions side by side, with rank changes
    Compare(compare::Arguments),
    /// Why a product has its place in a search: each word's part, merit, rules, closeness
    Explain(explain::Arguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The products: any file that `stoa catalog import` takes
    #[arg(long, value_name = "FILE")]
    catalog: PathBuf,
    /// Tab-separated, with the columns query, product_id and grade (0 to 3). Products without a line count as 0
    #[arg(long, value_name = "FILE.tsv")]
    judgements: PathBuf,
    /// How many results of each query count
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_K)))]
    k: u16,
    /// Whose language the queries are in
    #[arg(long, default_value = "en", value_parser = parse_locale)]
    locale: Locale,
    /// For JSON lines with other field names: see `stoa catalog import`
    #[arg(long)]
    mapping: Option<String>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Row {
    query: String,
    product_id: String,
    grade: u8,
}

fn parse_locale(tag: &str) -> Result<Locale> {
    Ok(Locale::new(tag)?)
}

pub(crate) async fn search(command: &Command) -> Result<()> {
    match command {
        Command::Eval(arguments) => eval(arguments),
        Command::Compare(arguments) => compare::compare(arguments).await,
        Command::Explain(arguments) => explain::explain(arguments).await,
    }
}

fn eval(arguments: &Arguments) -> Result<()> {
    let judgements = read_judgements(&arguments.judgements)?;
    let index = index(arguments)?;
    let evaluation = evaluate(&index, &judgements, &arguments.locale, usize::from(arguments.k))?;
    if arguments.json {
        writeln!(stdout().lock(), "{}", serde_json::to_string(&evaluation)?)?;
        return Ok(());
    }
    print(&evaluation, arguments.k)
}

/// The index that publishing this catalogue would give.
fn index(arguments: &Arguments) -> Result<SearchIndex> {
    let name = arguments.catalog.display();
    let mapping = arguments.mapping.as_deref().or_else(|| catalog::mapping_for(&arguments.catalog));
    let mapping = mapping.map(catalog::read_mapping).transpose()?.map(|(mapping, _)| mapping);
    let file = File::open(&arguments.catalog).with_context(|| format!("cannot open {name}"))?;
    let default_locale = arguments.locale.clone();
    let context = files::Context { currency: Currency::new("USD")?, default_locale, now: Timestamp::now() };
    let read = files::read(file, mapping, &context).map_err(|e| anyhow::anyhow!("{name}: {e} [{}]", e.code()))?;
    if let Some(first) = read.refused.first() {
        let (count, row, rule) = (read.refused.len(), first.row, &first.message);
        eprintln!("{count} broken rules in {name}, those products are left out; the first, in row {row}: {rule}");
    }
    let tree = CategoryTree::new(read.categories)?;
    let mut builder = IndexBuilder::open(None)?;
    let mut found = 0;
    for product in read.products.iter().filter(|product| product.status == ProductStatus::Active) {
        let above = product.category.as_ref().map(|id| tree.breadcrumbs(id)).unwrap_or_default();
        builder.apply([&SearchDocument::of(product, &above, &context.default_locale)], &[])?;
        found += 1;
    }
    ensure!(found > 0, "{name} has no active product");
    Ok(SearchIndex::open(builder.commit()?.into_bytes())?)
}

pub(crate) fn read_judgements(path: &Path) -> Result<Vec<Judgement>> {
    let name = path.display();
    let reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path);
    let mut judgements = Vec::new();
    for (i, row) in reader.with_context(|| format!("cannot open {name}"))?.deserialize().enumerate() {
        let line = i + 2;
        let row: Row = row.with_context(|| format!("{name}, line {line}: must be query, product_id and grade"))?;
        ensure!(row.grade <= MAX_GRADE, "{name}, line {line}: a grade is 0 to {MAX_GRADE}, got {}", row.grade);
        let product = ProductId::new(row.product_id).with_context(|| format!("{name}, line {line}"))?;
        judgements.push(Judgement { query: row.query, product, grade: row.grade });
    }
    if judgements.is_empty() {
        bail!("{name} has no judgement");
    }
    Ok(judgements)
}

fn print(evaluation: &Evaluation, k: u16) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, " nDCG   found  query")?;
    for row in &evaluation.queries {
        let ndcg = row.ndcg.map_or_else(|| "    -".to_owned(), |ndcg| format!("{ndcg:.3}"));
        writeln!(out, "{ndcg}  {:>6}  {}", row.total, row.query)?;
    }
    let scored = evaluation.queries.iter().filter(|row| row.ndcg.is_some()).count();
    writeln!(
        out,
        "\nnDCG@{k} {:.4} over {scored} queries of {}, recall {:.3}, without result {:.1} %",
        evaluation.ndcg,
        evaluation.queries.len(),
        evaluation.recall,
        evaluation.zero_result_rate * 100.0
    )?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn judged(tsv: &str) -> Result<Vec<Judgement>> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), tsv)?;
        read_judgements(file.path())
    }

    #[test]
    fn judgements_keep_quotation_marks_and_say_which_line_is_wrong() {
        let read = judged("query\tproduct_id\tgrade\n65\" tv\ta\t3\n保温杯\tb\t0\n").unwrap();
        assert_eq!((read[0].query.as_str(), read[1].query.as_str(), read[1].grade), ("65\" tv", "保温杯", 0));
        for (tsv, rule) in [
            ("query\tproduct_id\tgrade\nmug\ta\t4\n", "line 2: a grade is 0 to 3, got 4"),
            ("query\tproduct_id\tgrade\nmug\ta\tgood\n", "line 2: must be query, product_id and grade"),
            ("query\tproduct_id\tgrade\n", "has no judgement"),
            ("query\tid\n", "has no judgement"),
        ] {
            let refused = format!("{:#}", judged(tsv).unwrap_err());
            assert!(refused.contains(rule), "{refused}");
        }
    }

    #[test]
    fn a_catalogue_file_is_searched_as_it_would_be_published() {
        let mut catalog = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        let csv = "Handle,Title,Type,Variant Price\nmug,Speckled mug,Cups,12\ntable,Oak table,Furniture,90\n";
        catalog.write_all(csv.as_bytes()).unwrap();
        let arguments = Arguments {
            catalog: catalog.path().to_owned(),
            judgements: PathBuf::new(),
            k: 10,
            locale: Locale::new("en").unwrap(),
            mapping: None,
            json: false,
        };
        let index = index(&arguments).unwrap();
        let judgements = judged("query\tproduct_id\tgrade\ncups\tmug\t3\nsofa\tmug\t0\n").unwrap();
        let evaluation = evaluate(&index, &judgements, &arguments.locale, 10).unwrap();
        assert_eq!((evaluation.ndcg, evaluation.recall, evaluation.zero_result_rate), (1.0, 1.0, 0.5));
        let rows = serde_json::to_value(&evaluation.queries).unwrap();
        assert_eq!(rows[0], serde_json::json!({ "query": "cups", "ndcg": 1.0, "total": 1, "top": ["mug"] }));
        assert_eq!(rows[1]["ndcg"], serde_json::Value::Null);
    }
}
