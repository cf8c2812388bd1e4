//! `stoa catalog`: the catalogue as files. Thin: stoa-merchant does the work.

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stoa_domain::Handle;
use stoa_merchant::catalog::{
    ChangeKind, ErrorFile, FetchedPictures, Mapping, Observer, Options, PictureError, PicturesObserver, ProductChange,
    RowError, Summary, export, fetch_pictures, import,
};
use stoa_merchant::fetch::Fetcher;
use stoa_storage::Store;

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import products from a CSV (both of Shopify's dialects) or JSON lines, also gzipped
    Import(ImportArgs),
    /// Write all products as a CSV in Shopify's current dialect
    Export(ExportArgs),
    /// Fetch the pictures that files named by an address on the web, and store them as the shop's own
    Pictures(PicturesArgs),
}

#[derive(Debug, Args)]
struct ImportArgs {
    file: PathBuf,
    /// Say what would change, write nothing
    #[arg(long)]
    dry_run: bool,
    /// One JSON object on standard output: the summary, every change and every error
    #[arg(long)]
    json: bool,
    /// For JSON lines with other field names: a TOML file, or the name of a mapping that comes with Stoa (icecat)
    #[arg(long)]
    mapping: Option<String>,
    /// Where bad rows go (default: beside the file, ending in .errors.csv)
    #[arg(long)]
    errors: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ExportArgs {
    /// The file to write; standard output where missing
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PicturesArgs {
    /// Also ask this machine and its network: for pictures that lie on a server of your own
    #[arg(long)]
    allow_private: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: CatalogArgs, store: &Store) -> Result<()> {
    match args.command {
        Command::Import(args) => run_import(args, store).await,
        Command::Export(args) => run_export(args, store).await,
        Command::Pictures(args) => run_pictures(&args, store).await,
    }
}

/// The mapping that fits a file when none is named: Icecat's files say so in their names.
pub(crate) fn mapping_for(file: &Path) -> Option<&'static str> {
    file.file_name()?.to_str()?.starts_with("icecat").then_some("icecat")
}

/// Imports as `stoa catalog import FILE` does, with bad rows in the file `errors`.
pub(crate) async fn import_file(store: &Store, file: &Path, errors: PathBuf) -> Result<()> {
    let file = file.to_owned();
    run_import(ImportArgs { file, dry_run: false, json: false, mapping: None, errors: Some(errors) }, store).await
}

async fn run_import(args: ImportArgs, store: &Store) -> Result<()> {
    let name = args.file.display().to_string();
    let mapping = args.mapping.as_deref().or_else(|| mapping_for(&args.file));
    let (mapping, mapping_text) = mapping.map(read_mapping).transpose()?.unzip();
    let mut file = File::open(&args.file).with_context(|| format!("cannot open {name}"))?;
    let digest = digest(&mut file, mapping_text.as_deref().unwrap_or_default())?;
    let file = File::open(&args.file)?;
    let folder = args.file.canonicalize()?.parent().map(Path::to_owned);
    let errors = args.errors.unwrap_or_else(|| PathBuf::from(format!("{name}.errors.csv")));
    let mut report = Report::new(errors, args.json, args.dry_run);
    let options = Options { dry_run: args.dry_run, mapping, pictures: folder, digest: Some(digest) };
    let started = Instant::now();
    let done = import(store, file, options, &mut report).await;
    report.finish_errors()?;
    let summary = done.map_err(|e| anyhow::anyhow!("{name}: {e} [{}]", e.code()))?;
    report.print(&summary, started.elapsed())?;
    if summary.refused > 0 && summary.created + summary.updated + summary.unchanged == 0 {
        bail!("no product of {name} could be imported");
    }
    Ok(())
}

async fn run_export(args: ExportArgs, store: &Store) -> Result<()> {
    let bar = progress_bar("exported");
    let heard = |n| bar.set_position(n);
    let written = match &args.file {
        Some(path) => {
            // Complete or not there: a half-written export must not be imported by mistake.
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            let written = export(store, BufWriter::new(&mut file), heard).await?;
            file.persist(path)?;
            written
        }
        None => export(store, BufWriter::new(stdout().lock()), heard).await?,
    };
    bar.finish_and_clear();
    eprintln!("{} products exported", HumanCount(written));
    Ok(())
}

async fn run_pictures(args: &PicturesArgs, store: &Store) -> Result<()> {
    let fetcher = Fetcher::new(args.allow_private).context("reading this system's certificates")?;
    let mut heard = PicturesHeard { bar: progress_bar("looked at") };
    let done = fetch_pictures(store, &fetcher, &mut heard).await?;
    heard.bar.finish_and_clear();
    if args.json {
        println!("{}", serde_json::to_string(&done)?);
    } else {
        println!("{} pictures stored, {} addresses gave none", HumanCount(done.stored), HumanCount(done.refused));
    }
    Ok(())
}

struct PicturesHeard {
    bar: ProgressBar,
}

impl PicturesObserver for PicturesHeard {
    fn refused(&mut self, product: &Handle, source: &str, why: &PictureError) {
        self.bar.suspend(|| eprintln!("{product}: {source}: {why}"));
    }
    fn progress(&mut self, so_far: FetchedPictures) {
        self.bar.set_position(so_far.products);
    }
}

/// A file's mapping, or a built-in one, and the text that tells it from others.
pub(crate) fn read_mapping(name: &str) -> Result<(Mapping, String)> {
    if let Some(mapping) = Mapping::built_in(name) {
        return Ok((mapping, name.to_owned()));
    }
    let text = std::fs::read_to_string(name).with_context(|| format!("cannot read the mapping {name}"))?;
    Ok((Mapping::parse(&text)?, text))
}

fn digest(file: &mut File, mapping: &str) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
    }
    hasher.update(mapping);
    let digest = hasher.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn progress_bar(verb: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template(&format!("{{spinner}} {{human_pos}} products {verb}, {{per_sec}} {{msg}}"));
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

struct Report {
    json: bool,
    bar: ProgressBar,
    path: PathBuf,
    file: Option<ErrorFile<BufWriter<File>>>,
    failed: Option<anyhow::Error>,
    changes: Vec<serde_json::Value>,
    errors: Vec<serde_json::Value>,
    /// What a dry run names, line by line.
    shown: Option<usize>,
}

/// A dry run names so many changes; `--json` has them all.
const SHOWN_CHANGES: usize = 20;

impl Report {
    fn new(path: PathBuf, json: bool, dry_run: bool) -> Self {
        let (bar, shown) = (progress_bar("read"), dry_run.then_some(0));
        Self { json, bar, path, file: None, failed: None, changes: Vec::new(), errors: Vec::new(), shown }
    }

    fn write_error(&mut self, error: &RowError) -> Result<()> {
        if self.file.is_none() {
            let file = File::create(&self.path).with_context(|| format!("cannot write {}", self.path.display()))?;
            self.file = Some(ErrorFile::new(BufWriter::new(file))?);
        }
        if let Some(file) = &mut self.file {
            file.write(error)?;
        }
        Ok(())
    }

    fn finish_errors(&mut self) -> Result<()> {
        self.bar.finish_and_clear();
        if let Some(file) = self.file.take() {
            file.finish()?;
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    fn print(self, summary: &Summary, took: Duration) -> Result<()> {
        let mut out = stdout().lock();
        if self.json {
            let report = serde_json::json!({ "summary": summary, "changes": self.changes, "errors": self.errors });
            writeln!(out, "{report}")?;
            return Ok(());
        }
        let s = summary;
        if let Some(more) = self.shown.and_then(|shown| shown.checked_sub(SHOWN_CHANGES)).filter(|more| *more > 0) {
            writeln!(out, "… and {} more: --json names them all", HumanCount(more as u64))?;
        }
        let would = if s.dry_run { "would be " } else { "" };
        writeln!(out, "{}: {} products in {:.1} s", s.format, HumanCount(s.read), took.as_secs_f64())?;
        for (n, what) in [
            (s.resumed_after, "done by an earlier run"),
            (s.created, "created"),
            (s.updated, "updated"),
            (s.unchanged, "unchanged"),
            (s.refused, "refused"),
        ] {
            if n > 0 || matches!(what, "created" | "updated" | "unchanged") {
                let would = if matches!(what, "created" | "updated") { would } else { "" };
                writeln!(out, "  {:>10}  {would}{what}", HumanCount(n).to_string())?;
            }
        }
        for (n, what) in [
            (s.stock_set, "stock levels set"),
            (s.categories_created, "categories made"),
            (s.collections_changed, "collections changed"),
            (s.pictures_stored, "pictures stored"),
        ] {
            if n > 0 {
                writeln!(out, "  {:>10}  {what}", HumanCount(n).to_string())?;
            }
        }
        if s.errors > 0 {
            writeln!(out, "{} broken rules: see {}", HumanCount(s.errors), self.path.display())?;
        }
        if !s.ignored_columns.is_empty() {
            writeln!(out, "not read: {}", s.ignored_columns.join(", "))?;
        }
        Ok(())
    }
}

impl Observer for Report {
    fn change(&mut self, change: &ProductChange) {
        if self.json {
            self.changes.extend(serde_json::to_value(change).ok());
        } else if let Some(shown) = &mut self.shown {
            *shown += 1;
            if *shown <= SHOWN_CHANGES {
                let kind = if change.kind == ChangeKind::Created { "new" } else { "changed" };
                self.bar.suspend(|| println!("{kind} {} {}", change.handle, change.fields.join(", ")));
            }
        }
    }
    fn refused(&mut self, error: &RowError) {
        if self.json {
            self.errors.extend(serde_json::to_value(error).ok());
        }
        if let Err(failed) = self.write_error(error) {
            self.failed.get_or_insert(failed);
        }
    }
    fn progress(&mut self, summary: &Summary) {
        self.bar.set_position(summary.read);
        if summary.refused > 0 {
            self.bar.set_message(format!("({} refused)", summary.refused));
        }
    }
}
