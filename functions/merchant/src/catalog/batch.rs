//! One batch of records against the table: what exists is read at once, only what differs is written, and each product
//! lands or is refused by itself.

use super::build::{Built, Context, Known, build, made_handle};
use super::pictures::Pictures;
use super::record::ProductRecord;
use super::refusal::{Field, ImportError, RowError};
use super::report::{ChangeKind, ProductChange, differing};
use super::source::Place;
use std::collections::{HashMap, HashSet};
use stoa_domain::product::Product;
use stoa_domain::{CategoryId, CollectionId, Handle, Localized, ProductId, Sku};
use stoa_storage::{Expected, PutProduct, Revision, Store, StoreError, Versioned};

/// A record whose places are known.
pub(super) struct Prepared {
    pub(super) record: ProductRecord,
    pub(super) place: Place,
    pub(super) id: Option<ProductId>,
    pub(super) category: Option<Option<CategoryId>>,
    pub(super) collections: Vec<CollectionId>,
}

#[derive(Default)]
pub(super) struct Outcome {
    pub(super) read: u64,
    pub(super) changes: Vec<ProductChange>,
    pub(super) unchanged: u64,
    pub(super) refused: Vec<RowError>,
    pub(super) refused_products: u64,
    pub(super) stock_set: u64,
    pub(super) pictures_stored: u64,
    pub(super) joined: Vec<(CollectionId, ProductId)>,
}

/// What every batch shares.
#[derive(Clone)]
pub(super) struct Importing {
    pub(super) store: Store,
    pub(super) context: Context,
    pub(super) pictures: Pictures,
    pub(super) dry_run: bool,
}

struct Write {
    prepared: Prepared,
    built: Built,
    existing: Option<Versioned<Product>>,
}

impl Importing {
    pub(super) async fn batch(&self, prepared: Vec<Prepared>) -> Result<Outcome, ImportError> {
        let mut outcome = Outcome { read: prepared.len() as u64, ..Default::default() };
        let (ids, mut existing) = self.existing(&prepared).await?;
        let mut writes = Vec::new();
        let mut stocked = Vec::new();
        for (mut prepared, id) in prepared.into_iter().zip(ids) {
            let existing = id.as_ref().and_then(|id| existing.remove(id));
            let id = id.unwrap_or_else(new_product_id);
            outcome.pictures_stored +=
                self.pictures.store(&mut prepared.record, existing.as_ref().map(|e| &e.value)).await?;
            let built = match self.build(&prepared, id, existing.as_ref()) {
                Ok(built) => built,
                Err(errors) => {
                    outcome.refuse(errors);
                    continue;
                }
            };
            outcome.joined.extend(prepared.collections.iter().map(|c| (c.clone(), built.product.id.clone())));
            if existing.as_ref().is_some_and(|e| e.value == built.product) {
                outcome.unchanged += 1;
                stocked.push(built);
            } else {
                writes.push(Write { prepared, built, existing });
            }
        }
        self.write(writes, &mut outcome, &mut stocked).await?;
        outcome.stock_set = self.stock(&stocked).await?;
        Ok(outcome)
    }

    fn build(
        &self,
        prepared: &Prepared,
        id: ProductId,
        existing: Option<&Versioned<Product>>,
    ) -> Result<Built, Vec<RowError>> {
        let known = Known { id, existing: existing.map(|e| &e.value), category: prepared.category.clone() };
        build(&prepared.record, known, &self.context)
            .map_err(|problems| problems.into_iter().map(|p| prepared.place.locate(p)).collect())
    }

    /// The id of each record's product where it is known, and the products that exist.
    async fn existing(
        &self,
        prepared: &[Prepared],
    ) -> Result<(Vec<Option<ProductId>>, HashMap<ProductId, Versioned<Product>>), ImportError> {
        let handles: Vec<Option<Handle>> = prepared.iter().map(|p| self.lookup(p)).collect();
        let unique: HashSet<Handle> = handles.iter().flatten().cloned().collect();
        let unique: Vec<Handle> = unique.into_iter().collect();
        let owners = self.store.products().owners_of_handles(&unique).await?;
        let ids: Vec<Option<ProductId>> = prepared
            .iter()
            .zip(handles)
            .map(|(p, handle)| p.id.clone().or_else(|| owners.get(&handle?).cloned()))
            .collect();
        let mut seen = HashSet::new();
        let wanted: Vec<ProductId> = ids.iter().flatten().filter(|id| seen.insert(*id)).cloned().collect();
        Ok((ids, self.store.products().get_many(&wanted).await?))
    }

