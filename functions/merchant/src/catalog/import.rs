//! The import: a reader thread parses, batches go to the table a few at a time, in order, so that "done up to here" can
//! be written down. Running it twice changes nothing; killed, it goes on where it was.

use super::batch::{Importing, Outcome, Prepared};
use super::build::Context;
use super::mapping::Mapping;
use super::pictures::Pictures;
use super::places::Places;
use super::refusal::{Field, ImportError, RowError};
use super::report::{Observer, Summary};
use super::source::{Item, Source, Sourced};
use futures::StreamExt;
use jiff::Timestamp;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::Read;
use std::path::PathBuf;
use stoa_domain::ProductId;
use stoa_storage::{Expected, ImportProgress, Store};
use tokio::sync::mpsc;

/// Products a batch.
const BATCH: usize = 64;
/// Batches under way at once.
const CONCURRENT: usize = 4;
/// How often progress is written down, in batches.
const CHECKPOINT: u64 = 16;

#[derive(Debug, Default)]
pub struct Options {
    /// Reads and compares, writes nothing.
    pub dry_run: bool,
    pub mapping: Option<Mapping>,
    /// Pictures with relative sources are read below this folder.
    pub pictures: Option<PathBuf>,
    /// Names the file (and its mapping), to go on after an interruption: lower-case hex SHA-256. None begins anew.
    pub digest: Option<String>,
}

/// Imports a catalogue file into the shop. Refused products are reported and left as they were; an error stops the
/// import, and what landed before stays.
pub async fn import(
    store: &Store,
    file: impl Read + Send + 'static,
    options: Options,
    observer: &mut dyn Observer,
) -> Result<Summary, ImportError> {
    let shop = store.shop().settings().await?.ok_or(ImportError::NoShop)?.value;
    let Options { dry_run, mapping, pictures, digest } = options;
    let context =
        Context { currency: shop.currency, default_locale: shop.default_locale.clone(), now: Timestamp::now() };
    let pictures = Pictures { folder: pictures, store: store.clone(), dry_run };
    let importing = Importing { store: store.clone(), context, pictures, dry_run };

    let (mut source, format, ignored_columns) = tokio::task::spawn_blocking(move || {
        let source = Source::open(file, mapping)?;
        let (format, ignored) = (source.format().to_owned(), source.ignored_columns());
        Ok::<_, ImportError>((source, format, ignored))
    })
    .await
    .map_err(|e| ImportError::Interrupted(e.to_string()))??;
    let mut cursor = Checkpoint::load(store, digest.filter(|_| !dry_run), importing.context.now).await?;
    let mut run = Run {
        admission: Admission::default(),
        places: Places::load(store, shop.default_locale).await?,
        summary: Summary { format, dry_run, ignored_columns, resumed_after: cursor.skip, ..Default::default() },
    };

    let (sender, mut items) = mpsc::channel::<Result<Vec<Item>, ImportError>>(CONCURRENT);
    let reader = tokio::task::spawn_blocking(move || read(&mut source, &sender));

    let mut flights = futures::stream::FuturesOrdered::new();
    let mut failed = None;
    loop {
        let full = flights.len() >= CONCURRENT;
        tokio::select! {
            biased;
            done = flights.next(), if !flights.is_empty() => {
                let outcome = match done {
                    Some(Ok(Ok(outcome))) => outcome,
                    Some(Ok(Err(error))) => { failed = Some(error); break }
                    Some(Err(panic)) => { failed = Some(ImportError::Interrupted(tokio::task::JoinError::to_string(&panic))); break }
                    None => continue,
                };
                run.settle(outcome, observer);
                if cursor.is_due() {
                    run.summary.collections_changed += run.places.flush_collections(store, dry_run).await?;
                    cursor.save(store, &run.summary, false).await?;
                }
            }
            batch = items.recv(), if !full => {
                let Some(batch) = batch else {
                    if flights.is_empty() { break }
                    // The file is read; settle what is under way.
                    while let Some(done) = flights.next().await {
                        match done {
                            Ok(Ok(outcome)) => run.settle(outcome, observer),
                            Ok(Err(error)) => failed = failed.or(Some(error)),
                            Err(panic) => failed = failed.or(Some(ImportError::Interrupted(panic.to_string()))),
                        }
                    }
                    break
                };
                match batch {
                    Ok(batch) => {
                        let (prepared, refused) = run.admit(batch, &mut cursor.skip);
                        if !dry_run {
                            run.places.flush_categories(store).await?;
                        }
                        let importing = importing.clone();
                        flights.push_back(tokio::spawn(async move {
                            let mut outcome = importing.batch(prepared).await?;
                            outcome.read += refused.skipped + refused.products;
                            outcome.refused_products += refused.products;
                            outcome.refused.extend(refused.errors);
                            Ok::<Outcome, ImportError>(outcome)
                        }));
                    }
                    Err(error) => { failed = Some(error); items.close(); }
                }
            }
        }
    }
    drop(items);
    reader.await.map_err(|e| ImportError::Interrupted(e.to_string()))?;
    if let Some(error) = failed {
        return Err(error);
    }
    run.summary.collections_changed += run.places.flush_collections(store, dry_run).await?;
    cursor.save(store, &run.summary, true).await?;
    observer.progress(&run.summary);
    Ok(run.summary)
}

