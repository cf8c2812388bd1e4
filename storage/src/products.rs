//! Products. A product's handle and SKUs are unique in the shop: each is claimed by an item of its own, in the same
//! transaction that writes the product.

use crate::calls::Call;
use crate::keys::{self, Key, PRODUCT_PARTITIONS, SK};
use crate::table::{CONCURRENCY, MAX_TRANSACTION, OWNER, Table, TransactError, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Versioned, body};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use futures::StreamExt;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use stoa_domain::product::{Product, Variant};
use stoa_domain::{Handle, ProductId, Sku};

const KIND: &str = "product";
/// Most products on one page.
pub const MAX_PRODUCTS_PAGE: u32 = 1_000;

/// The products of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Products<'a> {
    pub(crate) table: &'a Table,
}

/// One write of [`Products::put_many`].
#[derive(Debug, Clone)]
pub struct PutProduct {
    pub product: Product,
    pub expected: Expected,
}

/// The product that sells a SKU. Matches of one product share it.
#[derive(Debug, Clone)]
pub struct SkuMatch {
    pub product: Arc<Product>,
    /// Index into the product's variants.
    pub variant: usize,
}

impl SkuMatch {
    pub fn variant(&self) -> Option<&Variant> {
        self.product.variants.get(self.variant)
    }
}