    /// The handle that finds a record without id.
    fn lookup(&self, prepared: &Prepared) -> Option<Handle> {
        if prepared.id.is_some() {
            return None;
        }
        let record = &prepared.record;
        let default = &self.context.default_locale;
        match &record.handle {
            Some(text) => Handle::new(text.as_str()).ok(),
            None => made_handle(&record.title.as_ref()?.over(&Localized::default(), default), default),
        }
    }

    async fn write(
        &self,
        mut writes: Vec<Write>,
        outcome: &mut Outcome,
        stocked: &mut Vec<Built>,
    ) -> Result<(), ImportError> {
        let results = self.put(&mut writes).await;
        for (mut write, result) in writes.into_iter().zip(results) {
            let mut result = result;
            if matches!(result, Err(StoreError::HandleTaken { .. })) && write.built.handle_is_made {
                result = match self.with_longer_handle(&mut write) {
                    Ok(()) => self.store.products().put(&write.built.product, Expected::Absent).await,
                    Err(errors) => {
                        outcome.refuse(errors);
                        continue;
                    }
                };
            }
            match result {
                Ok(_) => {
                    outcome.changes.push(write.change());
                    stocked.push(write.built);
                }
                Err(error @ StoreError::Unavailable { .. }) => return Err(error.into()),
                Err(error) => outcome.refuse(vec![write.prepared.place.locate(problem(&error))]),
            }
        }
        Ok(())
    }

    async fn put(&self, writes: &mut [Write]) -> Vec<Result<Revision, StoreError>> {
        if self.dry_run {
            return writes.iter().map(|_| Ok(Revision::from_u64(0))).collect();
        }
        let puts = writes.iter_mut().map(|write| {
            write.built.product.updated_at = self.context.now;
            PutProduct { product: write.built.product.clone(), expected: Expected::from(&write.existing) }
        });
        self.store.products().put_many(puts.collect()).await
    }

    /// Two products of one title: the later one's handle ends in its id.
    fn with_longer_handle(&self, write: &mut Write) -> Result<(), Vec<RowError>> {
        let id = write.built.product.id.clone();
        let longer = Handle::from_text(&format!("{}-{id}", write.built.product.handle));
        write.prepared.record.handle = longer.ok().map(|handle| handle.to_string());
        write.built = self.build(&write.prepared, id, None)?;
        write.built.product.updated_at = self.context.now;
        Ok(())
    }

    /// Sets what differs; how many SKUs that were.
    async fn stock(&self, built: &[Built]) -> Result<u64, ImportError> {
        let wanted = || {
            built
                .iter()
                .flat_map(|b| b.stock.iter().map(|s| (s, false)).chain(b.initial_stock.iter().map(|s| (s, true))))
        };
        let skus: Vec<Sku> = wanted().map(|((sku, _), _)| sku.clone()).collect();
        if skus.is_empty() {
            return Ok(0);
        }
        let levels = self.store.stock().get_many(&skus).await?;
        let differs = |sku: &Sku, n: u32, initial: bool| levels.get(sku).is_none_or(|l| !initial && l.on_hand != n);
        let set: Vec<(Sku, u32)> =
            wanted().filter(|((sku, n), initial)| differs(sku, *n, *initial)).map(|(level, _)| level.clone()).collect();
        if !self.dry_run && !set.is_empty() {
            self.store.stock().set_many(&set).await?;
        }
        Ok(set.len() as u64)
    }
}

impl Outcome {
    pub(super) fn refuse(&mut self, errors: Vec<RowError>) {
        self.refused_products += 1;
        self.refused.extend(errors);
    }
}

impl Write {
    fn change(&self) -> ProductChange {
        let product = &self.built.product;
        let (kind, fields) = match &self.existing {
            Some(existing) => (ChangeKind::Updated, differing(&existing.value, product)),
            None => (ChangeKind::Created, Vec::new()),
        };
        let (id, handle) = (product.id.clone(), product.handle.clone());
        ProductChange { row: self.prepared.place.row(), id, handle, kind, fields }
    }
}

fn problem(error: &StoreError) -> super::refusal::Problem {
    let (field, value) = match error {
        StoreError::HandleTaken { handle } => (Field::product("handle"), handle.to_string()),
        StoreError::SkuTaken { sku, .. } => (Field::product("sku"), sku.to_string()),
        _ => (Field::product(""), String::new()),
    };
    field.problem(error.code(), error.to_string(), value)
}

pub(crate) fn new_product_id() -> ProductId {
    // A prefix and 26 letters and digits are always an id.
    ProductId::new(format!("prod_{}", ulid::Ulid::generate())).unwrap_or_else(|_| unreachable!())
}