/// Runs on a thread of its own until the file ends, fails, or nobody listens any more.
fn read(source: &mut Source, sender: &mpsc::Sender<Result<Vec<Item>, ImportError>>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let (end, error) = match source.next_item() {
            Ok(Some(item)) => {
                batch.push(item);
                (false, None)
            }
            Ok(None) => (true, None),
            Err(error) => (true, Some(error)),
        };
        if (batch.len() == BATCH || end && !batch.is_empty())
            && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err()
        {
            return;
        }
        if let Some(error) = error {
            let _ = sender.blocking_send(Err(error));
        }
        if end {
            return;
        }
    }
}

struct Run {
    admission: Admission,
    places: Places,
    summary: Summary,
}

#[derive(Default)]
struct Refused {
    errors: Vec<RowError>,
    products: u64,
    skipped: u64,
}

impl Run {
    /// In file order: what was done before is skipped, what is there twice is refused, places are found.
    fn admit(&mut self, items: Vec<Item>, skip: &mut u64) -> (Vec<Prepared>, Refused) {
        let mut refused = Refused::default();
        let mut prepared = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Record(sourced) => {
                    let admitted = self.admission.check(&sourced);
                    if *skip > 0 {
                        *skip -= 1;
                        refused.skipped += 1;
                        continue;
                    }
                    match admitted.and_then(|id| self.prepare(id, sourced)) {
                        Ok(one) => prepared.push(one),
                        Err(error) => {
                            refused.products += 1;
                            refused.errors.push(error);
                        }
                    }
                }
                Item::Refused(errors) => {
                    *skip = skip.saturating_sub(1);
                    refused.products += 1;
                    refused.errors.extend(errors);
                }
            }
        }
        (prepared, refused)
    }

    fn prepare(&mut self, id: Option<ProductId>, sourced: Sourced) -> Result<Prepared, RowError> {
        let Sourced { record, place } = sourced;
        let category = match &record.category {
            Some(path) => Some(self.places.category(path).map_err(|p| place.locate(p))?),
            None => None,
        };
        let titles = record.collections.as_deref().unwrap_or_default();
        let collections = self.places.collections(titles).map_err(|p| place.locate(p))?;
        Ok(Prepared { record, place, id, category, collections })
    }

    fn settle(&mut self, outcome: Outcome, observer: &mut dyn Observer) {
        let s = &mut self.summary;
        s.read += outcome.read;
        s.unchanged += outcome.unchanged;
        s.refused += outcome.refused_products;
        s.errors += outcome.refused.len() as u64;
        s.stock_set += outcome.stock_set;
        s.pictures_stored += outcome.pictures_stored;
        s.categories_created = self.places.categories_created;
        for change in &outcome.changes {
            match change.kind {
                super::report::ChangeKind::Created => s.created += 1,
                super::report::ChangeKind::Updated => s.updated += 1,
            }
            observer.change(change);
        }
        outcome.refused.iter().for_each(|error| observer.refused(error));
        for (collection, product) in outcome.joined {
            self.places.join(collection, product);
        }
        observer.progress(s);
    }
}