impl Products<'_> {
    pub async fn get(&self, id: &ProductId) -> Result<Option<Versioned<Product>>> {
        self.table.get(KIND, keys::product(id)).await
    }

    /// The products that exist, by id.
    pub async fn get_many(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, Versioned<Product>>> {
        self.read(ids.iter().map(keys::product).collect(), true).await
    }

    async fn read(&self, keys: Vec<Key>, consistent: bool) -> Result<HashMap<ProductId, Versioned<Product>>> {
        let items = self.table.items(keys, consistent).await?;
        items.iter().map(|item| body::decode::<Product>(KIND, item).map(|read| (read.value.id.clone(), read))).collect()
    }

    /// Eventually consistent.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<Versioned<Product>>> {
        let Some(pointer) = self.table.item(keys::product_handle(handle), false).await? else { return Ok(None) };
        let found = self.read(vec![keys::product(&owner(&pointer)?)], false).await?;
        Ok(found.into_values().find(|read| &read.value.handle == handle))
    }

    /// Eventually consistent; the product and which of its variants it is.
    pub async fn by_sku(&self, sku: &Sku) -> Result<Option<SkuMatch>> {
        Ok(self.by_skus(std::slice::from_ref(sku)).await?.remove(sku))
    }

    /// As [`Products::by_sku`], in two rounds for any number. Unknown SKUs are left out.
    pub async fn by_skus(&self, skus: &[Sku]) -> Result<HashMap<Sku, SkuMatch>> {
        let owners = self.owners(skus.iter().map(keys::sku).collect(), false).await?;
        let ids: HashSet<&ProductId> = owners.values().collect();
        let products: HashMap<ProductId, Arc<Product>> = self
            .read(ids.into_iter().map(keys::product).collect(), false)
            .await?
            .into_iter()
            .map(|(id, read)| (id, Arc::new(read.value)))
            .collect();
        let matched = |sku: &Sku| {
            let product = products.get(owners.get(&keys::sku(sku))?)?;
            let variant = product.variants.iter().position(|v| &v.sku == sku)?;
            Some((sku.clone(), SkuMatch { product: product.clone(), variant }))
        };
        Ok(skus.iter().filter_map(matched).collect())
    }

    /// Which products have these handles, strongly consistent; free handles are left out.
    pub async fn owners_of_handles(&self, handles: &[Handle]) -> Result<HashMap<Handle, ProductId>> {
        let mut owners = self.owners(handles.iter().map(keys::product_handle).collect(), true).await?;
        let owned = |handle: &Handle| Some((handle.clone(), owners.remove(&keys::product_handle(handle))?));
        Ok(handles.iter().filter_map(owned).collect())
    }

    /// Who holds these claims.
    async fn owners(&self, claims: Vec<Key>, consistent: bool) -> Result<HashMap<Key, ProductId>> {
        let items = self.table.items(claims, consistent).await?;
        items
            .iter()
            .map(|item| {
                let part = |name| body::string(item, name).unwrap_or_default().to_owned();
                Ok((Key { pk: part(keys::PK), sk: part(SK) }, owner(item)?))
            })
            .collect()
    }

    /// Writes one product with its claims: [`StoreError::HandleTaken`], [`StoreError::SkuTaken`],
    /// [`StoreError::RevisionConflict`].
    pub async fn put(&self, product: &Product, expected: Expected) -> Result<Revision> {
        let before = self.get(&product.id).await?;
        self.put_one(&ProductWrite::new(product, expected, before.as_ref().map(|b| &b.value))).await
    }

    /// Writes many, about 100 items a transaction and several transactions at once; the answers are in the same order.
    /// Each product lands or is refused by itself. A product may be given once.
    pub async fn put_many(&self, puts: Vec<PutProduct>) -> Vec<Result<Revision>> {
        let ids: Vec<ProductId> =
            puts.iter().filter(|p| p.expected != Expected::Absent).map(|p| p.product.id.clone()).collect();
        let before = match self.get_many(&ids).await {
            Ok(before) => before,
            Err(error) => {
                let cause = error.to_string();
                return puts
                    .iter()
                    .map(|_| Err(StoreError::Unavailable { operation: "BatchGetItem", cause: cause.clone() }))
                    .collect();
            }
        };
        let writes: Vec<ProductWrite<'_>> = puts
            .iter()
            .map(|put| ProductWrite::new(&put.product, put.expected, before.get(&put.product.id).map(|b| &b.value)))
            .collect();
        // Ranges rather than slices: a stream over borrowed items makes futures that cannot be spawned.
        let mut groups: Vec<Range<usize>> = Vec::new();
        let (mut start, mut weight) = (0, 0);
        for (at, write) in writes.iter().enumerate() {
            let needs = 1 + write.take.len() + write.give_back.len();
            if at > start && weight + needs > MAX_TRANSACTION {
                groups.push(start..at);
                (start, weight) = (at, 0);
            }
            weight += needs;
        }
        groups.push(start..writes.len());
        let writes = &writes;
        futures::stream::iter(groups)
            .map(|group| async move { self.put_group(&writes[group]).await })
            .buffered(CONCURRENCY)
            .flat_map(futures::stream::iter)
            .collect()
            .await
    }

    async fn put_group(&self, group: &[ProductWrite<'_>]) -> Vec<Result<Revision>> {
        let together = || {
            let mut actions = Vec::with_capacity(MAX_TRANSACTION);
            for write in group {
                actions.extend(write.actions(self.table).ok()?);
            }
            (group.len() > 1 && actions.len() <= MAX_TRANSACTION).then_some(actions)
        };
        if let Some(actions) = together()
            && self.table.transact(actions).await.is_ok()
        {
            return group.iter().map(|write| Ok(write.revision)).collect();
        }
        // One of them was refused (or the group is a single, perhaps huge, product): one by one, to say which and why.
        let writes: Vec<_> = group.iter().map(|write| self.put_one(write)).collect();
        futures::stream::iter(writes).buffered(CONCURRENCY).collect().await
    }

    async fn put_one(&self, write: &ProductWrite<'_>) -> Result<Revision> {
        let mut product = write.actions(self.table)?;
        if product.len() <= MAX_TRANSACTION {
            self.transact(product, write).await?;
            return Ok(write.revision);
        }
        // More variants than a transaction holds. Claims come first and the product after them: stopping half-way
        // leaves claims that the same product may take again, never a product with someone else's SKU.
        let releases = product.split_off(1 + write.take.len());
        let takes = product.split_off(1);
        for actions in takes.chunks(MAX_TRANSACTION).chain([&product[..]]).chain(releases.chunks(MAX_TRANSACTION)) {
            self.transact(actions.to_vec(), write).await?;
        }
        Ok(write.revision)
    }

    async fn transact(&self, actions: Vec<TransactWriteItem>, write: &ProductWrite<'_>) -> Result<()> {
        let pks: Vec<String> = actions.iter().map(written_pk).collect();
        let reasons = match self.table.transact(actions).await {
            Ok(()) => return Ok(()),
            Err(TransactError::Store(error)) => return Err(error),
            Err(TransactError::Cancelled(reasons)) => reasons,
        };
        for (reason, pk) in reasons.iter().zip(pks).filter(|(r, _)| r.failed_condition()) {
            if pk.starts_with("HANDLE#") {
                return Err(StoreError::HandleTaken { handle: write.product.handle.clone() });
            }
            let holder = reason.item.as_ref().and_then(|held| owner(held).ok());
            if let (Some(Ok(sku)), Some(product)) = (pk.strip_prefix("SKU#").map(Sku::new), holder) {
                return Err(StoreError::SkuTaken { sku, product });
            }
        }
        Err(StoreError::RevisionConflict { what: KIND })
    }

    /// Removes a product and its claims; its stock stays. Fails when it does not exist.
    pub async fn delete(&self, id: &ProductId, expected: Expected) -> Result<()> {
        let Some(before) = self.get(id).await? else { return Err(StoreError::NotFound { what: KIND }) };
        let expected = if expected == Expected::Any { before.unchanged() } else { expected };
        let mut writes = vec![self.table.deleting(keys::product(id), expected)?];
        for key in claimed(&before.value) {
            writes.push(self.table.release(key, id.as_str())?);
        }
        for chunk in writes.chunks(MAX_TRANSACTION) {
            self.table.transact(chunk.to_vec()).await.map_err(|e| e.or_conflict(KIND))?;
        }
        Ok(())
    }

    /// All products, by partition and id, 1 to 1,000 a page (fewer where they are big). Only the last page says no next.
    pub async fn page(&self, cursor: Option<&Cursor>, limit: u32) -> Result<Page<Versioned<Product>>> {
        let limit = page_size(limit, MAX_PRODUCTS_PAGE)?;
        let (mut partition, mut after) = match cursor {
            None => (0, None),
            Some(cursor) => {
                let (partition, after) = cursor.as_str().split_once('.').ok_or(StoreError::InvalidCursor)?;
                let partition = usize::from_str_radix(partition, 16).map_err(|_| StoreError::InvalidCursor)?;
                (partition, Some(after.to_owned()).filter(|id| !id.is_empty()))
            }
        };
        let mut items = Vec::new();
        while partition < PRODUCT_PARTITIONS && items.len() < limit {
            let start = after.take().map(|id| body::key_item(Key { pk: keys::product_partition(partition), sk: id }));
            let output = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .consistent_read(true)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(keys::product_partition(partition)))
                .set_exclusive_start_key(start)
                .limit(i32::try_from(limit - items.len()).unwrap_or(i32::MAX))
                .call()
                .await
                .map_err(|e| StoreError::unavailable("Query", &e))?;
            for item in output.items() {
                items.push(body::decode(KIND, item)?);
            }
            after = output.last_evaluated_key().and_then(|key| body::string(key, SK)).map(str::to_owned);
            if after.is_none() {
                partition += 1;
            }
        }
        let next =
            (partition < PRODUCT_PARTITIONS).then(|| Cursor(format!("{partition:x}.{}", after.unwrap_or_default())));
        Ok(Page { items, next })
    }
}