/// What this file already named, as 64-bit hashes: 8 bytes a product and a SKU, whatever the file's size.
#[derive(Default)]
struct Admission {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl Admission {
    fn check(&mut self, sourced: &Sourced) -> Result<Option<ProductId>, RowError> {
        let Sourced { record, place } = sourced;
        let refuse =
            |name, code, rule: String, value: &str| place.locate(Field::product(name).problem(code, rule, value));
        let id = match record.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => Some(ProductId::new(id).map_err(|e| refuse("id", "invalid_id", e.to_string(), id))?),
            None => None,
        };
        let handle = record.handle.as_deref().filter(|handle| !handle.is_empty());
        for (kind, text) in [("id", id.as_ref().map(ProductId::as_str)), ("handle", handle)] {
            if let Some(text) = text
                && !self.seen.insert(self.hasher.hash_one((kind, text)))
            {
                let rule = "a product is in a file once, all its rows together".to_owned();
                return Err(refuse(kind, "repeated_product", rule, text));
            }
        }
        for (i, variant) in record.variants.iter().flatten().enumerate() {
            if let Some(sku) = variant.sku.as_deref().map(str::trim).filter(|sku| !sku.is_empty())
                && !self.seen.insert(self.hasher.hash_one(("sku", sku)))
            {
                let field = Field::of("variants", i, "sku");
                return Err(place.locate(field.problem("duplicate_sku", "a SKU is in a file once", sku)));
            }
        }
        Ok(id)
    }
}

/// How far the file is done.
struct Checkpoint {
    progress: Option<ImportProgress>,
    /// Products still to skip.
    skip: u64,
    batches: u64,
}

impl Checkpoint {
    async fn load(store: &Store, digest: Option<String>, now: Timestamp) -> Result<Self, ImportError> {
        let Some(digest) = digest else { return Ok(Self { progress: None, skip: 0, batches: 0 }) };
        let before = store.imports().get(&digest).await?.map(|read| read.value);
        // With refused products before the interruption everything is looked at again, so that the error file of this
        // run has all of them; what landed is found unchanged.
        let skip = before.filter(|p| !p.finished && p.refused == 0).map_or(0, |p| p.rows_done);
        let progress = ImportProgress {
            digest,
            rows_done: skip,
            rows_total: None,
            created: 0,
            changed: 0,
            unchanged: 0,
            refused: 0,
            finished: false,
            started_at: now,
            updated_at: now,
        };
        Ok(Self { progress: Some(progress), skip, batches: 0 })
    }

    /// True after every so many batches.
    fn is_due(&mut self) -> bool {
        self.batches += 1;
        self.batches.is_multiple_of(CHECKPOINT)
    }

    async fn save(&mut self, store: &Store, summary: &Summary, finished: bool) -> Result<(), ImportError> {
        let Some(progress) = &mut self.progress else { return Ok(()) };
        progress.rows_done = summary.read.max(progress.rows_done);
        progress.created = summary.created;
        progress.changed = summary.updated;
        progress.unchanged = summary.unchanged;
        progress.refused = summary.refused;
        progress.finished = finished;
        progress.updated_at = Timestamp::now();
        store.imports().put(progress, Expected::Any).await?;
        Ok(())
    }
}