fn written_pk(action: &TransactWriteItem) -> String {
    action.put().and_then(|put| body::string(put.item(), keys::PK)).unwrap_or_default().to_owned()
}

fn owner(item: &body::Item) -> Result<ProductId> {
    let text = body::string(item, OWNER).unwrap_or_default();
    ProductId::new(text).map_err(|e| StoreError::Corrupt { what: "product claim", why: e.to_string() })
}

/// The names a product holds.
fn claimed(product: &Product) -> HashSet<Key> {
    let skus = product.variants.iter().map(|v| keys::sku(&v.sku));
    skus.chain([keys::product_handle(&product.handle)]).collect()
}

/// One product's write and the names it takes and gives back.
struct ProductWrite<'a> {
    product: &'a Product,
    expected: Expected,
    revision: Revision,
    take: Vec<Key>,
    give_back: Vec<Key>,
}

impl<'a> ProductWrite<'a> {
    fn new(product: &'a Product, expected: Expected, before: Option<&Product>) -> Self {
        let held = before.map(claimed).unwrap_or_default();
        let wanted = claimed(product);
        Self {
            product,
            expected,
            revision: expected.next(),
            take: wanted.difference(&held).cloned().collect(),
            give_back: held.difference(&wanted).cloned().collect(),
        }
    }

    /// The product, then what it takes, then what it gives back.
    fn actions(&self, table: &Table) -> Result<Vec<TransactWriteItem>> {
        let id = self.product.id.as_str();
        let item = body::encode(keys::product(&self.product.id), KIND, self.revision, self.product)?;
        let mut actions = vec![table.putting(item, self.expected)?];
        for key in &self.take {
            actions.push(table.claim(key.clone(), "product_claim", id)?);
        }
        for key in &self.give_back {
            actions.push(table.release(key.clone(), id)?);
        }
        Ok(actions)
    }
}
